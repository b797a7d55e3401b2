#include "trace/field_cursor.hpp"

#include <gtest/gtest.h>

namespace lbsim {
namespace {

TEST(FieldCursor, WalksOverWordsQuotesAndBrackets) {
    FieldCursor cursor{R"(one  "two \" words" [three words] four)"};
    EXPECT_EQ(cursor.word("a"), "one");
    EXPECT_TRUE(cursor.next_is('"'));
    EXPECT_EQ(cursor.quoted("b"), R"(two \" words)");
    EXPECT_EQ(cursor.bracketed('[', ']', "c"), "three words");
    EXPECT_EQ(cursor.word("d"), "four");
    EXPECT_TRUE(cursor.at_end());
    EXPECT_FALSE(cursor.flaw());
}

TEST(FieldCursor, RemembersTheFirstFlawAndReadsNothingAfterIt) {
    FieldCursor cursor{"one two"};
    cursor.word("a");
    EXPECT_EQ(cursor.quoted("a request in quotes"), "");
    EXPECT_EQ(cursor.word("a word"), "");
    EXPECT_TRUE(cursor.at_end());
    ASSERT_TRUE(cursor.flaw());
    EXPECT_EQ(cursor.flaw()->column, 5u);
    EXPECT_EQ(cursor.flaw()->reason, "expected a request in quotes, found \"two\"");
}

TEST(FieldCursor, KeepsTheTriesOfOneRequestTogether) {
    FieldCursor cursor{"a:1, b:2 : c:3 - 504, 200 : 200 0.1 1, "};
    EXPECT_EQ(cursor.tries("x"), "a:1, b:2 : c:3");
    EXPECT_EQ(cursor.tries("x"), "-");
    EXPECT_EQ(cursor.tries("x"), "504, 200 : 200");
    EXPECT_EQ(cursor.tries("x"), "0.1");
    EXPECT_EQ(cursor.tries("x"), "1, ");
    EXPECT_TRUE(cursor.at_end());
}

TEST(FinalService, IsTheServiceOfTheTryThatAnswered) {
    EXPECT_EQ(final_service("0.030"), 0.030);
    EXPECT_EQ(final_service("1.000, 0.041", "-, 0.040"), 0.041);
    EXPECT_EQ(final_service("0.010 : 0.020"), 0.020);
    EXPECT_EQ(final_service("0.010, 0.020 : 0.030, 0.040"), 0.040);
}

TEST(FinalService, IsUnknownIfTheFinalTryWasNotConnectedOrNotAnswered) {
    EXPECT_FALSE(final_service("-"));
    EXPECT_FALSE(final_service(""));
    EXPECT_FALSE(final_service("0.030, -"));
    EXPECT_FALSE(final_service("0.041, 60.001", "0.040, -"));
}

TEST(ReadRequest, SplitsMethodAndPath) {
    const auto split = [](std::string_view request) {
        LogLine line;
        read_request(request, line);
        return std::string{line.method} + '|' + std::string{line.path};
    };
    EXPECT_EQ(split("GET /p/42?a=b HTTP/1.1"), "GET|/p/42?a=b");
    EXPECT_EQ(split("GET /a path HTTP/1.0"), "GET|/a path");
    EXPECT_EQ(split("GET /old"), "GET|/old");
    EXPECT_EQ(split("POST https://shop.example:443/p HTTP/2.0"), "POST|/p");
    EXPECT_EQ(split("GET http://shop.example HTTP/1.1"), "GET|/");
    EXPECT_EQ(split("GET /go?to=http://a.example/b HTTP/1.1"), "GET|/go?to=http://a.example/b");
    for (const char* none : {"-", "", "- - -", "\\x16\\x03\\x01", "<BADREQ>", "\\x16 \\x03 x", " "})
        EXPECT_EQ(split(none), "|") << none;
}

TEST(WithoutPort, KeepsAddressesOfEitherFamily) {
    EXPECT_EQ(without_port("203.0.113.7:51234"), "203.0.113.7");
    EXPECT_EQ(without_port("2001:db8::1:51234"), "2001:db8::1");
    EXPECT_EQ(without_port("[2001:db8::1]:51234"), "2001:db8::1");
    EXPECT_EQ(without_port("unix"), "unix");
}

}  // namespace
}  // namespace lbsim
