#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>

#include "support/scenarios.hpp"

// Caches, what is asked of another tier when something is not in them, and sessions.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::entry;

/// A tier of balancers in front of a group "db" of so many backends.
void put_behind(Scenario& s, std::uint64_t count, const Distribution& service) {
    Scenario other = lbtest::fleet(count, "round_robin", Poisson{1}, service);
    other.balancers.name = "origin";
    other.balancers.to = {"db"};
    s.behind.push_back(other.balancers);
    auto group = other.backends.front();
    group.name = "db";
    for (auto& name : group.members) name = "d" + name;
    group.tier = 1;
    s.backends.push_back(group);
    auto& cache = s.backends[0].cache.emplace();
    cache.on_miss = "origin";
    cache.tier = 1;
}

/// A request for key 0 at 0 s, 2 s, 4 s …, to one backend that serves it in 0.1 s.
Scenario one_key(std::int64_t entries, Duration duration = 10s) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{0.5}, {Constant{0.1}});
    s.clients[0].keys = UniformKeys{1};
    s.duration = duration;
    put_behind(s, 1, {Constant{0.5}});
    s.backends[0].cache->entries = entries;
    return s;
}

TEST(Cache, AsksForWhatItDoesNotHaveWhileItsWorkerWaits) {
    const auto tally = lbtest::run(one_key(1));
    const auto n = tally.outcomes.succeeded;
    ASSERT_GE(n, 4u);
    EXPECT_EQ(tally.backends[0].misses, 1u);
    EXPECT_EQ(tally.backends[0].hits, n - 1);
    EXPECT_EQ(tally.backends[1].attempts, 1u);  // Of db, which is asked once.
    EXPECT_EQ(tally.outcomes.attempts, n);      // And no client asked for that.
    EXPECT_EQ(lbtest::total_latency(tally.latency), (n - 1) * 100ms + 600ms);
    EXPECT_EQ(tally.backends[0].busy_ns, static_cast<double>(n) * 1e8 + 5e8);
    EXPECT_EQ(tally.backends[1].busy_ns, 5e8);
    EXPECT_EQ(tally.backends[1].latency.count(), 1u);
}

TEST(Cache, KeepsTheLastThatWereAskedFor) {
    // Two keys by turns in one place: each is gone when it is asked for again.
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{10}, {Constant{0.001}});
    s.clients[0].keys = UniformKeys{50};
    s.duration = 100s;
    put_behind(s, 1, {Constant{0.001}});
    s.backends[0].cache->entries = 10;
    const auto few = lbtest::run(s);
    // Of 50 like keys the last ten: a fifth, give or take 5 times 0.4 / sqrt(1000).
    const auto& b = few.backends[0];
    EXPECT_NEAR(static_cast<double>(b.hits) / static_cast<double>(b.hits + b.misses), 0.2, 0.0633);
    s.backends[0].cache->entries = 50;
    EXPECT_EQ(lbtest::run(s).backends[0].misses, 50u);
    s.backends[0].cache->prefill = true;
    EXPECT_EQ(lbtest::run(s).backends[0].misses, 0u);
}

TEST(Cache, IsPrefilledWithWhatWouldHaveBeenSentThere) {
    for (const auto* policy : {"ring_hash", "hash_mod", "jump", "maglev"}) {
        auto s = lbtest::fleet(5, policy, ConstantRate{100}, {Constant{0.001}});
        s.clients[0].keys = ZipfKeys{1000, 1};
        s.duration = 20s;
        put_behind(s, 1, {Constant{0.001}});
        s.backends[0].cache->entries = 1000;
        s.backends[0].cache->prefill = true;
        for (const auto& b : lbtest::run(s).backends) EXPECT_EQ(b.misses, 0u) << policy;
        // A sixth changes where most of them are, or few.
        s.timeline = {entry(10s, {}, AddBackends{.group = 0, .members = {"b5"}})};
        std::uint64_t misses = 0;
        for (const auto& b : lbtest::run(s).backends) misses += b.misses;
        EXPECT_GT(misses, 20u) << policy;
    }
}

TEST(Cache, IsGoneWithItsProcess) {
    auto s = one_key(1);
    s.timeline = {entry(3s, {"b0"}, Crash{}, 500ms)};
    EXPECT_EQ(lbtest::run(s).backends[0].misses, 2u);
}

TEST(Cache, AnswersWithAnErrorIfItCannotGetIt) {
    auto s = one_key(1, 4s);
    s.timeline = {entry(0s, {"db0"}, Error{})};
    auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.outcomes.offered);  // It never has it.
    EXPECT_EQ(tally.backends[0].misses, tally.outcomes.offered);
    s.timeline = {entry(0s, {"db0"}, RemoveBackends{})};  // There is nobody to ask.
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.outcomes.offered);
    EXPECT_EQ(tally.outcomes.rejected, 0u);  // Its own tier had somebody.
    s.timeline = {entry(0s, {"db0"}, Hang{})};
    s.backends[0].cache->timeout = 300ms;
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.outcomes.offered);
    EXPECT_EQ(tally.backends[0].busy_ns, static_cast<double>(tally.outcomes.offered) * 4e8);
}

