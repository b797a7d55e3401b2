#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/policies.hpp"
#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/pool.hpp"

// What every policy must obey.  A new one is tested by being registered.

namespace {

using lb::BackendId;
using lb::Equalises;
using lb::Exclusion;
using lb::Instant;
using lb::Response;
using lb::Ticket;
using namespace std::chrono_literals;

std::vector<std::string> names_of(bool (*wanted)(Equalises)) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : lb::builtin_policies())
        if (wanted(entry.equalises)) names.emplace_back(name);
    return names;
}
std::string name_of(const testing::TestParamInfo<std::string>& test) { return test.param; }

std::unique_ptr<lb::Policy> made(std::string_view name) {
    static const auto policies = lb::builtin_policies();
    lb::Defaults defaults;
    return policies.find(name)->configure(defaults)();
}

/// A fleet under a random script of requests, answers, reports and changes of membership.
///
/// The script draws from a generator of its own, and never looks at what was picked, so it is the
/// same for every policy.
class Play {
public:
    Play(std::string_view policy, std::uint64_t seed, std::string_view stem = "b")
        : balancer_{fleet_, made(policy), lb::Rng{seed}, Instant{}},
          script_{lb::Rng{seed}.stream("script")},
          stem_{stem} {}

    void add() {
        const double weight = kWeights[script_.below(kWeights.size())];
        members_.push_back(lbtest::join(fleet_, lbtest::numbered(stem_, born_++), weight, now_));
    }
    void remove(std::size_t which) {
        fleet_.remove(members_[which], now_);
        members_.erase(members_.begin() + static_cast<long>(which));
    }

    void step() {
        now_ += lb::Duration{static_cast<std::int64_t>(script_.below(20'000'000))};
        const auto what = script_.below(16);
        const auto which = members_.empty() ? 0 : script_.below(members_.size());
        if (what < 7) return request();
        if (what < 12) return answer(script_.below(1 + out_.size()));
        if (what == 12 && members_.size() < 9) return add();
        if (members_.empty()) return;
        const auto id = members_[which];
        if (what == 12) remove(which);
        if (what == 13) fleet_.exclude(id, Exclusion::Draining, now_);
        if (what == 14) fleet_.admit(id, Exclusion::Draining, now_);
        if (what == 15) tell(id);
    }
    void tell(BackendId id) {
        const auto what = script_.below(1 + kWeights.size());
        if (what == kWeights.size())
            balancer_.report(id, {fleet_.in_flight(id)}, now_);
        else
            fleet_.set_weight(id, kWeights[what], now_);
    }
    void request() {
        const bool any = std::any_of(members_.begin(), members_.end(),
                                     [&](BackendId id) { return fleet_.is_eligible(id); });
        const auto key = lbtest::numbered("key-", script_.below(1000));
        const auto decision = balancer_.pick({.key = key}, now_);
        if (!any) {
            ASSERT_EQ(std::get<lb::Rejection>(decision),
                      members_.empty() ? lb::Rejection::NoBackends : lb::Rejection::AllExcluded);
            return picks_.push_back(-1);
        }
        ASSERT_TRUE(std::holds_alternative<Ticket>(decision)) << "declined";
        out_.push_back(std::get<Ticket>(decision));
        const auto id = out_.back().backend;
        picks_.push_back(static_cast<int>(index(id)));
        ASSERT_TRUE(fleet_.is_eligible(id));
        ASSERT_NE(std::find(members_.begin(), members_.end(), id), members_.end());
    }
    void answer(std::size_t which) {
        if (which >= out_.size()) return;
        Response response{.latency = now_ - out_[which].sent};
        const auto luck = script_.below(8);
        if (luck == 0) response.status = 503;
        if (luck == 1) response.end = Response::End::Reset;
        if (luck == 2) response.end = Response::End::Cancelled;
        balancer_.done(out_[which], response, now_);
        out_[which] = out_.back();
        out_.pop_back();
    }
    void answer_all() {
        while (!out_.empty()) answer(0);
    }
    /// Every request is somewhere.
    void count() const {
        std::vector<std::uint32_t> expected(fleet_.slots());
        for (const auto& ticket : out_) ++expected[index(ticket.backend)];
        for (std::uint32_t slot = 0; slot != fleet_.slots(); ++slot)
            ASSERT_EQ(fleet_.in_flight(BackendId{slot}), expected[slot]);
    }

    const std::vector<int>& picks() const { return picks_; }
    std::size_t members() const { return members_.size(); }
    std::size_t tickets() const { return out_.size(); }
    std::size_t slots() const { return fleet_.slots(); }

private:
    static constexpr std::array<double, 4> kWeights{1, 1, 2, 0.75};
    lb::Fleet fleet_;
    lb::Balancer balancer_;
    lb::Rng script_;
    std::string stem_;
    Instant now_{};
    std::vector<BackendId> members_;
    std::vector<Ticket> out_;
    std::vector<int> picks_;
    std::uint64_t born_ = 0;
};

