#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"
#include "model/sampler.hpp"

namespace lbsim {

/// Hands out keys, one after the other, the same in every pass.
class RemapKeys {
public:
    /// The decimal numbers from 0 to count - 1.
    explicit RemapKeys(std::uint64_t count)
        : count_{count}, independent_{static_cast<double>(count)} {}
    /// A user's own.
    explicit RemapKeys(std::vector<std::string> keys);

    /// So many requests for as many keys, of which the k-th is asked for in proportion to 1 / k^s.
    static RemapKeys zipf(std::uint64_t count, double s);

    std::uint64_t count() const { return count_; }
    /// How many keys that are asked for alike would tell as much as these: all, if none repeats
    /// (Kish, Survey Sampling, 1965, 11.2).
    double independent() const { return independent_; }
    /// Calls `take` with each of the first so many, in order.  Requires most <= count().
    void each(std::uint64_t most,
              const std::function<void(std::uint64_t, std::string_view)>& take) const;

private:
    std::uint64_t count_;
    double independent_;
    std::vector<std::string> keys_;            // None: numbers,
    std::shared_ptr<const ZipfSampler> zipf_;  // drawn, if there is one.
};

/// A backend before or after a change.
struct RemapBackend {
    std::string name;
    double weight = 1;
    bool operator==(const RemapBackend&) const = default;
};
using RemapFleet = std::vector<RemapBackend>;

/// A policy that goes by keys, configured.
struct RemapPolicy {
    std::string label;  ///< "ring_hash:vnodes=10".
    std::string name;   ///< "ring_hash".
    lb::Policies::Factory make;
};

/// What one policy makes of a change of membership.
struct RemapRow {
    std::string policy;          ///< Its label.
    std::uint64_t moved = 0;     ///< Keys that another backend has afterwards,
    std::uint64_t needless = 0;  ///< of these: from one to another that were there all the time.
    /// What the theory of the policy says of the share that moves, if it has a formula.
    std::optional<double> moved_theory;
    /// Of the keys per unit of weight afterwards: the largest over the mean, and the coefficient of
    /// variation;
    double max_over_mean = 0, cv = 0;
    /// and what is to be expected of them.
    std::optional<double> max_over_mean_theory{}, cv_theory{};
    // Of the first kTried keys:
    std::uint64_t reordered = 0;   ///< Another backend has them had the backends joined in reverse.
    std::uint64_t unrestored = 0;  ///< Another has them than before once the change is taken back.
    bool order_independent() const { return reordered == 0; }
    bool round_trip_identity() const { return unrestored == 0; }
    std::vector<std::vector<std::uint64_t>> matrix;  ///< Keys, from (row) to (column).

    /// The points of its ring before and after, clockwise, if it has one and they were asked for.
    struct Point {
        double at;              ///< On the way round, of 1.
        std::uint32_t backend;  ///< Its place in `from`, or in `to`.
    };
    std::vector<Point> ring_from{}, ring_to{};

    // If there were meters: until the first key was placed, and a key after that, with all that the
    // balancer does around a pick and an answer; and what it holds then.
    std::optional<double> build_s{}, lookup_ns{};
    std::optional<std::uint64_t> memory_bytes{};

    static constexpr std::uint64_t kTried = 100'000;
};

/// One change of membership, under several policies.
struct RemapStep {
    RemapFleet from, to;
    std::uint64_t keys = 0;
    double independent = 0;  ///< See RemapKeys.
    /// The share of keys that any policy must move whose shares follow the weights: half the sum of
    /// what the shares change by.
    double moved_least = 0;
    std::vector<RemapRow> rows;
};

/// What is measured beside the keys, of the process.
struct RemapMeters {
    std::function<double()> clock{};          ///< Seconds of the processor.
    std::function<std::uint64_t()> memory{};  ///< Bytes in use.
    bool rings = false;
};

/// The least share that must move.  Requires both to have backends, with weights > 0.
double moved_least(const RemapFleet& from, const RemapFleet& to);

/// Moves the keys: each policy's own balancer, of lb, maps all keys over the first of `fleets`;
/// then those that are not in the next leave, weights change, and those that are new join; and it
/// maps them again, and so on.  A step for each change; of several, one more in the end, from the
/// first fleet to the last.
///
/// Each key is a request that stays in flight while its map is made, so a policy that bounds load
/// meets all keys at once.  A request has the key, and a client address made of it, for policies
/// that hash addresses.
///
/// For each policy a pick of each key by each fleet, two more by each step of the first
/// RemapRow::kTried, and twelve bytes a key.  Requires two fleets or more, and policies that pick
/// whenever somebody is eligible, and take the weights.
std::vector<RemapStep> remap(std::span<const RemapPolicy> policies, const RemapKeys& keys,
                             std::span<const RemapFleet> fleets, const RemapMeters& meters = {});

}  // namespace lbsim
