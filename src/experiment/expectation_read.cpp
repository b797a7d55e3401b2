#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include "experiment/expectation.hpp"
#include "scenario/quantity.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

using Op = Expectation::Op;
using Unit = Metric::Unit;

// A part of the line, and where it stands in it.
struct Word {
    std::string_view text;
    std::size_t at = 0;
};

// What is wrong, and with what.  Thrown within this file only.
struct Wrong {
    Word where;
    std::string message, hint;
};

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kMost = 40;
    std::size_t at = 0;
    for (std::size_t n = 0; n != kMost && at < text.size(); ++n) at += letter_at(text, at).size;
    return '"' + std::string{text.substr(0, at)} + (at < text.size() ? "…\"" : "\"");
}

std::string listed(const std::vector<std::string_view>& names) {
    constexpr std::size_t kMost = 12;
    std::string out;
    for (std::size_t i = 0; i != std::min(names.size(), kMost); ++i)
        out.append(i == 0 ? "" : ", ").append(names[i]);
    return names.size() > kMost ? out + ", …" : out;
}

// "did you mean", or all there is.
std::string suggestion(std::string_view word, const std::vector<std::string_view>& names) {
    if (const auto meant = nearest(word, names); !meant.empty())
        return "did you mean " + in_quotes(meant) + "?";
    return names.empty() ? "" : "known here: " + listed(names);
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// A value as written, before it is known what it is to be compared with.
struct Constant {
    enum class Kind { Plain, Time, Percent, Rate, Never } kind = Kind::Plain;
    double value = 0;
    Word word;
};

// A side as written.
struct Written {
    Word name;  // Of the metric; empty if a value.
    std::vector<Word> args;
    Constant constant;
};

std::optional<double> plain(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || rest != end) return {};
    if (!digit(text.back()) || !(digit(text.front()) || text.front() == '-')) return {};
    return value;
}

// Reads the grammar.  Meanings come later.
class Reader {
public:
    Reader(std::string_view text, std::vector<std::string_view> labels)
        : text_{text}, labels_{std::move(labels)} {}

    void skip() {
        while (at_ < text_.size() && blank(text_[at_])) ++at_;
    }
    bool ended() {
        skip();
        return at_ == text_.size();
    }
    bool take(std::string_view symbol) {
        skip();
        if (!text_.substr(at_).starts_with(symbol)) return false;
        at_ += symbol.size();
        return true;
    }
    // What stands here, up to the next blank, to be shown as found.
    Word here() {
        skip();
        auto end = at_;
        while (end < text_.size() && !blank(text_[end])) ++end;
        return {text_.substr(at_, end - at_), at_};
    }
    [[noreturn]] void expected(const std::string& what, std::string hint = "") {
        const auto word = here();
        const auto found = word.text.empty() ? "the end" : in_quotes(word.text);
        throw Wrong{word, "expected " + what + ", found " + found, std::move(hint)};
    }

    Written side() {
        skip();
        const char c = at_ < text_.size() ? text_[at_] : '\0';
        if (digit(c) || c == '-' || c == '.') return {{}, {}, constant()};
        if (!letter(c)) expected("a metric or a value");
        const auto begin = at_;
        while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]) || text_[at_] == '.'))
            ++at_;
        Written out{{text_.substr(begin, at_ - begin), begin}, {}, {}};
        if (out.name.text == "never") {
            const Constant never{Constant::Kind::Never, std::numeric_limits<double>::infinity(),
                                 out.name};
            return {{}, {}, never};
        }
        if (take("(")) out.args = arguments();
        return out;
    }

    Constant constant() {
        skip();
        const auto begin = at_;
        if (text_.substr(at_).starts_with("never")) {
            at_ += 5;
            return {Constant::Kind::Never,
                    std::numeric_limits<double>::infinity(),
                    {text_.substr(begin, 5), begin}};
        }
        while (at_ < text_.size() && in_value(begin)) ++at_;
        const Word word{text_.substr(begin, at_ - begin), begin};
        if (word.text.empty()) expected("a value", "write for example 5s, 0.1%, 0.001 or 5/6");
        return value(word);
    }

    Op op() {
        static constexpr std::pair<std::string_view, Op> kOps[] = {
            {"<=", Op::AtMost}, {">=", Op::AtLeast},   {"==", Op::Equal},   {"<", Op::Less},
            {">", Op::More},    {"~", Op::Compatible}, {"in ", Op::Within}, {"in[", Op::Within}};
        for (const auto& [symbol, op] : kOps)
            if (take(symbol)) {
                if (symbol == "in[") --at_;
                return op;
            }
        const auto word = here();
        const bool lone = word.text.starts_with('=');
        expected("a comparison", lone ? "write ==" : "comparisons are <, <=, >, >=, ==, in and ~");
    }

