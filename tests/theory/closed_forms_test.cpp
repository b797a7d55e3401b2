#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "support/theory_vectors.hpp"
#include "theory/dispatch.hpp"
#include "theory/failures.hpp"
#include "theory/hashing.hpp"
#include "theory/queues.hpp"

// The closed forms and chains of src/theory against values that others computed: of each family all
// entries of the vectors, whose names hold their parameters.

namespace {

using namespace lbsim::theory;

/// An entry's name in parts: "mmc-10-0.8-T" is mmc, 10, 0.8, T.
struct Entry {
    std::string id;
    std::vector<std::string> parts;
    double value;

    double number(std::size_t i) const { return std::stod(parts.at(i)); }
    std::uint64_t count(std::size_t i) const { return std::stoull(parts.at(i)); }
    const std::string& last() const { return parts.back(); }
};

/// Those whose names begin and end so.  At least so many, lest a loop over none pass.
std::vector<Entry> entries(const std::string& prefix, const std::string& suffix,
                           std::size_t at_least) {
    std::vector<Entry> out;
    for (const auto& e : lbtest::theory_entries()) {
        const auto id = e.at("id").get<std::string>();
        const bool ends = id.size() >= suffix.size() &&
                          id.compare(id.size() - suffix.size(), suffix.size(), suffix) == 0;
        if (id.rfind(prefix, 0) != 0 || !ends || !e.at("value").is_number()) continue;
        Entry entry{id, {}, e.at("value").get<double>()};
        std::istringstream stream{id};
        for (std::string part; std::getline(stream, part, '-');) entry.parts.push_back(part);
        out.push_back(entry);
    }
    EXPECT_GE(out.size(), at_least) << prefix;
    return out;
}

void expect_close(double got, const Entry& e, double relative = 2e-9) {
    EXPECT_NEAR(got, e.value, relative * std::abs(e.value)) << e.id;
}

TEST(Mmc, IsErlangsFormulaC) {
    for (const auto& e : entries("mmc-", "", 25)) {
        const Mmc queue{e.count(1), e.number(2)};
        const auto c = static_cast<double>(queue.workers);
        if (e.last() == "T") expect_close(queue.mean(), e);
        if (e.last() == "pw") expect_close(erlang_c(queue.workers, c * queue.load), e);
        if (e.last() == "p50") expect_close(queue.quantile(0.5), e);
        if (e.last() == "p99") expect_close(queue.quantile(0.99), e);
        if (e.last() == "p999") expect_close(queue.quantile(0.999), e);
    }
}

TEST(Mmc, HasAQuantileAlsoWhereTwoRatesAreEqual) {
    const Mmc queue{2, 0.5};
    EXPECT_NEAR(queue.beyond(queue.quantile(0.9)), 0.1, 1e-12);
    const Mmc beside{2, 0.5 + 1e-9};
    EXPECT_NEAR(queue.quantile(0.9), beside.quantile(0.9), 1e-6);
}

TEST(Mg1, IsPollaczeksAndKhinchinesFormula) {
    EXPECT_NEAR(mg1_mean(0.8, 4), 11, 1e-12);
    EXPECT_NEAR(mg1_mean(0.7, 4), 6.833333333, 1e-9);
    EXPECT_NEAR(mg1_mean(0.9, 1.0 / 3), 7, 1e-12);
}

TEST(Mdc, IsCrommelinsSeries) {
    for (const auto& e : entries("mdc-", "-T", 3))
        expect_close(mdc_mean(e.count(1), e.number(2)), e, 1e-8);
}

TEST(InTurn, HasErlangsGaps) {
    for (const auto& e : entries("rr-", "", 30)) {
        const InTurn turn{e.count(1), e.number(2)};
        if (e.last() == "T") expect_close(turn.mean(), e);
        if (e.last() == "pw") expect_close(turn.waits(), e);
        if (e.last() == "p99") expect_close(turn.quantile(0.99), e);
    }
}

TEST(Mmck, LosesWhatFindsItFull) {
    for (const auto& e : entries("mmck-", "", 8)) {
        const auto loss = mmck(e.count(1), e.count(2), e.number(3));
        expect_close(e.last() == "T" ? loss.mean : loss.lost, e);
    }
}

TEST(ErlangB, IsAQueueOfNoPlaces) {
    EXPECT_NEAR(erlang_b(10, 8), 0.1216610642529515, 1e-12);
    EXPECT_NEAR(erlang_b(5, 4), mmck(5, 5, 4).lost, 1e-14);
}

TEST(ClosedLoop, IsMachineRepairOrMeanValueAnalysis) {
    for (const auto& e : entries("mrep-", "", 4)) {
        const auto loop = closed_loop(e.count(1), e.number(2), e.count(3));
        expect_close(e.last() == "R" ? loop.mean : loop.throughput, e, 1e-8);
    }
    for (const auto& e : entries("mva-", "", 6)) {
        const double unit = e.count(1) == 50 ? 0.5 : 1;  // What a service takes there.
        const auto loop = closed_split(e.count(1), e.number(2) / unit, e.count(3));
        expect_close(e.last() == "R" ? loop.mean * unit : loop.throughput / unit, e, 1e-8);
    }
}

// Cut off where longer queues no longer matter to the tolerance.
TEST(Dispatch, IsTheMarkovChainOfSortedQueues) {
    struct Family {
        const char* prefix;
        Rule rule;
        std::size_t at_least;
    };
    for (const auto& [prefix, rule, at_least] : {Family{"ctmc-sym-jsq-", Rule::JoinShortest, 6},
                                                 {"ctmc-sym-jsqd20-", Rule::TwoDistinct, 2},
                                                 {"ctmc-sym-jiq-", Rule::JoinIdle, 2}})
        for (const auto& e : entries(prefix, "-T", at_least)) {
            const auto n = e.count(3);
            const double load = e.number(4);
            if (load > 0.81 || n > 3) continue;
            expect_close(dispatch_mean(rule, n, load, n == 2 ? 120 : 35), e,
                         rule == Rule::JoinIdle ? 1e-2 * (load > 0.6) + 1e-6 : 1e-6);
        }
}

TEST(Dispatch, HasJoinIdleQueuesClosedFormForTwo) {
    for (const double load : {0.3, 0.5, 0.8})
        EXPECT_NEAR(dispatch_mean(Rule::JoinIdle, 2, load, 150),
                    (1 + load) / ((1 - load) * (1 + 2 * load)), 1e-6);
}

TEST(Supermarket, HasItsMeansAndQuantiles) {
    for (const auto& e : entries("pod-inf-", "-T", 10))
        expect_close(Supermarket{e.count(2), e.number(3)}.mean(), e);
    for (const auto& e : entries("pod-inf-", "-p99", 10))
        expect_close(Supermarket{e.count(2), e.number(3)}.quantile(0.99), e, 1e-6);
}

TEST(Attempts, AreAGeometricSeries) {
    for (const auto& e : entries("retry-", "-amp", 4))
        expect_close(attempts(e.number(1), e.count(2)), e);
}

TEST(AnyOf, IsTheChanceOfASlowLeaf) {
    for (const auto& e : entries("fan-", "-p99exceed", 4))
        expect_close(any_of(0.01, e.number(1)), e, 1e-8);
    EXPECT_NEAR(any_of(1e-4, 2000), 0.181277435, 1e-8);
}

TEST(Hedged, IsTheFirstOfTwo) {
    for (const auto& e : entries("hedge-exp-", "", 8)) {
        // The name rounds where its 95th percentile is meant.
        const Hedged hedged{e.parts[2] == "2.996" ? 2.995732273553991 : e.number(2)};
        if (e.last() == "mean") expect_close(hedged.mean(), e);
        if (e.last() == "extra") expect_close(hedged.extra(), e);
        if (e.last() == "p0.99") expect_close(hedged.quantile(0.99), e);
        if (e.last() == "p0.999") expect_close(hedged.quantile(0.999), e);
    }
}

TEST(Breaker, AdmitsWhatRenewalTheorySays) {
    for (const auto& e : entries("cb-consec-", "-adm", 3)) {
        const Breaker breaker{e.number(2), e.count(3), e.number(4), e.number(5)};
        expect_close(breaker.admitted(), e);
    }
    EXPECT_NEAR(until_in_a_row(0.5, 5), 62, 1e-12);
}

TEST(HealthCheck, FindsAndFlapsAsItsChainSays) {
    for (const auto& e : entries("hc-", "-mean", 3))
        expect_close(detection(e.number(1), e.count(2), e.number(3)), e);
    for (const auto& e : entries("flap-", "", 3))
        expect_close(up(e.number(1), e.count(2), e.count(3)), e);
}

TEST(ModN, MovesWhatTheResiduesSay) {
    for (const auto& e : entries("mod-", "", 5)) expect_close(mod_moved(e.count(1), e.count(2)), e);
}

TEST(Ring, HasPartsOfBetasLaw) {
    for (const auto& e : entries("ring-", "", 12)) {
        const Ring ring{e.count(1), e.count(2)};
        if (e.last() == "peak") expect_close(ring.peak(), e, 1e-6);
        if (e.last() == "mean") expect_close(ring.moved(), e);
        if (e.parts.size() == 4 && e.last() == "sd") expect_close(ring.cv(), e);
        if (e.parts.size() == 5 && e.last() == "sd") expect_close(ring.moved_sd(), e);
    }
}

TEST(FullestBin, IsTheMaximumOfAMultinomial) {
    for (const auto& e : entries("onechoice-", "-max", 2))
        expect_close(fullest_bin(e.count(1), e.count(2)), e, 1e-7);
    EXPECT_NEAR(fullest_bin(2, 2), 1.5, 1e-12);  // One each, or both in one.
}

TEST(Bound, IsRoundedUp) {
    EXPECT_EQ(bound(1.25, 10'000, 10), 1250u);
    EXPECT_EQ(bound(1.1, 10'000, 100), 110u);
    EXPECT_EQ(bound(1.25, 10, 3), 5u);
}

}  // namespace
