#pragma once

#include <cstddef>
#include <string_view>

namespace lb::haproxy {

/// Walks the parts of a header's value that one of some separators divides, except within double
/// quotes, where a backslash takes the next character as it is.  Parts are stripped of blanks.
class Parts {
public:
    constexpr Parts(std::string_view text, std::string_view separators)
        : rest_{text}, separators_{separators} {}

    /// Moves to the next part; false if there is none.
    constexpr bool next() {
        if (done_) return false;
        const auto end = length();
        part_ = stripped(rest_.substr(0, end));
        done_ = end == rest_.size();
        if (!done_) rest_.remove_prefix(end + 1);
        return true;
    }
    constexpr std::string_view part() const { return part_; }

    static constexpr std::string_view stripped(std::string_view text) {
        while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
        while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
        return text;
    }

private:
    static constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

    constexpr std::size_t length() const {
        bool quoted = false;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (quoted && rest_[i] == '\\') {
                ++i;
            } else if (rest_[i] == '"') {
                quoted = !quoted;
            } else if (!quoted && separators_.find(rest_[i]) != std::string_view::npos) {
                return i;
            }
        }
        return rest_.size();
    }

    std::string_view rest_, separators_, part_{};
    bool done_ = false;
};

/// Walks the cookies of a Cookie header, as HAProxy reads it: divided by semicolons or commas.
class Cookies {
public:
    explicit constexpr Cookies(std::string_view header) : parts_{header, ";,"} {}

    /// Moves to the next cookie; what has no '=' is none.
    constexpr bool next() {
        while (parts_.next()) {
            const auto equals = parts_.part().find('=');
            if (equals == std::string_view::npos) continue;
            name_ = Parts::stripped(parts_.part().substr(0, equals));
            value_ = Parts::stripped(parts_.part().substr(equals + 1));
            return true;
        }
        return false;
    }
    constexpr std::string_view name() const { return name_; }
    constexpr std::string_view value() const { return value_; }

private:
    Parts parts_;
    std::string_view name_{}, value_{};
};

}  // namespace lb::haproxy