TEST(Cache, TriesAgainIfItsTierDoes) {
    auto s = one_key(1, 4s);
    s.behind[0].attempts.retry = lb::Retry::Config{.attempts = 3, .backoff = 0ns, .on = "500"};
    s.timeline = {entry(0s, {"db0"}, Error{}, 2500ms)};
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, 0u);
    EXPECT_EQ(tally.backends[0].misses, 1u);
    EXPECT_EQ(tally.backends[1].attempts, 2u);
}

TEST(Cache, IsOfNoUseToWhoHasGone) {
    auto s = one_key(1);
    s.clients[0].timeout = 200ms;  // Gone before the first answer, and that is kept all the same.
    auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.timed_out, 1u);
    EXPECT_EQ(tally.backends[0].misses, 1u);
    s.backends[0].cancellation = Cancellation::All;  // Its worker does not wait, and nothing comes.
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.timed_out, tally.outcomes.offered);
    EXPECT_EQ(tally.backends[0].hits, 0u);
}

TEST(Cache, WaitsOnWhileItsBackendIsSlowerOrHangs) {
    auto s = one_key(1, 3s);
    s.timeline = {entry(2200ms, {"b0"}, Slow{10})};  // What it asked for takes no longer.
    EXPECT_EQ(lbtest::total_latency(lbtest::run(s).latency), 600ms);
    s.timeline = {entry(2200ms, {"b0"}, Hang{}, 1s)};  // It has it at 2.6 s, and answers at 3.2 s.
    EXPECT_EQ(lbtest::total_latency(lbtest::run(s).latency), 1200ms);
    s.timeline = {entry(2200ms, {"b0"}, Hang{}, 200ms)};
    EXPECT_EQ(lbtest::total_latency(lbtest::run(s).latency), 600ms);
}

// With 2 workers that wait 0.5 s for each miss, 4 misses a second are all there can be.
TEST(Cache, IsStoppedByASlowOrigin) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{20}, {Constant{0.001}});
    s.backends[0].workers = {2};
    s.backends[0].queue = {2};
    s.clients[0].timeout = 2s;
    s.duration = 60s;
    put_behind(s, 1, {Constant{0.499}});
    s.backends[1].workers = {};
    const auto tally = lbtest::run(s);
    EXPECT_NEAR(static_cast<double>(tally.outcomes.succeeded), 4 * 60, 10);
}

/// A request every 2 s to one backend that serves it in 0.1 s and then calls; db takes 0.5 s.
Scenario calling(std::vector<Call> calls) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{0.5}, {Constant{0.1}});
    s.duration = 10s;
    put_behind(s, 2, {Constant{0.5}});
    s.backends[0].cache.reset();
    s.backends[0].calls = std::move(calls);
    return s;
}

TEST(Calls, AreMadeAtOnceWhileTheWorkerWaitsForAll) {
    auto tally = lbtest::run(calling({{"origin", 1, 2, {}}}));
    const auto n = tally.outcomes.succeeded;
    ASSERT_GE(n, 4u);
    EXPECT_EQ(tally.backends[1].attempts, n);  // One to each, at the same time.
    EXPECT_EQ(tally.backends[2].attempts, n);
    EXPECT_EQ(lbtest::total_latency(tally.latency), n * 600ms);
    EXPECT_EQ(tally.backends[0].busy_ns, static_cast<double>(n) * 6e8);
    EXPECT_EQ(tally.outcomes.attempts, n);
    // Three of one and two of the other, which find two workers: three turns of half a second.
    tally = lbtest::run(calling({{"origin", 1, 3, {}}, {"origin", 1, 2, {}}}));
    EXPECT_EQ(tally.backends[1].attempts + tally.backends[2].attempts, 5 * n);
    EXPECT_EQ(lbtest::total_latency(tally.latency), n * 1600ms);
    EXPECT_EQ(tally.backends[0].misses, 0u);
}

TEST(Calls, FailTogether) {
    auto s = calling({{"origin", 1, 2, {}}});
    s.timeline = {entry(0s, {"db1"}, Error{})};  // Half of what is called.
    auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.outcomes.offered);
    // Also if nobody is there to be asked, of whom all is known at once.
    s.timeline = {entry(0s, {"db0", "db1"}, RemoveBackends{})};
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.outcomes.offered);
    EXPECT_EQ(tally.backends[0].busy_ns, static_cast<double>(tally.outcomes.offered) * 1e8);
    // And each waits no longer than it says.
    s.timeline = {entry(0s, {"db0"}, Hang{})};
    s.backends[0].calls[0].timeout = 700ms;
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.outcomes.offered);
    EXPECT_EQ(tally.backends[0].busy_ns, static_cast<double>(tally.outcomes.offered) * 8e8);
}

