#pragma once

#include <vector>

#include "model/tally.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// Reads every trace that a draft replays to its end.  What is wrong with one joins the draft's
/// problems, shown where it is in the log, under the pointer of the field that names the file.
/// Returns what was noticed of those that can be replayed.
///
/// A log may be broken at its very end, and that must be known before anything is simulated or
/// printed: hence a pass of its own.  It is one pass over each file, whichever variants and groups
/// of clients replay it, in bounded memory, and takes what reading takes: a third of a second per
/// million lines of gzipped CSV.  The run itself reads the file again for every replication of
/// every variant; with five of each, the pass is one of twenty-six.
std::vector<TraceNote> inspect_traces(Draft& draft);

}  // namespace lbsim
