#include "scenario/document.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.hpp"

namespace {

using lbsim::Document;
using lbsim::Place;
using lbsim::Problem;
using lbsim::ScenarioError;
using lbsim::Value;
using Kind = lbsim::Value::Kind;

Document parse(std::string text) { return Document::parse("x.json", std::move(text)); }

std::string error_of(std::string text) {
    try {
        parse(std::move(text));
    } catch (const ScenarioError& error) { return error.what(); }
    return "no error";
}

// "--set PATH=VALUE", and what is printed: "" if all is well.
std::string set(Document& document, std::string_view path, std::string_view value) {
    return document.render(document.set(path, value, "--set"));
}

// A tree as text, on one line, to compare with.
std::string shape(const Value& value) {
    switch (value.kind()) {
        case Kind::Null: return "null";
        case Kind::Bool: return value.boolean() ? "true" : "false";
        case Kind::Integer: return std::to_string(value.integer());
        case Kind::Number: return "number";
        case Kind::String: return "'" + value.string() + "'";
        default: break;
    }
    std::string out;
    for (const auto& element : value.elements()) out += (out.empty() ? "" : ",") + shape(element);
    for (const auto& member : value.members())
        out += (out.empty() ? "" : ",") + member.key + ":" + shape(member.value);
    return value.is(Kind::Array) ? "[" + out + "]" : "{" + out + "}";
}

// ---- Reading

TEST(Document, ReadsEveryKindOfValueInOrder) {
    const auto document = parse(R"( {"z": null, "a": [true, false, -12, 1.5, 1e3, "x\u00e9\n"],
        "o": {}, "e": []} )");
    EXPECT_EQ(shape(document.root()),
              "{z:null,a:[true,false,-12,number,number,'x\u00e9\n'],o:{},e:[]}");
    EXPECT_EQ(document.root().find("a")->elements()[3].number(), 1.5);
    EXPECT_EQ(document.root().find("a")->elements()[2].number(), -12.0);
    EXPECT_EQ(document.root().find("b"), nullptr);
    EXPECT_EQ(document.root().find("z")->find("b"), nullptr);
}

TEST(Document, KeepsWholeNumbersExactWhileTheyFit64BitsWithSign) {
    const auto document = parse("[9223372036854775807, -9223372036854775808, 9223372036854775808]");
    const auto elements = document.root().elements();
    EXPECT_EQ(elements[0].integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(elements[1].integer(), std::numeric_limits<std::int64_t>::min());
    ASSERT_TRUE(elements[2].is(Kind::Number));
    EXPECT_EQ(elements[2].number(), 0x1p63);
    EXPECT_EQ(document.found(elements[2]), "9223372036854775808");
}

TEST(Document, AllowsBothKindsOfComments) {
    EXPECT_EQ(
        shape(parse("// a\n{ /* b */ \"a\" /**/ : // , \" }\r\n [ 1 /* * / */ , 2 ] } //").root()),
        "{a:[1,2]}");
}

TEST(Document, KnowsWhereEachValueAndEachKeyStand) {
    const auto document =
        parse("// \"a\"\n{\"a\" /*:*/ : [ 1 , \"\xc3\xa9\" , {} ],\n \"b\":-1.5e3}");
    const auto& root = document.root();
    const auto& a = *root.find("a");
    EXPECT_EQ(document.text(a.key_place()), "\"a\"");
    EXPECT_EQ(document.text(a.place()), "[ 1 , \"\xc3\xa9\" , {} ]");
    EXPECT_EQ(document.text(a.elements()[0].place()), "1");
    EXPECT_EQ(document.text(a.elements()[1].place()), "\"\xc3\xa9\"");
    EXPECT_EQ(document.text(a.elements()[2].place()), "{}");
    EXPECT_EQ(a.elements()[2].key_place(), a.elements()[2].place());
    EXPECT_EQ(document.text(root.find("b")->place()), "-1.5e3");
    EXPECT_EQ(root.find("b")->key_place().begin, root.place().end - 11);
    EXPECT_EQ(root.place().begin, 7u);
}

// A random value, and the places of its scalars as they were written.
struct Writer {
    lb::Rng& rng;
    std::string text = {};
    std::vector<Place> places = {};

    void blanks() {
        static constexpr std::string_view kBlanks[]{"",      "",       " ",       "\n\t",
                                                    "/*,*/", "//:]\n", "/* \" */"};
        text += kBlanks[rng.below(7)];
    }
    void value(std::size_t depth) {
        static constexpr std::string_view kScalars[]{
            "null", "true", "0", "-0.5e-7", "12", "\"\"", "\"a,b\"", "\"\\\"]\"", "\"\u00e9//\""};
        blanks();
        const auto what = depth == 0 ? 2 : rng.below(4);
        const auto begin = text.size();
        if (what >= 2) {
            text += kScalars[rng.below(9)];
            places.push_back(
                {0, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(text.size())});
        } else {
            text += what == 0 ? '[' : '{';
            blanks();
            for (auto n = rng.below(4), i = n; i != 0; --i) {
                if (i != n) text += ',';
                blanks();
                if (what == 1) text += "\"k" + std::to_string(i) + '"';
                if (what == 1) blanks();
                if (what == 1) text += ':';
                value(depth - 1);
            }
            text += what == 0 ? ']' : '}';
        }
        blanks();
    }
};

void scalars(const Value& value, std::vector<Place>& out) {
    for (const auto& element : value.elements()) scalars(element, out);
    for (const auto& member : value.members()) scalars(member.value, out);
    if (!value.is(Kind::Array) && !value.is(Kind::Object)) out.push_back(value.place());
}

TEST(Document, FindsEveryScalarWhereItWasWritten) {
    lb::Rng rng{7};
    for (int i = 0; i != 20'000; ++i) {
        Writer writer{rng};
        writer.value(4);
        const auto document = parse(writer.text);
        std::vector<Place> places;
        scalars(document.root(), places);
        ASSERT_EQ(places, writer.places) << writer.text;
    }
}

TEST(Document, LocatesByPointerTheValueTheKeyOrTheNearestAncestor) {
    const auto document = parse(R"({"a": {"b/c": [10, 20]}})");
    EXPECT_EQ(document.text(document.locate("/a/b~1c/1")), "20");
    EXPECT_EQ(document.text(document.locate("/a/b~1c", true)), "\"b/c\"");
    EXPECT_EQ(document.text(document.locate("/a/b~1c/2")), "[10, 20]");
    EXPECT_EQ(document.text(document.locate("/a/b~1c/x", true)), "[10, 20]");
    EXPECT_EQ(document.text(document.locate("/a/nothing/1", true)), R"({"b/c": [10, 20]})");
    EXPECT_EQ(document.locate(""), document.root().place());
}

TEST(Document, NamesWhatItFoundAsItWasWritten) {
    const auto document =
        parse(R"([1.50, "a\tb", null, [], [1], {}, {"a": 1}, ")" + std::string(41, 'x') + R"("])");
    std::string found;
    for (const auto& element : document.root().elements()) found += document.found(element) + " | ";
    EXPECT_EQ(found, R"(1.50 | "a\tb" | null | an empty array | an array | an empty object | )"
                     R"(an object | ")" +
                         std::string(40, 'x') + "…\" | ");
}

