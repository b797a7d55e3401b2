#include "balancer/hashing/haproxy/functions.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace {

using namespace lb::haproxy;

TEST(HaproxyFunctions, GiveTheTextbookValues) {
    EXPECT_EQ(sdbm(""), 0u);
    EXPECT_EQ(sdbm("a"), 97u);
    EXPECT_EQ(sdbm("ab"), 98u + 65599u * 97u);
    EXPECT_EQ(djb2(""), 5381u);
    EXPECT_EQ(djb2("a"), 177670u);
    EXPECT_EQ(hash_of(Function::Crc32, "123456789"), 0xcbf43926u);
    EXPECT_EQ(hash_of(Function::Default, "key"), sdbm("key"));
}

TEST(HaproxyFunctions, TakeBytesAsUnsigned) {
    EXPECT_EQ(sdbm("\xff"), 255u);
    EXPECT_EQ(djb2("\xff"), 33u * 5381u + 255u);
    EXPECT_NE(wt6("\xff"), wt6("\x7f"));
}

// Worked out by hand: one step of wt6 on 'a' = 0x61 turns by 6 and 18.
TEST(HaproxyFunctions, StirTwoWordsIntoEachOther) {
    EXPECT_EQ(wt6(""), 0xa53c965au ^ 0x5ca6953au);
    const std::uint32_t a = ~(0xa53c965au ^ 0x61u), b = ~(0x5ca6953au + 0x61u);
    EXPECT_EQ(wt6("a"), ((b << 6) | (b >> 26)) ^ ((a << 18) | (a >> 14)));
}

TEST(HaproxyFunctions, ReadNumbers) {
    EXPECT_EQ(number_in("42"), 42u);
    EXPECT_EQ(number_in("42abc"), 42u);
    EXPECT_EQ(number_in("abc"), 0u);
    EXPECT_EQ(number_in(""), 0u);
    EXPECT_EQ(number_in("-1"), 0xffffffffu);
    EXPECT_EQ(number_in("4294967297"), 1u) << "the low 32 bits";
    EXPECT_EQ(number_in("99999999999999999999"), 0xffffffffu) << "saturated at 2^63 - 1";
    EXPECT_EQ(number_in("-99999999999999999999"), 0u) << "saturated at -2^63";
}

TEST(HaproxyFunctions, SpreadNoTwoHashesToOne) {
    std::set<std::uint32_t> seen;
    for (std::uint32_t i = 0; i != 100'000; ++i) seen.insert(full_hash(i));
    EXPECT_EQ(seen.size(), 100'000u);
}

}  // namespace
