#include "balancer/sticky/haproxy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using lb::haproxy::Cookie;
using namespace std::chrono_literals;

constexpr lb::Instant kNow{1'700'000'000s};

Cookie of(lb::Duration maxidle = 0s, lb::Duration maxlife = 0s) {
    Cookie::Config config;
    config.maxidle = maxidle;
    config.maxlife = maxlife;
    return Cookie{config};
}
/// What a client sends after such a Set-Cookie.
std::string returned(const std::optional<std::string>& told) {
    return told->substr(0, told->find(';'));
}

TEST(HaproxyCookie, IsFoundAmongOthers) {
    const auto server = [](std::string_view header) {
        return std::string{of().read(header, kNow).server};
    };
    EXPECT_EQ(server("SRV=v1"), "v1");
    EXPECT_EQ(server("a=1; SRV=v2;b=3"), "v2");
    EXPECT_EQ(server("a=1, SRV = v2 ,b=3"), "v2") << "commas divide, too";
    EXPECT_EQ(server("a=\"SRV=v1; x\"; SRV=v2"), "v2");
    EXPECT_EQ(server("XSRV=v1; srv=v2; SRV"), "");
    EXPECT_EQ(server(""), "");
}

TEST(HaproxyCookie, IsSetWhenItChangesAndOnlyThen) {
    const auto cookie = of();
    const auto seen = cookie.read("SRV=v2", kNow);
    EXPECT_EQ(cookie.write("v2", seen, true, kNow), std::nullopt);
    EXPECT_EQ(cookie.write("v1", seen, false, kNow), "SRV=v1; path=/") << "its server is down";
    EXPECT_EQ(cookie.write("v1", {}, false, kNow), "SRV=v1; path=/");
    EXPECT_EQ(cookie.write("v2", seen, false, kNow), "SRV=v2; path=/") << "balanced all the same";
}

// 1'700'000'000 / 4 = 425'000'000 = 25, 21, 19, 61, 0 to the base of 64.
TEST(HaproxyCookie, CarriesItsDatesInFiveDigitsEach) {
    EXPECT_EQ(of(30min).write("v1", {}, false, kNow), "SRV=v1|ZVPxA; path=/");
    EXPECT_EQ(of(30min, 8h).write("v1", {}, false, kNow), "SRV=v1|ZVPxA|ZVPxA; path=/");
    EXPECT_EQ(of(0s, 8h).write("v1", {}, false, kNow + 1s), "SRV=v1|ZVPxB|ZVPxB; path=/")
        << "rounded up";
    const auto seen = of(30min, 8h).read("SRV=v1|ZVPxB|ZVPxA", kNow);
    EXPECT_EQ(seen.server, "v1");
    EXPECT_EQ(seen.last, 1'700'000'004);
    EXPECT_EQ(seen.first, 1'700'000'000);
}

TEST(HaproxyCookie, IsOfNoUseOnceIdleOrOldForTooLong) {
    const auto server = [](const Cookie& cookie, std::string_view header, lb::Duration later) {
        return std::string{cookie.read(header, kNow + later).server};
    };
    const auto idle = of(30min);
    EXPECT_EQ(server(idle, "SRV=v1|ZVPxA", 30min), "v1");
    EXPECT_EQ(server(idle, "SRV=v1|ZVPxA", 30min + 1s), "");
    EXPECT_EQ(server(idle, "SRV=v1|ZVPxA", -24h), "v1") << "a clock that is wrong by a day";
    EXPECT_EQ(server(idle, "SRV=v1|ZVPxA", -24h - 1s), "");
    EXPECT_EQ(server(idle, "SRV=v1", 0s), "v1") << "of no date";
    const auto life = of(0s, 8h);
    EXPECT_EQ(server(life, "SRV=v1|ZVPxA|ZVPxA", 8h), "v1");
    EXPECT_EQ(server(life, "SRV=v1|ZVPxA|ZVPxA", 8h + 1s), "");
}

TEST(HaproxyCookie, IsRenewedWhenItsDateHasPassed) {
    const auto cookie = of(30min, 8h);
    const auto first = returned(cookie.write("v1", {}, false, kNow));
    const auto seen = cookie.read(first, kNow);
    EXPECT_EQ(cookie.write("v1", seen, true, kNow), std::nullopt);
    EXPECT_EQ(cookie.write("v1", seen, true, kNow + 1s), "SRV=v1|ZVPxB|ZVPxA; path=/")
        << "the first date stays";
}

TEST(HaproxyCookie, GetsOrLosesItsFirstDateWithTheConfiguration) {
    const auto undated = of(30min).read("SRV=v1|ZVPxA", kNow);
    EXPECT_EQ(of(30min, 8h).write("v1", undated, true, kNow), "SRV=v1|ZVPxA|ZVPxA; path=/");
    const auto dated = of(30min).read("SRV=v1|ZVPxA|ZVPxA", kNow);
    EXPECT_EQ(of(30min).write("v1", dated, true, kNow), "SRV=v1|ZVPxA; path=/");
}

TEST(HaproxyCookie, TakesBrokenDatesForNone) {
    for (const char* header : {"SRV=v1|", "SRV=v1|ZVP", "SRV=v1|!!!!!", "SRV=v1|AAAAA"}) {
        const auto seen = of(30min, 8h).read(header, kNow);
        EXPECT_EQ(seen.server, "v1");
        EXPECT_EQ(seen.last, 0);
        EXPECT_EQ(seen.first, 0);
    }
}

}  // namespace