private:
    bool in_value(std::size_t begin) const {
        const char c = text_[at_];
        if (letter(c) || digit(c) || c == '.' || c == '%' || c == '/') return true;
        if (c != '-' && c != '+') return false;
        if (at_ == begin) return c == '-';
        const char before = text_[at_ - 1];  // The sign of an exponent, not of "+-".
        return (before == 'e' || before == 'E') && at_ - 1 != begin && digit(text_[at_ - 2]) &&
               at_ + 1 < text_.size() && digit(text_[at_ + 1]);
    }

    static Constant value(Word word) {
        const auto text = word.text;
        if (const auto number = plain(text)) return {Constant::Kind::Plain, *number, word};
        if (const auto time = parse_duration(text); time.value)
            return {Constant::Kind::Time, exact_seconds(*time.value), word};
        if (const auto percent = parse_percentage(text); percent.value)
            return {Constant::Kind::Percent, *percent.value, word};
        if (const auto rate = parse_rate(text); rate.value)
            return {Constant::Kind::Rate, *rate.value, word};
        const auto slash = text.find('/');
        if (slash != std::string_view::npos) {
            const auto above = plain(text.substr(0, slash)), below = plain(text.substr(slash + 1));
            if (above && below && *below != 0)
                return {Constant::Kind::Plain, *above / *below, word};
        }
        throw Wrong{word, "expected a value, found " + in_quotes(text),
                    "write for example 5s, 0.1%, 0.001, 5/6 or 800/s"};
    }

    // After "(", up to and with ")".
    std::vector<Word> arguments() {
        std::vector<Word> out;
        if (take(")")) return out;
        for (;;) {
            const auto word = argument();
            if (word.text.empty()) expected("a backend, a variant or a window");
            out.push_back(word);
            if (take(")")) return out;
            if (!take(",")) expected("\",\" or \")\"");
        }
    }

    Word argument() {
        skip();
        const auto begin = at_;
        if (const auto label = label_here(); label != 0) {
            at_ += label;
            return {text_.substr(begin, label), begin};
        }
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')' && text_[at_] != '(')
            ++at_;
        auto end = at_;
        while (end > begin && blank(text_[end - 1])) --end;
        return {text_.substr(begin, end - begin), begin};
    }

    // Labels of variants may have commas and parentheses of their own.
    std::size_t label_here() const {
        std::size_t longest = 0;
        for (const auto label : labels_) {
            if (!text_.substr(at_).starts_with(label)) continue;
            auto after = at_ + label.size();
            while (after < text_.size() && blank(text_[after])) ++after;
            if (after < text_.size() && (text_[after] == ',' || text_[after] == ')'))
                longest = std::max(longest, label.size());
        }
        return longest;
    }

    std::string_view text_;
    std::vector<std::string_view> labels_;
    std::size_t at_ = 0;
};

// Gives names their meanings.
class Resolver {
public:
    explicit Resolver(const Experiment& experiment) : variants_{experiment.variants} {}

    std::vector<std::string_view> labels() const {
        std::vector<std::string_view> out;
        for (const auto& variant : variants_) out.push_back(variant.label);
        return out;
    }

    // Of a metric.
    Side side(const Written& written) const {
        Side out;
        out.metric = find_metric(written.name.text);
        if (out.metric == nullptr) unknown_metric(written.name);
        Word backend, variant, window;
        for (const auto& arg : written.args) {
            auto& slot = kind_of(arg, backend, variant, window);
            if (!slot.text.empty())
                throw Wrong{
                    arg, in_quotes(slot.text) + " and " + in_quotes(arg.text) + ": one is enough",
                    "leave one of the two out"};
            slot = arg;
        }
        out.variant = find_variant(variant, written.name);
        const auto& scenario = variants_[out.variant].scenario;
        find_backends(out, backend, written.name, scenario);
        if (!window.text.empty()) find_window(out, window, scenario);
        return out;
    }

private:
    // Everything that an argument might name.
    enum Which : unsigned { kBackend = 1, kVariant = 2, kWindow = 4 };

