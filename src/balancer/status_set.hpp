#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lb {

/// A set of HTTP statuses, written as "429, 500-504, 5xx": statuses, ranges with their ends, and
/// classes.
class StatusSet {
public:
    /// Nothing if the text is no such list.  The empty text is the empty set.
    static std::optional<StatusSet> of(std::string_view text);

    /// O(1).
    bool contains(std::uint16_t status) const { return status < in_.size() && in_[status]; }

private:
    std::bitset<1000> in_;
};

}  // namespace lb
