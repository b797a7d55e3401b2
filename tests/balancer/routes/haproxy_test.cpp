#include "balancer/routes/haproxy.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using lb::Header;
using lb::haproxy::Mistake;
using lb::haproxy::Rules;

/// Rules without a mistake.
Rules rules(const std::vector<std::string>& lines) {
    std::vector<Mistake> mistakes;
    auto out = Rules::read(lines, mistakes);
    for (const auto& mistake : mistakes)
        ADD_FAILURE() << "line " << mistake.line << ": " << mistake.message;
    return out;
}
std::string found(const Rules& rules, std::string_view path, std::vector<Header> headers = {},
                  std::string_view host = {}) {
    return std::string{rules.find({"GET", host, path, headers}).value_or("503")};
}
/// Whether a request fulfils a condition.
bool holds(const std::string& condition, std::string_view path, std::vector<Header> headers = {},
           std::string_view host = {}) {
    return found(rules({"use_backend yes if " + condition}), path, std::move(headers), host) ==
           "yes";
}

// ---- Rules

TEST(HaproxyRules, TakeTheFirstThatHoldsAndElseTheDefault) {
    const auto r = rules({"default_backend web", "acl api path_beg /api", "acl v2 path_beg /api/2",
                          "use_backend one if api", "use_backend two if v2"});
    EXPECT_EQ(found(r, "/api/2"), "one");
    EXPECT_EQ(found(r, "/x"), "web");
    EXPECT_EQ(found(rules({}), "/x"), "503");
    EXPECT_EQ(found(rules({"use_backend all", "default_backend web"}), "/"), "all");
}

TEST(HaproxyRules, ReadTermsAsAllOfThemAndOrAsAnyAlternative) {
    const std::vector<std::string> acls{"acl a path_sub a", "acl b path_sub b", "acl c path_sub c"};
    const auto with = [&](const std::string& condition) {
        auto lines = acls;
        lines.push_back("use_backend yes if " + condition);
        return rules(lines);
    };
    EXPECT_EQ(found(with("a b"), "/ab"), "yes");
    EXPECT_EQ(found(with("a b"), "/a"), "503");
    for (const char* condition : {"a b or c", "a b || c", "a b OR c"}) {
        EXPECT_EQ(found(with(condition), "/ab"), "yes");
        EXPECT_EQ(found(with(condition), "/c"), "yes");
        EXPECT_EQ(found(with(condition), "/b"), "503");
    }
    EXPECT_EQ(found(with("a !b"), "/a"), "yes");
    EXPECT_EQ(found(with("a !b"), "/ab"), "503");
    EXPECT_EQ(found(with("! b !!a"), "/a"), "yes") << "marks may stand alone, two are none";
    EXPECT_EQ(found(rules({"acl a path /a", "use_backend no unless a"}), "/a"), "503");
    EXPECT_EQ(found(rules({"acl a path /a", "use_backend no unless a"}), "/b"), "no");
}

TEST(HaproxyRules, TakeAclsOfOneNameForOne) {
    const auto r = rules({"acl x path /a", "use_backend yes if x", "acl x path /b"});
    EXPECT_EQ(found(r, "/a"), "yes");
    EXPECT_EQ(found(r, "/b"), "yes");
    EXPECT_EQ(found(r, "/c"), "503");
}

TEST(HaproxyRules, TakeAclsInBraces) {
    EXPECT_TRUE(holds("{ path_beg /a /b } !{ path_end .png }", "/b.jpg"));
    EXPECT_FALSE(holds("{ path_beg /a /b } !{ path_end .png }", "/b.png"));
}

TEST(HaproxyRules, ReadQuotesEscapesAndComments) {
    EXPECT_TRUE(holds("{ path \"/a b\" } # and so on", "/a b"));
    EXPECT_TRUE(holds("{ path '/a\"b' }", "/a\"b"));
    EXPECT_TRUE(holds("{ path /a\\ b }", "/a b"));
    EXPECT_TRUE(holds("{ path \"/a\\\"b\" }", "/a\"b"));
    EXPECT_EQ(found(rules({"", "   # nothing", "default_backend web"}), "/"), "web");
}

// ---- Paths

TEST(HaproxyRules, CompareThePathByteByByteAndWithoutTheQuery) {
    EXPECT_TRUE(holds("{ path /a }", "/a?b"));
    EXPECT_FALSE(holds("{ path /a }", "/a/"));
    EXPECT_FALSE(holds("{ path /a }", "/A"));
    EXPECT_TRUE(holds("{ path -i /a }", "/A"));
    EXPECT_FALSE(holds("{ path /a }", "/%61")) << "not decoded";
    EXPECT_TRUE(holds("{ path_beg /api }", "/apifoo")) << "not by segments";
    EXPECT_FALSE(holds("{ path_beg /api }", "/x?y=/api"));
    EXPECT_TRUE(holds("{ path_end .png .css }", "/x.css"));
    EXPECT_TRUE(holds("{ path_end .png }", "/x.png?v=1.jpg"));
    EXPECT_TRUE(holds("{ path_sub b/c }", "/ab/cd"));
}

TEST(HaproxyRules, TakeThePathOutOfAnAbsoluteUri) {
    EXPECT_TRUE(holds("{ path /a }", "http://host/a?b"));
    EXPECT_FALSE(holds("{ path -m found }", "*")) << "it has none";
    EXPECT_FALSE(holds("{ path -m found }", "http://host"));
}

