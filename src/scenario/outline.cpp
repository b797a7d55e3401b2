#include "scenario/outline.hpp"

#include <limits>

#include "scenario/describe.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// "count >= 1 and <= 64": the bounds as a reader would check them.
template <class Text>
std::string bounded(std::string kind, lb::Range range, const Text& text) {
    if (range.low > -kInfinity) kind += (range.low_included ? " >= " : " > ") + text(range.low);
    if (range.high < kInfinity)
        kind += (range.low > -kInfinity ? " and <= " : " <= ") + text(range.high);
    return kind;
}

// Lists the fields of the object visited, and the bodies of those within it as "outer.inner".
class Lister final : public Blocks {
public:
    explicit Lister(std::vector<Field>& out, std::string prefix = "")
        : out_{out}, prefix_{std::move(prefix)} {}

    using Blocks::field;

    void field(std::string_view name, bool& now, std::string_view meaning) override {
        put(name, "true or false", now ? "true" : "false", meaning);
    }
    void field(std::string_view name, std::int64_t& now, std::string_view meaning,
               lb::Range range) override {
        put(name, bounded("count", range, number), std::to_string(now), meaning);
    }
    void field(std::string_view name, lb::Limit& now, std::string_view none,
               std::string_view meaning, lb::Range range) override {
        put(name, bounded("count", range, number) + ", or \"" + std::string{none} + "\"",
            now.none() ? std::string{none} : std::to_string(now.value), meaning);
    }
    void field(std::string_view name, std::optional<lb::Duration>& now, std::string_view word,
               std::string_view meaning, lb::Range range) override {
        const auto text = [](double s) { return text_of(lb::duration_of(s)); };
        put(name, bounded("duration", range, text) + ", or \"" + std::string{word} + "\"",
            now ? text_of(*now) : std::string{word}, meaning);
    }
    void field(std::string_view name, double& now, std::string_view meaning, lb::Range range,
               lb::Unit unit) override {
        const std::string kind = unit == lb::Unit::PerSecond  ? "rate"
                                 : unit == lb::Unit::Fraction ? "fraction"
                                                              : "number";
        put(name, bounded(kind, range, number), number(now), meaning);
    }
    void field(std::string_view name, lb::Duration& now, std::string_view meaning,
               lb::Range range) override {
        const auto text = [](double s) { return text_of(lb::duration_of(s)); };
        put(name, bounded("duration", range, text), text_of(now), meaning);
    }
    void field(std::string_view name, std::string& now, std::string_view meaning) override {
        put(name, "text", now, meaning);
    }

    void required(std::string_view name) override { without_default_.emplace_back(name); }
    bool optional(std::string_view name) override {
        without_default_.emplace_back(name);
        return true;
    }
    void together(std::string_view, std::string_view) override {}
    bool given(std::string_view) const override { return false; }
    bool nothing(std::string_view) override { return false; }
    void identifier(std::string_view name, std::string& now, std::string_view meaning) override {
        put(name, "name", now, meaning);
    }
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view meaning) override {
        std::string all;
        for (const auto& w : words) all += (all.empty() ? "" : " or ") + std::string{w};
        put(name, all, index < words.size() ? std::string{words[index]} : "", meaning);
    }
    void file(std::string_view name, std::string&, std::string_view meaning) override {
        put(name, "file", "", meaning);
    }
    void anything(std::string_view name, Raw&, std::string_view meaning) override {
        put(name, "anything", "", meaning);
    }
    void object(std::string_view name, std::string_view, const Body& members) override {
        Lister inner{out_, prefix_ + (name.empty() ? "" : std::string{name} + ".")};
        members(inner);
    }
    void list(std::string_view name, std::string_view meaning, Count, const Body&) override {
        put(name, "list", "", meaning);
    }
    void tuple(std::string_view name, std::string_view meaning, std::span<const Body>) override {
        put(name, "list", "", meaning);
    }
    void map(std::string_view name, std::string_view meaning,
             const std::function<void(Blocks&, const std::string&)>&) override {
        put(name, "object", "", meaning);
    }
    void either(std::string_view name, std::string_view meaning, std::span<const Case>) override {
        put(name, "text or list", "", meaning);
    }
    void one_of(std::span<const Choice> choices) override {
        for (const auto& c : choices) {
            choices_.push_back({std::string{c.key}, std::string{c.meaning}, {}});
            Lister inner{choices_.back().fields};
            c.body(inner);
        }
    }
    void tagged(std::string_view name, std::string_view now, std::string_view meaning,
                std::string_view, std::string_view kind, std::span<const Choice>) override {
        put(name, std::string{kind}, std::string{now}, meaning);
    }
    void shared(std::string_view name, std::string_view meaning, std::string_view title,
                const Body&) override {
        put(name, std::string{title}, "", meaning);
    }
    const std::string& where() const override { return prefix_; }
    bool sound() const override { return false; }
    void problem(std::string_view, std::string, std::string) override {}

    const std::vector<Outline>& choices() const { return choices_; }

private:
    static std::string number(double x) { return text_of(x); }
    void put(std::string_view name, std::string value, std::string preset,
             std::string_view meaning) {
        if (name.empty()) return;  // The value of an element: its list speaks for it.
        for (const auto& n : without_default_)
            if (n == name) preset.clear();
        out_.push_back({prefix_ + std::string{name}, std::move(value), std::move(preset),
                        std::string{meaning}});
    }

    std::vector<Field>& out_;
    std::string prefix_;
    std::vector<std::string> without_default_;
    std::vector<Outline> choices_;
};

}  // namespace

std::vector<Field> fields_of(const lb::Policies::Entry& policy) {
    std::vector<Field> fields;
    Lister lister{fields};
    policy.configure(lister);
    return fields;
}

std::vector<Outline> timeline_changes() {
    std::vector<Field> common;
    Lister lister{common};
    Written::Entry entry;
    describe(lister, entry);
    return lister.choices();
}

}  // namespace lbsim
