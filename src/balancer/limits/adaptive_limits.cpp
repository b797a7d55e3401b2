#include "balancer/limits/adaptive_limits.hpp"

#include <array>
#include <type_traits>

#include "balancer/limits/aimd.hpp"
#include "balancer/limits/envoy_gradient.hpp"
#include "balancer/limits/gradient2.hpp"
#include "balancer/limits/vegas.hpp"

namespace lb {
namespace {

template <class L>
AdaptiveLimitKind::Factory configure(Fields& fields) {
    typename L::Config config;
    config.describe(fields);
    return [config](const Rng& rng, Instant now) -> std::unique_ptr<AdaptiveLimit> {
        if constexpr (std::is_constructible_v<L, decltype(config), const Rng&, Instant>)
            return std::make_unique<L>(config, rng, now);
        else
            return std::make_unique<L>(config);
    };
}

template <class L>
constexpr AdaptiveLimitKind kind() {
    return {L::kName, L::kSummary, L::kSource, &configure<L>};
}

constexpr std::array kKinds{kind<AimdLimit>(), kind<EnvoyGradientLimit>(), kind<Gradient2Limit>(),
                            kind<VegasLimit>()};

}  // namespace

std::span<const AdaptiveLimitKind> adaptive_limits() { return kKinds; }

const AdaptiveLimitKind* find_adaptive_limit(std::string_view name) {
    for (const auto& kind : kKinds)
        if (kind.name == name) return &kind;
    return nullptr;
}

}  // namespace lb