// ---- Headers and cookies

TEST(HaproxyRules, LookAtEachValueOfAHeaderThatCommasDivide) {
    const std::vector<Header> headers{{"X-Version", "1, 2"}, {"x-version", "3"}};
    for (const char* value : {"1", "2", "3"})
        EXPECT_TRUE(holds(std::string{"{ hdr(x-version) "} + value + " }", "/", headers));
    EXPECT_FALSE(holds("{ hdr(x-version) \"1, 2\" }", "/", headers));
    EXPECT_TRUE(holds("{ req.hdr(X-VERSION) 2 }", "/", headers));
    EXPECT_TRUE(holds("{ hdr(x) \"\\\"a,b\\\"\" }", "/", {{"X", "c, \"a,b\""}}))
        << "but not in quotes";
}

TEST(HaproxyRules, CompareHeadersAsTheyAreTold) {
    const std::vector<Header> headers{{"User-Agent", "My Mobile UA"}};
    EXPECT_TRUE(holds("{ hdr_sub(user-agent) -i mobile }", "/", headers));
    EXPECT_FALSE(holds("{ hdr_sub(user-agent) mobile }", "/", headers));
    EXPECT_TRUE(holds("{ hdr_beg(user-agent) My }", "/", headers));
    EXPECT_TRUE(holds("{ hdr_end(user-agent) UA }", "/", headers));
    EXPECT_TRUE(holds("{ hdr(user-agent) -m end -i ua }", "/", headers));
    EXPECT_TRUE(holds("{ hdr(user-agent) -m sub -- Mobile -x }", "/", headers));
    EXPECT_TRUE(holds("{ hdr(user-agent) -m found }", "/", headers));
    EXPECT_FALSE(holds("{ hdr(referer) -m found }", "/", headers));
    EXPECT_FALSE(holds("{ hdr_beg(referer) \"\" }", "/", headers)) << "nothing begins with nothing";
}

TEST(HaproxyRules, LeaveThePortInTheHost) {
    EXPECT_TRUE(holds("{ hdr(host) -i admin.example.com }", "/", {}, "ADMIN.example.com"));
    EXPECT_FALSE(holds("{ hdr(host) admin.example.com }", "/", {}, "admin.example.com:80"));
    EXPECT_TRUE(holds("{ hdr(host) a }", "/", {{"Host", "a"}}, "b")) << "a header comes first";
    EXPECT_FALSE(holds("{ hdr(host) b }", "/", {{"Host", "a"}}, "b"));
}

TEST(HaproxyRules, FindACookieAmongOthers) {
    const std::vector<Header> headers{{"Cookie", "a=1; track=beta"}};
    EXPECT_TRUE(holds("{ cook(track) beta }", "/", headers));
    EXPECT_TRUE(holds("{ req.cook(track) -m beg be }", "/", headers));
    EXPECT_TRUE(holds("{ cook_end(track) ta }", "/", headers));
    EXPECT_FALSE(holds("{ cook(TRACK) beta }", "/", headers)) << "names are as written";
    EXPECT_FALSE(holds("{ cook(rack) -m found }", "/", headers));
}

// ---- Mistakes

TEST(HaproxyRules, ReportEveryMistakeByItsLine) {
    struct Row {
        std::string line, message;
    };
    const std::vector<Row> rows{
        {"redirect location /",
         "unknown keyword \"redirect\", expected acl, use_backend or "
         "default_backend"},
        {"acl", "an acl needs a name and a criterion"},
        {"acl a,b path /", "an acl cannot be called \"a,b\""},
        {"acl or path /", "an acl cannot be called \"or\""},
        {"acl x src 10.0.0.0/8",
         "unknown criterion \"src\", expected path, hdr(NAME) or "
         "cook(NAME), or with _beg, _end or _sub"},
        {"acl x hdr a",
         "unknown criterion \"hdr\", expected path, hdr(NAME) or cook(NAME), or "
         "with _beg, _end or _sub"},
        {"acl x path", "there is nothing to compare with"},
        {"acl x path -m found /", "-m found compares with nothing"},
        {"acl x path -f file", "unknown flag \"-f\", expected -i, -m METHOD or --"},
        {"acl x path -m reg ^/", "unknown method \"reg\", expected found, str, beg, end or sub"},
        {"acl x path \"/", "a quote is not closed"},
        {"use_backend", "use_backend needs a name"},
        {"use_backend x when y", "expected if or unless, found \"when\""},
        {"use_backend x if", "the condition is empty"},
        {"use_backend x if nobody", "no acl is called \"nobody\""},
        {"use_backend x if { path /", "a brace is not closed"},
        {"use_backend x if { }", "a criterion is missing"},
        {"default_backend", "default_backend needs one name"},
    };
    std::vector<std::string> lines{"acl fine path /"};
    for (const auto& row : rows) lines.push_back(row.line);
    lines.push_back("use_backend good if fine");
    std::vector<Mistake> mistakes;
    const auto read = Rules::read(lines, mistakes);
    ASSERT_EQ(mistakes.size(), rows.size());
    for (std::size_t i = 0; i != rows.size(); ++i) {
        EXPECT_EQ(mistakes[i].line, i + 2);
        EXPECT_EQ(mistakes[i].message, rows[i].message);
    }
    EXPECT_EQ(found(read, "/"), "good") << "what is right holds";
}

}  // namespace
