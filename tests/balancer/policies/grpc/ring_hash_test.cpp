#include "balancer/policies/grpc/ring_hash.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "balancer/policies/envoy/ring_hash.hpp"
#include "support/given.hpp"
#include "support/pool.hpp"

namespace {

using lb::grpc::RingHash;
using lbtest::make;
using lbtest::numbered;
using lbtest::Pool;

std::vector<std::string> owners(Pool& pool) {
    std::vector<std::string> out;
    for (std::uint64_t k = 0; k != 5000; ++k)
        out.push_back(pool.fleet.backend(pool.pick(numbered("key-", k))).name);
    return out;
}
void fill(Pool& pool, const std::vector<std::string>& names) {
    for (const auto& name : names) pool.add(name);
}
const std::vector<std::string> kSorted{"black", "blue", "green", "red", "white"};

TEST(GrpcRingHash, BuildsTheRingThatEnvoyBuildsOfBackendsInOrderOfNames) {
    Pool grpc{make<RingHash>()}, envoy{make<lb::envoy::RingHash>()};
    fill(grpc, {"red", "green", "blue", "white", "black"});
    fill(envoy, kSorted);
    EXPECT_EQ(owners(grpc), owners(envoy));
}

// Envoy would build a ring without it, of other points for the rest.
TEST(GrpcRingHash, WalksPastTheExcludedWithoutMovingOtherKeys) {
    Pool pool{make<RingHash>()};
    fill(pool, kSorted);
    const auto before = owners(pool);
    pool.exclude(pool.ids[1]);
    const auto meanwhile = owners(pool);
    for (std::size_t k = 0; k != before.size(); ++k) {
        if (before[k] == "blue")
            ASSERT_NE(meanwhile[k], "blue");
        else
            ASSERT_EQ(meanwhile[k], before[k]);
    }
    pool.admit(pool.ids[1]);
    EXPECT_EQ(owners(pool), before);
}

TEST(GrpcRingHash, SendsARequestWithoutAKeyAnywhere) {
    Pool pool{make<RingHash>()};
    fill(pool, kSorted);
    std::set<lb::BackendId> seen;
    for (int i = 0; i != 200; ++i) seen.insert(pool.pick());
    EXPECT_EQ(seen.size(), 5u);
}

TEST(GrpcRingHash, RefusesALeastSizeAboveTheGreatest) {
    EXPECT_EQ(lbtest::problems_of<RingHash>({{"max_ring_size", 512}}),
              (std::vector<std::string>{"min_ring_size: more than max_ring_size (512)"}));
}

}  // namespace
