#pragma once

#include <cstdint>
#include <optional>

#include "balancer/limits/retry_budget.hpp"
#include "balancer/retry/retry.hpp"
#include "base/time.hpp"

namespace lbsim {

/// A second attempt while the first is still out, because it takes long: whoever answers first
/// wins.
struct Hedge {
    lb::Duration after{};   ///< The last one began,
    std::int64_t most = 1;  ///< so many beside the first.
    bool cancel = true;     ///< Those that lose are told so.
};

/// Several attempts for one request, by its client or by its balancer.
struct Attempts {
    std::optional<lb::Retry::Config> retry{};
    std::optional<lb::Duration> per_try{};  ///< How long one may take.
    std::optional<lb::RetryBudget::Config> budget{};
    std::optional<Hedge> hedge{};

    bool any() const { return retry || per_try || hedge; }
};

}  // namespace lbsim
