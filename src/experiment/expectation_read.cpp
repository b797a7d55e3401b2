#include <algorithm>
#include <set>
#include <utility>

#include "experiment/expectation.hpp"
#include "experiment/expectation_syntax.hpp"
#include "experiment/membership.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using expectation::blank;
using expectation::Constant;
using expectation::in_quotes;
using expectation::Reader;
using expectation::Word;
using expectation::Written;
using expectation::Wrong;
using Op = Expectation::Op;
using Unit = Metric::Unit;

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

// Gives names their meanings.  Of a name that it does not find it complains only if it knows all
// that the name might be.
class Resolver {
public:
    Resolver(const Experiment& experiment, const Known& known)
        : variants_{experiment.variants}, known_{known} {}

    std::vector<std::string_view> labels() const {
        std::vector<std::string_view> out;
        for (const auto& variant : variants_) out.push_back(variant.label);
        return out;
    }

    // Of a metric.
    Side side(const Written& written) const {
        const auto* metric = find_metric(written.name.text);
        if (metric == nullptr) unknown_metric(written.name);
        return side(written, metric);
    }

    // Of no metric, but of all backends of a variant.
    Side whole(const Written& written) const { return side(written, nullptr); }

    // Those of the variant.
    std::string backend(const Word& name, std::size_t variant) const {
        const auto found = members(variants_[variant].scenario, name.text);
        if (found.empty() && known_.backends)
            throw Wrong{name, "there is no backend " + in_quotes(name.text),
                        suggestion(name.text, names(kBackend))};
        return std::string{name.text};
    }

private:
    Side side(const Written& written, const Metric* metric) const {
        Side out;
        out.metric = metric;
        Word backend, variant, window;
        bool unread = false;  // Whether there is an argument of which nothing is known.
        for (const auto& arg : written.args) {
            auto* slot = kind_of(arg, backend, variant, window);
            unread = unread || slot == nullptr;
            if (slot == nullptr) continue;
            if (!slot->text.empty())
                throw Wrong{
                    arg, in_quotes(slot->text) + " and " + in_quotes(arg.text) + ": one is enough",
                    "leave one of the two out"};
            *slot = arg;
        }
        out.variant = find_variant(variant, written.name, unread);
        const auto& scenario = variants_[out.variant].scenario;
        if (!unread || !backend.text.empty()) find_backends(out, backend, written.name, scenario);
        if (metric != nullptr && metric->of_keys) check_keys(out, written.name, backend, window);
        if (!window.text.empty()) find_window(out, window, scenario);
        return out;
    }

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

    // Null if it may be something that could not be read.
    Word* kind_of(const Word& arg, Word& backend, Word& variant, Word& window) const {
        if (arg.text.find("..") != std::string_view::npos) return &window;
        const unsigned found = kinds(arg.text);
        if (found == kBackend) return &backend;
        if (found == kVariant) return &variant;
        if (found == kWindow) return &window;
        if (found != 0)
            throw Wrong{arg,
                        in_quotes(arg.text) +
                            " may be several things: a backend, a variant or a "
                            "window",
                        "rename one of them"};
        auto colon = arg.text.substr(0, arg.text.find(':') + 1);
        const bool is_window = colon == "before:" || colon == "during:" || colon == "after:";
        if (!known_.windows || (!is_window && !(known_.backends && known_.variants)))
            return nullptr;
        if (is_window)
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
                if (!more->members.empty())  // Else its group could not be read.
                    take(scenario.backends[more->group].name, more->members);
        // What leaves may come back under its name.
        std::set<std::string_view> seen;
        std::erase_if(out, [&](const std::string& member) { return !seen.insert(member).second; });
        return out;
    }

    std::size_t find_variant(const Word& variant, const Word& metric, bool unread) const {
        for (std::size_t i = 0; i != variants_.size(); ++i)
            if (variants_[i].label == variant.text) return i;
        if (variants_.size() == 1 || unread || !known_.variants) return 0;
        throw Wrong{metric, in_quotes(metric.text) + " of which variant?",
                    "name one of: " + listed(labels())};
    }

