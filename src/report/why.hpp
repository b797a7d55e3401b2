#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace lbsim {

/// The span of time in which the variants are told apart, and whom what happened then befell.
struct Scene {
    std::string window;                ///< "during:slow", or "" for the whole run.
    Duration from{}, to{};             ///< Of a window.
    std::vector<std::string> targets;  ///< Backends, as the log names them.
};

/// Of the windows during:NAME the one in which the variants differ most, by what Result::ranking is
/// led by; the first if none differ, or there is nothing to compare.  Without any, the whole run.
Scene telling_scene(const Result& result);

/// What is said of a run in that scene.  Of the whole run if it has no such window.
const Measures& measures_in(const RunResult& run, const Scene& scene);

/// Why the worst variant is worse than the best, in one sentence; of a single run, what is wrong
/// with it.
///
/// It is read off the figures of the telling scene, nothing else: a backend that was asked for more
/// work than it can do, one that holds most requests and answers few, where failures come from, who
/// shifts away from whom.  The first of these that holds is told.  If variants were not told apart,
/// it says that.  "" if there is nothing to say.
std::string why(const Result& result);

}  // namespace lbsim
