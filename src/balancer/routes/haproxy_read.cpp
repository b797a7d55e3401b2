#include <algorithm>
#include <array>
#include <utility>

#include "balancer/routes/haproxy.hpp"

namespace lb::haproxy {
namespace {

/// The words of a line, as HAProxy's configuration language divides it.
///
/// Blanks divide; a backslash takes the next character as it is, double quotes and, without
/// exception, single quotes all up to their end; `#` begins a comment.
struct Words {
    std::vector<std::string> words{};
    bool closed = true;  ///< All quotes are.

    explicit Words(std::string_view line) {
        char quote = 0;
        bool inside = false;  // A word.
        for (std::size_t i = 0; i != line.size(); ++i) {
            const char c = line[i];
            if (quote == 0 && c == '#') break;
            if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
                inside = false;
                continue;
            }
            if (!std::exchange(inside, true)) words.emplace_back();
            const bool quotes =
                (quote == 0 && (c == '"' || c == '\'')) || (quote != 0 && c == quote);
            if (quotes)
                quote = quote == 0 ? c : '\0';
            else if (c == '\\' && quote != '\'' && i + 1 != line.size())
                words.back() += line[++i];
            else
                words.back() += c;
        }
        closed = quote == 0;
    }
};

std::string quoted(std::string_view text) {
    std::string out = "\"";
    out += text;
    out += '"';
    return out;
}

bool is_or(std::string_view word) {
    return word == "||" || (word.size() == 2 && (word[0] | 32) == 'o' && (word[1] | 32) == 'r');
}

/// NAME or NAME(ARGUMENT).
struct Criterion {
    std::string_view name, argument{};
    bool has_argument = false;

    explicit Criterion(std::string_view text) : name{text} {
        const auto open = text.find('(');
        if (open == std::string_view::npos || !text.ends_with(')')) return;
        name = text.substr(0, open);
        argument = text.substr(open + 1, text.size() - open - 2);
        has_argument = true;
    }
};

}  // namespace

/// Reads the lines of Rules.
class RulesReader {
public:
    RulesReader(Rules& rules, std::vector<Mistake>& mistakes)
        : rules_{rules}, mistakes_{mistakes} {}

    void read(std::size_t line, std::string_view text) {
        line_ = line;
        const Words read{text};
        if (!read.closed) return mistake("a quote is not closed");
        if (read.words.empty()) return;
        const auto& keyword = read.words.front();
        const Span rest{read.words.data() + 1, read.words.size() - 1};
        if (keyword == "acl") return acl(rest);
        if (keyword == "use_backend") return use_backend(rest);
        if (keyword == "default_backend") return default_backend(rest);
        mistake("unknown keyword " + quoted(keyword) +
                ", expected acl, use_backend or default_backend");
    }

private:
    using Rule = Rules::UseBackend;
    struct Span {
        const std::string* words;
        std::size_t size;
        const std::string& operator[](std::size_t i) const { return words[i]; }
        Span from(std::size_t i) const { return {words + i, size - i}; }
        Span up_to(std::size_t i) const { return {words, i}; }
    };

    void mistake(std::string message) { mistakes_.push_back({line_, std::move(message)}); }

    void acl(Span words) {
        if (words.size < 2) return mistake("an acl needs a name and a criterion");
        const auto& name = words[0];
        const auto is_of_names = [](char c) {
            return ('0' <= c && c <= '9') || ('a' <= (c | 32) && (c | 32) <= 'z') || c == '-' ||
                   c == '_' || c == '.' || c == ':';
        };
        if (name.empty() || is_or(name) || !std::all_of(name.begin(), name.end(), is_of_names))
            return mistake("an acl cannot be called " + quoted(name));
        auto test = read_test(words.from(1));
        if (!test) return;
        const auto known = find(name);
        if (known == rules_.acls_.size()) rules_.acls_.push_back({name});
        rules_.acls_[known].tests.push_back(std::move(*test));
    }

    void default_backend(Span words) {
        if (words.size != 1) return mistake("default_backend needs one name");
        rules_.default_ = words[0];
    }

    void use_backend(Span words) {
        if (words.size == 0) return mistake("use_backend needs a name");
        Rule rule{words[0]};
        if (words.size > 1) {
            rule.unless = words[1] == "unless";
            if (!rule.unless && words[1] != "if")
                return mistake("expected if or unless, found " + quoted(words[1]));
            if (!read_condition(words.from(2), rule)) return;
        }
        rules_.rules_.push_back(std::move(rule));
    }

