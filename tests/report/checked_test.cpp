#include "report/checked.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/made.hpp"
#include "report/text.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

/// Reads the part of XML 1.0 that is written here and fails on anything else.
class Xml {
public:
    struct Element {
        std::string name, text;
        std::vector<std::pair<std::string, std::string>> attributes;
        std::vector<Element> children;
        std::string operator[](std::string_view key) const {
            for (const auto& [its_name, value] : attributes)
                if (its_name == key) return value;
            return "(none)";
        }
    };

    /// Nothing if it is not well-formed.
    static std::optional<Element> parse(std::string_view text) {
        Xml xml{text};
        Element root;
        const bool ok = xml.letters() && xml.eat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") &&
                        xml.element(root) && xml.eat("\n") && xml.rest_.empty();
        return ok ? std::optional{root} : std::nullopt;
    }

private:
    explicit Xml(std::string_view text) : rest_{text} {}

    // XML 1.0, production 2 (Char).
    bool letters() const {
        for (std::size_t at = 0; at != rest_.size();) {
            const auto l = letter_at(rest_, at);
            const bool control =
                l.code < 0x20 && l.code != '\t' && l.code != '\n' && l.code != '\r';
            if (!l.valid || control || l.code == 0xfffe || l.code == 0xffff) return false;
            at += l.size;
        }
        return true;
    }
    bool eat(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    std::string word() {
        std::size_t n = 0;
        while (n != rest_.size() && rest_[n] >= 'a' && rest_[n] <= 'z') ++n;
        const std::string out{rest_.substr(0, n)};
        rest_.remove_prefix(n);
        return out;
    }
    bool content(std::string& to, char until) {
        while (!rest_.empty() && rest_[0] != until) {
            if (rest_[0] == '<') return false;
            if (rest_[0] != '&') {
                to += rest_[0];
                rest_.remove_prefix(1);
                continue;
            }
            if (eat("&amp;"))
                to += '&';
            else if (eat("&lt;"))
                to += '<';
            else if (eat("&gt;"))
                to += '>';
            else if (eat("&quot;"))
                to += '"';
            else if (eat("&#10;"))
                to += '\n';
            else if (eat("&#9;"))
                to += '\t';
            else if (eat("&#13;"))
                to += '\r';
            else
                return false;
        }
        return !rest_.empty();
    }
    bool element(Element& out) {
        if (!eat("<")) return false;
        out.name = word();
        while (eat(" ")) {
            auto& [name, value] = out.attributes.emplace_back(word(), "");
            if (name.empty() || !eat("=\"") || !content(value, '"') || !eat("\"")) return false;
        }
        if (eat("/>")) return !out.name.empty();
        if (!eat(">")) return false;
        while (content(out.text, '<') && !rest_.starts_with("</"))
            if (!element(out.children.emplace_back())) return false;
        return eat("</") && word() == out.name && eat(">");
    }

    std::string_view rest_;
};

ExpectOutcome outcome(std::string text, bool passed, bool vacuous = false) {
    return {.text = std::move(text),
            .pointer = "/expect/0",
            .passed = passed,
            .vacuous = vacuous,
            .seen = "seen <1 & \"2\""};
}

Checked checked() {
    Checked out{.file = "scenarios/made.json", .result = made::result({made::run("p2c")})};
    out.result.seed = 7;
    out.result.expect = {outcome("p99 < 1s", true), outcome("p50 < 1s", false),
                         outcome("good > 1", false, true)};
    return out;
}

TEST(Junit, HasASuiteForEachScenarioAndACaseForEachAssertion) {
    const std::vector<Checked> all{checked(), checked()};
    const auto xml = Xml::parse(to_junit(all));
    ASSERT_TRUE(xml);
    EXPECT_EQ(xml->name, "testsuites");
    EXPECT_EQ((*xml)["tests"], "6");
    EXPECT_EQ((*xml)["failures"], "4");
    ASSERT_EQ(xml->children.size(), 2u);
    const auto& suite = xml->children[0];
    EXPECT_EQ(suite["name"], "made");
    EXPECT_EQ(suite["failures"], "2");
    ASSERT_EQ(suite.children.size(), 3u);
    EXPECT_EQ(suite.children[0]["name"], "p99 < 1s");
    EXPECT_TRUE(suite.children[0].children.empty());
}

TEST(Junit, SaysWhatWasSeenAndHowToSeeItAgain) {
    const std::vector<Checked> all{checked()};
    const auto xml = Xml::parse(to_junit(all));
    ASSERT_TRUE(xml);
    const auto& failure = xml->children[0].children[1].children[0];
    EXPECT_EQ(failure.name, "failure");
    EXPECT_NE(failure.text.find("seen <1 & \"2\""), std::string::npos);
    EXPECT_NE(failure.text.find("lbsim run scenarios/made.json --seed 7"), std::string::npos);
    EXPECT_EQ(xml->children[0].children[2].children[0]["type"], "vacuous");
}

TEST(Junit, IsWellFormedWhateverTheNames) {
    for (std::uint64_t seed = 0; seed != 300; ++seed) {
        lb::Rng rng{seed};
        const std::vector<Checked> all{
            {.file = made::any_name(rng), .result = made::any_result(seed)},
            {.file = "\xef\xbf\xbf\x01\xc3", .result = made::any_result(seed + 1000)}};
        ASSERT_TRUE(Xml::parse(to_junit(all))) << to_junit(all);
    }
}

TEST(Annotation, IsOneCommandOnOneLine) {
    auto e = outcome("a: b, 100%\nc", false);
    e.seen = "50%";
    EXPECT_EQ(annotation("odd,name:%.json", 12, 5, e),
              "::error file=odd%2Cname%3A%25.json,line=12,col=5,title=does not hold::a: b, "
              "100%25%0Ac%0Aseen: 50%25\n");
}

TEST(CheckText, NamesWhatDoesNotHoldAndNothingElse) {
    const auto text = check_text(checked());
    EXPECT_EQ(text.find("p99 < 1s"), std::string::npos);
    EXPECT_NE(text.find("p50 < 1s"), std::string::npos);
    EXPECT_NE(text.find("replay: lbsim run scenarios/made.json --seed 7"), std::string::npos);
}

TEST(CheckText, IsNeverWiderThanItMayBe) {
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        lb::Rng rng{seed};
        const auto text = check_text({made::any_name(rng), made::any_result(seed)});
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at);
            ASSERT_LE(display_width(std::string_view{text}.substr(at, end - at)), 80u) << text;
            at = end + 1;
        }
    }
}

TEST(CheckSummary, CountsByKind) {
    auto one = checked();
    one.result.expect[0].kind = ExpectOutcome::Kind::Derived;
    const std::vector<Checked> all{one};
    EXPECT_EQ(check_summary(all),
              "1 scenario, 3 assertions: 2 exact, 1 derived (family-wise false alarm 1e-6).  2 do "
              "not hold.\n");
}

}  // namespace
}  // namespace lbsim
