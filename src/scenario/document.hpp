#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "scenario/problem.hpp"

namespace lbsim {

struct Member;

/// A value of a JSON text, and where it and its key stand.
class Value {
public:
    /// Integer is a whole number written without fraction or exponent that fits 64 bits with sign;
    /// any other number is Number.
    enum class Kind : std::uint8_t { Null, Bool, Integer, Number, String, Array, Object };
    using Payload = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                                 std::vector<Value>, std::vector<Member>>;

    Value() = default;
    explicit Value(Payload payload, Place place = {}, Place key_place = {});

    Kind kind() const { return static_cast<Kind>(payload_.index()); }
    bool is(Kind k) const { return kind() == k; }

    bool boolean() const;               ///< Requires Bool.
    std::int64_t integer() const;       ///< Requires Integer.
    double number() const;              ///< Requires Number or Integer.
    const std::string& string() const;  ///< Requires String.  Escapes are resolved; valid UTF-8.

    /// In order of the file.  Empty unless this is an Array.
    std::span<const Value> elements() const;
    /// In order of the file, each key once.  Empty unless this is an Object.
    std::span<const Member> members() const;
    /// The member of that key; nullptr if there is none or this is no Object.  O(members).
    const Value* find(std::string_view key) const;

    Place place() const { return place_; }
    /// Quotes included.  Of an element and of the root: its own place.
    Place key_place() const { return key_place_; }

private:
    friend class Document;
    Payload payload_;
    Place place_, key_place_;
};

struct Member {
    std::string key;
    Value value;
};

inline Value::Value(Payload payload, Place place, Place key_place)
    : payload_{std::move(payload)}, place_{place}, key_place_{key_place} {}

/// Where values come from: a file, or an option of the command line.  Or a piece of another file,
/// such as a line of a log, that is shown because something is wrong with it.
struct Source {
    std::string name;     ///< The file as the user typed it, or "" for an option.
    std::string text;     ///< The file, or the option as typed: "--set clients.web.timeout=1s".
    std::string pointer;  ///< Of an option: the field it sets.
    std::size_t line = 1, column = 1;  ///< Where the text begins in its file.
    bool is_option() const { return name.empty(); }
};

/// A JSON text that knows where each of its values stands, and what was overridden since.
///
/// Comments (// and /* */) are allowed, trailing commas are not.  A file is at most 64 MiB, UTF-8
/// without byte order mark, and nested at most 64 deep; duplicate keys, numbers beyond double,
/// NaN, infinities and NUL bytes are refused.
///
/// A value: copy it to make a variant; sources are shared.  Values returned by reference live until
/// the next set().
class Document {
public:
    static constexpr std::size_t kLargest = std::size_t{64} << 20;
    static constexpr std::size_t kDeepest = 64;

    /// Throws ScenarioError: with all duplicate keys (at most a thousand), or with the first error
    /// of syntax and the duplicate keys of the objects before it.  `name` is what messages call the
    /// file and must not be empty.  Time and memory are linear in the text.
    /// `line` is where the text begins in that file.
    static Document parse(std::string name, std::string text, std::size_t line = 1);

    const Value& root() const { return root_; }

    /// Overrides one field, as `--set PATH=VALUE` does: `option` is "--set".
    ///
    /// The path is dotted; an element of an array is named by its "name" or by its index from 0:
    /// clients.web.timeout, backends.0.workers.  Missing objects are made; elements are not.
    /// Where an object may stand for an array of one, both can be addressed either way:
    /// balancers.policy, balancers.0.policy.  To reach into "policy": "p2c", it becomes
    /// {"name": "p2c"}; any other scalar in the way is a problem.
    ///
    /// The value is JSON if it parses as such, else a string: 1s, p2c and "p2c" need no quotes.
    ///
    /// Returns what is wrong; if anything is, the tree is left as it was.
    [[nodiscard]] std::vector<Problem> set(std::string_view path, std::string_view value,
                                           std::string_view option);

    /// Overrides one field by a value from within this document (or the one it was copied from),
    /// such as a member of a variant's "set", whose pointer is `pointer`.  A problem with the path
    /// is placed at the value's key.
    [[nodiscard]] std::vector<Problem> set(std::string_view path, const Value& value,
                                           std::string_view pointer);

    /// Adds a piece of a file that the scenario names, for a problem to be shown at a byte of it.
    /// Such problems come after those of the scenario, in the order of the pieces; without text no
    /// line is shown.
    Place quote(Source piece, std::size_t at);

    /// The bytes at a place, as the user wrote them.
    std::string_view text(Place place) const;

    /// What a message calls a value: a scalar as written (at most 40 letters of it), a string
    /// always in quotes, else "an array" or "an object", "an empty array", "an empty object".
    std::string found(const Value& value) const;

    /// Where a value (or its key) stands, or the nearest ancestor that exists.
    Place locate(std::string_view pointer, bool about_key = false) const;

    /// Line and column of a place in the file, both from 1.
    std::pair<std::size_t, std::size_t> position(Place place) const;

    /// The problem as it is printed, ending in a newline:
    ///
    ///     outage.json:4:30: error: unknown policy "p2c_paek_ewma"
    ///       4 |     "policy": { "name": "p2c_paek_ewma" },
    ///         |                         ^~~~~~~~~~~~~~~
    ///       at /balancers/policy/name
    ///       hint: did you mean "p2c_peak_ewma"?
    ///
    /// of a quoted piece, with `at /clients/0/arrivals/trace/file of outage.json` for its pointer;
    /// or, of an option, `lbsim: error: --set warmup=1: a duration needs a unit, found 1` and the
    /// hint.  Columns count code points from 1, a tab is one; carets align in a terminal unless
    /// characters are wider or narrower than one cell.  Of a line beyond 100 columns a window is
    /// shown.  Control characters and those that reorder text are shown as "?".
    std::string render(const Problem& problem) const;

    /// All of them, sorted by source and position, without repetitions, an empty line between two.
    /// Beyond a thousand only their number.  Linear in the sources, however many problems.
    std::string render(std::vector<Problem> problems) const;

    /// To throw: `throw document.error(std::move(problems))`.
    ScenarioError error(std::vector<Problem> problems) const;

private:
    struct Walk;
    explicit Document(Source source);
    std::uint32_t add(Source source);
    const Source& source(Place place) const;
    // Leaves in `reached` the pointer of the field in the merged tree.
    std::vector<Problem> replace(std::string_view path, Value value, Problem blank,
                                 std::string& reached);

    std::vector<std::shared_ptr<const Source>> sources_;
    Value root_;
};

}  // namespace lbsim
