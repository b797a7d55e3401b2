#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lbsim {

/// Writes JSON (RFC 8259) as it goes, without a tree in memory.
///
/// A library for it is at hand, but its numbers are not always the shortest that read back as the
/// same double (Grisu2 misses some), which the result's format promises; and it breaks either every
/// line or none.  Here std::to_chars makes the numbers, and an object or array opened with
/// Layout::Line stands on one line with all that is in it, so that a person can read a result and a
/// diff of two points at what changed.
///
/// Strings are made valid: bytes that are not UTF-8 become U+FFFD, control characters escapes.
/// What JSON has no number for, NaN and the infinities, becomes null.
///
/// Requires calls in an order that makes JSON: in an object, key() before each value.
class JsonWriter {
public:
    enum class Layout : std::uint8_t { Lines, Line };

    void begin_object(Layout layout = Layout::Lines) { begin('{', '}', layout); }
    void begin_array(Layout layout = Layout::Lines) { begin('[', ']', layout); }
    /// Ends the innermost object or array.
    void end();
    void key(std::string_view name);

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view{text}); }
    void value(double number);
    void value(bool truth);
    template <std::integral I>
    requires(!std::same_as<I, bool>) void value(I number) {
        if constexpr (std::is_signed_v<I>)
            integer(static_cast<std::int64_t>(number));
        else
            integer(static_cast<std::uint64_t>(number));
    }
    void null();
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe)
            value(*maybe);
        else
            null();
    }

    template <class T>
    void member(std::string_view name, const T& v) {
        key(name);
        value(v);
    }

    /// What was written, with a newline at its end.  Requires all to be ended.
    std::string text() &&;

private:
    struct Level {
        char close;
        bool line;
        bool empty = true;
    };
    void begin(char open, char close, Layout layout);
    void before_value();
    void next();
    void quote(std::string_view text);
    void integer(std::int64_t number);
    void integer(std::uint64_t number);

    std::string out_;
    std::vector<Level> levels_;
    bool keyed_ = false;  // A key was written that waits for its value.
};

}  // namespace lbsim