    unsigned kinds(std::string_view name) const {
        unsigned out = 0;
        for (const auto& variant : variants_) {
            if (variant.label == name) out |= kVariant;
            for (const auto& w : variant.scenario.windows)
                if (w.name == name) out |= kWindow;
            if (!members(variant.scenario, name).empty()) out |= kBackend;
        }
        return out;
    }

    Word& kind_of(const Word& arg, Word& backend, Word& variant, Word& window) const {
        if (arg.text.find("..") != std::string_view::npos) return window;
        const unsigned found = kinds(arg.text);
        if (found == kBackend) return backend;
        if (found == kVariant) return variant;
        if (found == kWindow) return window;
        if (found != 0)
            throw Wrong{arg,
                        in_quotes(arg.text) +
                            " may be several things: a backend, a variant or a "
                            "window",
                        "rename one of them"};
        auto colon = arg.text.substr(0, arg.text.find(':') + 1);
        if (colon == "before:" || colon == "during:" || colon == "after:")
            throw Wrong{arg, "unknown window " + in_quotes(arg.text),
                        suggestion(arg.text, names(kWindow))};
        throw Wrong{arg, "unknown backend, variant or window " + in_quotes(arg.text),
                    suggestion(arg.text, names(kBackend | kVariant | kWindow))};
    }

    std::vector<std::string_view> names(unsigned which) const {
        std::vector<std::string_view> out;
        std::set<std::string_view> known;
        const auto add = [&](std::string_view name) {
            if (known.insert(name).second) out.push_back(name);
        };
        for (const auto& variant : variants_) {
            if (which & kVariant && variants_.size() > 1) add(variant.label);
            if (which & kWindow)
                for (const auto& w : variant.scenario.windows) add(w.name);
            if (!(which & kBackend)) continue;
            for (const auto& group : variant.scenario.backends) add(group.name);
            for (const auto& group : variant.scenario.backends)
                for (const auto& name : group.members) add(name);
            for (const auto& entry : variant.scenario.timeline)
                if (const auto* more = std::get_if<AddBackends>(&entry.change))
                    for (const auto& name : more->members) add(name);
        }
        return out;
    }

    // The backends that a name stands for; none if it is neither a backend nor a group.
    static std::vector<std::string> members(const Scenario& scenario, std::string_view name) {
        std::vector<std::string> out;
        const auto take = [&](const std::string& group, const std::vector<std::string>& from) {
            for (const auto& member : from)
                if (group == name || member == name) out.push_back(member);
        };
        for (const auto& group : scenario.backends) take(group.name, group.members);
        for (const auto& entry : scenario.timeline)
            if (const auto* more = std::get_if<AddBackends>(&entry.change))
                take(scenario.backends[more->group].name, more->members);
        // What leaves may come back under its name.
        std::set<std::string_view> seen;
        std::erase_if(out, [&](const std::string& member) { return !seen.insert(member).second; });
        return out;
    }

    std::size_t find_variant(const Word& variant, const Word& metric) const {
        for (std::size_t i = 0; i != variants_.size(); ++i)
            if (variants_[i].label == variant.text) return i;
        if (variants_.size() == 1) return 0;
        throw Wrong{metric, in_quotes(metric.text) + " of which variant?",
                    "name one of: " + listed(labels())};
    }

    void find_backends(Side& side, const Word& backend, const Word& metric,
                       const Scenario& scenario) const {
        using About = Metric::About;
        if (backend.text.empty() && side.metric->about == About::Backend)
            throw Wrong{metric, in_quotes(metric.text) + " of which backend?",
                        "write for example " + std::string{side.metric->name} + "(" +
                            scenario.backends.front().members.front() + ")"};
        if (backend.text.empty()) return;
        if (side.metric->about == About::Run) {
            const auto success = std::string{side.metric->name} + "_success";
            throw Wrong{backend,
                        in_quotes(metric.text) +
                            " is about all requests, not those of a "
                            "backend",
                        find_metric(success) != nullptr ? "did you mean " + in_quotes(success) + "?"
                                                        : "leave out " + in_quotes(backend.text)};
        }
        side.about = backend.text;
        side.backends = members(scenario, backend.text);
        if (side.backends.empty())
            throw Wrong{backend,
                        "there is no backend " + in_quotes(backend.text) + " in the variant " +
                            in_quotes(variants_[side.variant].label),
                        ""};
    }

