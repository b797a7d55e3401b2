#include "balancer/policies/power_of_choices.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/every.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Instant;
using lb::P2c;
using lb::PeakEwma;
using lbtest::Every;
using lbtest::fits;
using lbtest::Pool;
using namespace std::chrono_literals;

/// Takes everybody for equally loaded, and remembers at whom it was made to look.
struct Witness {
    static constexpr std::string_view kScore = "nothing";
    struct Config {
        std::vector<BackendId>* seen = nullptr;
        void describe(lb::Fields&) {}
    };
    explicit Witness(const Config& config) : seen{config.seen} {}
    double of(BackendId id, const lb::View&, Instant) const {
        seen->push_back(id);
        return 0;
    }
    void on_added(BackendId, Instant) {}
    void on_done(BackendId, const lb::Response&, Instant) {}
    std::vector<BackendId>* seen;
};
struct Watched final : lb::PowerOfChoices<Witness> {
    using PowerOfChoices::PowerOfChoices;
};

std::unique_ptr<lb::Policy> watch(std::vector<BackendId>& seen, std::int64_t choices) {
    Watched::Config config;
    config.seen = &seen;
    config.choices = lb::Limit{choices};
    return std::make_unique<Watched>(config);
}
template <class P>
std::unique_ptr<lb::Policy> with_choices(std::int64_t choices) {
    typename P::Config config;
    config.choices = lb::Limit{choices};
    return std::make_unique<P>(config);
}

// A pair off by a tenth of its share is seen with probability 0.999: 64 / (0.1^2 / 20).
TEST(PowerOfChoices, DrawsEachOrderedPairOfDistinctBackendsEquallyOften) {
    std::vector<BackendId> seen;
    Pool pool{watch(seen, 2)};
    for (int i = 0; i != 5; ++i) pool.add();
    std::vector<std::uint64_t> counts(25);
    std::vector<double> expected(25, 1 / 20.0);
    for (std::size_t i = 0; i != 5; ++i) expected[6 * i] = 0;
    for (int i = 0; i != 200'000; ++i) {
        seen.clear();
        const auto first = pool.pick();  // Among equals the first drawn.
        ASSERT_EQ(seen.size(), 2u);
        const auto second = seen[0] == first ? seen[1] : seen[0];
        ++counts[5 * index(first) + index(second)];
    }
    EXPECT_TRUE(fits(counts, expected));
}

TEST(PowerOfChoices, DrawsEachOrderedTripleOfDistinctBackendsEquallyOften) {
    std::vector<BackendId> seen;
    Pool pool{watch(seen, 3)};
    for (int i = 0; i != 5; ++i) pool.add();
    std::vector<std::uint64_t> counts(125);
    for (int i = 0; i != 400'000; ++i) {
        seen.clear();
        const auto picked = pool.pick();
        ASSERT_EQ(seen.size(), 3u);
        ASSERT_EQ(picked, seen[0]);
        ++counts[25 * index(seen[0]) + 5 * index(seen[1]) + index(seen[2])];
    }
    std::vector<double> expected(125);
    for (std::size_t i = 0; i != 125; ++i)
        expected[i] = std::set{i / 25, i / 5 % 5, i % 5}.size() == 3 ? 1 / 60.0 : 0;
    EXPECT_TRUE(fits(counts, expected));
}

TEST(PowerOfChoices, LooksAtDistinctBackendsHoweverManyAreDrawn) {
    for (const std::int64_t choices : {1, 2, 3, 7, 16, 64})
        for (std::uint32_t backends = 1; backends != 20; ++backends) {
            std::vector<BackendId> seen;
            Pool pool{watch(seen, choices)};
            for (std::uint32_t i = 0; i != backends; ++i) pool.add();
            for (int i = 0; i != 50; ++i) {
                seen.clear();
                pool.pick();
                if (backends == 1) continue;  // No need to look.
                const auto drawn = std::min<std::size_t>(backends, std::size_t(choices));
                ASSERT_EQ(seen.size(), drawn);
                ASSERT_EQ((std::set<BackendId>(seen.begin(), seen.end()).size()), drawn);
            }
        }
}

TEST(PowerOfChoices, OfOneIsUniform) {
    std::vector<BackendId> seen;
    Pool pool{watch(seen, 1)};
    for (int i = 0; i != 4; ++i) pool.add();
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 200'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(fits(counts, {0.25, 0.25, 0.25, 0.25}));
}

