#include "balancer/ranking.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/rng.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Instant;
using Ranking = lb::Ranking<std::int64_t>;
using namespace std::chrono_literals;

constexpr std::size_t kWalk = std::numeric_limits<std::size_t>::max();

/// Members of a view and what they are ranked by.
struct Ranked {
    lb::Fleet fleet;
    lb::Ramps ramps{{.window = 20s}};
    lb::View view{fleet, &ramps};
    Ranking ranking{0};
    Instant now{};
    std::vector<std::int64_t> keys;  // By slot; below 0: may not be picked.
    int asked = 0;                   // How often for a key.

    BackendId add(std::int64_t key) {
        const auto id = lbtest::join(fleet, "b");
        keys.resize(fleet.slots());
        keys[index(id)] = key;
        view.insert(id);
        ranking.on_added(id, view);
        return id;
    }
    void remove(BackendId id) {
        view.erase(id);
        fleet.remove(id, now);
        ranking.on_removed(id);
    }
    bool may(BackendId id) const { return keys[index(id)] >= 0; }
    std::int64_t key(BackendId id) {
        ++asked;
        return keys[index(id)];
    }
    std::optional<BackendId> first() {
        return ranking.first(
            now, [&](BackendId id) { return may(id); }, [&](BackendId id) { return key(id); });
    }
};

TEST(Ranking, FindsTheLeastKeyAndOfEqualsWhoJoinedFirst) {
    Ranked r;
    r.add(3);
    const auto b = r.add(1), c = r.add(1);
    EXPECT_EQ(r.first(), b);
    r.remove(b);
    EXPECT_EQ(r.first(), c);
    ASSERT_EQ(r.add(1), b);  // Its slot again, and yet it is the last.
    EXPECT_EQ(r.first(), c);
}

TEST(Ranking, FindsNobodyWhereNobodyMayBePicked) {
    Ranked r;
    EXPECT_EQ(r.first(), std::nullopt);
    r.add(-1);
    EXPECT_EQ(r.first(), std::nullopt);
}

TEST(Ranking, AsksOnlyAboutThoseToWhomSomethingHappened) {
    Ranked r;
    std::vector<BackendId> ids;
    for (int i = 0; i != 10; ++i) ids.push_back(r.add(5));
    r.first();
    EXPECT_EQ(r.asked, 10);
    r.first();
    EXPECT_EQ(r.asked, 10);
    r.keys[3] = 1;
    r.ranking.touch(ids[3]);
    r.ranking.touch(ids[3]);
    EXPECT_EQ(r.first(), ids[3]);
    EXPECT_EQ(r.asked, 11);
    r.keys[4] = 0;
    r.fleet.sent(ids[4], {});
    EXPECT_EQ(r.first(), ids[4]);
    EXPECT_EQ(r.asked, 12);
    r.add(7);
    r.first();
    EXPECT_EQ(r.asked, 13);
    r.remove(ids[0]);
    r.first();
    EXPECT_EQ(r.asked, 13 + 10) << "places are given anew";
}

TEST(Ranking, LooksAgainWhenAnAlarmRings) {
    Ranked r;
    const auto a = r.add(5), b = r.add(4);
    EXPECT_EQ(r.first(), b);
    r.keys[index(a)] = 1;
    r.ranking.wake(a, Instant{20s});
    r.ranking.wake(a, Instant{10s});
    r.ranking.wake(a, Instant{30s});
    r.now = Instant{10s - 1ns};
    EXPECT_EQ(r.first(), b);
    r.now = Instant{10s};
    EXPECT_EQ(r.first(), a);
}

TEST(Ranking, LooksAtEachPickAtWhoStartsSlowly) {
    Ranked r;
    const auto a = r.add(5), b = r.add(4);
    r.ramps.start(a, {});
    r.ranking.touch(a);
    EXPECT_EQ(r.first(), b);
    r.keys[index(a)] = 1;
    EXPECT_EQ(r.first(), a);
    r.ramps.stop(a);
    r.first();
    r.keys[index(a)] = 9;
    EXPECT_EQ(r.first(), a) << "nothing happened to it";
}

TEST(Ranking, DoesNotHearOfBackendsOutsideTheView) {
    Ranked r;
    const auto a = r.add(5);
    const auto other = lbtest::join(r.fleet, "other");
    r.first();
    r.fleet.sent(other, {});
    r.ranking.touch(other);
    EXPECT_EQ(r.first(), a);
}

/// Two rankings of the same members: one walks, the other does not.
struct Both {
    Ranked* members;
    Ranking walks{kWalk};

    void expect_alike() {
        const auto may = [&](BackendId id) { return members->may(id); };
        const auto key = [&](BackendId id) { return members->key(id); };
        const auto now = members->now;
        ASSERT_EQ(members->ranking.first(now, may, key), walks.first(now, may, key));
        const auto ranked = members->ranking.first_two(now, may, key);
        const auto walked = walks.first_two(now, may, key);
        ASSERT_EQ(ranked.found, walked.found);
        if (ranked.found == 0) return;
        ASSERT_EQ(ranked.first, walked.first);
        ASSERT_EQ(ranked.least, walked.least);
        if (ranked.found == 2) { ASSERT_EQ(ranked.second, walked.second); }
    }
};

TEST(Ranking, FindsWhomAWalkFindsThroughRandomHistories) {
    lb::Rng rng{1};
    Ranked r;
    Both both{&r};
    std::vector<BackendId> ids;
    for (int step = 0; step != 20'000; ++step) {
        const auto what = rng.below(10);
        if (ids.empty() || (what == 0 && ids.size() < 30)) {
            ids.push_back(r.add(static_cast<std::int64_t>(rng.below(9))));
            both.walks.on_added(ids.back(), r.view);
        }
        const auto at = rng.below(ids.size());
        const auto id = ids[at];
        if (what == 1) {
            r.remove(id);
            both.walks.on_removed(id);
            ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
            r.keys[index(id)] = static_cast<std::int64_t>(rng.below(11)) - 2;
            r.ranking.touch(id);
        }
        ASSERT_NO_FATAL_FAILURE(both.expect_alike());
    }
}

TEST(Ranking, EndsAWalkWhereNoKeyCanBeLess) {
    Ranked r;
    for (const int key : {2, 0, 1, 0}) r.add(key);
    Ranking walks{kWalk};
    for (const auto id : r.view.members()) walks.on_added(id, r.view);
    const auto first = walks.first(
        {}, [&](BackendId id) { return r.may(id); }, [&](BackendId id) { return r.key(id); }, 0);
    EXPECT_EQ(first, BackendId{1});
    EXPECT_EQ(r.asked, 2);
}

}  // namespace
