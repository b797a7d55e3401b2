#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lb {

/// Why no backend was picked.
enum class Rejection : std::uint8_t {
    NoRoute,      ///< It matches no route, and there is no default.
    NoBackends,   ///< There is none.
    AllExcluded,  ///< There are some, and none may be picked now.
    AllFull,      ///< The same, but some only because they hold as many requests as they may.
    Declined,     ///< The policy would not pick.
    Limited,      ///< As many as the limits allow are under way.
    Shed,         ///< A part is turned away, for too many fail.
    Open,         ///< The circuit of all backends is open.
};
inline constexpr std::array kRejections{
    Rejection::NoRoute,  Rejection::NoBackends, Rejection::AllExcluded, Rejection::AllFull,
    Rejection::Declined, Rejection::Limited,    Rejection::Shed,        Rejection::Open};

/// "no route".
constexpr std::string_view words(Rejection why) {
    switch (why) {
        case Rejection::NoRoute: return "no route";
        case Rejection::NoBackends: return "no backends";
        case Rejection::AllExcluded: return "all excluded";
        case Rejection::AllFull: return "all full";
        case Rejection::Declined: return "declined";
        case Rejection::Limited: return "limited";
        case Rejection::Shed: return "shed";
        case Rejection::Open: break;
    }
    return "circuit open";
}

}  // namespace lb