// ---- Errors

struct Case {
    std::string text, rendered;
};

const std::vector<Case>& errors() {
    static const std::vector<Case> kErrors{
        {"",
         "x.json:1:1: error: the file is empty\n"
         "  1 | \n"
         "    | ^\n"
         "  at the document\n"
         "  hint: a scenario is { … }\n"},
        {" \n\n",
         "x.json:1:1: error: the file is empty\n"
         "  1 |  \n"
         "    | ^\n"
         "  at the document\n"
         "  hint: a scenario is { … }\n"},
        {"// only\n",
         "x.json:1:8: error: the file ends without a value\n"
         "  1 | // only\n"
         "    |        ^\n"
         "  at the document\n"
         "  hint: a scenario is { … }\n"},
        {"{\"a\": 1,\n",
         "x.json:1:9: error: expected a key in quotes, found the end of the file\n"
         "  1 | {\"a\": 1,\n"
         "    |         ^\n"
         "  at the document\n"
         "  hint: the '{' of line 1 is not closed\n"},
        {"[1, 2",
         "x.json:1:6: error: expected ',' or ']', found the end of the file\n"
         "  1 | [1, 2\n"
         "    |      ^\n"
         "  at the document\n"
         "  hint: the '[' of line 1 is not closed\n"},
        {"{\"a\":",
         "x.json:1:6: error: expected a value, found the end of the file\n"
         "  1 | {\"a\":\n"
         "    |      ^\n"
         "  at /a\n"
         "  hint: the '{' of line 1 is not closed\n"},
        {"{\"t\": 10ms}",
         "x.json:1:7: error: expected a value, found 10ms\n"
         "  1 | {\"t\": 10ms}\n"
         "    |       ^~~~\n"
         "  at /t\n"
         "  hint: write \"10ms\"\n"},
        {"[800/s, 1]",
         "x.json:1:2: error: expected a value, found 800/s\n"
         "  1 | [800/s, 1]\n"
         "    |  ^~~~~\n"
         "  at /0\n"
         "  hint: write \"800/s\"\n"},
        {"[10%]",
         "x.json:1:2: error: expected a value, found 10%\n"
         "  1 | [10%]\n"
         "    |  ^~~\n"
         "  at /0\n"
         "  hint: write \"10%\"\n"},
        {"[1,2,]",
         "x.json:1:5: error: trailing comma\n"
         "  1 | [1,2,]\n"
         "    |     ^\n"
         "  at the document\n"
         "  hint: remove it\n"},
        {"{\"a\":1 , }",
         "x.json:1:8: error: trailing comma\n"
         "  1 | {\"a\":1 , }\n"
         "    |        ^\n"
         "  at the document\n"
         "  hint: remove it\n"},
        {"{a: 1}",
         "x.json:1:2: error: expected a key in quotes or '}', found a\n"
         "  1 | {a: 1}\n"
         "    |  ^\n"
         "  at the document\n"
         "  hint: write \"a\"\n"},
        {"{'a': 1}",
         "x.json:1:2: error: expected a key in quotes or '}', found a single quote\n"
         "  1 | {'a': 1}\n"
         "    |  ^\n"
         "  at the document\n"
         "  hint: write it in double quotes\n"},
        {"['a']",
         "x.json:1:2: error: expected a value or ']', found a single quote\n"
         "  1 | ['a']\n"
         "    |  ^\n"
         "  at /0\n"
         "  hint: write it in double quotes\n"},
        {"[NaN]",
         "x.json:1:2: error: expected a value, found NaN\n"
         "  1 | [NaN]\n"
         "    |  ^~~\n"
         "  at /0\n"
         "  hint: a number must be finite\n"},
        {"{\"a\": -Infinity}",
         "x.json:1:7: error: expected a value, found -Infinity\n"
         "  1 | {\"a\": -Infinity}\n"
         "    |       ^~~~~~~~~\n"
         "  at /a\n"
         "  hint: a number must be finite\n"},
        {"[True]",
         "x.json:1:2: error: expected a value, found True\n"
         "  1 | [True]\n"
         "    |  ^~~~\n"
         "  at /0\n"
         "  hint: write true\n"},
        {"[None]",
         "x.json:1:2: error: expected a value, found None\n"
         "  1 | [None]\n"
         "    |  ^~~~\n"
         "  at /0\n"
         "  hint: write null\n"},
        {"[truex]",
         "x.json:1:2: error: expected a value, found truex\n"
         "  1 | [truex]\n"
         "    |  ^~~~~\n"
         "  at /0\n"
         "  hint: write \"truex\"\n"},
        {"[p2c]",
         "x.json:1:2: error: expected a value, found p2c\n"
         "  1 | [p2c]\n"
         "    |  ^~~\n"
         "  at /0\n"
         "  hint: write \"p2c\"\n"},
        {"[007]",
         "x.json:1:2: error: malformed number 007\n"
         "  1 | [007]\n"
         "    |  ^~~\n"
         "  at /0\n"
         "  hint: leave out the leading zeros\n"},
        {"[-01]",
         "x.json:1:2: error: malformed number -01\n"
         "  1 | [-01]\n"
         "    |  ^~~\n"
         "  at /0\n"
         "  hint: leave out the leading zeros\n"},
        {"[+1]",
         "x.json:1:2: error: malformed number +1\n"
         "  1 | [+1]\n"
         "    |  ^~\n"
         "  at /0\n"
         "  hint: leave out the plus sign\n"},
        {"[.5]",
         "x.json:1:2: error: malformed number .5\n"
         "  1 | [.5]\n"
         "    |  ^~\n"
         "  at /0\n"
         "  hint: write 0.5\n"},
        {"[1.]",
         "x.json:1:2: error: malformed number 1.\n"
         "  1 | [1.]\n"
         "    |  ^~\n"
         "  at /0\n"
         "  hint: write for example 12, 0.5 or 1e6\n"},
        {"[-]",
         "x.json:1:2: error: malformed number -\n"
         "  1 | [-]\n"
         "    |  ^\n"
         "  at /0\n"
         "  hint: write for example 12, 0.5 or 1e6\n"},
        {"[1e999]",
         "x.json:1:2: error: number out of range: 1e999\n"
         "  1 | [1e999]\n"
         "    |  ^~~~~\n"
         "  at /0\n"
         "  hint: the largest is about 1.8e308\n"},
        {"{\"a\": -1e400}",
         "x.json:1:7: error: number out of range: -1e400\n"
         "  1 | {\"a\": -1e400}\n"
         "    |       ^~~~~~\n"
         "  at /a\n"
         "  hint: the largest is about 1.8e308\n"},
        {"[\"a\tb\"]",
         "x.json:1:4: error: control character in a string\n"
         "  1 | [\"a\tb\"]\n"
         "    |    ^\n"
         "  at /0\n"
         "  hint: a tab is written \\t, others \\u00XX\n"},
        {"[\"a\\qb\"]",
         "x.json:1:4: error: unknown escape \\q\n"
         "  1 | [\"a\\qb\"]\n"
         "    |    ^~\n"
         "  at /0\n"
         "  hint: a backslash is written \\\\\n"},
        {"[\"\\u12\"]",
         "x.json:1:3: error: \\u without four hexadecimal digits\n"
         "  1 | [\"\\u12\"]\n"
         "    |   ^~\n"
         "  at /0\n"
         "  hint: write for example \\u00e9\n"},
        {"[\"\\ud800\"]",
         "x.json:1:3: error: half a surrogate pair\n"
         "  1 | [\"\\ud800\"]\n"
         "    |   ^~~~~~\n"
         "  at /0\n"
         "  hint: write the character itself, or both halves\n"},
        {"[\"\\udc00x\"]",
         "x.json:1:3: error: half a surrogate pair\n"
         "  1 | [\"\\udc00x\"]\n"
         "    |   ^~~~~~\n"
         "  at /0\n"
         "  hint: write the character itself, or both halves\n"},
        {"[\"\\ud800\\u0041\"]",
         "x.json:1:3: error: half a surrogate pair\n"
         "  1 | [\"\\ud800\\u0041\"]\n"
         "    |   ^~~~~~\n"
         "  at /0\n"
         "  hint: write the character itself, or both halves\n"},
        {"[\"abc\n]",
         "x.json:1:2: error: string without an end\n"
         "  1 | [\"abc\n"
         "    |  ^~~~\n"
         "  at /0\n"
         "  hint: close it with \"; a line break within is written \\n\n"},
        {"[\"abc",
         "x.json:1:2: error: string without an end\n"
         "  1 | [\"abc\n"
         "    |  ^~~~\n"
         "  at /0\n"
         "  hint: close it with \"; a line break within is written \\n\n"},
        {"[\"abc\\",
         "x.json:1:2: error: string without an end\n"
         "  1 | [\"abc\\\n"
         "    |  ^~~~~\n"
         "  at /0\n"
         "  hint: close it with \"; a line break within is written \\n\n"},
        {"[1 /* x",
         "x.json:1:4: error: comment without an end\n"
         "  1 | [1 /* x\n"
         "    |    ^~\n"
         "  at the document\n"
         "  hint: close it with */\n"},
        {"[1 / 2]",
         "x.json:1:4: error: expected ',' or ']', found '/'\n"
         "  1 | [1 / 2]\n"
         "    |    ^\n"
         "  at the document\n"
         "  hint: a comment begins with // or /*\n"},
        {"\357\273\277{}",
         "x.json:1:1: error: the file begins with a byte order mark\n"
         "  1 | ?{}\n"
         "    | ^\n"
         "  at the document\n"
         "  hint: save it as UTF-8 without one\n"},
        {"\377\376{",
         "x.json:1:1: error: the file is in UTF-16\n"
         "  1 | ??{\n"
         "    | ^\n"
         "  at the document\n"
         "  hint: save it as UTF-8\n"},
        {"[\"\377\"]",
         "x.json:1:3: error: not UTF-8: byte 0xff\n"
         "  1 | [\"?\"]\n"
         "    |   ^\n"
         "  at the document\n"
         "  hint: save the file as UTF-8\n"},
        {"// \300\200\n{}",
         "x.json:1:4: error: not UTF-8: byte 0xc0\n"
         "  1 | // ??\n"
         "    |    ^\n"
         "  at the document\n"
         "  hint: save the file as UTF-8\n"},
        {"[\"\355\240\200\"]",
         "x.json:1:3: error: not UTF-8: byte 0xed\n"
         "  1 | [\"???\"]\n"
         "    |   ^\n"
         "  at the document\n"
         "  hint: save the file as UTF-8\n"},
        {"{} {}",
         "x.json:1:4: error: expected the end of the file, found '{'\n"
         "  1 | {} {}\n"
         "    |    ^\n"
         "  at the document\n"},
        {"{}}",
         "x.json:1:3: error: expected the end of the file, found '}'\n"
         "  1 | {}}\n"
         "    |   ^\n"
         "  at the document\n"},
        {"{\"a\" 1}",
         "x.json:1:6: error: expected ':' after the key, found 1\n"
         "  1 | {\"a\" 1}\n"
         "    |      ^\n"
         "  at /a\n"},
        {"{\"a\":1 \"b\":2}",
         "x.json:1:8: error: expected ',' or '}', found a string\n"
         "  1 | {\"a\":1 \"b\":2}\n"
         "    |        ^~~\n"
         "  at the document\n"},
        {"[1 2]",
         "x.json:1:4: error: expected ',' or ']', found 2\n"
         "  1 | [1 2]\n"
         "    |    ^\n"
         "  at the document\n"},
        {",",
         "x.json:1:1: error: expected a value, found ','\n"
         "  1 | ,\n"
         "    | ^\n"
         "  at the document\n"},
        {"{\"a\":}",
         "x.json:1:6: error: expected a value, found '}'\n"
         "  1 | {\"a\":}\n"
         "    |      ^\n"
         "  at /a\n"},
        {"{,}",
         "x.json:1:2: error: expected a key in quotes or '}', found ','\n"
         "  1 | {,}\n"
         "    |  ^\n"
         "  at the document\n"},
        {"[1}",
         "x.json:1:3: error: expected ',' or ']', found '}'\n"
         "  1 | [1}\n"
         "    |   ^\n"
         "  at the document\n"},
        {"{1: 2}",
         "x.json:1:2: error: expected a key in quotes or '}', found 1\n"
         "  1 | {1: 2}\n"
         "    |  ^\n"
         "  at the document\n"},
        {"{\"a\":{\"b\":1}, \"c/d\":{\"x\":[1,{\"y~\":1,\"y~\":2}]}, \"a\":3}",
         "x.json:1:37: error: duplicate key \"y~\"\n"
         "  1 | {\"a\":{\"b\":1}, \"c/d\":{\"x\":[1,{\"y~\":1,\"y~\":2}]}, \"a\":3}\n"
         "    |                                     ^~~~\n"
         "  at /c~1d/x/1/y~0\n"
         "  hint: remove one of the two\n"
         "\n"
         "x.json:1:48: error: duplicate key \"a\"\n"
         "  1 | {\"a\":{\"b\":1}, \"c/d\":{\"x\":[1,{\"y~\":1,\"y~\":2}]}, \"a\":3}\n"
         "    |                                                ^~~\n"
         "  at /a\n"
         "  hint: remove one of the two\n"},
        {"{\"a\":1,\"\\u0061\":2}",
         "x.json:1:8: error: duplicate key \"a\"\n"
         "  1 | {\"a\":1,\"\\u0061\":2}\n"
         "    |        ^~~~~~~~\n"
         "  at /a\n"
         "  hint: remove one of the two\n"},
        {"{\"b\":{\"c\":1,\"c\":2}, \"d\" 1}",
         "x.json:1:13: error: duplicate key \"c\"\n"
         "  1 | {\"b\":{\"c\":1,\"c\":2}, \"d\" 1}\n"
         "    |             ^~~\n"
         "  at /b/c\n"
         "  hint: remove one of the two\n"
         "\n"
         "x.json:1:25: error: expected ':' after the key, found 1\n"
         "  1 | {\"b\":{\"c\":1,\"c\":2}, \"d\" 1}\n"
         "    |                         ^\n"
         "  at /d\n"},
        {std::string("{}\0[", 4),
         "x.json:1:3: error: NUL byte\n"
         "  1 | {}?[\n"
         "    |   ^\n"
         "  at the document\n"
         "  hint: remove it\n"}};
    return kErrors;
}