    void find_backends(Side& side, const Word& backend, const Word& metric,
                       const Scenario& scenario) const {
        using About = Metric::About;
        if (side.metric == nullptr && !backend.text.empty())
            throw Wrong{backend, in_quotes(metric.text) + " is about all backends",
                        "leave out " + in_quotes(backend.text)};
        if (side.metric == nullptr) return;
        if (backend.text.empty() && side.metric->about == About::Backend)
            throw Wrong{metric, in_quotes(metric.text) + " of which backend?",
                        "write for example " + std::string{side.metric->name} + "(" +
                            some_backend(scenario) + ")"};
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
        if (side.backends.empty() && known_.backends)
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
        if (dots == std::string_view::npos && !known_.windows) return;
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

    // Whether there are keys, and somebody to hold them before and after.
    void check_keys(const Side& side, const Word& metric, const Word& backend,
                    const Word& window) const {
        if (!window.text.empty())
            throw Wrong{window, in_quotes(metric.text) + " is about no time",
                        "leave out " + in_quotes(window.text)};
        const auto& variant = variants_[side.variant];
        if (variant.scenario.backends.empty()) return;
        const auto [from, to, tier] = membership_of(variant.scenario, side.backends);
        if (tier->make_policy && tier->equalises != lb::Equalises::Keys)
            throw Wrong{metric,
                        "the policy of " + in_quotes(variant.label) + ", " + tier->policy +
                            ", does not go by keys",
                        "hash_mod, ring_hash, maglev, jump, rendezvous: lbsim policies"};
        if (from.empty() || to.empty())
            throw Wrong{backend.text.empty() ? metric : backend,
                        "nobody would have the keys without " + in_quotes(backend.text),
                        "name one of the backends"};
    }

    static std::string some_backend(const Scenario& scenario) {
        const auto& groups = scenario.backends;
        return groups.empty() || groups.front().members.empty() ? "b0"
                                                                : groups.front().members.front();
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
        names.insert(names.end(), {"shares", "sequence", "digest"});
        std::string bare{word.text};
        std::erase(bare, '.');
        auto hint = find_metric(bare) != nullptr ? "did you mean " + in_quotes(bare) + "?"
                                                 : suggestion(word.text, names);
        if (hint.starts_with("known here")) hint = "lbsim metrics lists them";
        throw Wrong{word, "unknown metric " + in_quotes(word.text), std::move(hint)};
    }

    const std::vector<Variant>& variants_;
    const Known& known_;
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

// "shares(p2c) ~ weights".
void read_shares(Expectation& out, const Written& left, Reader& reader, const Resolver& resolver,
                 const std::vector<Variant>& variants) {
    if (!reader.take("~")) reader.expected("~", "write shares ~ weights");
    out.op = Op::Fits;
    out.left = resolver.whole(left);
    const auto to = reader.name();
    if (to.text != "weights" && to.text != "uniform")
        throw Wrong{to, "expected weights or uniform, found " + in_quotes(to.text),
                    "shares ~ weights"};
    out.uniform = to.text == "uniform";
    const auto& scenario = variants[out.left.variant].scenario;
    if (!independent_picks(scenario))
        throw Wrong{left.name,
                    "picks of " + in_quotes(variants[out.left.variant].label) +
                        " here depend on each other, and no G-test is valid",
                    "write share(b0) ~ 10% of each, which goes by replications"};
}

// "sequence(rr) == [b0, b1]".
void read_sequence(Expectation& out, const Written& left, Reader& reader,
                   const Resolver& resolver) {
    if (!reader.take("==")) reader.expected("==", "write sequence == [b0, b1, b2]");
    out.op = Op::Sequence;
    out.left = resolver.whole(left);
    for (const auto& name : reader.names())
        out.sequence.push_back(resolver.backend(name, out.left.variant));
    if (out.sequence.size() > kPicksKept)
        throw Wrong{left.name, "more picks than are kept", "write at most 4096"};
}

// "digest(with) == digest(without)", "digest == 0123456789abcdef".
void read_digest(Expectation& out, const Written& left, Reader& reader, const Resolver& resolver) {
    const std::string hint = "write digest(a) == digest(b), or the 16 digits of a result";
    if (!reader.take("==")) reader.expected("==", hint);
    out.op = Op::Digest;
    out.left = resolver.whole(left);
    out.right.variant = out.left.variant;
    const auto word = reader.here();
    const bool other = word.text.starts_with("digest");
    if (other) {
        const auto right = reader.side();
        out.right = resolver.whole(right);
        if (right.name.text != "digest")
            throw Wrong{right.name, "expected digest, found " + in_quotes(right.name.text), hint};
        if (out.right.window) throw Wrong{right.name, "a digest is of the whole run", hint};
    }
    if (out.left.window) throw Wrong{left.name, "a digest is of the whole run", hint};
    if (other) return;
    const auto digits = reader.name();
    out.digest = digits.text;
    if (digits.text.size() != 16 ||
        digits.text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        throw Wrong{word, "expected a digest, found " + in_quotes(word.text), hint};
}

Expectation read(const Expect& expect, const Experiment& experiment, const Resolver& resolver) {
    Reader reader{expect.text, resolver.labels()};
    Expectation out;
    out.text = expect.text;
    out.pointer = expect.pointer;
    const auto left = reader.side();
    const auto whole = left.name.text;
    if (whole == "shares" || whole == "sequence" || whole == "digest") {
        if (whole == "shares")
            read_shares(out, left, reader, resolver, experiment.variants);
        else if (whole == "sequence")
            read_sequence(out, left, reader, resolver);
        else
            read_digest(out, left, reader, resolver);
        if (!reader.ended()) reader.expected("the end");
        return out;
    }
    const auto op_at = reader.here();
    out.op = reader.op();
    if (out.op == Op::Within || out.op == Op::Compatible)
        read_bounds(out, left, reader, resolver);
    else
        read_comparison(out, left, reader.side(), resolver);
    if (!reader.ended()) reader.expected("the end");
    out.binomial = out.derived() && out.left.metric->name == "share" &&
                   independent_picks(experiment.variants[out.left.variant].scenario);
    if (out.derived() && out.left.metric->of_keys)
        throw Wrong{{op_at.text.substr(0, 1), op_at.at},
                    std::string{out.left.metric->name} + " is exact, and no sample",
                    "write == or in"};
    if (out.derived() && !out.binomial &&
        experiment.variants[out.left.variant].scenario.replications < 2)
        throw Wrong{{op_at.text.substr(0, 1), op_at.at},
                    "~ needs at least two replications to know the spread, and there is one",
                    "write \"replications\": 5"};
    return out;
}

Expectations read_all(const Experiment& experiment, const std::vector<Expect>& lines,
                      const Known& known) {
    Expectations out;
    const Resolver resolver{experiment, known};
    for (const auto& line : lines) try {
            out.list.push_back(read(line, experiment, resolver));
        } catch (const Wrong& wrong) {
            out.problems.push_back(problem_of(wrong, line, experiment.document));
        }
    return out;
}

}  // namespace

Expectations read_expectations(const Experiment& experiment) {
    return read_all(experiment, experiment.variants.front().scenario.expect, {});
}

std::vector<Problem> check_expectations(const Draft& draft) {
    auto lines = draft.experiment.variants.front().scenario.expect;
    std::erase_if(lines, [&](const Expect& line) { return draft.has_problem_at(line.pointer); });
    return read_all(draft.experiment, lines, draft.known).problems;
}

}  // namespace lbsim
