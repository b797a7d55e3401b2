#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "experiment/expectation.hpp"
#include "experiment/observation.hpp"
#include "experiment/result.hpp"
#include "model/simulate.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// Calls a function for every number below `tasks`, each once, in whatever order and threads, and
/// returns when all are done.
using ForEach =
    std::function<void(std::size_t tasks, const std::function<void(std::size_t)>& task)>;

/// Runs one replication: lbsim::simulate(), bound to a Control if there is one.  Must be a pure
/// function of its arguments.
using Simulate = std::function<Replication(const Scenario&, std::uint64_t replication)>;

struct RunOptions {
    std::string version{};  ///< Of this program.
    /// How many assertions with `~` share the rate of false alarms; at least those of the
    /// experiment itself, which 0 stands for.
    std::size_t suite = 0;
    bool keep = false;  ///< Also what a baseline stores: Result::kept.
};

/// One after the other, here.
void in_order(std::size_t tasks, const std::function<void(std::size_t)>& task);

/// Runs every replication of every variant and puts them together.  The result depends on neither
/// the order nor the threads that `for_each` chooses.  What `simulate` throws is the executor's to
/// pass on.  Requires an experiment whose expectations have no problems.
Result run(const Experiment& experiment, const ForEach& for_each, const Simulate& simulate,
           const RunOptions& options = {});

/// The same, with lbsim::simulate().
Result run(const Experiment& experiment, const ForEach& for_each = in_order,
           const RunOptions& options = {}, Control* control = nullptr);

/// Puts together what was observed: by variant, then by replication.
Result summarise(const Experiment& experiment, const Expectations& expectations,
                 std::span<const std::vector<Observation>> observations,
                 const RunOptions& options = {});

}  // namespace lbsim
