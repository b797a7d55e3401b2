#include "scenario/quantity.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "base/rng.hpp"

namespace {

using lb::Duration;
using lbsim::Mistake;
using lbsim::parse_duration;
using lbsim::parse_percentage;
using lbsim::parse_plain;
using lbsim::parse_rate;
using lbsim::text_of;
using Rational = boost::multiprecision::cpp_rational;

struct Sample {
    std::string text;
    Rational exact;
};

// A decimal of up to 19 digits and any place of the point, and its exact value.
Sample random_decimal(lb::Rng& rng) {
    const auto digits = 1 + rng.below(19);
    const auto point = rng.below(digits + 1);
    Sample out{"", 0};
    for (std::uint64_t i = 0; i != digits; ++i) {
        if (i == point && i != 0) out.text += '.';
        const auto digit = rng.below(10);
        out.text += static_cast<char>('0' + digit);
        out.exact = out.exact * 10 + digit;
    }
    const auto fraction = point == 0 ? 0 : digits - point;
    for (std::uint64_t i = 0; i != fraction; ++i) out.exact /= 10;
    const auto shift = static_cast<int>(rng.below(41)) - 20;
    if (rng.chance(0.5)) {
        out.text += 'e' + std::to_string(shift);
        for (int i = 0; i < shift; ++i) out.exact *= 10;
        for (int i = 0; i > shift; --i) out.exact /= 10;
    }
    return out;
}

// Whether no other double is nearer, and of two that are as near it is the even one.
bool is_nearest(double x, const Rational& exact) {
    const auto distance = [&](double y) -> Rational { return abs(Rational{y} - exact); };
    for (const double other : {std::nextafter(x, INFINITY), std::nextafter(x, -INFINITY)}) {
        if (distance(other) < distance(x)) return false;
        std::uint64_t bits = 0;
        std::memcpy(&bits, &x, sizeof bits);
        if (distance(other) == distance(x) && bits % 2 == 1) return false;
    }
    return true;
}

TEST(Quantity, ReadsDecimalsAsTheStandardLibraryDoes) {
    lb::Rng rng{1};
    for (int i = 0; i != 200'000; ++i) {
        const auto text = random_decimal(rng).text;
        double expected = 0;
        std::from_chars(text.data(), text.data() + text.size(), expected);
        const auto read = parse_plain(text);
        ASSERT_TRUE(read.value) << text;
        ASSERT_EQ(*read.value, expected) << text;
    }
}

TEST(Quantity, ReadsRatesAndPercentagesAsTheNearestDouble) {
    lb::Rng rng{2};
    for (int i = 0; i != 3000; ++i) {
        const auto [text, exact] = random_decimal(rng);
        EXPECT_TRUE(is_nearest(parse_rate(text + "/s").value.value(), exact)) << text;
        EXPECT_TRUE(is_nearest(parse_rate(text + "/ms").value.value(), exact * 1000)) << text;
        EXPECT_TRUE(is_nearest(parse_rate(text + "/min").value.value(), exact / 60)) << text;
        EXPECT_TRUE(is_nearest(parse_rate(text + "/h").value.value(), exact / 3600)) << text;
        EXPECT_TRUE(is_nearest(parse_percentage(text + "%").value.value(), exact / 100)) << text;
    }
}

TEST(Quantity, RoundsHalvesToEven) {
    EXPECT_EQ(parse_plain("9007199254740993").value, 9007199254740992.0);
    EXPECT_EQ(parse_plain("9007199254740995").value, 9007199254740996.0);
    EXPECT_EQ(parse_plain("9007199254740993.001").value, 9007199254740994.0);
    EXPECT_EQ(parse_plain("18014398509481983").value, 18014398509481984.0);  // Into the next power.
}

TEST(Quantity, ReadsDurationsExactly) {
    struct Case {
        std::string_view text;
        std::int64_t ns;
    };
    const std::array<Case, 16> cases{{{"10ms", 10'000'000},
                                      {"0.1ms", 100'000},
                                      {"1.5min", 90'000'000'000},
                                      {"2h", 7'200'000'000'000},
                                      {"0s", 0},
                                      {"0.000h", 0},
                                      {"1ns", 1},
                                      {"0.001us", 1},
                                      {"-3s", -3'000'000'000},
                                      {"1e3us", 1'000'000},
                                      {"25e-2s", 250'000'000},
                                      {"007s", 7'000'000'000},
                                      {"1.000000000000000000000s", 1'000'000'000},
                                      {"0.0000000005min", 30},
                                      {"0.00000000025h", 900},
                                      {"87600h", 315'360'000'000'000'000}}};
    for (const auto& c : cases) {
        const auto read = parse_duration(c.text);
        ASSERT_TRUE(read.value) << c.text;
        EXPECT_EQ(read.value->count(), c.ns) << c.text;
    }
}

TEST(Quantity, ReadsBackEveryDurationThatItWrites) {
    lb::Rng rng{3};
    for (int i = 0; i != 20'000; ++i) {
        auto ns = static_cast<std::int64_t>(rng.below(315'360'000'000'000'000));
        for (auto zeros = rng.below(18); zeros != 0; --zeros) ns /= 10;
        for (auto zeros = rng.below(8); zeros != 0; --zeros)
            ns = ns < 30'000'000'000'000'000 ? ns * 10 : ns;
        const Duration d{ns};
        ASSERT_EQ(parse_duration(text_of(d)).value, d) << ns;
    }
}

TEST(Quantity, SaysWhatIsWrong) {
    struct Case {
        std::string_view text;
        Mistake mistake;
    };
    const std::array<Case, 27> cases{{{"", Mistake::NotOne},
                                      {"s", Mistake::NotOne},
                                      {"-", Mistake::NotOne},
                                      {"-s", Mistake::NotOne},
                                      {".5s", Mistake::NotOne},
                                      {" 5s", Mistake::NotOne},
                                      {"+5s", Mistake::NotOne},
                                      {"nan", Mistake::NotOne},
                                      {"infs", Mistake::NotOne},
                                      {"5", Mistake::NoUnit},
                                      {"5e3", Mistake::NoUnit},
                                      {"5 s", Mistake::UnknownUnit},
                                      {"5.s", Mistake::UnknownUnit},
                                      {"5S", Mistake::UnknownUnit},
                                      {"5sec", Mistake::UnknownUnit},
                                      {"5e", Mistake::UnknownUnit},
                                      {"0x5s", Mistake::UnknownUnit},
                                      {"5s ", Mistake::UnknownUnit},
                                      {"5,5s", Mistake::UnknownUnit},
                                      {"0.5ns", Mistake::TooFine},
                                      {"0.0000000001s", Mistake::TooFine},
                                      {"1.0000000000000000001h", Mistake::TooFine},
                                      {"1e-99999999999s", Mistake::TooFine},
                                      {"87600.1h", Mistake::TooLarge},
                                      {"1e41s", Mistake::TooLarge},
                                      {"9999999999999999999000h", Mistake::TooLarge},
                                      {"99999999999999999999ns", Mistake::TooFine}}};
    for (const auto& c : cases) {
        const auto read = parse_duration(c.text);
        EXPECT_FALSE(read.value) << c.text;
        EXPECT_EQ(read.mistake, c.mistake) << c.text;
    }
}

TEST(Quantity, WritesDurationsAndNumbersAsShortAsPossible) {
    EXPECT_EQ(text_of(Duration{0}), "0s");
    EXPECT_EQ(text_of(Duration{90'000'000'000}), "90s");
    EXPECT_EQ(text_of(Duration{1'500'000'000}), "1500ms");
    EXPECT_EQ(text_of(Duration{-1001}), "-1001ns");
    EXPECT_EQ(text_of(Duration{2000}), "2us");
    EXPECT_EQ(text_of(800.0), "800");
    EXPECT_EQ(text_of(0.1), "0.1");
}

}  // namespace