    void find_window(Side& side, const Word& window, const Scenario& scenario) const {
        for (const auto& w : scenario.windows)
            if (w.name == window.text) {
                side.window = w;
                return;
            }
        const auto dots = window.text.find("..");
        if (dots == std::string_view::npos)
            throw Wrong{window,
                        "there is no window " + in_quotes(window.text) + " in the variant " +
                            in_quotes(variants_[side.variant].label),
                        ""};
        const auto from = instant({window.text.substr(0, dots), window.at});
        const auto to = instant({window.text.substr(dots + 2), window.at + dots + 2});
        if (from >= to)
            throw Wrong{window, "the window " + in_quotes(window.text) + " ends before it begins",
                        "write for example 30s..90s"};
        side.window = Window{.name = std::string{window.text}, .from = from, .to = to};
        side.own_window = true;
    }

    static Duration instant(Word word) {
        while (!word.text.empty() && blank(word.text.back())) word.text.remove_suffix(1);
        while (!word.text.empty() && blank(word.text.front())) {
            word.text.remove_prefix(1);
            ++word.at;
        }
        const auto time = parse_duration(word.text);
        if (!time.value || *time.value < Duration::zero())
            throw Wrong{word, "a window goes from a time to a time, found " + in_quotes(word.text),
                        "write for example 30s..90s"};
        return *time.value;
    }

    [[noreturn]] static void unknown_metric(const Word& word) {
        std::vector<std::string_view> names;
        for (const auto& metric : metrics()) names.push_back(metric.name);
        std::string bare{word.text};
        std::erase(bare, '.');
        auto hint = find_metric(bare) != nullptr ? "did you mean " + in_quotes(bare) + "?"
                                                 : suggestion(word.text, names);
        if (hint.starts_with("known here")) hint = "lbsim metrics lists them";
        throw Wrong{word, "unknown metric " + in_quotes(word.text), std::move(hint)};
    }

    const std::vector<Variant>& variants_;
};

std::string_view article(Unit unit) {
    switch (unit) {
        case Unit::Seconds: return "a time";
        case Unit::Fraction: return "a fraction";
        case Unit::PerSecond: return "a rate";
        case Unit::Count: return "a count";
        case Unit::Ratio: return "a plain number";
    }
    return "";
}

// Whether a metric may be held against a value so written.
bool comparable(Unit unit, Constant::Kind kind) {
    using Kind = Constant::Kind;
    switch (kind) {
        case Kind::Time:
        case Kind::Never: return unit == Unit::Seconds;
        case Kind::Rate: return unit == Unit::PerSecond;
        case Kind::Percent: return unit == Unit::Fraction || unit == Unit::Ratio;
        case Kind::Plain:
            return unit == Unit::Fraction || unit == Unit::Ratio || unit == Unit::Count;
    }
    return false;
}

std::string example(Unit unit) {
    switch (unit) {
        case Unit::Seconds: return "write for example 300ms";
        case Unit::Fraction: return "write for example 3% or 0.03";
        case Unit::PerSecond: return "write for example 800/s";
        case Unit::Count:
        case Unit::Ratio: return "write for example 5";
    }
    return "";
}

double value_for(const Side& side, const Constant& constant) {
    const auto unit = side.metric->unit;
    if (comparable(unit, constant.kind)) return constant.value;
    const bool bare = constant.kind == Constant::Kind::Plain;
    const std::string metric{side.metric->name};
    std::string hint = example(unit);
    if (bare && unit == Unit::Seconds && constant.word.text.find('/') == std::string_view::npos)
        hint = "write " + std::string{constant.word.text} + "ms or " +
               std::string{constant.word.text} + "s";
    throw Wrong{constant.word,
                metric + " is " + std::string{article(unit)} + ", " +
                    std::string{constant.word.text} + (bare ? " has no unit" : " is not"),
                std::move(hint)};
}

double finite_for(const Side& side, const Constant& constant) {
    if (constant.kind == Constant::Kind::Never)
        throw Wrong{constant.word, "expected a number, found \"never\"",
                    example(side.metric->unit)};
    return value_for(side, constant);
}

