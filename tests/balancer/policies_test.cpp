#include "balancer/policies.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "balancer/policies/power_of_choices.hpp"
#include "balancer/policies/random.hpp"
#include "support/pool.hpp"

namespace {

struct Mine final : lb::Policy {
    static constexpr std::string_view kName = "mine";
    static constexpr std::string_view kSummary = "Always the first";
    struct Config {
        std::int64_t which = 0;
        void describe(lb::Fields& f) { f.field("which", which, "Whom"); }
    };
    explicit Mine(const Config& c) : config{c} {}
    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        return c.view.eligible()[static_cast<std::size_t>(config.which)];
    }
    Config config;
};

TEST(Policies, KnowTheBuiltInOnesByName) {
    const auto policies = lb::builtin_policies();
    for (const char* name : {"bounded_load",
                             "c3",
                             "first",
                             "flow_hash",
                             "hash_mod",
                             "ip_hash",
                             "join_idle_queue",
                             "jump",
                             "least_connections",
                             "least_response_time",
                             "maglev",
                             "multi_probe",
                             "orca_weighted",
                             "p2c",
                             "peak_ewma",
                             "prequal",
                             "random",
                             "rendezvous",
                             "ring_hash",
                             "round_robin",
                             "weighted_response_time"})
        EXPECT_NE(policies.find(name), nullptr) << name;
    EXPECT_EQ(policies.find("no_such"), nullptr);
}

TEST(Policies, ListThemselvesInTheOrderOfTheirNames) {
    std::string last;
    for (const auto& [name, entry] : lb::builtin_policies()) {
        EXPECT_LT(last, name);
        EXPECT_FALSE(entry.summary.empty());
        EXPECT_FALSE(lb::words(entry.equalises).empty());
        last = name;
    }
}

TEST(Policies, AreAValueToWhichOneAddsOnesOwn) {
    auto policies = lb::builtin_policies();
    policies.add<Mine>();
    EXPECT_EQ(policies.find("mine")->equalises, lb::Equalises::Nothing);
    EXPECT_EQ(lb::builtin_policies().find("mine"), nullptr);
}

struct Second final : lb::Defaults {
    using Defaults::field;
    void field(std::string_view name, std::int64_t& to, std::string_view, lb::Range) override {
        if (name == "which") to = 1;
    }
};

TEST(Policies, MakeAsManyOfOneConfigurationAsAreWanted) {
    lb::Policies policies;
    policies.add<Mine>();
    Second second;
    const auto factory = policies.find("mine")->configure(second);
    for (int i = 0; i != 2; ++i) {
        lbtest::Pool pool{factory({})};
        pool.add();
        pool.add();
        EXPECT_EQ(pool.pick(), pool.ids[1]);
    }
}

/// The backend at the place that is its instance's number.
struct Numbered final : lb::Policy {
    static constexpr std::string_view kName = "numbered", kSummary = "Its own";
    struct Config {
        void describe(lb::Fields&) {}
    };
    Numbered(const Config&, const lb::Instance& of) : instance{of} {}
    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        return c.view.eligible()[instance.number % instance.of];
    }
    lb::Instance instance;
};

TEST(Policies, TellWhoeverAsksWhichOfTheBalancersItServes) {
    lb::Policies policies;
    policies.add<Numbered>();
    lb::Defaults defaults;
    const auto factory = policies.find("numbered")->configure(defaults);
    for (const std::uint64_t number : {0, 1, 2, 5}) {
        lbtest::Pool pool{factory({number, 3})};
        for (int i = 0; i != 3; ++i) pool.add();
        EXPECT_EQ(pool.pick(), pool.ids[number % 3]);
    }
}

TEST(Policies, SayInDifferentWordsWhatTheyEqualise) {
    using lb::Equalises;
    std::set<std::string_view> all;
    for (const auto e :
         {Equalises::Requests, Equalises::InFlight, Equalises::InFlightOfFew,
          Equalises::LatencyTimesInFlight, Equalises::RequestsTimesLatency, Equalises::Utilization,
          Equalises::Idleness, Equalises::Keys, Equalises::Nothing})
        all.insert(lb::words(e));
    EXPECT_EQ(all.size(), 9u);
}

TEST(PoliciesDeathTest, StopAtANameThatIsTaken) {
    auto policies = lb::builtin_policies();
    EXPECT_DEATH(policies.add<lb::Random>(), "broken expectation");
}

}  // namespace