TEST(Document, SaysWhatIsWrongAndWhere) {
    for (const auto& c : errors()) EXPECT_EQ(error_of(c.text), c.rendered) << c.text;
}

TEST(Document, RefusesEveryPrefixOfAText) {
    const std::string text = R"({"a": [1.5, "x\u00e9", true], /* c */ "b": {"c": null}})";
    for (std::size_t n = 0; n != text.size(); ++n)
        EXPECT_NE(error_of(text.substr(0, n)), "no error") << n;
    EXPECT_EQ(error_of(text), "no error");
}

TEST(Document, RefusesWhatIsNestedDeeperThan64) {
    const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    EXPECT_EQ(error_of(nested(64)), "no error");
    EXPECT_NE(error_of(nested(65)).find("x.json:1:65: error: nested deeper than 64\n"),
              std::string::npos);
    EXPECT_NE(error_of(std::string(10'000'000, '[')).find("x.json:1:65: error: nested deeper"),
              std::string::npos);
}

TEST(Document, RefusesAFileLargerThan64MiB) {
    EXPECT_EQ(error_of("{\n" + std::string(Document::kLargest, ' ')),
              "x.json:1:1: error: the file is larger than 64 MiB\n"
              "  1 | {\n"
              "    | ^\n"
              "  at the document\n");
}

