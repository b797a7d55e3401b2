#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "experiment/result.hpp"
#include "experiment/run.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// A field of the scenario, and what it is to be.
struct Vary {
    std::string path;                 ///< As of --set.
    std::vector<std::string> values;  ///< At least one.
    bool operator==(const Vary&) const = default;
};

/// Of a sweep.
inline constexpr std::size_t kMostCells = 100'000;

/// A part of a sweep: of `of` shares the `number`-th, from 1.  Cell i belongs to shard i mod of.
struct Shard {
    std::size_t number = 1, of = 1;
    bool owns(std::size_t cell) const { return cell % of == number - 1; }
    bool operator==(const Shard&) const = default;
};

/// A number of a metric's, by its column: "p99_s".
using NamedFigure = std::pair<std::string, Figure>;

struct Observation;
/// Every metric that is not about one backend, of one span of each replication, put together.  What
/// is absent is left out.  Requires at least one replication.
std::vector<NamedFigure> figures_of(std::span<const Observation> replications, std::size_t span);

/// What one variant did in one cell: every metric that is not about one backend, of the whole run
/// and of each window.  What is absent is left out.
struct SweepRun {
    struct Span {
        std::string window;  ///< "" is the whole run.
        std::vector<NamedFigure> figures;

        /// Absent if there is none of that name.
        Figure of(std::string_view column) const;
        bool operator==(const Span&) const = default;
    };
    std::string variant, digest;
    std::uint64_t replications = 0;
    std::vector<Span> spans;
    bool operator==(const SweepRun&) const = default;
};

/// One point of the grid.
struct SweepCell {
    std::size_t number = 0;           ///< The last field that varies runs fastest.
    std::vector<std::string> values;  ///< By Vary.
    std::vector<SweepRun> runs;       ///< By variant.
    bool operator==(const SweepCell&) const = default;
};

/// A sweep, or the part of it that is known.
struct Sweep {
    std::string lbsim;        ///< Version.
    std::string scenario;     ///< Name.
    std::string fingerprint;  ///< Of all that decides what comes out: see fingerprint_of().
    std::vector<Vary> vary;
    std::optional<Shard> shard;  ///< None: all of it.
    std::vector<SweepCell> cells;

    /// How many there are in all.
    std::size_t size() const;
    /// The values of one of them.
    std::vector<std::string> values_of(std::size_t cell) const;
    bool has(std::size_t cell) const;
    /// Those that are still to be run, of its shard.
    std::vector<std::size_t> missing() const;
};

/// 16 hexadecimal digits over the text of the scenario, what is set, the policies, the seed and
/// number of replications asked for, what varies, and the version of the program: parts with
/// different ones do not belong together.
std::string fingerprint_of(std::string_view text, const LoadOptions& options,
                           std::span<const Vary> vary, std::string_view version);

/// A cell that is to be run.
struct SweepTask {
    std::size_t number = 0;
    std::vector<std::string> values;
    Experiment experiment;
};

/// Runs cells, each replication of each variant a task of its own, and hands each cell over when
/// all of it is done: in any order, and from any of the threads.  Of a cell nothing is kept
/// afterwards.  What `finished` throws is the executor's to pass on.
void run_cells(std::vector<SweepTask> tasks, const ForEach& for_each, const Simulate& simulate,
               const std::function<void(SweepCell)>& finished);

/// Why parts cannot be put together.
struct MergeMistake {
    std::string message, hint;
    std::optional<std::size_t> part{};  ///< The part that does not fit, by its place.
};

/// All cells of all shards, in order, as if there had never been shards; or why not: shards of
/// other sweeps, one that is missing or there twice, a cell that is missing.
std::variant<Sweep, MergeMistake> merge(std::vector<Sweep> parts);

}  // namespace lbsim
