#include "trace/date.hpp"

#include <gtest/gtest.h>

namespace lbsim {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

TEST(DaysFromCivil, CountsEveryDayOfFourHundredYearsOnce) {
    std::int64_t expected = days_from_civil(1900, 1, 1);
    EXPECT_EQ(expected, -25567);
    for (unsigned year = 1900; year < 2300; ++year) {
        const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (unsigned month = 1; month <= 12; ++month) {
            const unsigned days = month == 2 ? (leap ? 29u : 28u)
                                  : (month == 4 || month == 6 || month == 9 || month == 11) ? 30u
                                                                                            : 31u;
            for (unsigned day = 1; day <= days; ++day)
                ASSERT_EQ(days_from_civil(year, month, day), expected++) << year << ' ' << month;
        }
    }
    EXPECT_EQ(days_from_civil(1970, 1, 1), 0);
}

TEST(IsoDate, CountsFrom1970InUtc) {
    EXPECT_EQ(iso_date("1970-01-01T00:00:00Z")->nanos, 0);
    EXPECT_EQ(iso_date("2026-01-01T00:00:00Z")->nanos, 1'767'225'600 * kSecond);
    EXPECT_EQ(iso_date("2000-02-29 23:59:59")->nanos, 951'868'799 * kSecond);
    EXPECT_EQ(iso_date("1969-12-31T23:59:59.5Z")->nanos, -kSecond / 2);
}

TEST(IsoDate, KeepsFractionsToTheNanosecond) {
    const auto date = iso_date("2023-11-16 18:15:46.6805900");
    ASSERT_TRUE(date);
    EXPECT_EQ(date->nanos, 1'700'158'546'680'590'000);
    EXPECT_FALSE(date->whole_second);
    EXPECT_EQ(iso_date("1970-01-01T00:00:00,123456789999Z")->nanos, 123'456'789);
}

TEST(IsoDate, KnowsWhetherItHadAFraction) {
    EXPECT_TRUE(iso_date("2026-01-01T00:00:00Z")->whole_second);
    EXPECT_FALSE(iso_date("2026-01-01T00:00:00.0Z")->whole_second);
}

TEST(IsoDate, SubtractsTheZone) {
    const Nanos utc = iso_date("2026-01-01T00:00:00Z")->nanos;
    for (const char* text :
         {"2026-01-01T01:00:00+01:00", "2026-01-01T01:00:00+0100", "2026-01-01T01:00:00+01",
          "2025-12-31T18:30:00-05:30", "2026-01-01 00:00:00 +0000", "2026-01-01T00:00:00"}) {
        ASSERT_TRUE(iso_date(text)) << text;
        EXPECT_EQ(iso_date(text)->nanos, utc) << text;
    }
}

TEST(IsoDate, RefusesDaysAndTimesThatAreNot) {
    for (const char* text :
         {"", "2026", "2026-01-01", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
          "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
          "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
          "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+1", "2026-01-01x00:00:00Z",
          "1899-01-01T00:00:00Z", "2116-01-01T00:00:00Z", "2026-1-1T00:00:00Z",
          "2026-04-31T00:00:00Z"})
        EXPECT_FALSE(iso_date(text)) << text;
}

TEST(ClfDate, ReadsWhatWebServersWrite) {
    EXPECT_EQ(clf_date("01/Jan/2026:00:00:00 +0000")->nanos, 1'767'225'600 * kSecond);
    EXPECT_TRUE(clf_date("01/Jan/2026:00:00:00 +0000")->whole_second);
    EXPECT_EQ(clf_date("01/Jan/2026:02:00:00 +0200")->nanos, 1'767'225'600 * kSecond);
    EXPECT_EQ(clf_date("31/Dec/2025:19:00:00 -0500")->nanos, 1'767'225'600 * kSecond);
    const auto haproxy = clf_date("01/Jan/2026:00:00:00.092");
    ASSERT_TRUE(haproxy);
    EXPECT_EQ(haproxy->nanos, 1'767'225'600 * kSecond + 92'000'000);
    EXPECT_FALSE(haproxy->whole_second);
}

TEST(ClfDate, KnowsEveryMonthByItsName) {
    constexpr const char* kNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (unsigned month = 1; month <= 12; ++month) {
        const std::string text = std::string{"07/"} + kNames[month - 1] + "/2026:00:00:00 +0000";
        ASSERT_TRUE(clf_date(text)) << text;
        EXPECT_EQ(clf_date(text)->nanos, days_from_civil(2026, month, 7) * 86400 * kSecond) << text;
    }
    for (const char* name : {"jan", "anF", "Foo", "Ja", ""})
        EXPECT_FALSE(clf_date(std::string{"07/"} + name + "/2026:00:00:00 +0000")) << name;
}

}  // namespace
}  // namespace lbsim
