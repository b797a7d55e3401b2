#include "balancer/http_head.hpp"

#include <gtest/gtest.h>

#include <string>

#include "balancer/hash_on.hpp"

namespace {

using lb::HttpHead;

TEST(HttpHead, ReadsARequestUpToItsEmptyLine) {
    const std::string text =
        "POST /cart?item=7 HTTP/1.1\r\nHost: shop.example.com\r\nCookie: a=1; session=xyz\r\n"
        "X-Empty:\r\nAccept:  text/html \t\r\n\r\nbody";
    const auto head = HttpHead::parse(text);
    ASSERT_TRUE(head);
    const auto http = head->http();
    EXPECT_EQ(http.method, "POST");
    EXPECT_EQ(http.host, "shop.example.com");
    EXPECT_EQ(http.path, "/cart?item=7");
    ASSERT_EQ(http.headers.size(), 4u);
    EXPECT_EQ(lb::cookie(http, "session"), "xyz");
    EXPECT_EQ(lb::header(http, "x-empty"), "");
    EXPECT_EQ(lb::header(http, "ACCEPT"), "text/html");
    EXPECT_EQ(text.substr(head->size()), "body");
}

TEST(HttpHead, TakesLinesThatEndInLineFeedAlone) {
    const auto head = HttpHead::parse("GET / HTTP/1.0\nHost: a\n\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->http().host, "a");
}

TEST(HttpHead, RefusesWhatIsNoneOrNotWhole) {
    const std::string whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t n = 0; n != whole.size(); ++n)
        EXPECT_FALSE(HttpHead::parse(whole.substr(0, n))) << n;
    for (const char* text :
         {"\r\n\r\n", "GET /\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n",
          "GET / HTTP/2\r\n\r\n", "G ET / HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
          "GET / HTTP/1.1\r\n: a\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n"})
        EXPECT_FALSE(HttpHead::parse(text)) << text;
}

}  // namespace