TEST(Document, FindsDuplicateKeysHoweverManyMembersThereAre) {
    std::string text = "{";
    for (int i = 0; i != 1000; ++i) text += "\"k" + std::to_string(i) + "\":0,\n";
    EXPECT_NE(error_of(text + "\"k500\":1}").find("x.json:1001:1: error: duplicate key \"k500\""),
              std::string::npos);
    EXPECT_EQ(error_of(text + "\"k1000\":1}"), "no error");
}

TEST(Document, ReportsAtMostAThousandDuplicates) {
    std::string text = "{\"k\":0";
    for (int i = 0; i != 5000; ++i) text += ",\n\"k\":0";
    try {
        parse(text + "}");
        FAIL();
    } catch (const ScenarioError& error) { EXPECT_EQ(error.problems().size(), 1000u); }
}

// ---- Printing

std::string at_word(const std::string& text, std::string_view word) {
    const auto document = parse(text);
    const auto begin = static_cast<std::uint32_t>(text.find(word));
    const auto end = begin + static_cast<std::uint32_t>(word.size());
    auto out =
        document.render(Problem{.pointer = "", .message = "m", .place = Place{0, begin, end}});
    return out.substr(0, out.find("  at "));
}

TEST(Render, PutsTheCaretUnderTheKeyOrTheValue) {
    const auto document = parse("{\n  \"policy\": {\"name\": \"p2k\", \"dekay\": \"10s\"}\n}");
    EXPECT_EQ(document.render({{.pointer = "/policy/dekay",
                                .message = "unknown key \"dekay\"",
                                .hint = "did you mean \"decay\"?",
                                .about_key = true},
                               {.pointer = "/policy/name",
                                .message = "unknown policy \"p2k\"",
                                .hint = "did you mean \"p2c\"?"}}),
              R"(x.json:2:22: error: unknown policy "p2k"
  2 |   "policy": {"name": "p2k", "dekay": "10s"}
    |                      ^~~~~
  at /policy/name
  hint: did you mean "p2c"?

x.json:2:29: error: unknown key "dekay"
  2 |   "policy": {"name": "p2k", "dekay": "10s"}
    |                             ^~~~~~~
  at /policy/dekay
  hint: did you mean "decay"?
)");
}

