#include "balancer/health/fail_open.hpp"

#include <array>

namespace lb {

std::span<const Preset<FailOpen>> fail_open_presets() {
    static constexpr std::array<Preset<FailOpen>, 4> kPresets{{
        {"default", "Ours: below half of them, or if none is left", "", {}},
        {"envoy", "Below half of them", "Envoy, healthy_panic_threshold", {50, 0, 0}},
        {"alb",
         "If none is left",
         "AWS, Application Load Balancers: target group health",
         {0, 1, 0}},
        {"never",
         "A request that finds nobody healthy is rejected",
         "Istio's and HAProxy's defaults",
         {0, 0, 0}},
    }};
    return kPresets;
}

}  // namespace lb
