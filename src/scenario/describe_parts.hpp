#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "scenario/blocks.hpp"

namespace lbsim {

struct Error;
/// How requests fail: of a fault, or of backends at any time.
void describe(Blocks& b, Error& error);

// What the parts of the description of a scenario have in common.

inline constexpr auto kItself = Blocks::kItself;
inline constexpr lb::Range kWeight{.low = 0, .high = 1e6, .low_included = false};
/// A bound that no sensible scenario meets, so that a slip of the finger is told and not simulated.
inline constexpr lb::Range kFactor{.low = 0, .high = 1e9, .low_included = false};

/// A choice whose value is an object.
inline Blocks::Choice object(std::string_view key, std::string_view meaning, Blocks::Body members) {
    return {key, meaning, [meaning, members = std::move(members)](Blocks& b) {
                b.object(kItself, meaning, members);
            }};
}

/// One, or a list of at least one.
inline void one_or_more(Blocks& b, std::string_view name, std::string_view meaning,
                        const Blocks::Body& one) {
    const std::array<Blocks::Case, 2> cases{
        {{Blocks::Shape::Scalar, one}, {Blocks::Shape::List, [&](Blocks& list) {
                                            list.list(kItself, meaning, {.least = 1}, one);
                                        }}}};
    b.either(name, meaning, cases);
}

/// A field that must be there; where it is not, `start`.
template <class T, class... More>
T demanded(Blocks& b, std::string_view name, T start, const More&... more) {
    b.required(name);
    b.field(name, start, more...);
    return start;
}

}  // namespace lbsim
