#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "balancer/hashing/maglev.hpp"
#include "balancer/hashing/ring.hpp"
#include "base/rng.hpp"

// Look-ups and builds of our ring and Maglev table, beside the ring that everybody writes first, a
// sorted vector and std::lower_bound, and beside what memory alone takes: to read one random word
// of as many bytes as the ring's points have.

namespace {

constexpr std::size_t kPoints = 160;

std::vector<std::uint64_t> hashes() {
    std::vector<std::uint64_t> out;
    lb::Rng rng{1};
    for (int i = 0; i != 1 << 16; ++i) out.push_back(rng());
    return out;
}
lb::Ring ring_of(std::int64_t backends) {
    lb::Ring ring;
    for (std::uint32_t b = 0; b != backends; ++b)
        ring.add("b" + std::to_string(b), lb::BackendId{b}, kPoints);
    ring.seal();
    return ring;
}

void ring_find(benchmark::State& state) {
    const auto ring = ring_of(state.range(0));
    const auto keys = hashes();
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(ring.owner(ring.find(keys[next++ % keys.size()])));
}
void lower_bound_find(benchmark::State& state) {
    std::vector<lb::Ring::Point> points;
    const auto ring = ring_of(state.range(0));
    for (const auto& point : ring.points()) points.push_back(point);
    const auto keys = hashes();
    std::size_t next = 0;
    for (auto _ : state) {
        const auto at = std::lower_bound(points.begin(), points.end(), keys[next++ % keys.size()],
                                         [](const auto& p, auto hash) { return p.hash < hash; });
        benchmark::DoNotOptimize((at == points.end() ? points.begin() : at)->backend);
    }
}
void memory_bound(benchmark::State& state) {
    const std::vector<lb::Ring::Point> points(static_cast<std::size_t>(state.range(0)) * kPoints);
    const auto keys = hashes();
    std::size_t next = 0;
    __extension__ using Wide = unsigned __int128;
    for (auto _ : state) {
        const auto wide =
            static_cast<Wide>(keys[next++ % keys.size()]) * static_cast<Wide>(points.size());
        benchmark::DoNotOptimize(points[static_cast<std::size_t>(wide >> 64)].backend);
    }
}
void ring_build(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(ring_of(state.range(0)).size());
}
void lower_bound_build(benchmark::State& state) {
    for (auto _ : state) {
        std::vector<lb::Ring::Point> points;
        for (std::uint32_t b = 0; b != state.range(0); ++b)
            for (std::size_t k = 0; k != kPoints; ++k)
                points.push_back({lb::hash_of("b" + std::to_string(b) + "-" + std::to_string(k)),
                                  lb::BackendId{b}});
        std::sort(points.begin(), points.end(),
                  [](const auto& a, const auto& b) { return a.hash < b.hash; });
        benchmark::DoNotOptimize(points.data());
    }
}

constexpr std::uint64_t kEntries = 1'000'003;  // A hundred for each of 10,000.

lb::MaglevTable maglev_of(std::int64_t backends) {
    std::vector<lb::MaglevTable::Entrant> entrants;
    for (std::uint32_t b = 0; b != backends; ++b) {
        const auto name = "b" + std::to_string(b);
        entrants.push_back({lb::BackendId{b}, lb::hash_of(name) % kEntries,
                            lb::hash_of(name, 1) % (kEntries - 1) + 1, 1});
    }
    lb::MaglevTable table;
    table.build(kEntries, entrants);
    return table;
}
void maglev_find(benchmark::State& state) {
    const auto table = maglev_of(state.range(0));
    const auto keys = hashes();
    std::size_t next = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(table.entries()[keys[next++ % keys.size()] % kEntries]);
}
void maglev_build(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(maglev_of(state.range(0)).entries().data());
}

BENCHMARK(ring_find)->Name("hashing/find/ring")->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK(lower_bound_find)->Name("hashing/find/lower_bound")->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK(memory_bound)->Name("hashing/find/memory")->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK(maglev_find)->Name("hashing/find/maglev")->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK(ring_build)->Name("hashing/build/ring")->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK(lower_bound_build)->Name("hashing/build/sort")->Arg(10)->Arg(1000)->Arg(10'000);
BENCHMARK(maglev_build)->Name("hashing/build/maglev")->Arg(10)->Arg(1000)->Arg(10'000);

}  // namespace
