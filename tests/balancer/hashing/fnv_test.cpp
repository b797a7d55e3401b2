#include "balancer/hashing/fnv.hpp"

#include <gtest/gtest.h>

namespace {

// From the FNV draft's test vectors (draft-eastlake-fnv, appendix C).
TEST(Fnv1a, HashesAsPublished) {
    EXPECT_EQ(lb::Fnv1a{}.value(), 0xcbf29ce484222325u);
    EXPECT_EQ(lb::Fnv1a{}.add("a").value(), 0xaf63dc4c8601ec8cu);
    EXPECT_EQ(lb::Fnv1a{}.add("foobar").value(), 0x85944171f73967e8u);
}

TEST(Fnv1a, GoesOnFromACopyTakenHalfWay) {
    const auto stem = lb::Fnv1a{}.add("foo");
    EXPECT_EQ(lb::Fnv1a{stem}.add("bar").value(), lb::Fnv1a{}.add("foobar").value());
}

}  // namespace
