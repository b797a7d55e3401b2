#include "balancer/view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::BackendSet;
using lb::Fleet;
using lb::View;
using lbtest::Every;

void expect_same(const BackendSet& set, const std::set<BackendId>& expected) {
    std::set<BackendId> all(set.all().begin(), set.all().end());
    ASSERT_EQ(all, expected);
    ASSERT_EQ(set.all().size(), expected.size());
    for (std::uint32_t i = 0; i != 6; ++i) {
        const BackendId id{i};
        ASSERT_EQ(set.contains(id), expected.count(id) == 1);
        if (set.contains(id)) { ASSERT_EQ(set.all()[set.place(id)], id); }
    }
}

TEST(BackendSet, IsASetAfterEverySequenceOfInsertionsAndErasures) {
    for (Every e; e.next();) {
        BackendSet set;
        std::set<BackendId> expected;
        for (int length = e.below(6); length != 0; --length) {
            const BackendId id{e.below(4u)};
            if (e.below(2) == 0) {
                set.insert(id);
                expected.insert(id);
            } else {
                set.erase(id);
                expected.erase(id);
            }
        }
        ASSERT_NO_FATAL_FAILURE(expect_same(set, expected));
    }
}

TEST(BackendSet, PutsTheLastMemberInThePlaceOfTheOneThatLeaves) {
    BackendSet set;
    for (std::uint32_t i = 0; i != 4; ++i) set.insert(BackendId{i});
    set.erase(BackendId{1});
    EXPECT_EQ(std::vector<BackendId>(set.all().begin(), set.all().end()),
              (std::vector{BackendId{0}, BackendId{3}, BackendId{2}}));
}

TEST(View, TellsMembersFromThoseThatMayBePicked) {
    Fleet fleet;
    View view{fleet};
    const auto a = lbtest::join(fleet, "a"), b = lbtest::join(fleet, "b");
    view.insert(a);
    view.insert(b);
    view.set_eligible(b, true);
    EXPECT_EQ(view.members().size(), 2u);
    EXPECT_EQ(view.eligible().size(), 1u);
    EXPECT_TRUE(view.is_eligible(b) && !view.is_eligible(a));
    view.erase(b);
    EXPECT_TRUE(view.eligible().empty());
    EXPECT_EQ(view.name(a), "a");
}

TEST(View, KnowsWhetherAllMembersWeighTheSame) {
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        lb::Rng rng{seed};
        Fleet fleet;
        View view{fleet};
        std::vector<BackendId> members;
        for (int step = 0; step != 60; ++step) {
            const double weight = rng.below(4) == 0 ? 2 : 1;
            const auto what = rng.below(3);
            if (what == 0) {
                members.push_back(lbtest::join(fleet, "b", weight));
                view.insert(members.back());
            } else if (!members.empty()) {
                const auto at = members.begin() + static_cast<long>(rng.below(members.size()));
                if (what == 1) {
                    fleet.set_weight(*at, weight, {});
                    view.reweigh();
                } else {
                    fleet.remove(*at, {});
                    view.erase(*at);
                    members.erase(at);
                }
            }
            const bool same = std::all_of(members.begin(), members.end(), [&](BackendId id) {
                return fleet.weight(id) == fleet.weight(members.front());
            });
            ASSERT_EQ(view.uniform(), same);
        }
    }
}

}  // namespace
