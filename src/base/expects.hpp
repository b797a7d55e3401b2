#pragma once

#include <cstdio>
#include <cstdlib>

namespace lb {

/// States what must hold, in every build.  A broken expectation is our bug, never the user's, so it
/// stops the program where it is.  Users' mistakes are reported as Problems instead.
/// (The builtins stand for std::source_location, which clang 14 lacks.)
constexpr void expects(bool holds, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
    if (holds) [[likely]]
        return;
    std::fprintf(stderr, "%s:%d: broken expectation\n", file, line);
    std::abort();
}

}  // namespace lb
