#pragma once

#include <cstdint>
#include <cstdlib>

namespace lbtest {

/// How many random cases to try: n, or so many times as many as LBSIM_TIMES says.  Nightly runs set
/// it (ctest --preset nightly).
inline std::uint64_t times(std::uint64_t n) {
    const char* factor = std::getenv("LBSIM_TIMES");
    return factor == nullptr ? n : n * std::strtoull(factor, nullptr, 10);
}

}  // namespace lbtest
