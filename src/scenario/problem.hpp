#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lbsim {

/// Bytes [begin, end) of one of a Document's sources.  Source 0 is the file; an override adds one.
struct Place {
    std::uint32_t source = 0, begin = 0, end = 0;
    bool operator==(const Place&) const = default;
};

/// A mistake of the user's, with all that is needed to mend it.
struct Problem {
    std::string pointer = {};      ///< RFC 6901: "/balancers/policy/name"; "" is the document.
    std::string message = {};      ///< Lower case, no full stop; quotes what was found.
    std::string hint = {};         ///< Something to type.  May be empty.
    bool about_key = false;        ///< The key is wrong, not its value.
    std::optional<Place> place{};  ///< If absent, Document finds it by pointer and about_key.
};

/// Thrown once with every problem found, so that they can be mended in one go.
/// what() is the whole text to print, ending in a newline.
class ScenarioError : public std::runtime_error {
public:
    ScenarioError(const std::string& rendered, std::vector<Problem> problems)
        : std::runtime_error{rendered}, problems_{std::move(problems)} {}
    const std::vector<Problem>& problems() const { return problems_; }

private:
    std::vector<Problem> problems_;
};

/// The pointer of a member or an element: child("/a", "b/c") is "/a/b~1c" (RFC 6901, section 3).
std::string child(std::string_view pointer, std::string_view key);
std::string child(std::string_view pointer, std::size_t index);

inline std::string in_quotes(std::string_view text) {
    std::string out{'"'};
    return out.append(text).append(1, '"');
}

/// The candidate that `word` was probably meant to be, or "" if none is near enough.
///
/// Near is at most one slip in three letters of `word`, so a word of one or two letters is near to
/// nothing but itself.  A slip is a letter too many, too few or wrong, or two neighbours swapped
/// ("ruond"): the optimal string alignment distance.  Of equally near candidates the first wins.
/// Letters are bytes.  O(|word| · |candidate|) for each candidate of similar length.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lbsim
