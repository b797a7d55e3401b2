#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/scenarios.hpp"
#include "support/theory_vectors.hpp"

// Twelve requests at odd times with odd sizes, replayed exactly (rational arithmetic, by another
// program).

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

/// The fewest in flight, plus `next`, per unit of weight; among equals the first configured.
class LowestOfLeast final : public lb::Policy {
public:
    explicit LowestOfLeast(double next) : next_{next} {}
    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        std::optional<lb::BackendId> best;
        double least = 0;
        for (const auto id : c.view.members()) {
            const double load = (c.view.in_flight(id) + next_) / c.view.weight(id, c.now);
            if (!best || load < least) best = id, least = load;
        }
        return best;
    }

private:
    double next_;
};

struct Case {
    std::string id;
    std::string policy;  // A built-in one, or "".
    double next = 0;     // Of LowestOfLeast.
};

Scenario scenario_of(const Case& c, const lbtest::CsvTrace& trace) {
    const auto& model = lbtest::theory_entry(c.id).at("model");
    const std::size_t n = model.at("n");
    Scenario s = lbtest::fleet(n, c.policy.empty() ? "random" : c.policy, trace.arrivals(), {});
    s.duration = 60s;
    s.backends.clear();
    for (std::size_t i = 0; i != n; ++i) {
        auto one = lbtest::backends(1);
        one.members = {lbtest::numbered("b", i)};
        one.workers = {model.at("c").get<std::int64_t>()};
        one.discipline = model.at("disc") == "ps" ? Discipline::Ps : Discipline::Fifo;
        if (model.contains("cap"))
            one.queue = {model.at("cap").get<std::int64_t>() - one.workers.value};
        double speed = 1;
        if (model.contains("speeds")) speed = std::stod(model.at("speeds")[i].get<std::string>());
        if (model.contains("weights"))
            one.weight = std::stod(model.at("weights")[i].get<std::string>());
        one.service = {Constant{1 / speed}};
        s.backends.push_back(one);
    }
    if (c.policy.empty())
        s.balancers.make_policy = [next = c.next](const lb::Instance&) {
            return std::make_unique<LowestOfLeast>(next);
        };
    return s;
}

std::string rows_of(const nlohmann::json& model) {
    std::string rows;
    for (const auto& job : model.at("trace")) {
        rows += job[0].get<std::string>() + ',';
        rows += job[1].get<std::string>() + '\n';
    }
    return rows;
}

/// Each ends within `tolerance` of its exact instant, one by one: every request is a replication of
/// its own window, from its arrival to the next one's.
void check(const Case& c, Duration tolerance) {
    const auto& entry = lbtest::theory_entry(c.id);
    const auto& model = entry.at("model");
    const auto& value = entry.at("value");
    const lbtest::CsvTrace trace{rows_of(model)};
    Scenario s = scenario_of(c, trace);
    const auto& jobs = model.at("trace");
    std::vector<Duration> arrivals;
    for (const auto& job : jobs)
        arrivals.push_back(lb::duration_of(std::stod(job[0].get<std::string>())));
    for (std::size_t i = 0; i + 1 != arrivals.size(); ++i)
        s.windows.push_back({lbtest::numbered("job", i), arrivals[i], arrivals[i + 1]});

    const auto run = simulate(s, 0);
    ASSERT_EQ(run.segments.size(), jobs.size()) << c.id;
    for (std::size_t i = 0; i != jobs.size(); ++i) {
        const auto& segment = run.segments[i];
        const auto& completion = value.at("completion_float")[i];
        if (completion.is_null()) {
            EXPECT_EQ(segment.outcomes.failed, 1u) << c.id << " job " << i;
            continue;
        }
        ASSERT_EQ(segment.latency.count(), 1u) << c.id << " job " << i;
        const auto exact = lb::duration_of(completion.get<double>()) - arrivals[i];
        const auto off = Duration{segment.latency.max()} - exact;
        EXPECT_LE(std::chrono::abs(off), tolerance) << c.id << " job " << i;
        const std::size_t backend = value.at("backend")[i];
        EXPECT_EQ(segment.backends[backend].attempts, 1u) << c.id << " job " << i;
    }
}

TEST(World, EndsEachRequestOfATraceAtItsExactInstantFirstComeFirstServed) {
    const std::vector<Case> cases = {
        {"trace-A-fifo_c=1_single", "round_robin"},
        {"trace-A-fifo_c=2_single", "round_robin"},
        {"trace-A-rr_2_fifo", "round_robin"},
        {"trace-A-smooth_wrr_2:1_speeds_21_fifo", "round_robin"},
        {"trace-A-least_connections_3_fifo_ties_lowest_index", "", 0},
        {"trace-A-weighted_least_connections_qperw_2:1_speeds_21_fifo", "", 0},
        {"trace-A-weighted_least_connections_(q+1)perw_2:1_speeds_21", "", 1},
    };
    for (const auto& c : cases) check(c, 0ns);
}

TEST(World, TurnsAwayThoseRequestsOfATraceThatFindNoPlace) {
    check({"trace-A-fifo_c=1_capacity_3_in_system", "round_robin"}, 0ns);
}

// Each end is rounded to a nanosecond, and what is left of the others is counted from there.
TEST(World, EndsEachRequestOfATraceAtItsInstantByProcessorSharing) {
    const std::vector<Case> cases = {
        {"trace-A-ps_c=1_single", "round_robin"},
        {"trace-A-ps_c=2_single", "round_robin"},
        {"trace-A-rr_3_ps_c=2", "round_robin"},
        {"trace-A-least_connections_2_ps_ties_lowest_index", "", 0},
    };
    for (const auto& c : cases) check(c, 1ns);
}

}  // namespace
