#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "experiment/result.hpp"
#include "experiment/run.hpp"
#include "model/simulate.hpp"
#include "report/table.hpp"
#include "scenario/load.hpp"

namespace lbsim {

// What the commands have in common.

/// How many requests a run will measure, as far as one can tell; 0 if one cannot.
std::uint64_t expected_requests(const Experiment& experiment);

/// Tasks over as many threads as the options say.
ForEach for_each_of(const Options& options);

/// lbsim::simulate(), which a Control may stop.
Simulate watched(Control& control);

/// Runs it all, with progress on a terminal.  The version is filled in.
Result simulate_all(const Experiment& experiment, const Options& options, RunOptions how = {});

/// The same, as often as --until wants it.
Result simulate_until(const Experiment& experiment, const Options& options);

/// A replay is only as good as its log: says what of it was not understood.
void warn_of(const std::vector<TraceNote>& traces);

std::size_t terminal_width();
bool colors();
TableOptions table_options(const Options& options);

/// On the standard output, or into the file that the options name.
void write(const std::string& text, const Options& options);

}  // namespace lbsim
