#include "scenario/reader.hpp"

#include <algorithm>
#include <system_error>

#include "scenario/describe.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using Kind = Value::Kind;

// "a", "b" or "c"; of many only the first.
std::string listed(std::span<const std::string_view> words, std::string_view last,
                   std::size_t most = 40) {
    std::string out;
    const auto n = std::min(words.size(), most);
    for (std::size_t i = 0; i != n; ++i) {
        if (i != 0) out += i + 1 == words.size() ? last : std::string_view{", "};
        out += in_quotes(words[i]);
    }
    if (n < words.size()) out += ", …";
    return out;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
    if (const auto meant = nearest(word, known); !meant.empty())
        return "did you mean " + in_quotes(meant) + "?";
    if (known.empty()) return "nothing is known here: write {}";
    return "known here: " + listed(known, ", ");
}

bool within(double x, lb::Range range) {
    return (range.low_included ? x >= range.low : x > range.low) && x <= range.high;
}

// What is asked of a number beyond its range.  `text` writes a bound.
template <class Text>
std::string demand(double x, lb::Range range, const Text& text) {
    const auto bound = [&](double at) { return at == 0 ? "0" : text(at); };
    if (x > range.high) return "must be at most " + bound(range.high);
    return (range.low_included ? "must be at least " : "must be greater than ") + bound(range.low);
}

std::string rate_text(double x) { return text_of(x) + "/s"; }
std::string time_text(double x) { return text_of(lb::duration_of(x)); }

struct Reading {
    const Document& document;
    const std::filesystem::path& folder;
    std::vector<Problem>& problems;
};

class Reader final : public Blocks {
public:
    // A null value is one that is not there: everything keeps its default.
    Reader(Reading& reading, const Value* value, std::string where)
        : reading_{reading},
          value_{value},
          where_{std::move(where)},
          first_problem_{reading.problems.size()} {}

    using Blocks::field;

    void field(std::string_view name, bool& to, std::string_view) override {
        if (const auto* v = at(name)) {
            if (v->is(Kind::Bool))
                to = v->boolean();
            else
                expected(name, *v, "true or false");
        }
    }

    void field(std::string_view name, std::int64_t& to, std::string_view,
               lb::Range range) override {
        const auto* v = at(name);
        if (!v) return;
        const auto n = whole(*v);
        if (!n)
            not_whole(name, *v, "a whole number");
        else if (fits(name, *v, static_cast<double>(*n), range, number_text))
            to = *n;
    }

    void field(std::string_view name, lb::Limit& to, std::string_view word, std::string_view,
               lb::Range range) override {
        const auto* v = at(name);
        if (!v) return;
        const auto n = whole(*v);
        if (v->is(Kind::String) && v->string() == word)
            to = lb::Limit{};
        else if (!n)
            not_whole(name, *v, "a whole number or " + in_quotes(word));
        else if (fits(name, *v, static_cast<double>(*n), range, number_text))
            to.value = *n;
    }

    void field(std::string_view name, std::optional<lb::Duration>& to, std::string_view word,
               std::string_view meaning, lb::Range range) override {
        const auto* v = at(name);
        if (!v) return;
        if (v->is(Kind::String) && v->string() == word) return to.reset();
        lb::Duration value{};
        field(name, value, meaning, range);
        to = value;
    }

    void field(std::string_view name, double& to, std::string_view, lb::Range range,
               lb::Unit unit) override {
        const auto* v = at(name);
        if (!v) return;
        if (unit == lb::Unit::PerSecond)
            read_rate(name, *v, to, range);
        else if (unit == lb::Unit::Fraction && v->is(Kind::String))
            read_percentage(name, *v, to, range);
        else if (!is_number(*v))
            expected(name, *v, unit == lb::Unit::Fraction ? "a fraction" : "a number",
                     unit == lb::Unit::Fraction ? "write 0.1 or \"10%\"" : "");
        else if (fits(name, *v, v->number(), range, number_text,
                      unit == lb::Unit::Fraction ? percent_hint(*v) : ""))
            to = v->number();
    }

