#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario/load.hpp"

namespace lbsim {

enum class Verb : std::uint8_t {
    Run,
    Compare,
    Check,
    Lint,
    Policies,
    Faults,
    Metrics,
    Scenarios,
    Schema,
    Remap,
    Validate,
    Sweep,
    Merge,
    Capacity,
};

enum class Format : std::uint8_t {
    Table,
    Json,
    Csv,
    Markdown,
    Svg,  ///< Of remap only, which has no Markdown.
};

/// A command line, understood.
struct Options {
    Verb verb = Verb::Run;
    std::vector<std::string> names;  ///< Scenarios, or what a list is to show of.
    LoadOptions load;
    std::size_t jobs = 0;  ///< Threads; 0: as many as there are processors.
    Format format = Format::Table;
    std::optional<std::uint64_t> explain;  ///< Not the result, but this request's decision.
    std::string out, junit;                ///< Files; "" is none.
    bool github = false;

    // Of check.
    std::string baseline, save_baseline, markdown;  ///< Files; "" is none.
    double tolerance = 0.02;  ///< How far a metric may move from the baseline, as a part of it.
    bool quick = false, audit = false;
    std::size_t seeds = 200;  ///< Of an audit.

    bool quiet = false;  ///< No progress.
    bool full = false;   ///< Of validate.

    std::string until;  ///< Of run and compare, as typed.
    std::int64_t most_replications = 1000;

    // Of sweep: as typed.
    std::vector<std::string> vary;
    std::string shard;
    bool resume = false;

    // Of capacity.
    std::vector<std::string> slo;
    std::string servers;  ///< The group of which the fewest are sought; "" is none.
    double precision = 0.01, confidence = 0.95;
    bool curve = false;

    // Of remap: as typed.
    std::string keys = "100000", from, to, steps;
    std::optional<double> zipf;
    std::vector<std::string> policies;
    bool matrix = false, ring = false, time = false;
};

/// What main() got, understood.  An exit status instead if help or the version was asked for (and
/// printed), or if it could not be understood (and was said).
struct ParsedOptions {
    std::optional<int> exit_status;
    Options options;
};
ParsedOptions parse_options(int argc, char** argv);

}  // namespace lbsim
