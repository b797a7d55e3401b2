#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "balancer/limits/retry_budget.hpp"
#include "base/expects.hpp"
#include "base/fields.hpp"

namespace lb {

/// What Envoy calls a circuit breaker: how many connections, and pending, active and retried
/// requests there may be for all backends together.  What is too much is answered 503 at once.
///
/// It breaks nothing and remembers nothing but how many of each there are: it bounds what piles up
/// before backends that have become slow.  Each proxy counts for itself, so m proxies let through m
/// times as many.  O(1).
///
/// Source: Envoy, api/envoy/config/cluster/v3/circuit_breaker.proto and
/// common/upstream/resource_manager_impl.h.  We differ: Envoy's threads may go over a limit by a
/// few for a moment; here nothing does.
class ResourceLimits {
public:
    enum class Resource : std::uint8_t { Connections, Pending, Requests, Retries };
    static constexpr std::size_t kResources = 4;

    struct Config {
        Limit max_connections{1024}, max_pending{1024}, max_requests{1024}, max_retries{3};
        std::optional<RetryBudget::Config> retry_budget;  ///< Instead of max_retries.

        /// All but the budget, which is an object of its own.
        void describe(Fields& f) {
            f.field("max_connections", max_connections, "unlimited", "Connections to the backends");
            f.field("max_pending", max_pending, "unlimited", "Requests that wait for a connection");
            f.field("max_requests", max_requests, "unlimited", "Requests in flight");
            f.field("max_retries", max_retries, "unlimited",
                    "Retries in flight, unless there is a retry_budget", at_least(0));
        }
    };
    explicit ResourceLimits(const Config& config)
        : most_{config.max_connections.value, config.max_pending.value, config.max_requests.value,
                config.max_retries.value} {
        if (config.retry_budget) budget_.emplace(*config.retry_budget);
    }

    /// How many there may be now.
    std::int64_t limit(Resource of) const {
        if (of != Resource::Retries || !budget_) return most_[at(of)];
        return budget_->limit(used(Resource::Requests) + used(Resource::Pending));
    }
    std::int64_t used(Resource of) const { return used_[at(of)]; }
    bool admits(Resource of) const { return used(of) < limit(of); }

    /// Takes one, if there is one left; counts the refusal if not.
    bool take(Resource of) {
        if (!admits(of)) {
            ++overflows_[at(of)];
            return false;
        }
        ++used_[at(of)];
        return true;
    }
    /// Requires that one was taken.
    void give_back(Resource of) {
        expects(used(of) > 0);
        --used_[at(of)];
    }
    /// How often take() refused one; what admits() says beforehand does not count.
    std::uint64_t overflows(Resource of) const { return overflows_[at(of)]; }

private:
    static constexpr std::size_t at(Resource of) { return static_cast<std::size_t>(of); }

    std::array<std::int64_t, kResources> most_, used_{};
    std::array<std::uint64_t, kResources> overflows_{};
    std::optional<RetryBudget> budget_;
};

}  // namespace lb
