// lbsim with one policy that is wrong on purpose, in the place of the right one:
//
//     mutant_policies MUTANT ARGUMENTS OF LBSIM
//     mutant_policies --list
//
// tests/mutants/kill.sh asks whether the shipped scenarios notice.

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/hashing/ring.hpp"
#include "cli/cli.hpp"

namespace {

using lb::BackendId;
using lb::PickContext;
using Picked = std::optional<BackendId>;

struct NoConfig {
    void describe(lb::Fields&) {}
};

/// One that needs no parameters and no state.
template <class Pick>
struct Mutant : lb::Policy {
    static constexpr std::string_view kSummary = "wrong on purpose";
    using Config = NoConfig;
    Picked pick(const PickContext& c) override { return static_cast<Pick&>(*this).of(c); }
};

std::size_t fewer(const lb::View& view, BackendId a, BackendId b) {
    return view.in_flight(b) < view.in_flight(a) ? 1 : 0;
}

struct SkipsTheLast final : Mutant<SkipsTheLast> {
    static constexpr std::string_view kName = "round_robin";
    static constexpr auto kEqualises = lb::Equalises::Requests;
    explicit SkipsTheLast(const NoConfig&) {}
    Picked of(const PickContext& c) {
        const auto all = c.view.eligible();
        const auto n = std::max<std::size_t>(all.size() - 1, 1);  // Off by one.
        return all[turn_++ % n];
    }
    std::size_t turn_ = 0;
};

struct BeginsAnew final : Mutant<BeginsAnew> {
    static constexpr std::string_view kName = "round_robin";
    static constexpr auto kEqualises = lb::Equalises::Requests;
    explicit BeginsAnew(const NoConfig&) {}
    Picked of(const PickContext& c) {
        if (seen_ != c.view.eligible().size()) turn_ = 0;  // At every change, at the first.
        seen_ = c.view.eligible().size();
        if (c.rng.chance(0.1)) turn_ = 0;
        return c.view.eligible()[turn_++ % seen_];
    }
    std::size_t turn_ = 0, seen_ = 0;
};

template <class Second>
Picked of_two(const PickContext& c, Second second) {
    const auto all = c.view.eligible();
    const auto n = all.size();
    const auto first = c.rng.below(n);
    const BackendId a = all[first], b = all[second(first, n)];
    return fewer(c.view, a, b) != 0 ? b : a;
}

struct RedrawsTheNeighbour final : Mutant<RedrawsTheNeighbour> {
    static constexpr std::string_view kName = "p2c";
    static constexpr auto kEqualises = lb::Equalises::InFlightOfFew;
    explicit RedrawsTheNeighbour(const NoConfig&) {}
    Picked of(const PickContext& c) {
        return of_two(c, [&](std::size_t first, std::size_t n) {
            const auto second = c.rng.below(n);
            return second == first ? (second + 1) % n : second;
        });
    }
};

struct MayDrawTheSame final : Mutant<MayDrawTheSame> {
    static constexpr std::string_view kName = "p2c";
    static constexpr auto kEqualises = lb::Equalises::InFlightOfFew;
    explicit MayDrawTheSame(const NoConfig&) {}
    Picked of(const PickContext& c) {
        return of_two(c, [&](std::size_t, std::size_t n) { return c.rng.below(n); });
    }
};

struct TakesTheFuller final : Mutant<TakesTheFuller> {
    static constexpr std::string_view kName = "p2c";
    static constexpr auto kEqualises = lb::Equalises::InFlightOfFew;
    explicit TakesTheFuller(const NoConfig&) {}
    Picked of(const PickContext& c) {
        const auto all = c.view.eligible();
        const BackendId a = all[c.rng.below(all.size())], b = all[c.rng.below(all.size())];
        return fewer(c.view, a, b) != 0 ? a : b;
    }
};

template <class Load>
Picked least(const PickContext& c, Load load) {
    const auto all = c.view.eligible();
    return *std::min_element(all.begin(), all.end(),
                             [&](BackendId a, BackendId b) { return load(a) < load(b); });
}

struct IgnoresTheQueue final : Mutant<IgnoresTheQueue> {
    static constexpr std::string_view kName = "least_connections";
    static constexpr auto kEqualises = lb::Equalises::InFlight;
    explicit IgnoresTheQueue(const NoConfig&) {}
    Picked of(const PickContext& c) {  // Busy is busy, however long its queue.
        const auto all = c.view.eligible();
        std::vector<BackendId> best;
        for (const bool idle : {true, false}) {
            for (const auto id : all)
                if ((c.view.in_flight(id) == 0) == idle) best.push_back(id);
            if (!best.empty()) return best[c.rng.below(best.size())];
        }
        return {};
    }
};

struct TiesToTheFirst final : Mutant<TiesToTheFirst> {
    static constexpr std::string_view kName = "least_connections";
    static constexpr auto kEqualises = lb::Equalises::InFlight;
    explicit TiesToTheFirst(const NoConfig&) {}
    Picked of(const PickContext& c) {
        return least(c, [&](BackendId id) { return c.view.in_flight(id); });
    }
};

struct IgnoresWeights final : Mutant<IgnoresWeights> {
    static constexpr std::string_view kName = "random";
    static constexpr auto kEqualises = lb::Equalises::Requests;
    static constexpr bool kIndependent = true;
    explicit IgnoresWeights(const NoConfig&) {}
    Picked of(const PickContext& c) {
        const auto all = c.view.eligible();
        return all[c.rng.below(std::max<std::size_t>(all.size() - 1, 1))];  // And the last.
    }
};

struct ForgetsLatency final : Mutant<ForgetsLatency> {
    static constexpr std::string_view kName = "peak_ewma";
    static constexpr auto kEqualises = lb::Equalises::LatencyTimesInFlight;
    explicit ForgetsLatency(const NoConfig&) {}
    Picked of(const PickContext& c) {
        return of_two(c, [&](std::size_t first, std::size_t n) {
            const auto second = c.rng.below(n - (n > 1));
            return second >= first ? (second + 1) % n : second;
        });
    }
};

/// Keys on a ring, not all the way round.
struct NoWrapAround final : lb::Policy {
    static constexpr std::string_view kSummary = "wrong on purpose";
    static constexpr std::string_view kName = "ring_hash";
    static constexpr auto kEqualises = lb::Equalises::Keys;
    struct Config {
        std::int64_t vnodes = 160;
        void describe(lb::Fields& f) { f.field("vnodes", vnodes, "Points per unit of weight"); }
    };
    explicit NoWrapAround(const Config& config) : vnodes_{config.vnodes} {}
    Picked pick(const PickContext& c) override {
        std::map<std::uint64_t, BackendId> ring;
        for (const auto id : c.view.eligible())
            for (std::int64_t i = 0; i != vnodes_ / 16 + 1; ++i)
                ring.emplace(lb::hash_of(std::string{c.view.name(id)} + std::to_string(i)), id);
        const auto at = ring.lower_bound(lb::hash_of(c.request.key));
        return at == ring.end() ? c.view.eligible().front() : at->second;
    }
    std::int64_t vnodes_;
};

struct ModOfMembers final : lb::Policy {
    static constexpr std::string_view kSummary = "wrong on purpose";
    static constexpr std::string_view kName = "maglev";
    static constexpr auto kEqualises = lb::Equalises::Keys;
    struct Config {
        std::int64_t table = 65537;
        void describe(lb::Fields& f) { f.field("table", table, "Not heeded"); }
    };
    explicit ModOfMembers(const Config&) {}
    Picked pick(const PickContext& c) override {  // Which moves nearly all keys.
        return c.view.eligible()[lb::hash_of(c.request.key) % c.view.eligible().size()];
    }
};

struct NoBound final : lb::Policy {
    static constexpr std::string_view kSummary = "wrong on purpose";
    static constexpr std::string_view kName = "bounded_load";
    static constexpr auto kEqualises = lb::Equalises::Keys;
    struct Config {
        double factor = 1.25;
        void describe(lb::Fields& f) { f.field("factor", factor, "Not heeded"); }
    };
    explicit NoBound(const Config&) {}
    Picked pick(const PickContext& c) override {
        return c.view.eligible()[lb::hash_of(c.request.key) % c.view.eligible().size()];
    }
};

struct NobodyIsIdle final : Mutant<NobodyIsIdle> {
    static constexpr std::string_view kName = "join_idle_queue";
    static constexpr auto kEqualises = lb::Equalises::Idleness;
    explicit NobodyIsIdle(const NoConfig&) {}
    Picked of(const PickContext& c) {
        return c.view.eligible()[c.rng.below(c.view.eligible().size())];
    }
};

using Replace = void (*)(lb::Policies&);
template <class P>
void with(lb::Policies& policies) {
    policies.replace<P>();
}

const std::map<std::string_view, Replace> kMutants{
    {"round_robin-skips-the-last", with<SkipsTheLast>},
    {"round_robin-begins-anew", with<BeginsAnew>},
    {"p2c-redraws-the-neighbour", with<RedrawsTheNeighbour>},
    {"p2c-may-draw-the-same", with<MayDrawTheSame>},
    {"p2c-takes-the-fuller", with<TakesTheFuller>},
    {"least_connections-ignores-the-queue", with<IgnoresTheQueue>},
    {"least_connections-ties-to-the-first", with<TiesToTheFirst>},
    {"random-never-the-last", with<IgnoresWeights>},
    {"peak_ewma-forgets-latency", with<ForgetsLatency>},
    {"ring_hash-without-wrap-around", with<NoWrapAround>},
    {"maglev-is-mod-n", with<ModOfMembers>},
    {"bounded_load-has-no-bound", with<NoBound>},
    {"join_idle_queue-knows-no-idle", with<NobodyIsIdle>},
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mutant = argc > 1 ? argv[1] : "";
    if (mutant == "--list") {
        for (const auto& [name, replace] : kMutants) std::cout << name << '\n';
        return 0;
    }
    const auto found = kMutants.find(mutant);
    if (found == kMutants.end()) {
        std::cerr << "no such mutant: " << mutant << '\n';
        return 2;
    }
    auto policies = lb::builtin_policies();
    found->second(policies);
    return lbsim::cli(argc - 1, argv + 1, policies);
}
