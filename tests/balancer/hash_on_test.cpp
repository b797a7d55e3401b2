#include "balancer/hash_on.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using lb::HashOn;
using lb::Header;
using lb::Http;
using lb::Request;

constexpr std::array<Header, 3> kHeaders{
    {{"Cookie", "a=1; session=xyz; b=2"}, {"X-User", "anna"}, {"Cookie", "late=yes"}}};
constexpr Http kHttp{"GET", "example.com", "/search?q=x&session=q1", kHeaders};

std::string_view bytes(std::string_view word, const Http* http = &kHttp) {
    const Request request{.key = "the key", .client = lb::Address::v4(0x0a000102), .http = http};
    return HashOn::of(word)->bytes(request);
}

TEST(HashOn, TakesTheBytesThatItsWordNames) {
    EXPECT_EQ(bytes("key"), "the key");
    EXPECT_EQ(bytes("client"), std::string_view("\x0a\x00\x01\x02", 4));
    EXPECT_EQ(bytes("host"), "example.com");
    EXPECT_EQ(bytes("path"), "/search");
    EXPECT_EQ(bytes("uri"), "/search?q=x&session=q1");
    EXPECT_EQ(bytes("header:x-user"), "anna");
    EXPECT_EQ(bytes("cookie:session"), "xyz");
    EXPECT_EQ(bytes("cookie:late"), "yes");
    EXPECT_EQ(bytes("query:session"), "q1");
}

TEST(HashOn, TakesNothingFromARequestThatDoesNotCarryIt) {
    for (const char* word : {"header:missing", "cookie:sess", "cookie:q", "query:a", "query:se"})
        EXPECT_EQ(bytes(word), "") << word;
    for (const char* word : {"host", "path", "uri", "header:x-user", "cookie:a", "query:q"})
        EXPECT_EQ(bytes(word, nullptr), "") << word;
}

TEST(HashOn, IsNothingElse) {
    for (const char* word : {"", "Key", "header", "header:", "cookie:", "query", "path:x"})
        EXPECT_FALSE(HashOn::of(word).has_value()) << word;
}

}  // namespace
