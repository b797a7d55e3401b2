#include "model/request_kinds.hpp"

#include <gtest/gtest.h>

#include "balancer/hash_on.hpp"

namespace {

using lbsim::RequestClass;
using lbsim::RequestKinds;

const std::vector<RequestClass> kClasses{
    {.name = "page", .share = 3, .host = "example.com", .path = "/"},
    {.name = "call",
     .share = 1,
     .method = "POST",
     .host = "{key}.example.com",
     .path = "/users/{key}?again={key}",
     .headers = {{"X-User", "<{key}>"}, {"Accept", "*"}},
     .cookies = {{"session", "s{key}"}, {"track", "yes"}}}};

TEST(RequestKinds, WriteTheKeyWhereItBelongs) {
    RequestKinds kinds{kClasses};
    EXPECT_TRUE(kinds.use_keys());
    for (const char* key : {"anna", "b", "someone with a long name, longer than any buffer"}) {
        const auto& http = kinds.http(1, key);
        const std::string k{key};
        EXPECT_EQ(http.method, "POST");
        EXPECT_EQ(http.host, k + ".example.com");
        EXPECT_EQ(http.path, "/users/" + k + "?again=" + k);
        EXPECT_EQ(lb::header(http, "x-user"), "<" + k + ">");
        EXPECT_EQ(lb::header(http, "accept"), "*");
        EXPECT_EQ(lb::cookie(http, "session"), "s" + k);
        EXPECT_EQ(lb::cookie(http, "track"), "yes");
    }
    EXPECT_EQ(kinds.http(0, "anna").path, "/");
    EXPECT_EQ(kinds.http(0, "anna").host, "example.com");
}

TEST(RequestKinds, DivideThePointsBetweenZeroAndOneByTheirShares) {
    const RequestKinds kinds{kClasses};
    EXPECT_EQ(kinds.at(0), 0u);
    EXPECT_EQ(kinds.at(0.7499), 0u);
    EXPECT_EQ(kinds.at(0.75), 1u);
    EXPECT_EQ(kinds.at(0.9999), 1u);
}

}  // namespace
