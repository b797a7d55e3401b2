#include <benchmark/benchmark.h>
#include <libmemcached/memcached.h>

#include <string>
#include <vector>

// What the best known implementation of ketama's ring takes for a look-up alone: to be held against
// pick/ketama/ketama, which is a whole pick and its answer.

namespace {

void libmemcached(benchmark::State& state) {
    auto* servers = memcached_create(nullptr);
    memcached_behavior_set(servers, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
    for (std::int64_t i = 0; i != state.range(0); ++i)
        memcached_server_add(servers, ("b" + std::to_string(i)).c_str(), 11211);
    std::vector<std::string> keys;
    for (int i = 0; i != 1024; ++i) keys.push_back(std::to_string(i * 7919));
    std::size_t next = 0;
    for (auto _ : state) {
        const auto& key = keys[next++ % keys.size()];
        benchmark::DoNotOptimize(memcached_generate_hash(servers, key.data(), key.size()));
    }
    memcached_free(servers);
}
// (It takes no more than 100 servers.)
BENCHMARK(libmemcached)->Arg(10)->Arg(100);

}  // namespace