std::vector<int> played(std::string_view policy, std::uint64_t seed, std::string_view stem = "b") {
    Play play{policy, seed, stem};
    for (int step = 0; step != 300; ++step) play.step();
    return play.picks();
}

// ---- Of every policy

class EveryPolicy : public testing::TestWithParam<std::string> {};

TEST_P(EveryPolicy, PicksSomeEligibleBackendWheneverThereIsOne) {
    for (std::uint64_t seed = 0; seed != 300; ++seed) {
        Play play{GetParam(), seed};
        for (int step = 0; step != 300; ++step)
            ASSERT_NO_FATAL_FAILURE(play.step()) << "seed " << seed << ", step " << step;
    }
}

TEST_P(EveryPolicy, LosesNoTicket) {
    for (std::uint64_t seed = 0; seed != 100; ++seed) {
        Play play{GetParam(), seed};
        for (int step = 0; step != 300; ++step) {
            play.step();
            ASSERT_NO_FATAL_FAILURE(play.count()) << "seed " << seed << ", step " << step;
        }
        play.answer_all();
        ASSERT_NO_FATAL_FAILURE(play.count());
    }
}

TEST_P(EveryPolicy, RepeatsItselfUnderTheSameSeed) {
    for (std::uint64_t seed = 0; seed != 30; ++seed)
        ASSERT_EQ(played(GetParam(), seed), played(GetParam(), seed));
}

TEST_P(EveryPolicy, SendsNothingToAnExcludedBackendAndFindsItAgain) {
    for (int excluded = 0; excluded != 5; ++excluded) {
        lbtest::Pool pool{made(GetParam())};
        for (int i = 0; i != 5; ++i) pool.add();
        const auto id = pool.ids[static_cast<std::size_t>(excluded)];
        pool.exclude(id);
        std::uint64_t key = 0;
        for (int i = 0; i != 500; ++i) ASSERT_NE(pool.pick(lbtest::numbered("k", key++)), id);
        pool.admit(id);
        int found = 0;  // At random, missing one of five in 500 has a chance of 4e-49.
        for (int i = 0; i != 500; ++i) found += pool.pick(lbtest::numbered("k", key++)) == id;
        EXPECT_GT(found, 0);
    }
}

TEST_P(EveryPolicy, UsesEveryBackendOfANewFleet) {
    lbtest::Pool pool{made(GetParam())};
    for (int i = 0; i != 10; ++i) pool.add();
    std::vector<int> counts(10);
    for (std::uint64_t i = 0; i != 2000; ++i) ++counts[index(pool.pick(lbtest::numbered("k", i)))];
    EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 0);
}

TEST_P(EveryPolicy, KeepsNothingOfBackendsThatLeft) {
    Play play{GetParam(), 1};
    for (int i = 0; i != 5; ++i) play.add();
    for (int round = 0; round != 2000; ++round) {
        play.remove(static_cast<std::size_t>(round % 5));
        play.add();
        for (int i = 0; i != 3; ++i) ASSERT_NO_FATAL_FAILURE(play.request());
        if (round % 7 == 0) play.answer_all();  // Late: until then their slots are taken.
    }
    EXPECT_LE(play.slots(), 5u + 7u);
    play.answer_all();
    while (play.members() != 0) play.remove(0);
    ASSERT_NO_FATAL_FAILURE(play.request());
    EXPECT_EQ(play.picks().back(), -1);
    play.add();
    ASSERT_NO_FATAL_FAILURE(play.request());
}

TEST_P(EveryPolicy, GivesABackendThatComesBackItsPartAgain) {
    lbtest::Pool pool{made(GetParam())};
    for (const char* name : {"a", "b", "c"}) pool.add(name);
    for (std::uint64_t i = 0; i != 100; ++i) pool.pick(lbtest::numbered("k", i));
    const auto b = pool.ids[1];
    for (int round = 0; round != 20; ++round) {
        pool.remove(b);
        ASSERT_EQ(pool.add("b"), b);
        int mine = 0;
        for (std::uint64_t i = 0; i != 300; ++i) mine += pool.pick(lbtest::numbered("k", i)) == b;
        EXPECT_GT(mine, 0);
    }
}

TEST_P(EveryPolicy, TakesOverAFleetThatHasRequestsInFlight) {
    lb::Fleet fleet;
    for (int i = 0; i != 4; ++i) fleet.sent(lbtest::join(fleet, "b", 1 + i), {});
    fleet.exclude(BackendId{1}, Exclusion::Draining, {});
    fleet.remove(BackendId{2}, {});
    lb::Balancer balancer{fleet, made(GetParam()), lb::Rng{1}, {}};
    for (int i = 0; i != 100; ++i) {
        const auto ticket = std::get<Ticket>(balancer.pick({}, {}));
        ASSERT_TRUE(fleet.is_eligible(ticket.backend));
        if (i % 2 == 0) balancer.done(ticket, {}, {});
    }
    for (std::uint32_t i = 0; i != 4; ++i) fleet.done(BackendId{i}, {});
    EXPECT_EQ(lbtest::join(fleet, "new"), BackendId{2});
}

