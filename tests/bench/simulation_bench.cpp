#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "base/rng.hpp"
#include "base/sampling.hpp"
#include "model/sampler.hpp"
#include "model/simulate.hpp"
#include "sim/event_queue.hpp"
#include "stats/histogram.hpp"
#include "support/pool.hpp"

// What a run is made of, and runs.  --benchmark_out=FILE --benchmark_out_format=json for machines.

namespace {

using namespace lbsim;

lb::Policies::Factory factory(std::string_view policy) {
    static const auto policies = lb::builtin_policies();
    lb::Defaults defaults;
    return policies.find(policy)->configure(defaults);
}

/// One pick and one answer, with as many requests in flight as there are backends, each of a key,
/// address and path of its own.
void pick(benchmark::State& state, const std::string& policy) {
    const auto n = static_cast<std::size_t>(state.range(0));
    lb::Fleet fleet;
    lb::Balancer balancer{fleet, factory(policy)({}), lb::Rng{1}, lb::Instant{}};
    for (std::size_t i = 0; i != n; ++i)
        fleet.add(std::make_shared<const lb::Backend>(lb::Backend{lbtest::numbered("b", i)}), 1,
                  lb::Instant{});
    lb::Instant now{};
    // Null if the policy declined.
    const auto send = [&]() -> std::optional<lb::Ticket> {
        now += lb::Duration{1000};
        const auto number = static_cast<std::uint64_t>(now.time_since_epoch().count());
        const std::string_view key{reinterpret_cast<const char*>(&number), sizeof number};
        const lb::Http http{.method = "GET", .host = "example.org", .path = key};
        const auto address = static_cast<std::uint32_t>(number * 0x9e3779b97f4a7c15u >> 32);
        const auto decision =
            balancer.pick({.key = key, .client = lb::Address::v4(address), .http = &http}, now);
        const auto* ticket = std::get_if<lb::Ticket>(&decision);
        return ticket == nullptr ? std::nullopt : std::optional{*ticket};
    };
    std::vector<std::optional<lb::Ticket>> in_flight;
    for (std::size_t i = 0; i != n; ++i) in_flight.push_back(send());
    std::size_t oldest = 0;
    std::vector<lb::Ask> asks;
    for (auto _ : state) {
        auto& ticket = in_flight[oldest];
        if (ticket) balancer.done(*ticket, {.latency = now - ticket->sent}, now);
        ticket = send();
        balancer.take_asks(asks);
        oldest = oldest + 1 == n ? 0 : oldest + 1;
    }
}

/// Holds: takes out the first event and schedules another, with `pending` in between.
struct OurQueue {
    EventQueue<std::uint64_t> queue;
    void push(Instant at, std::uint64_t event) { queue.push(at, event); }
    Instant pop() { return queue.pop().first; }
};
struct StandardQueue {
    struct Entry {
        Instant at;
        std::uint64_t order, event;
        bool operator<(const Entry& o) const { return at != o.at ? at > o.at : order > o.order; }
    };
    std::priority_queue<Entry> queue;
    std::uint64_t order = 0;
    void push(Instant at, std::uint64_t event) { queue.push({at, order++, event}); }
    Instant pop() {
        const auto at = queue.top().at;
        queue.pop();
        return at;
    }
};
template <class Queue>
void hold(benchmark::State& state) {
    lb::Rng rng{1};
    const auto gap = [&] { return lb::duration_of(lb::exponential(rng)); };
    Queue queue;
    for (std::int64_t i = 0; i != state.range(0); ++i) queue.push(Instant{gap()}, 1);
    for (auto _ : state) {
        const Instant now = queue.pop();
        queue.push(now + gap(), 1);
    }
}
BENCHMARK_TEMPLATE(hold, OurQueue)->Arg(10)->Arg(1000)->Arg(100'000);
BENCHMARK_TEMPLATE(hold, StandardQueue)->Arg(10)->Arg(1000)->Arg(100'000);

void record(benchmark::State& state) {
    lb::Rng rng{1};
    std::vector<std::int64_t> values;
    for (int i = 0; i != 4096; ++i)
        values.push_back(static_cast<std::int64_t>(1e7 * lb::exponential(rng)));
    Histogram histogram{static_cast<int>(state.range(0))};
    std::size_t i = 0;
    for (auto _ : state) histogram.record(values[i++ & 4095]);
    benchmark::DoNotOptimize(histogram);
}
BENCHMARK(record)->Arg(2)->Arg(3);

void draw(benchmark::State& state, const Distribution& distribution) {
    const Sampler sampler{distribution};
    const lb::Stream stream = lb::Rng{1}.numbered("draw");
    std::uint64_t i = 0;
    for (auto _ : state) {
        auto rng = stream.at(i++);
        benchmark::DoNotOptimize(sampler(rng));
    }
}

/// Poisson arrivals at a load of 0.8 to n backends with exponential service: items are requests.
void whole_run(benchmark::State& state, const std::string& policy) {
    const auto n = static_cast<std::size_t>(state.range(0));
    Scenario s;
    s.balancers.policy = policy;
    s.balancers.make_policy = factory(policy);
    s.balancers.equalises = lb::builtin_policies().find(policy)->equalises;
    s.requests = 4'000'000;
    Clients clients;
    clients.arrivals = Poisson{0.8 * static_cast<double>(n)};
    s.clients.push_back(std::move(clients));
    Backends backends;
    for (std::size_t i = 0; i != n; ++i) backends.members.push_back(lbtest::numbered("b", i));
    backends.service = {Exponential{1}};
    s.backends.push_back(std::move(backends));
    for (auto _ : state) benchmark::DoNotOptimize(simulate(s, 0).digest);
    state.SetItemsProcessed(state.iterations() * *s.requests);
}

[[maybe_unused]] const bool kRegistered = [] {
    for (const auto& [name, entry] : lb::builtin_policies()) {
        const std::string policy{name};
        benchmark::RegisterBenchmark(("pick/" + policy).c_str(), pick, policy)
            ->RangeMultiplier(10)
            ->Range(10, 10'000);
    }
    for (const char* policy : {"p2c", "round_robin", "least_connections"})
        benchmark::RegisterBenchmark((std::string{"run/"} + policy).c_str(), whole_run, policy)
            ->Arg(10)
            ->Arg(1000)
            ->Unit(benchmark::kMillisecond);
    const std::pair<const char*, Distribution> laws[] = {{"exponential", {Exponential{1}}},
                                                         {"lognormal", {LogNormal{0, 1}}},
                                                         {"gamma", {Gamma{1, 2}}},
                                                         {"pareto", {Pareto{1, 1.5, 100}}},
                                                         {"weibull", {Weibull{1, 0.7}}}};
    for (const auto& [name, law] : laws)
        benchmark::RegisterBenchmark((std::string{"draw/"} + name).c_str(), draw, law);
    return true;
}();

}  // namespace
