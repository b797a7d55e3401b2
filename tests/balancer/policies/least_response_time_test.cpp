#include "balancer/policies/least_response_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <variant>
#include <vector>

#include "base/rng.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Instant;
using lb::LeastResponseTime;
using lbtest::make;
using namespace std::chrono_literals;

/// A pool whose time goes on.
struct Pool : lbtest::Pool {
    explicit Pool(std::uint64_t seed = 1) : lbtest::Pool{make<LeastResponseTime>(), seed} {}
    Instant now{};

    lb::Ticket send() { return std::get<lb::Ticket>(balancer.pick({}, now)); }
    void done(const lb::Ticket& ticket, lb::Duration took, lb::Response r = {}) {
        r.latency = took;
        balancer.done(ticket, r, now);
    }
    /// Lets each answer once, in the time given for it, all at once.
    void teach(const std::vector<lb::Duration>& latencies) {
        std::vector<lb::Ticket> out;
        for (std::size_t i = 0; i != ids.size(); ++i) out.push_back(send());
        for (const auto& ticket : out) done(ticket, latencies[index(ticket.backend)]);
    }
};

TEST(LeastResponseTime, TriesEachThatItNeverHeardFromWithOneRequestAtATime) {
    Pool pool;
    for (int i = 0; i != 5; ++i) pool.add();
    std::set<BackendId> tried;
    std::vector<lb::Ticket> out;
    for (int i = 0; i != 5; ++i) {
        out.push_back(pool.send());
        tried.insert(out.back().backend);
    }
    EXPECT_EQ(tried.size(), 5u);
    pool.done(out[3], 50ms);
    for (int i = 0; i != 20; ++i)
        ASSERT_EQ(pool.send().backend, out[3].backend) << "rather known and busy than unknown";
    const auto fresh = pool.add();
    EXPECT_EQ(pool.send().backend, fresh);
    EXPECT_EQ(pool.send().backend, out[3].backend);
}

TEST(LeastResponseTime, PicksTheLeastProductOfMeanLatencyAndInFlightPerWeight) {
    Pool pool;
    for (const double weight : {1.0, 1.0, 4.0}) pool.add(weight);
    pool.teach({10ms, 25ms, 140ms});
    // Scores in ms: 10 20 30 40 of the first, 25 50 of the second, 35 of the third.
    std::vector<std::size_t> picks;
    for (int i = 0; i != 6; ++i) picks.push_back(index(pool.send().backend));
    EXPECT_EQ(picks, (std::vector<std::size_t>{0, 0, 1, 0, 2, 0}));
}

TEST(LeastResponseTime, GivesTheSlowAnotherChanceWhenItWasIdleLongEnough) {
    Pool pool;
    pool.add("fast");
    const auto slow = pool.add("slow");
    pool.teach({10ms, 100ms});
    // The fast one is never idle for long; ln 10 decays of 10 s make up for the factor of 10.
    lb::Duration at{};
    for (;; at += 100ms) {
        pool.now = Instant{at};
        const auto ticket = pool.send();
        if (ticket.backend == slow) break;
        pool.done(ticket, 10ms);
    }
    EXPECT_NEAR(lb::seconds(at), 10 * std::log(10.0), 0.2);
}

TEST(LeastResponseTime, DoesNotTakeSilenceForSpeedWhileRequestsAreInFlight) {
    Pool pool;
    pool.add("well");
    const auto hung = pool.add("hung");
    pool.teach({10ms, 10ms});
    int sent = 0;
    for (int i = 0; i != 100'000; ++i) {  // 1000 s, in which it never answers.
        pool.now += 10ms;
        const auto ticket = pool.send();
        if (ticket.backend == hung)
            ++sent;
        else
            pool.done(ticket, 10ms);
    }
    EXPECT_LE(sent, 1);
}