TEST_P(EveryPolicy, CopesWithFleetsOfEverySize) {
    for (const std::size_t size : {1u, 2u, 3u, 10u, 1000u, 10'000u}) {
        lbtest::Pool pool{made(GetParam())};
        for (std::size_t i = 0; i != size; ++i) pool.add();
        if (size != 1) pool.exclude(pool.ids[size / 2]);
        std::vector<Ticket> out;
        for (std::size_t i = 0; i != size + 100; ++i) {
            out.push_back(pool.send(lbtest::numbered("k", i)));
            ASSERT_TRUE(pool.fleet.is_eligible(out.back().backend));
            if (i % 3 == 0) pool.done(out[i / 3]);
        }
        std::uint64_t in_flight = 0;
        for (const auto id : pool.ids) in_flight += pool.fleet.in_flight(id);
        ASSERT_EQ(in_flight, size + 100 - (size + 102) / 3);
    }
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryPolicy,
                         testing::ValuesIn(names_of([](Equalises) { return true; })), name_of);

// ---- Of those to which names are nothing

class PolicyWithoutKeys : public testing::TestWithParam<std::string> {};

TEST_P(PolicyWithoutKeys, IsUnchangedByRenamingTheBackends) {
    for (std::uint64_t seed = 0; seed != 30; ++seed)
        ASSERT_EQ(played(GetParam(), seed, "b"), played(GetParam(), seed, "backend-"));
}

INSTANTIATE_TEST_SUITE_P(Builtin, PolicyWithoutKeys, testing::ValuesIn(names_of([](Equalises e) {
                             return e != Equalises::Keys;
                         })),
                         name_of);

// ---- Of those to which names are all

class PolicyOfKeys : public testing::TestWithParam<std::string> {};

TEST_P(PolicyOfKeys, PicksByNameWhateverTheSlot) {
    lbtest::Pool forward{made(GetParam())}, backward{made(GetParam()), 2};
    for (std::uint64_t i = 0; i != 10; ++i) {
        forward.add(lbtest::numbered("b", i));
        backward.add(lbtest::numbered("b", 9 - i));
    }
    for (std::uint64_t k = 0; k != 2000; ++k) {
        const auto key = lbtest::numbered("k", k);
        ASSERT_EQ(forward.fleet.backend(forward.pick(key)).name,
                  backward.fleet.backend(backward.pick(key)).name);
    }
}

INSTANTIATE_TEST_SUITE_P(Builtin, PolicyOfKeys, testing::ValuesIn(names_of([](Equalises e) {
                             return e == Equalises::Keys;
                         })),
                         name_of);

// ---- Of those that say that they share out requests

class PolicyOfRequests : public testing::TestWithParam<std::string> {};

// A share off by 0.01 is seen with probability 0.999.  Turns that are more regular than chance fit
// all the better.
TEST_P(PolicyOfRequests, SharesThemInProportionToWeightWhateverIsInFlight) {
    for (const bool drained : {false, true}) {
        lbtest::Pool pool{made(GetParam())};
        const std::vector<double> weights{1, 4, 2.5, 0.5};
        for (const double weight : weights) pool.add(weight);
        if (drained) pool.exclude(pool.ids[2]);
        pool.load(pool.ids[1], 50);
        std::vector<std::uint64_t> counts(4);
        for (int i = 0; i != 160'000; ++i) ++counts[index(pool.send().backend)];
        const double total = drained ? 5.5 : 8;
        EXPECT_TRUE(
            lbtest::fits(counts, {1 / total, 4 / total, drained ? 0 : 2.5 / total, 0.5 / total}));
    }
}

INSTANTIATE_TEST_SUITE_P(Builtin, PolicyOfRequests, testing::ValuesIn(names_of([](Equalises e) {
                             return e == Equalises::Requests;
                         })),
                         name_of);

// ---- Of those that look at requests in flight

class PolicyOfLoad : public testing::TestWithParam<std::string> {};

TEST_P(PolicyOfLoad, KeepsAwayFromABackendThatDoesNotAnswer) {
    lbtest::Pool pool{made(GetParam())};
    for (int i = 0; i != 5; ++i) pool.add();
    int stuck = 0;
    for (int i = 0; i != 5000; ++i) {
        const auto ticket = pool.send();
        if (ticket.backend == pool.ids[0])
            ++stuck;
        else
            pool.done(ticket);
    }
    EXPECT_LE(stuck, 1);  // One request tells.
}

INSTANTIATE_TEST_SUITE_P(Builtin, PolicyOfLoad, testing::ValuesIn(names_of([](Equalises e) {
                             return e == Equalises::InFlight || e == Equalises::InFlightOfFew;
                         })),
                         name_of);

}  // namespace