// `left OP right`: which of the two is a metric decides what the other may be.
void read_comparison(Expectation& out, const Written& left, const Written& right,
                     const Resolver& resolver) {
    if (left.name.text.empty() && right.name.text.empty())
        throw Wrong{left.constant.word, "expected a metric on one side",
                    "lbsim metrics lists them"};
    if (!left.name.text.empty()) out.left = resolver.side(left);
    if (!right.name.text.empty()) out.right = resolver.side(right);
    if (out.left.metric == nullptr)
        out.left.value = value_for(out.right, left.constant);
    else if (out.right.metric == nullptr)
        out.right.value = value_for(out.left, right.constant);
    else if (out.left.metric->unit != out.right.metric->unit)
        throw Wrong{right.name,
                    std::string{out.left.metric->name} + " is " +
                        std::string{article(out.left.metric->unit)} + ", " +
                        std::string{out.right.metric->name} + " is " +
                        std::string{article(out.right.metric->unit)},
                    ""};
}

// The rest of a line whose left side and operator have been read.
void read_bounds(Expectation& out, const Written& left, Reader& reader, const Resolver& resolver) {
    if (left.name.text.empty())
        throw Wrong{left.constant.word, "expected a metric on the left", ""};
    out.left = resolver.side(left);
    if (out.op == Op::Within) {
        if (!reader.take("[")) reader.expected("\"[\"", "write for example in [10%, 12%]");
        const auto low = reader.constant();
        if (!reader.take(",")) reader.expected("\",\"", "write for example in [10%, 12%]");
        const auto high = reader.constant();
        if (!reader.take("]")) reader.expected("\"]\"", "write for example in [10%, 12%]");
        out.right.value = finite_for(out.left, low);
        out.rest = finite_for(out.left, high);
        if (out.rest < out.right.value)
            throw Wrong{high.word,
                        "nothing lies between " + std::string{low.word.text} + " and " +
                            std::string{high.word.text},
                        "write the smaller bound first"};
        return;
    }
    out.right.value = finite_for(out.left, reader.constant());
    if (!reader.take("±") && !reader.take("+-") && !reader.take("+/-")) return;
    const auto distance = reader.constant();
    out.op = Op::Near;
    out.rest = finite_for(out.left, distance);
    if (!(out.rest > 0))
        throw Wrong{distance.word,
                    "a distance must be positive, found " + std::string{distance.word.text}, ""};
}

// How the line is to be counted by someone who reads the source.
Problem problem_of(const Wrong& wrong, const Expect& expect, const Document& document) {
    Problem out{.pointer = expect.pointer, .message = wrong.message, .hint = wrong.hint};
    const auto place = document.locate(expect.pointer);
    const auto written = document.text(place);
    // With escapes, positions in the line are not positions in the file: then the whole is meant.
    std::size_t inside = expect.text.empty() ? written.find('"') + 1 : written.find(expect.text);
    if (inside == std::string_view::npos) return out;
    inside += place.begin + wrong.where.at;
    const auto end = inside + std::max<std::size_t>(wrong.where.text.size(), 1);
    out.place = Place{place.source, static_cast<std::uint32_t>(inside),
                      std::min(static_cast<std::uint32_t>(end), place.end)};
    return out;
}

Expectation read(const Expect& expect, const Experiment& experiment) {
    const Resolver resolver{experiment};
    Reader reader{expect.text, resolver.labels()};
    Expectation out{.text = expect.text, .pointer = expect.pointer, .left = {}, .right = {}};
    const auto left = reader.side();
    const auto op_at = reader.here();
    out.op = reader.op();
    if (out.op == Op::Within || out.op == Op::Compatible)
        read_bounds(out, left, reader, resolver);
    else
        read_comparison(out, left, reader.side(), resolver);
    if (!reader.ended()) reader.expected("the end");
    if (out.derived() && experiment.variants[out.left.variant].scenario.replications < 2)
        throw Wrong{{op_at.text.substr(0, 1), op_at.at},
                    "~ needs at least two replications to know the spread, and there is one",
                    "write \"replications\": 5"};
    return out;
}

}  // namespace

Expectations read_expectations(const Experiment& experiment) {
    Expectations out;
    for (const auto& expect : experiment.variants.front().scenario.expect) try {
            out.list.push_back(read(expect, experiment));
        } catch (const Wrong& wrong) {
            out.problems.push_back(problem_of(wrong, expect, experiment.document));
        }
    return out;
}

std::vector<Problem> check_expectations(const Experiment& experiment) {
    return read_expectations(experiment).problems;
}

}  // namespace lbsim
