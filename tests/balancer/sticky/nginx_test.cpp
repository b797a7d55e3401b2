#include "balancer/sticky/nginx.hpp"

#include <gtest/gtest.h>

namespace {

using lb::BackendId;
using lb::nginx::StickyCookie;
using namespace std::chrono_literals;

// Recorded from nginx 1.31.5.
TEST(NginxStickyCookie, NamesAServerByTheMd5OfItsAddressOrByItsRoute) {
    EXPECT_EQ(StickyCookie::value("127.0.0.1:39101"), "1c31cdf65957860c52dbb0c7a93e24f4");
    EXPECT_EQ(StickyCookie::value("127.0.0.1:39101", "alpha"), "alpha");
}

TEST(NginxStickyCookie, FindsWhomItNamesWhileHeIsAMember) {
    StickyCookie cookie{{}};
    cookie.on_added(BackendId{3}, StickyCookie::value("10.0.0.1:80"));
    cookie.on_added(BackendId{5}, "beta");
    EXPECT_EQ(cookie.find(StickyCookie::value("10.0.0.1:80")), BackendId{3});
    EXPECT_EQ(cookie.find("beta"), BackendId{5});
    EXPECT_EQ(cookie.find("bogus"), std::nullopt);
    EXPECT_EQ(cookie.find(""), std::nullopt);
    cookie.on_removed(BackendId{5});
    EXPECT_EQ(cookie.find("beta"), std::nullopt);
}

TEST(NginxStickyCookie, IsSetWithExpiryAndAttributes) {
    EXPECT_EQ(StickyCookie{{.name = "route"}}.set_cookie("alpha"), "route=alpha");
    const StickyCookie cookie{{.expires = 1h, .attributes = {"path=/", "httponly"}}};
    EXPECT_EQ(cookie.set_cookie("x", "Mon, 23-Nov-26 08:19:34 GMT"),
              "srv_id=x; expires=Mon, 23-Nov-26 08:19:34 GMT; max-age=3600; path=/; httponly");
    EXPECT_EQ(cookie.set_cookie("x"), "srv_id=x; max-age=3600; path=/; httponly");
}

}  // namespace