TEST(Render, UnderlinesOfManyLinesTheFirst) {
    EXPECT_EQ(at_word("{\r\n \"a\": [1,\r\n 2]}", "[1,\r\n 2]"),
              "x.json:2:7: error: m\n  2 |  \"a\": [1,\n    |       ^~~\n");
}

TEST(Render, CountsCodePointsAndKeepsTabs) {
    EXPECT_EQ(at_word("{\t\"é\":\t\"日\", \"b\": 12}", "12"),
              "x.json:1:18: error: m\n  1 | {\t\"é\":\t\"日\", \"b\": 12}\n"
              "    |  \t    \t          ^~\n");
}

TEST(Render, AlignsTheCaretBelowLongLineNumbers) {
    EXPECT_EQ(at_word(std::string(1233, '\n') + "[1]", "1"),
              "x.json:1234:2: error: m\n  1234 | [1]\n       |  ^\n");
}

TEST(Render, ShowsAWindowOfALongLine) {
    const std::string before(200, ' '), after(200, ' ');
    EXPECT_EQ(at_word("[" + before + "12" + after + "]", "12"),
              "x.json:1:202: error: m\n  1 | …" + std::string(50, ' ') + "12" +
                  std::string(46, ' ') + "…\n    |  " + std::string(50, ' ') + "^~\n");
    // At its beginning, at its end, and when what is wrong reaches beyond it.
    EXPECT_EQ(at_word("[12" + after + "]", "12"),
              "x.json:1:2: error: m\n  1 | [12" + std::string(96, ' ') + "…\n    |  ^~\n");
    EXPECT_EQ(at_word("[" + before + "12]", "12"), "x.json:1:202: error: m\n  1 | …" +
                                                       std::string(50, ' ') + "12]\n    |  " +
                                                       std::string(50, ' ') + "^~\n");
    const auto text = '"' + std::string(200, 'x') + '"';
    EXPECT_EQ(at_word("[" + text + "]", text), "x.json:1:2: error: m\n  1 | [\"" +
                                                   std::string(97, 'x') + "…\n    |  ^" +
                                                   std::string(97, '~') + "\n");
}

