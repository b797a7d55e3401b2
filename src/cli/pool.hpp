#pragma once

#include <cstddef>
#include <functional>

namespace lbsim {

/// Calls task(0) … task(n - 1), on that many threads at once, in any order; returns when all have
/// returned.  If some throw, the one with the lowest number is thrown again, and tasks not yet
/// begun are left out.
void in_parallel(std::size_t threads, std::size_t n, const std::function<void(std::size_t)>& task);

}  // namespace lbsim
