#pragma once

#include <cstdint>
#include <string_view>

namespace lb {

/// Sums up bytes as they come: FNV-1a of 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv).
///
/// A copy taken half way goes on from there, so that texts with one stem share its cost.
class Fnv1a {
public:
    constexpr Fnv1a& add(std::string_view bytes) {
        for (const char c : bytes)
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        return *this;
    }
    /// Of all that was added so far.
    constexpr std::uint64_t value() const { return state_; }

private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
};

}  // namespace lb