TEST(Render, ShowsALineOfAHundredColumnsWhole) {
    const std::string fits = "[\"" + std::string(96, 'x') + "\"]";
    EXPECT_EQ(at_word(fits, fits),
              "x.json:1:1: error: m\n  1 | " + fits + "\n    | ^" + std::string(99, '~') + "\n");
}

TEST(Render, LetsNoControlCharacterThrough) {
    const auto document = Document::parse(
        "a\x1b.json", "// \x1b[2J \x7f \u009b \u202e \u2028 \ufeff\n{\"\\u001b[2J\\n\": 1}");
    EXPECT_EQ(document.render(Problem{.pointer = lbsim::child("", document.root().members()[0].key),
                                      .message = "a\x1b\nb",
                                      .hint = "\x9b"}),
              "a?.json:2:17: error: a??b\n"
              "  2 | {\"\\u001b[2J\\n\": 1}\n"
              "    |                 ^\n"
              "  at /?[2J?\n"
              "  hint: ?\n");
    EXPECT_EQ(document.render(Problem{.message = "m", .place = Place{0, 0, 2}}),
              "a?.json:1:1: error: m\n"
              "  1 | // ?[2J ? ? ? ? ?\n"
              "    | ^~\n"
              "  at the document\n");
}

TEST(Render, SortsByPlaceAndSaysTheSameOfAPlaceOnce) {
    const auto document = parse("[1,\n2]");
    const auto out = document.render({{.pointer = "/1", .message = "b"},
                                      {.pointer = "/0", .message = "a"},
                                      {.pointer = "/1", .message = "a"},
                                      {.pointer = "/1", .message = "b"}});
    std::string heads;
    for (std::size_t at = 0; (at = out.find("x.json:", at)) != std::string::npos; ++at)
        heads += out.substr(at, out.find('\n', at) - at) + ";";
    EXPECT_EQ(heads, "x.json:1:2: error: a;x.json:2:1: error: b;x.json:2:1: error: a;");
}

TEST(Render, CountsWhatIsBeyondAThousand) {
    const auto document = parse("[1]");
    std::vector<Problem> problems;
    for (int i = 0; i != 1234; ++i) problems.push_back({"/0", "m" + std::to_string(i)});
    const auto out = document.render(problems);
    EXPECT_TRUE(out.ends_with("\n\nand 234 more\n")) << out.substr(out.size() - 100);
}

TEST(Render, NamesTheOptionInsteadOfAPlace) {
    auto document = parse(R"({"clients": [{"name": "web"}]})");
    ASSERT_EQ(set(document, "clients.web.timeout", "1"), "");
    ASSERT_EQ(set(document, "clients.web.retry", R"({"attempts": 0})"), "");
    EXPECT_EQ(document.render({{.pointer = "/clients/0/timeout",
                                .message = "a duration needs a unit, found 1",
                                .hint = "write 1s"},
                               {.pointer = "/clients/0/retry/attempts", .message = "too few"},
                               {.pointer = "/clients/0/name", .message = "taken"}}),
              R"(x.json:1:23: error: taken
  1 | {"clients": [{"name": "web"}]}
    |                       ^~~~~
  at /clients/0/name

lbsim: error: --set clients.web.timeout=1: a duration needs a unit, found 1
  hint: write 1s

lbsim: error: --set clients.web.retry={"attempts": 0}: too few
  at /clients/0/retry/attempts
)");
}

// ---- Overriding