    void field(std::string_view name, lb::Duration& to, std::string_view,
               lb::Range range) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::String)) {
            if (is_number(*v))
                note(name, "a duration needs a unit, found " + found(*v), unit_hint(found(*v)));
            else
                expected(name, *v, "a duration", "write for example \"10ms\"");
            return;
        }
        const auto parsed = parse_duration(v->string());
        if (!parsed.value)
            bad_duration(name, *v, parsed);
        else if (fits(name, *v, exact_seconds(*parsed.value), range, time_text))
            to = *parsed.value;
    }

    void field(std::string_view name, std::string& to, std::string_view) override {
        if (const auto* v = at(name)) {
            if (v->is(Kind::String))
                to = v->string();
            else
                expected(name, *v, "a string");
        }
    }

    void required(std::string_view name) override {
        know(name);
        missing_.push_back(name);
    }
    bool optional(std::string_view name) override {
        know(name);
        return given(name);
    }
    void together(std::string_view name, std::string_view other) override {
        if (given(name)) required(other);
        if (given(other)) required(name);
    }
    bool given(std::string_view name) const override { return find(name) != nullptr; }
    bool nothing(std::string_view name) override {
        const auto* v = value_ ? value_->find(name) : nullptr;
        return v && v->is(Kind::Null);
    }

    void identifier(std::string_view name, std::string& to, std::string_view) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::String))
            expected(name, *v, "a name");
        else if (!is_identifier(v->string()))
            expected(name, *v, "a name", "letters, digits, _ and -, and first a letter or _");
        else
            to = v->string();
    }

    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view) override {
        const auto* v = at(name);
        if (!v) return;
        const auto known =
            v->is(Kind::String) ? std::find(words.begin(), words.end(), v->string()) : words.end();
        if (known != words.end()) {
            index = static_cast<std::size_t>(known - words.begin());
            return;
        }
        const auto meant = v->is(Kind::String) ? nearest(v->string(), words) : "";
        expected(name, *v, listed(words, " or "),
                 meant.empty() ? "" : "did you mean " + in_quotes(meant) + "?");
    }

    void file(std::string_view name, std::string& to, std::string_view) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::String) || v->string().empty()) {
            expected(name, *v, "the path of a file");
            return;
        }
        std::error_code error;
        const auto path = reading_.folder / v->string();
        const auto status = std::filesystem::status(path, error);
        if (!std::filesystem::exists(status))
            note(name, "no such file: " + found(*v), "paths begin at the scenario's folder");
        else if (!std::filesystem::is_regular_file(status))
            note(name, "not a file: " + found(*v), "");
        else
            to = path.string();
    }

    void anything(std::string_view name, Raw& to, std::string_view) override {
        // Null is a value here: a variant may take a field away.
        if (name.empty()) to = {value_, where_};
        if (const auto* v = at(name)) to = {v, path_of(name)};
    }

    void object(std::string_view name, std::string_view, const Body& members) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::Object)) {
            expected(name, *v, "an object", keys_of(members));
            return;
        }
        Reader inner{reading_, v, path_of(name)};
        members(inner);
        inner.finish();
    }

    void list(std::string_view name, std::string_view, Count count, const Body& element) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::Array)) {
            expected(name, *v, "a list");
            return;
        }
        const auto n = v->elements().size();
        if (n == 0 && count.least != 0)
            note(name, "must not be empty", "");
        else if (n < count.least)
            note(name,
                 "expected a list of at least " + std::to_string(count.least) + ", found " +
                     std::to_string(n),
                 "");
        if (n > count.most) {
            note(name,
                 "expected a list of at most " + std::to_string(count.most) + ", found " +
                     std::to_string(n),
                 "");
            return;
        }
        for (std::size_t i = 0; i != n; ++i)
            visit(v->elements()[i], child(path_of(name), i), element);
    }

    void tuple(std::string_view name, std::string_view, std::span<const Body> elements) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::Array) || v->elements().size() != elements.size()) {
            const auto n = v->elements().size();
            expected(name, *v, "a list of " + std::to_string(elements.size()),
                     v->is(Kind::Array) ? "it has " + std::to_string(n) : "");
            return;
        }
        for (std::size_t i = 0; i != elements.size(); ++i)
            visit(v->elements()[i], child(path_of(name), i), elements[i]);
    }

    void map(std::string_view name, std::string_view,
             const std::function<void(Blocks&, const std::string&)>& value) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::Object)) {
            expected(name, *v, "an object");
            return;
        }
        for (const auto& member : v->members()) {
            Reader inner{reading_, &member.value, child(path_of(name), member.key)};
            value(inner, member.key);
        }
    }

    void either(std::string_view name, std::string_view, std::span<const Case> cases) override {
        const auto* v = at(name);
        if (!v) return;
        const auto shape = v->is(Kind::Object)  ? Shape::Object
                           : v->is(Kind::Array) ? Shape::List
                                                : Shape::Scalar;
        for (const auto wanted : {shape, Shape::Scalar})
            for (const auto& one : cases)
                if (one.shape == wanted) return visit(*v, path_of(name), one.body);
        expected(name, *v, "an object or a list");
    }

    void one_of(std::span<const Choice> choices) override {
        std::vector<std::string_view> keys, present;
        for (const auto& choice : choices) {
            know(choice.key);
            keys.push_back(choice.key);
            const auto* v = find(choice.key);
            if (!v) continue;
            if (!present.empty())
                note(choice.key,
                     "only one of " + in_quotes(present[0]) + " and " + in_quotes(choice.key) +
                         " may be given",
                     "", true);
            present.push_back(choice.key);
            if (!choice.demands.empty()) required(choice.demands);
            visit(*v, path_of(choice.key), choice.body);
        }
        if (present.empty()) one_of_ = std::move(keys);
    }

    void tagged(std::string_view name, std::string_view, std::string_view, std::string_view key,
                std::string_view kind, std::span<const Choice> tags) override {
        const auto* v = at(name);
        if (!v) return;
        if (!v->is(Kind::String) && !v->is(Kind::Object)) {
            expected(name, *v, "the name of a " + std::string{kind} + ", or an object with one");
            return;
        }
        const bool bare = v->is(Kind::String);
        Reader inner{reading_, bare ? nullptr : v, path_of(name)};
        inner.required(key);
        const auto* tag = bare ? v : inner.find(key);
        if (tag && !tag->is(Kind::String)) {
            inner.expected(key, *tag, "the name of a " + std::string{kind});
            return;
        }
        std::vector<std::string_view> known;
        for (const auto& choice : tags) {
            known.push_back(choice.key);
            if (!tag || choice.key != tag->string()) continue;
            choice.body(inner);
            inner.finish();
            return;
        }
        // What parameters an unknown word has, nobody knows.
        if (tag)
            (bare ? *this : inner)
                .note(bare ? name : key, "unknown " + std::string{kind} + " " + found(*tag),
                      suggestion(tag->string(), known));
        else
            inner.finish(true);
    }

    void shared(std::string_view name, std::string_view, std::string_view,
                const Body& body) override {
        if (const auto* v = at(name)) visit(*v, path_of(name), body);
    }

    const std::string& where() const override { return where_; }
    bool sound() const override {
        const auto there = [&](std::string_view name) { return given(name); };
        return reading_.problems.size() == first_problem_ && one_of_.empty() &&
               std::all_of(missing_.begin(), missing_.end(), there);
    }
    void problem(std::string_view name, std::string message, std::string hint) override {
        note(name, std::move(message), std::move(hint));
    }

    // To be called when all members were described; or, if some could not be, for those that are
    // misspelt.
    void finish(bool only_misspelt = false) {
        note_missing();
        if (!value_) return;
        for (const auto& member : value_->members())
            if (!knows(member.key) && !(only_misspelt && nearest(member.key, known_).empty()))
                reading_.problems.push_back(
                    {child(where_, member.key), "unknown key " + in_quotes(member.key),
                     suggestion(member.key, known_), true, member.value.key_place()});
    }

