#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace lb {

/// What a number may be.
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool low_included = true;
};
inline constexpr Range kPositive{.low = 0, .low_included = false};
inline constexpr Range kNotNegative{.low = 0};
inline constexpr Range kProbability{.low = 0, .high = 1};
constexpr Range at_least(double low) { return {.low = low}; }

/// How a number is written in a file: plain (`1.5`), as a fraction (`"10%"` or `0.1`), or as a rate
/// per second (`"800/s"`).
enum class Unit : std::uint8_t { None, Fraction, PerSecond };

/// A whole number that may also be a word: `"choices": "all"`, `"workers": "unlimited"`.
struct Limit {
    static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    std::int64_t value = kNone;
    constexpr bool none() const { return value == kNone; }
    bool operator==(const Limit&) const = default;
};

/// Visits the fields of a configuration.
///
/// A Config names each field once, in its describe(): name, variable, meaning, range, unit.
/// Everything else is a Fields: one reads JSON, one prints the help, one writes the schema.  So a
/// default is written once, as the initialiser, and `lb` needs no JSON library.
class Fields {
public:
    virtual ~Fields() = default;
    virtual void field(std::string_view name, bool&, std::string_view meaning) = 0;
    virtual void field(std::string_view name, std::int64_t&, std::string_view meaning,
                       Range = {}) = 0;
    virtual void field(std::string_view name, double&, std::string_view meaning, Range = {},
                       Unit = Unit::None) = 0;
    virtual void field(std::string_view name, Duration&, std::string_view meaning,
                       Range = kPositive) = 0;
    virtual void field(std::string_view name, std::string&, std::string_view meaning) = 0;
    /// A list of durations, each within the range.
    virtual void field(std::string_view name, std::vector<Duration>&, std::string_view meaning,
                       Range = kPositive) = 0;
    /// `word` stands for Limit::kNone.
    virtual void field(std::string_view name, Limit&, std::string_view word,
                       std::string_view meaning, Range = at_least(1)) = 0;
    /// One of several fixed words, by its index.
    virtual void word(std::string_view name, std::size_t& index,
                      std::span<const std::string_view> words, std::string_view meaning) = 0;

    /// Notes a mistake that no range can tell: what is wrong with that field, and something to
    /// type.
    virtual void problem(std::string_view name, std::string message, std::string hint) = 0;
};

/// A fixed word that stands for a value of an enumeration from 0.
template <class Enum>
void word(Fields& f, std::string_view name, Enum& to, std::span<const std::string_view> words,
          std::string_view meaning) {
    auto index = static_cast<std::size_t>(to);
    f.word(name, index, words, meaning);
    to = static_cast<Enum>(index);
}

/// Leaves every field at its default.
class Defaults : public Fields {
public:
    void field(std::string_view, bool&, std::string_view) override {}
    void field(std::string_view, std::int64_t&, std::string_view, Range) override {}
    void field(std::string_view, double&, std::string_view, Range, Unit) override {}
    void field(std::string_view, Duration&, std::string_view, Range) override {}
    void field(std::string_view, std::string&, std::string_view) override {}
    void field(std::string_view, std::vector<Duration>&, std::string_view, Range) override {}
    void field(std::string_view, Limit&, std::string_view, std::string_view, Range) override {}
    void word(std::string_view, std::size_t&, std::span<const std::string_view>,
              std::string_view) override {}
    void problem(std::string_view, std::string, std::string) override {}
};

}  // namespace lb