/// How often each backend should win if `choices` of them are drawn and the least of them wins,
/// the first drawn among equals: by trying all orders of drawing.
std::vector<double> shares(const std::vector<double>& loads, std::size_t choices) {
    std::vector<double> out(loads.size());
    double orders = 0;
    for (Every e; e.next();) {
        std::vector<std::size_t> left(loads.size());
        for (std::size_t i = 0; i != left.size(); ++i) left[i] = i;
        std::size_t best = loads.size();
        for (std::size_t drawn = 0; drawn != choices; ++drawn) {
            const auto at = left.begin() + static_cast<long>(e.below(left.size()));
            if (best == loads.size() || loads[*at] < loads[best]) best = *at;
            left.erase(at);
        }
        ++out[best];
        ++orders;
    }
    for (auto& share : out) share /= orders;
    return out;
}

// Loads that rise with the number of the backend would hide a draw of one backend twice, loads
// that fall too: all orders are tried.  40,000 draws see a share off by 0.02.
TEST(P2c, PicksTheLessBusyOfEachPairWhateverTheirOrder) {
    std::vector<int> loads{0, 1, 1, 3};
    do {
        for (const std::int64_t choices : {2, 3, 4}) {
            Pool pool{with_choices<P2c>(choices)};
            for (const int load : loads) pool.load(pool.add(), load);
            std::vector<std::uint64_t> counts(4);
            for (int i = 0; i != 40'000; ++i) ++counts[index(pool.pick())];
            const std::vector<double> as_doubles(loads.begin(), loads.end());
            EXPECT_TRUE(fits(counts, shares(as_doubles, static_cast<std::size_t>(choices))))
                << "of " << choices;
        }
    } while (std::next_permutation(loads.begin(), loads.end()));
}

TEST(P2c, NeverPicksTheBusiestOfAll) {
    for (std::size_t busiest = 0; busiest != 5; ++busiest) {
        Pool pool{lbtest::make<P2c>()};
        for (int i = 0; i != 5; ++i) pool.add();
        pool.load(pool.ids[busiest], 1);
        for (int i = 0; i != 1000; ++i) ASSERT_NE(pool.pick(), pool.ids[busiest]);
    }
}

TEST(P2c, ComparesRequestsInFlightPerUnitOfWeight) {
    Pool pool{lbtest::make<P2c>()};
    const double weights[] = {1, 2, 4};
    const int loads[] = {1, 4, 3};  // 2/1, 5/2 and 4/4 with the request about to be sent.
    for (std::size_t i = 0; i != 3; ++i) pool.load(pool.add(weights[i]), loads[i]);
    std::vector<std::uint64_t> counts(3);
    for (int i = 0; i != 100'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(fits(counts, {1 / 3.0, 0, 2 / 3.0}));
}

TEST(P2c, OfAllPicksTheLeastLoadedUniformlyAmongEquals) {
    Pool pool{with_choices<P2c>(lb::Limit::kNone)};
    for (const int load : {2, 1, 3, 1, 1}) pool.load(pool.add(), load);
    std::vector<std::uint64_t> counts(5);
    for (int i = 0; i != 150'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(fits(counts, {0, 1 / 3.0, 0, 1 / 3.0, 1 / 3.0}));
}

TEST(P2c, DrawsFromTheEligibleOnly) {
    Pool pool{lbtest::make<P2c>()};
    for (int i = 0; i != 4; ++i) pool.add();
    for (const std::size_t i : {0u, 1u, 2u}) pool.load(pool.ids[i], 5);
    pool.exclude(pool.ids[3]);  // Idle, and yet.
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 60'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(fits(counts, {1 / 3.0, 1 / 3.0, 1 / 3.0, 0}));
}

// ---- PeakEwma: the same choice by another metric

TEST(PeakEwma, PrefersWhoeverAnsweredFasterAtEqualLoad) {
    Pool pool{lbtest::make<PeakEwma>()};
    const auto slow = pool.add(), fast = pool.add();
    for (int i = 0; i != 2; ++i) {  // Each once: nobody is heard from twice before the other.
        const auto ticket = pool.send();
        pool.balancer.done(ticket, {.latency = ticket.backend == slow ? 100ms : 10ms}, {});
    }
    for (int i = 0; i != 100; ++i) ASSERT_EQ(pool.pick(), fast);
    pool.load(fast, 10);
    EXPECT_EQ(pool.pick(), slow);  // 110 ms are more than 100.
}

TEST(PeakEwma, ProbesEachNewBackendOnceBeforeItTrustsAnyOfThem) {
    Pool pool{with_choices<PeakEwma>(lb::Limit::kNone)};
    for (int i = 0; i != 10; ++i) pool.add();
    std::set<BackendId> probed;
    for (int i = 0; i != 10; ++i) probed.insert(pool.send().backend);
    EXPECT_EQ(probed.size(), 10u);
}

}  // namespace