private:
    static std::string number_text(double x) { return text_of(x); }
    static bool is_number(const Value& v) { return v.is(Kind::Integer) || v.is(Kind::Number); }

    // Also 1e6 and 2.0.
    static constexpr double kExact = 9007199254740992.0;  // 2^53
    static std::optional<std::int64_t> whole(const Value& v) {
        if (v.is(Kind::Integer)) return v.integer();
        if (!v.is(Kind::Number)) return {};
        const double x = v.number();
        if (!(x >= -kExact && x <= kExact)) return {};
        const auto n = static_cast<std::int64_t>(x);
        if (static_cast<double>(n) != x) return {};
        return n;
    }

    bool knows(std::string_view name) const {
        return std::find(known_.begin(), known_.end(), name) != known_.end();
    }
    void know(std::string_view name) {
        if (!knows(name)) known_.push_back(name);
    }
    const Value* find(std::string_view name) const {
        const auto* v = name.empty() || !value_ ? value_ : value_->find(name);
        return v && !v->is(Kind::Null) ? v : nullptr;
    }
    const Value* at(std::string_view name) {
        if (!name.empty()) {
            know(name);
            return find(name);
        }
        // Null is nothing as a member, but an element has to be something.
        return value_;
    }
    std::string path_of(std::string_view name) const {
        return name.empty() ? where_ : child(where_, name);
    }
    std::string found(const Value& v) const { return reading_.document.found(v); }

    void visit(const Value& value, std::string where, const Body& body) {
        Reader inner{reading_, &value, std::move(where)};
        body(inner);
    }

    void note(std::string_view name, std::string message, std::string hint,
              bool about_key = false) {
        const auto* v = name.empty() || !value_ ? value_ : value_->find(name);
        Problem problem{path_of(name), std::move(message), std::move(hint), about_key};
        if (!v) v = value_;  // A variant's places are not those of the document that shows them.
        if (v) problem.place = about_key ? v->key_place() : v->place();
        reading_.problems.push_back(std::move(problem));
    }
    void expected(std::string_view name, const Value& v, std::string_view what,
                  std::string hint = {}) {
        note(name, "expected " + std::string{what} + ", found " + found(v), std::move(hint));
    }

    void not_whole(std::string_view name, const Value& v, std::string_view what) {
        if (v.is(Kind::Number) && !(v.number() >= -kExact && v.number() <= kExact))
            note(name, "too large, found " + found(v), {});
        else
            expected(name, v, what);
    }

    template <class Text>
    bool fits(std::string_view name, const Value& v, double x, lb::Range range, const Text& text,
              std::string hint = {}) {
        if (within(x, range)) return true;
        note(name, demand(x, range, text) + ", found " + found(v), std::move(hint));
        return false;
    }

    static std::string minutes_or_milliseconds(std::string_view number) {
        const std::string n{number};
        return "write \"" + n + "min\" or \"" + n + "ms\"";
    }
    // "its keys: …": of an object that is something else.
    std::string keys_of(const Body& members) {
        std::vector<Problem> none;
        Reading aside{reading_.document, reading_.folder, none};
        Reader empty{aside, nullptr, where_};
        members(empty);
        return empty.known_.empty() ? "" : "its keys: " + listed(empty.known_, ", ", 6);
    }
    static std::string unit_hint(std::string_view number) {
        if (number.starts_with('-')) number.remove_prefix(1);
        return "write \"" + std::string{number} + "ms\", or with ns, us, s, min or h";
    }
    std::string percent_hint(const Value& v) const {
        return v.number() > 1 && v.number() <= 100 ? "write \"" + found(v) + "%\"" : "";
    }

    void bad_duration(std::string_view name, const Value& v, const Parsed<lb::Duration>& parsed) {
        static constexpr std::string_view kUnits = "use ns, us, ms, s, min or h";
        switch (parsed.mistake) {
            case Mistake::NotOne:
                return expected(name, v, "a duration", "write for example \"10ms\"");
            case Mistake::NoUnit:
                return note(name, "a duration needs a unit, found " + found(v),
                            unit_hint(parsed.number));
            case Mistake::UnknownUnit:
                return note(
                    name,
                    "unknown unit " + in_quotes(parsed.unit) + " of a duration, found " + found(v),
                    parsed.unit == "m" ? minutes_or_milliseconds(parsed.number)
                                       : std::string{kUnits});
            case Mistake::TooFine:
                return note(name, "a duration is a whole number of nanoseconds, found " + found(v),
                            "write fewer digits");
            case Mistake::TooLarge:
                return note(name, "a duration is at most ten years, found " + found(v), "");
        }
    }

    void bad_ratio(std::string_view name, const Value& v, const Parsed<double>& parsed,
                   std::string_view what, std::string_view units, std::string_view example) {
        switch (parsed.mistake) {
            case Mistake::NotOne:
                return expected(name, v, what, "write for example " + in_quotes(example));
            case Mistake::NoUnit:
                return note(name, std::string{what} + " needs a unit, found " + found(v),
                            "write \"" + std::string{parsed.number} + std::string{units});
            case Mistake::UnknownUnit:
                return note(name,
                            "unknown unit " + in_quotes(parsed.unit) + " of " + std::string{what} +
                                ", found " + found(v),
                            "write \"" + std::string{parsed.number} + std::string{units});
            case Mistake::TooFine:
                return note(name, std::string{what} + " has at most 19 digits, found " + found(v),
                            "write fewer digits");
            case Mistake::TooLarge: return note(name, "too large, found " + found(v), "");
        }
    }

    void read_rate(std::string_view name, const Value& v, double& to, lb::Range range) {
        static constexpr std::string_view kUnits = "/s\", or with /ms, /min or /h";
        if (is_number(v))
            return note(name, "a rate needs a unit, found " + found(v),
                        "write \"" + found(v) + std::string{kUnits});
        if (!v.is(Kind::String)) return expected(name, v, "a rate", "write for example \"800/s\"");
        const auto parsed = parse_rate(v.string());
        if (!parsed.value)
            bad_ratio(name, v, parsed, "a rate", kUnits, "800/s");
        else if (fits(name, v, *parsed.value, range, rate_text))
            to = *parsed.value;
    }

    void read_percentage(std::string_view name, const Value& v, double& to, lb::Range range) {
        const auto parsed = parse_percentage(v.string());
        if (!parsed.value)
            bad_ratio(name, v, parsed, "a fraction", "%\" or a number without quotes", "10%");
        else if (fits(name, v, *parsed.value, range, number_text))
            to = *parsed.value;
    }

    // A key that is nearly there is misspelt, which is said where it stands.
    bool misspelt(std::span<const std::string_view> keys) const {
        for (const auto& member : value_->members())
            if (!knows(member.key) && !nearest(member.key, keys).empty()) return true;
        return false;
    }

    void note_missing() {
        if (!value_) return;
        // Under the bracket: the whole object is not wrong.
        Place place = value_->place();
        place.end = std::min(place.end, place.begin + 1);
        std::vector<std::string_view> told;
        for (const auto name : missing_) {
            if (given(name) || misspelt(std::span{&name, 1}) ||
                std::find(told.begin(), told.end(), name) != told.end())
                continue;
            told.push_back(name);
            reading_.problems.push_back(
                {where_, "missing key " + in_quotes(name), {}, false, place});
        }
        const auto is_told = [&](std::string_view key) {
            return std::find(told.begin(), told.end(), key) != told.end();
        };
        if (one_of_.empty() || misspelt(one_of_) ||
            std::any_of(one_of_.begin(), one_of_.end(), is_told))
            return;
        reading_.problems.push_back(
            {where_, "expected one of " + listed(one_of_, " or "), {}, false, place});
    }

    Reading& reading_;
    const Value* value_;
    std::string where_;
    std::size_t first_problem_;
    std::vector<std::string_view> known_, missing_, one_of_;
};

}  // namespace

void read(const Document& document, const std::filesystem::path& folder, const Blocks::Body& shape,
          std::vector<Problem>& problems) {
    Reading reading{document, folder, problems};
    Reader root{reading, &document.root(), ""};
    shape(root);
}

}  // namespace lbsim
