#include "trace/decimal.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.hpp"

namespace lbsim {
namespace {

TEST(NanosOf, ReadsSecondsExactlyToTheNanosecond) {
    EXPECT_EQ(nanos_of("0"), 0);
    EXPECT_EQ(nanos_of("1"), 1'000'000'000);
    EXPECT_EQ(nanos_of("1767225600.123"), 1'767'225'600'123'000'000);
    EXPECT_EQ(nanos_of("1767225600.123456789"), 1'767'225'600'123'456'789);
    EXPECT_EQ(nanos_of("0.000000001"), 1);
    EXPECT_EQ(nanos_of(".5"), 500'000'000);
    EXPECT_EQ(nanos_of("5."), 5'000'000'000);
    EXPECT_EQ(nanos_of("-0.25"), -250'000'000);
    EXPECT_EQ(nanos_of("+2"), 2'000'000'000);
    EXPECT_EQ(nanos_of("000000000000000000000000000001.5"), 1'500'000'000);
}

TEST(NanosOf, RoundsToTheNearestNanosecondHalvesAwayFromZero) {
    EXPECT_EQ(nanos_of("0.0000000004"), 0);
    EXPECT_EQ(nanos_of("0.0000000005"), 1);
    EXPECT_EQ(nanos_of("-0.0000000005"), -1);
    EXPECT_EQ(nanos_of("0.00000000049999"), 0);
    EXPECT_EQ(nanos_of("1689.3000000000002"), 1'689'300'000'000);
    EXPECT_EQ(nanos_of("0.99999999950000000000000000000000000001"), 1'000'000'000);
    EXPECT_EQ(nanos_of("4611686018.427387903000000000000000000001"), kLatest);
}

TEST(NanosOf, KnowsExponents) {
    EXPECT_EQ(nanos_of("1.5e3"), 1'500'000'000'000);
    EXPECT_EQ(nanos_of("1E-05"), 10'000);
    EXPECT_EQ(nanos_of("2e+0"), 2'000'000'000);
    EXPECT_EQ(nanos_of("0e999"), 0);
    EXPECT_EQ(nanos_of("1e-999"), 0);
}

TEST(NanosOf, ScalesByThePowerOfItsUnit) {
    EXPECT_EQ(nanos_of("31", 6), 31'000'000);
    EXPECT_EQ(nanos_of("1.5", 3), 1'500);
    EXPECT_EQ(nanos_of("7", 0), 7);
    EXPECT_EQ(nanos_of("7.5", 0), 8);
}

TEST(NanosOf, RefusesWhatIsNoNumber) {
    for (const char* text : {"", "-", "+", ".", "1.2.3", "1,5", "0x10", " 1", "1 ", "1e", "1e+",
                             "1e5x", "nan", "inf", "--1", "1e1001", "12a", "1e99999999999999"})
        EXPECT_FALSE(nanos_of(text)) << text;
}

TEST(NanosOf, RefusesTimesWhoseDifferenceWouldNotFit) {
    EXPECT_EQ(nanos_of("4611686018.427387903"), kLatest);
    EXPECT_EQ(nanos_of("-4611686018.427387903"), -kLatest);
    EXPECT_FALSE(nanos_of("4611686018.427387904"));
    EXPECT_FALSE(nanos_of("99999999999999999999999"));
    EXPECT_FALSE(nanos_of("1e19"));
}

TEST(NanosOf, ReadsBackEveryTimeItsDigitsWereMadeOf) {
    lb::Rng rng{1};
    for (int i = 0; i < 100'000; ++i) {
        const auto bits = static_cast<int>(rng.below(62)) + 1;
        const auto nanos = static_cast<Nanos>(rng.below(std::uint64_t{1} << bits));
        std::string fraction = std::to_string(nanos % 1'000'000'000);
        fraction.insert(0, 9 - fraction.size(), '0');
        ASSERT_EQ(nanos_of(std::to_string(nanos / 1'000'000'000) + '.' + fraction), nanos);
    }
}

TEST(AmountOf, TakesFiniteAmountsOnly) {
    EXPECT_EQ(amount_of("374"), 374.0);
    EXPECT_EQ(amount_of("0.029"), 0.029);
    EXPECT_EQ(amount_of("1e-3"), 1e-3);
    for (const char* text : {"", "-1", "nan", "inf", "1e999", "1e16", "12 tokens", " 1"})
        EXPECT_FALSE(amount_of(text)) << text;
}

}  // namespace
}  // namespace lbsim
