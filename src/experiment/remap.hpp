#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"

namespace lbsim {

/// Hands out keys, one after the other, the same in every pass.
class RemapKeys {
public:
    /// The decimal numbers from 0 to count - 1.
    explicit RemapKeys(std::uint64_t count) : count_{count} {}
    /// A user's own.
    explicit RemapKeys(std::vector<std::string> keys)
        : count_{keys.size()}, keys_{std::move(keys)} {}

    std::uint64_t count() const { return count_; }
    /// Calls `take` with each of the first so many, in order.  Requires most <= count().
    void each(std::uint64_t most,
              const std::function<void(std::uint64_t, std::string_view)>& take) const;

private:
    std::uint64_t count_;
    std::vector<std::string> keys_;  // None: numbers.
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
    /// variation.
    double max_over_mean = 0, cv = 0;
    // Of the first kTried keys:
    bool order_independent = true;    ///< The same map if the backends had joined in reverse.
    bool round_trip_identity = true;  ///< The same map if the change is taken back.
    std::vector<std::vector<std::uint64_t>> matrix;  ///< Keys, from (row) to (column).

    // If there was a clock: until the first key was placed, and a key after that, with all that the
    // balancer does around a pick and an answer.
    std::optional<double> build_s, lookup_ns;

    static constexpr std::uint64_t kTried = 100'000;
};

/// One change of membership, under several policies.
struct RemapStep {
    RemapFleet from, to;
    std::uint64_t keys = 0;
    /// The share of keys that any policy must move whose shares follow the weights: half the sum of
    /// what the shares change by.
    double moved_least = 0;
    std::vector<RemapRow> rows;
};

/// The least share that must move.  Requires both to have backends, with weights > 0.
double moved_least(const RemapFleet& from, const RemapFleet& to);

/// Moves the keys: each policy's own balancer, of lb, maps all keys over `from`; then those that
/// are not in `to` leave, weights change, and those that are new join; and it maps them again.
///
/// Each key is a request that stays in flight while its map is made, so a policy that bounds load
/// meets all keys at once.  A request has the key, and a client address made of it, for policies
/// that hash addresses.
///
/// Two picks a key for each policy, two more for each of the first RemapRow::kTried, and eight
/// bytes a key.  Requires policies that pick whenever somebody is eligible, and take the weights.
///
/// `clock`, if there is one, tells seconds of the processor.
RemapStep remap(std::span<const RemapPolicy> policies, const RemapKeys& keys,
                const RemapFleet& from, const RemapFleet& to,
                const std::function<double()>& clock = {});

}  // namespace lbsim