constexpr std::string_view kScenario = R"({
  "clients": [{"name": "web", "timeout": "2s"}, {"name": "app"}],
  "balancers": {"name": "edge", "policy": "p2c"},
  "tiers": [{"policy": "p2c"}],
  "rates": [[1, 2], [3, 4]],
  "none": null
})";

TEST(Render, QuotesPiecesOfOtherFilesAfterTheScenario) {
    auto document = parse("{}");
    const auto problem = [&](Place place, std::string message) {
        return Problem{.pointer = "/file", .message = std::move(message), .place = place};
    };
    const auto late = document.quote(
        {.name = "a.log", .text = "\xc3\xa9 long line", .pointer = {}, .line = 7}, 3);
    const auto far = document.quote(
        {.name = "a.log", .text = "rest", .pointer = {}, .line = 9, .column = 5001}, 4);
    const auto nothing =
        document.quote({.name = "b\x1b.log", .text = "", .pointer = {}, .line = 3}, 0);
    EXPECT_EQ(document.position(far), (std::pair<std::size_t, std::size_t>{9, 5005}));
    EXPECT_EQ(document.render({problem(nothing, "c"), problem(far, "b"), problem(late, "a"),
                               problem(Place{0, 0, 2}, "first")}),
              "x.json:1:1: error: first\n"
              "  1 | {}\n"
              "    | ^~\n"
              "  at /file\n"
              "\n"
              "a.log:7:3: error: a\n"
              "  7 | \xc3\xa9 long line\n"
              "    |   ^\n"
              "  at /file of x.json\n"
              "\n"
              "a.log:9:5005: error: b\n"
              "  9 | rest\n"
              "    |     ^\n"
              "  at /file of x.json\n"
              "\n"
              "b?.log:3:1: error: c\n"
              "  at /file of x.json\n");
}

TEST(Set, ReachesMembersGroupsAndElements) {
    struct Override {
        std::string_view path, value, part, shape;
    };
    for (const auto& c : std::vector<Override>{
             {"clients.web.timeout", "1s", "/clients/0", "{name:'web',timeout:'1s'}"},
             {"clients.1.timeout", "1s", "/clients/1", "{name:'app',timeout:'1s'}"},
             {"clients.app", "{}", "/clients", "[{name:'web',timeout:'2s'},{}]"},
             {"rates.1.0", "5", "/rates", "[[1,2],[5,4]]"},
             {"new.and.deep", "[1]", "/new", "{and:{deep:[1]}}"},
             {"none.a", "true", "/none", "{a:true}"},
             {"balancers.policy", "random", "/balancers", "{name:'edge',policy:'random'}"},
             {"balancers.0.policy", "random", "/balancers", "{name:'edge',policy:'random'}"},
             {"balancers.edge.policy", "random", "/balancers", "{name:'edge',policy:'random'}"},
             {"balancers.policy.choices", "3", "/balancers/policy", "{name:'p2c',choices:3}"},
             {"balancers.policy.name", "c3", "/balancers/policy", "{name:'c3'}"},
             {"tiers.policy", "random", "/tiers", "[{policy:'random'}]"},
             {"tiers.0.policy.choices", "3", "/tiers", "[{policy:{name:'p2c',choices:3}}]"}}) {
        auto document = parse(std::string{kScenario});
        EXPECT_EQ(set(document, c.path, c.value), "") << c.path;
        const Value* at = &document.root();
        for (auto rest = c.part.substr(1); at; rest = rest.substr(rest.find('/') + 1)) {
            const auto token = rest.substr(0, rest.find('/'));
            at = at->is(Kind::Array) ? &at->elements()[token == "1" ? 1 : 0] : at->find(token);
            if (token == rest) break;
        }
        ASSERT_NE(at, nullptr) << c.path;
        EXPECT_EQ(shape(*at), c.shape) << c.path;
    }
}

TEST(Set, TakesJsonAsJsonAndAnythingElseAsAString) {
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"1", "1"},       {"1s", "'1s'"},         {"\"1\"", "'1'"},       {"", "''"},
        {"true", "true"}, {"truth", "'truth'"},   {"null", "null"},       {"[1,2]", "[1,2]"},
        {"[1,", "'[1,'"}, {"{\"a\":1}", "{a:1}"}, {"1 // x", "'1 // x'"}, {"NaN", "'NaN'"},
        {"a=b", "'a=b'"}, {" 7 ", "7"},           {"10%", "'10%'"},       {"9 9", "'9 9'"}};
    for (const auto& [value, expected] : cases) {
        auto document = parse("{}");
        EXPECT_EQ(set(document, "a", value), "") << value;
        EXPECT_EQ(shape(*document.root().find("a")), expected) << value;
    }
}

TEST(Set, KnowsWhereOnTheCommandLineAValueStands) {
    auto document = parse(R"({"a": 1})");
    ASSERT_EQ(set(document, "a", "[ 10, x]"), "");
    EXPECT_EQ(document.text(document.root().find("a")->place()), "[ 10, x]");
    ASSERT_EQ(set(document, "a", "[ 10, 20]"), "");
    const auto& a = *document.root().find("a");
    EXPECT_EQ(document.text(a.elements()[1].place()), "20");
    EXPECT_EQ(document.text(a.key_place()), "\"a\"") << "the key stays where the file has it";
    ASSERT_EQ(set(document, "a", "1s"), "");
    EXPECT_EQ(document.found(*document.root().find("a")), "\"1s\"");
}

