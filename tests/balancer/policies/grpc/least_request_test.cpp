#include "balancer/policies/grpc/least_request.hpp"

#include <gtest/gtest.h>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::grpc::LeastRequest;

// The least of two draws with replacement among loads 0 < 1 < 2, whatever the weights.
TEST(GrpcLeastRequest, DrawsWithReplacementAndDoesNotLookAtWeights) {
    for (const bool upwards : {true, false}) {
        lbtest::Pool pool{lbtest::make<LeastRequest>()};
        for (const int i : {0, 1, 2}) pool.load(pool.add(1 + 9 * i), upwards ? i : 2 - i);
        std::vector<std::uint64_t> counts(3);
        for (int i = 0; i != 100'000; ++i) ++counts[index(pool.pick())];
        const double most = 5 / 9., least = 1 / 9.;
        EXPECT_TRUE(lbtest::fits(counts, {upwards ? most : least, 3 / 9., upwards ? least : most}));
    }
}

}  // namespace
