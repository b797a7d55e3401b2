#include "balancer/hashing/crc32.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using lb::Crc32;
using lb::crc32_of;

// "123456789" is the check value of CRC-32/ISO-HDLC in every catalogue of CRCs; the others are
// zlib 1.2's.
TEST(Crc32, GivesThePublishedCheckValues) {
    static_assert(crc32_of("123456789") == 0xcbf43926u);
    EXPECT_EQ(crc32_of(""), 0u);
    EXPECT_EQ(crc32_of("a"), 0xe8b7be43u);
    EXPECT_EQ(crc32_of("The quick brown fox jumps over the lazy dog"), 0x414fa339u);
    EXPECT_EQ(crc32_of(std::string(256, '\xff')), 0xfea8a821u);
}

TEST(Crc32, GoesOnFromACopyAsFromTheWhole) {
    Crc32 stem;
    stem.add("127.0.0.1").add(std::string_view{"\0", 1}).add("80");
    EXPECT_EQ(Crc32{stem}.add("-1").value(), crc32_of(std::string_view{"127.0.0.1\00080-1", 14}));
    EXPECT_EQ(Crc32{stem}.add("-2").value(), crc32_of(std::string_view{"127.0.0.1\00080-2", 14}));
}

}  // namespace