TEST(Set, SaysWhatIsWrongAndChangesNothing) {
    struct Override {
        std::string_view path, value, rendered;
    };
    for (const auto& c : std::vector<Override>{
             {"clients.wbe.timeout", "1s",
              "lbsim: error: --set clients.wbe.timeout=1s: no entry named \"wbe\" in \"clients\"\n"
              "  hint: did you mean \"web\"?\n"},
             {"clients.mobile.timeout", "1s",
              "lbsim: error: --set clients.mobile.timeout=1s: no entry named \"mobile\" in "
              "\"clients\"\n"
              "  hint: known here: \"web\", \"app\"\n"},
             {"clients.2.timeout", "1s",
              "lbsim: error: --set clients.2.timeout=1s: no entry 2 in \"clients\", which has 2\n"
              "  hint: entries are counted from 0\n"},
             {"rates.x", "1",
              "lbsim: error: --set rates.x=1: no entry named \"x\" in \"rates\"\n"
              "  hint: its entries have no names: count them from 0\n"},
             {"clients.web.timeout.x", "1",
              "lbsim: error: --set clients.web.timeout.x=1: \"clients.web.timeout\" is \"2s\", not "
              "an object\n"},
             {"balancers.policy.name.x", "1",
              "lbsim: error: --set balancers.policy.name.x=1: \"balancers.policy\" is \"p2c\", not "
              "an object\n"},
             {"a..b", "1",
              "lbsim: error: --set a..b=1: empty name in the path \"a..b\"\n"
              "  hint: write for example clients.web.timeout\n"},
             {"", "1",
              "lbsim: error: --set =1: empty name in the path \"\"\n"
              "  hint: write for example clients.web.timeout\n"},
             {"a", "1e999",
              "lbsim: error: --set a=1e999: number out of range: 1e999\n"
              "  hint: the largest is about 1.8e308\n"},
             {"a", R"({"b":1,"b":2})",
              "lbsim: error: --set a={\"b\":1,\"b\":2}: duplicate key \"b\"\n"
              "  at /a/b\n"
              "  hint: remove one of the two\n"},
             {"a", "\xff", "lbsim: error: --set a=?: not UTF-8\n"}}) {
        auto document = parse(std::string{kScenario});
        const auto before = shape(document.root());
        EXPECT_EQ(set(document, c.path, c.value), c.rendered);
        EXPECT_EQ(shape(document.root()), before) << c.path;
    }
}

TEST(Set, KeepsTheDepthBelow64) {
    auto document = parse("{}");
    std::string path = "a";
    for (int i = 1; i != 63; ++i) path += ".a";
    EXPECT_EQ(set(document, path, "1"), "");
    EXPECT_EQ(set(document, path, "[]"), set(document, path, "[]"));
    EXPECT_EQ(document.set(path, "[[]]", "--set").at(0).message, "nested deeper than 64");
    EXPECT_EQ(document.set(path + ".a.a", "1", "--set").at(0).message, "nested deeper than 64");
    EXPECT_EQ(document.set("a", std::string(65, '['), "--set").at(0).message,
              "nested deeper than 64");
}

TEST(Set, TakesAValueFromWithinTheScenarioWithItsPlace) {
    const auto base = parse(
        "{\"clients\": [{\"name\": \"web\"}],\n"
        " \"compare\": [{\"set\": {\"clients.web.timeout\": 7,\n"
        "                        \"clients.wbe.timeout\": 8}}]}");
    auto variant = base;
    const auto& overrides = base.root().find("compare")->elements()[0].find("set")->members();
    ASSERT_TRUE(variant.set(overrides[0].key, overrides[0].value, "/compare/0/set/x").empty());
    EXPECT_EQ(shape(variant.root().find("clients")->elements()[0]), "{name:'web',timeout:7}");
    EXPECT_EQ(variant.render(Problem{.pointer = "/clients/0/timeout", .message = "no unit"}),
              "x.json:2:46: error: no unit\n"
              "  2 |  \"compare\": [{\"set\": {\"clients.web.timeout\": 7,\n"
              "    |                                              ^\n"
              "  at /clients/0/timeout\n");
    EXPECT_EQ(variant.render(variant.set(overrides[1].key, overrides[1].value, "/compare/0/set/y")),
              "x.json:3:25: error: no entry named \"wbe\" in \"clients\"\n"
              "  3 |                         \"clients.wbe.timeout\": 8}}]}\n"
              "    |                         ^~~~~~~~~~~~~~~~~~~~~\n"
              "  at /compare/0/set/y\n"
              "  hint: did you mean \"web\"?\n");
    EXPECT_EQ(shape(base.root().find("clients")->elements()[0]), "{name:'web'}");
}

TEST(Set, SurvivesAPathThatStandsInTheTreeItChanges) {
    auto document = parse(R"({"a.b": 1})");
    const auto& member = document.root().members()[0];
    ASSERT_TRUE(document.set(member.key, member.value, "/a.b").empty());
    EXPECT_EQ(shape(document.root()), "{a.b:1,a:{b:1}}");
}

}  // namespace