    /// As HAProxy: exclamation marks may stand alone, and an `or` too many does no harm.
    bool read_condition(Span words, Rule& rule) {
        bool denied = false, fresh = true;
        for (std::size_t i = 0; i != words.size; ++i) {
            std::string_view word = words[i];
            for (; word.starts_with('!'); word.remove_prefix(1)) denied = !denied;
            if (word.empty()) continue;
            if (is_or(word)) {
                fresh = true;
                denied = false;
                continue;
            }
            const auto acl = word == "{" ? anonymous(words, i) : named(word);
            if (!acl) return false;
            if (std::exchange(fresh, false)) rule.alternatives.emplace_back();
            rule.alternatives.back().push_back({*acl, std::exchange(denied, false)});
        }
        if (!rule.alternatives.empty()) return true;
        mistake("the condition is empty");
        return false;
    }
    std::optional<std::size_t> named(std::string_view name) {
        const auto acl = find(name);
        if (acl != rules_.acls_.size()) return acl;
        mistake("no acl is called " + quoted(name));
        return std::nullopt;
    }
    /// What stands in braces, from `at` on, which moves to the closing one.
    std::optional<std::size_t> anonymous(Span words, std::size_t& at) {
        const auto begin = at + 1;
        while (at != words.size && words[at] != "}") ++at;
        if (at == words.size) {
            mistake("a brace is not closed");
            return std::nullopt;
        }
        auto test = read_test(words.up_to(at).from(begin));
        if (!test) return std::nullopt;
        rules_.acls_.push_back({std::string{}, {std::move(*test)}});
        return rules_.acls_.size() - 1;
    }
    std::size_t find(std::string_view name) const {
        const auto& acls = rules_.acls_;
        return static_cast<std::size_t>(
            std::find_if(acls.begin(), acls.end(),
                         [&](const auto& acl) { return acl.name == name; }) -
            acls.begin());
    }

    /// CRITERION [FLAG]... [WORD]...
    std::optional<Rules::Test> read_test(Span words) {
        if (words.size == 0) {
            mistake("a criterion is missing");
            return std::nullopt;
        }
        Rules::Test test;
        std::size_t at = 1;
        if (!read_criterion(words[0], test) || !read_flags(words, at, test)) return std::nullopt;
        test.words.assign(words.words + at, words.words + words.size);
        if (test.words.empty() != (test.how == Rules::How::Found)) {
            mistake(test.words.empty() ? "there is nothing to compare with"
                                       : "-m found compares with nothing");
            return std::nullopt;
        }
        return test;
    }

    bool read_criterion(std::string_view text, Rules::Test& test) {
        Criterion criterion{text};
        static constexpr std::array<std::pair<std::string_view, Rules::How>, 3> kSuffixes{
            {{"_beg", Rules::How::Begins},
             {"_end", Rules::How::Ends},
             {"_sub", Rules::How::Contains}}};
        for (const auto& [suffix, how] : kSuffixes) {
            if (!criterion.name.ends_with(suffix)) continue;
            test.how = how;
            criterion.name.remove_suffix(suffix.size());
            break;
        }
        if (criterion.name == "path" && !criterion.has_argument) return true;
        const bool header = criterion.name == "hdr" || criterion.name == "req.hdr";
        const bool cookie = criterion.name == "cook" || criterion.name == "req.cook";
        if ((header || cookie) && !criterion.argument.empty()) {
            test.what = header ? Rules::What::Header : Rules::What::Cookie;
            test.name = criterion.argument;
            return true;
        }
        mistake("unknown criterion " + quoted(text) +
                ", expected path, hdr(NAME) or cook(NAME), or with _beg, _end or _sub");
        return false;
    }

    bool read_flags(Span words, std::size_t& at, Rules::Test& test) {
        for (; at != words.size && words[at].starts_with('-'); ++at) {
            const auto& flag = words[at];
            if (flag == "--") {
                ++at;
                break;
            }
            if (flag == "-i") {
                test.any_case = true;
            } else if (flag == "-m" && at + 1 != words.size) {
                if (!read_method(words[++at], test)) return false;
            } else {
                mistake("unknown flag " + quoted(flag) + ", expected -i, -m METHOD or --");
                return false;
            }
        }
        return true;
    }
    bool read_method(std::string_view text, Rules::Test& test) {
        static constexpr std::array<std::pair<std::string_view, Rules::How>, 5> kMethods{
            {{"found", Rules::How::Found},
             {"str", Rules::How::Equal},
             {"beg", Rules::How::Begins},
             {"end", Rules::How::Ends},
             {"sub", Rules::How::Contains}}};
        for (const auto& [method, how] : kMethods) {
            if (method != text) continue;
            test.how = how;
            return true;
        }
        mistake("unknown method " + quoted(text) + ", expected found, str, beg, end or sub");
        return false;
    }

    Rules& rules_;
    std::vector<Mistake>& mistakes_;
    std::size_t line_ = 0;
};

Rules Rules::read(const std::vector<std::string>& lines, std::vector<Mistake>& mistakes) {
    Rules rules;
    RulesReader reader{rules, mistakes};
    for (std::size_t i = 0; i != lines.size(); ++i) reader.read(i + 1, lines[i]);
    return rules;
}

}  // namespace lb::haproxy
