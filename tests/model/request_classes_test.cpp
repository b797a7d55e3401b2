#include "model/request_classes.hpp"

#include <gtest/gtest.h>

#include "balancer/hash_on.hpp"

namespace {

using lbsim::RequestClass;
using lbsim::RequestClasses;

const std::vector<RequestClass> kClasses{
    {.name = "page", .share = 3, .host = "example.com", .path = "/"},
    {.name = "call",
     .share = 1,
     .method = "POST",
     .host = "{key}.example.com",
     .path = "/users/{key}?again={key}",
     .headers = {{"X-User", "<{key}>"}, {"Accept", "*"}},
     .cookies = {{"session", "s{key}"}, {"track", "yes"}}}};

TEST(RequestClasses, WriteTheKeyWhereItBelongs) {
    RequestClasses classes{kClasses};
    EXPECT_TRUE(classes.use_keys());
    for (const char* key : {"anna", "b", "someone with a long name, longer than any buffer"}) {
        const auto& http = classes.http(1, key);
        const std::string k{key};
        EXPECT_EQ(http.method, "POST");
        EXPECT_EQ(http.host, k + ".example.com");
        EXPECT_EQ(http.path, "/users/" + k + "?again=" + k);
        EXPECT_EQ(lb::header(http, "x-user"), "<" + k + ">");
        EXPECT_EQ(lb::header(http, "accept"), "*");
        EXPECT_EQ(lb::cookie(http, "session"), "s" + k);
        EXPECT_EQ(lb::cookie(http, "track"), "yes");
    }
    EXPECT_EQ(classes.http(0, "anna").path, "/");
    EXPECT_EQ(classes.http(0, "anna").host, "example.com");
}

TEST(RequestClasses, DivideThePointsBetweenZeroAndOneByTheirShares) {
    const RequestClasses classes{kClasses};
    EXPECT_EQ(classes.at(0), 0u);
    EXPECT_EQ(classes.at(0.7499), 0u);
    EXPECT_EQ(classes.at(0.75), 1u);
    EXPECT_EQ(classes.at(0.9999), 1u);
}

}  // namespace
