#pragma once

#include <algorithm>
#include <cstdint>

#include "base/fields.hpp"

namespace lb {

/// How many retries may be in flight: a part of all requests, and a few in any case.
///
/// So retries multiply the load of a backend that fails by 1 + percent at most, whatever the number
/// of attempts; a fixed number of retries instead is too few at one load and too many at another.
///
/// Source: Envoy, common/upstream/resource_manager_impl.h (RetryBudgetImpl::max).
class RetryBudget {
public:
    struct Config {
        double percent = 0.2;
        std::int64_t min = 3;

        void describe(Fields& f) {
            f.field("percent", percent, "Retries, of the requests in flight and pending",
                    kProbability, Unit::Fraction);
            f.field("min", min, "So many may be in flight in any case", {.low = 0, .high = 1e6});
        }
    };
    explicit RetryBudget(const Config& config) : config_{config} {}

    /// `active`: requests in flight and pending, retries included.
    std::int64_t limit(std::int64_t active) const {
        const double part = config_.percent * static_cast<double>(active);
        return std::max(static_cast<std::int64_t>(part), config_.min);
    }
    bool admits(std::int64_t retries, std::int64_t active) const { return retries < limit(active); }

private:
    Config config_;
};

}  // namespace lb