TEST(LeastResponseTime, KeepsAwayFromABackendThatFailsFast) {
    Pool pool;
    for (int i = 0; i != 3; ++i) pool.add();
    int sent = 0;
    for (int i = 0; i != 10'000; ++i) {  // 100 s.
        pool.now += 10ms;
        const auto ticket = pool.send();
        const bool fails = ticket.backend == pool.ids[0];
        sent += fails;
        pool.done(ticket, fails ? 1ms : 20ms,
                  {.end = fails ? lb::Response::End::Refused : lb::Response::End::Complete});
    }
    EXPECT_LE(sent, 5) << "once in ln 50 decays of 10 s";
    EXPECT_GE(sent, 2);
}

TEST(LeastResponseTime, SharesOutLikeBackendsEvenlyAtLowLoad) {
    Pool pool;
    for (int i = 0; i != 4; ++i) pool.add();
    lb::Rng rng{1};
    std::vector<int> counts(4);
    for (int i = 0; i != 20'000; ++i) {
        pool.now += 20ms;
        const auto ticket = pool.send();
        ++counts[index(ticket.backend)];
        pool.done(ticket, lb::Duration{static_cast<std::int64_t>(5e6 + 1e7 * rng.unit())});
    }
    for (const int count : counts) EXPECT_NEAR(count, 5000, 1500);
}

// ---- Against a scan by the rule

struct Scan {
    struct Seat {
        double total = 0, answers = 0, in_flight = 0;
        Instant last{}, idle{};
        bool known() const { return answers > 0; }
    };
    std::vector<Seat> seats;

    double score(const lb::Fleet& fleet, BackendId id, Instant now) const {
        const auto& s = seats[index(id)];
        const double load = (s.in_flight + 1) / fleet.weight(id);
        if (!s.known()) return s.in_flight == 0 ? 0 : 1e15 + load;
        const double fading = s.in_flight == 0 ? std::exp(-lb::seconds(now - s.idle) / 10) : 1;
        return s.total / s.answers * load * fading;
    }
};

TEST(LeastResponseTime, PicksAsAScanWouldThroughRandomHistories) {
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        lb::Rng rng{seed};
        Pool pool{seed};
        Scan scan;
        for (int i = 0; i != 6; ++i) pool.add(1 + static_cast<double>(rng.below(3)));
        scan.seats.resize(6);
        std::vector<lb::Ticket> out;
        for (int step = 0; step != 300; ++step) {
            pool.now += lb::Duration{static_cast<std::int64_t>(rng.below(500'000'000))};
            const auto what = rng.below(20);
            const auto id = pool.ids[rng.below(6)];
            if (what == 0) pool.exclude(id);
            if (what <= 2) pool.admit(id);
            if (what == 3) pool.fleet.set_weight(id, 1 + double(rng.below(3)), pool.now);
            if (what >= 12 && !out.empty()) {
                const auto at = rng.below(out.size());
                const auto ticket = out[at];
                auto& s = scan.seats[index(ticket.backend)];
                const double kept = std::exp(-lb::seconds(pool.now - s.last) / 10);
                const auto took = pool.now - ticket.sent;
                s.total = s.total * kept + lb::seconds(took);
                s.answers = s.answers * kept + 1;
                s.last = pool.now;
                if (--s.in_flight == 0) s.idle = pool.now;
                pool.done(ticket, took);
                out[at] = out.back();
                out.pop_back();
            }
            if (what >= 12 || pool.balancer.view().eligible().empty()) continue;
            double least = std::numeric_limits<double>::infinity();
            for (const auto other : pool.balancer.view().eligible())
                least = std::min(least, scan.score(pool.fleet, other, pool.now));
            out.push_back(pool.send());
            const auto picked = out.back().backend;
            ASSERT_LE(scan.score(pool.fleet, picked, pool.now), least * (1 + 1e-9))
                << "seed " << seed << ", step " << step;
            ++scan.seats[index(picked)].in_flight;
        }
    }
}

}  // namespace