TEST(Calls, AreOfNoUseToWhoHasGone) {
    auto s = calling({{"origin", 1, 2, {}}});
    s.clients[0].timeout = 200ms;
    s.backends[0].cancellation = Cancellation::All;
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.timed_out, tally.outcomes.offered);
}

TEST(Tiers, ShareOutAmongTheirOwn) {
    auto s = lbtest::fleet(4, "round_robin", ConstantRate{100}, {Constant{0.001}});
    s.duration = 20s;
    put_behind(s, 2, {Constant{0.001}});  // Every request has a key of its own: all miss.
    s.behind[0].count = 3;
    const auto tally = lbtest::run(s);
    std::uint64_t asked = 0;
    for (std::size_t b = 0; b != 6; ++b) {
        EXPECT_EQ(tally.backends[b].tier, b < 4 ? 0 : 1);
        if (b >= 4) asked += tally.backends[b].attempts;
        if (b < 4) { EXPECT_NEAR(tally.backends[b].expected_by_weight, 500, 1); }
    }
    EXPECT_EQ(asked, tally.outcomes.attempts);
    EXPECT_NEAR(tally.backends[4].expected_by_weight, 1000, 1);
    // News of one tier are none of the other's.
    s.timeline = {entry(5s, {"db0"}, RemoveBackends{}), entry(6s, {"b1"}, RemoveBackends{}),
                  entry(7s, {}, AddBackends{.group = 1, .members = {"db2"}}),
                  entry(8s, {"db2"}, Reweight{3}), entry(9s, {"b0"}, Restart{})};
    EXPECT_EQ(lbtest::run(s).outcomes.failed, 0u);
    // A guard behind is none in front, and what it excludes is out for all that know by themselves.
    s.behind[0].guard.health_check = lb::HealthCheckConfig{};
    s.timeline = {entry(5s, {"db0"}, Crash{})};
    const auto checked = lbtest::run(s);
    EXPECT_EQ(checked.backends[0].verdicts.exclusions, 0u);
    EXPECT_EQ(checked.backends[4].verdicts.exclusions, 3u);
    EXPECT_NEAR(checked.backends[4].verdicts.left_out, 1, 1e-9);
}

// ---- Sessions

/// So many sessions that last for ever, under a policy that finds them by their keys.
Scenario with_sessions(std::string_view policy, std::uint64_t backends) {
    auto s = lbtest::fleet(backends, policy, ConstantRate{1000}, {Constant{0.001}});
    s.backends[0].workers = {};
    s.backends[0].sessions = true;
    s.clients[0].keys = SessionKeys{1000, {Constant{1e6}}};
    s.duration = 40s;
    return s;
}
std::uint64_t lost(const Scenario& s) {
    std::uint64_t n = 0;
    for (const auto& b : lbtest::run(s).backends) n += b.sessions_lost;
    return n;
}

TEST(Sessions, AreLostWhereTheirKeyGoesElsewhere) {
    auto s = with_sessions("ring_hash", 4);
    EXPECT_EQ(lost(s), 0u);
    s.timeline = {entry(20s, {}, AddBackends{.group = 0, .members = {"b4"}})};
    // A fifth of 1000; a ring of 160 points gives or takes a tenth of that.
    EXPECT_NEAR(static_cast<double>(lost(s)), 200, 100);
    auto mod = with_sessions("hash_mod", 4);
    mod.timeline = s.timeline;
    EXPECT_NEAR(static_cast<double>(lost(mod)), 800, 64);  // 4 of 5: 5 times sqrt(160).
    auto random = with_sessions("random", 4);
    EXPECT_GT(lost(random), 20'000u);
}

TEST(Sessions, DieWithTheProcessTheyLiveIn) {
    auto s = with_sessions("rendezvous", 4);
    s.timeline = {entry(20s, {"b0"}, Crash{}, 1s)};
    const double a_quarter = static_cast<double>(lost(s));
    EXPECT_NEAR(a_quarter, 250, 69);  // 5 times sqrt(1000 / 4 * 3 / 4).
    // While it is gone their requests fail, and then each begins anew.
}

// So many at any time; with a mean of 10 s a tenth of them ends each second.
TEST(Sessions, BeginAndEnd) {
    auto s = with_sessions("rendezvous", 2);
    s.clients[0].keys = SessionKeys{100, {Exponential{10}}};
    EXPECT_EQ(lost(s), 0u);  // A new one is no lost one.
    s.backends[0].sessions = false;
    put_behind(s, 1, {Constant{0.001}});
    s.backends[1].workers = {};
    s.backends[0].cache->entries = 100'000;
    const auto tally = lbtest::run(s);
    // Each is missed once: 100 at first, and 10 a second for 40 s: 500, give or take 5 times 20.
    // (Of those as short as 0.1 s between two requests few go unseen.)
    EXPECT_NEAR(static_cast<double>(tally.backends[0].misses + tally.backends[1].misses), 500, 100);
}

}  // namespace
