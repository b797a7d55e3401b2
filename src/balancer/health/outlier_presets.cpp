#include "balancer/health/outlier_presets.hpp"

#include <array>

namespace lb {
namespace {

using Config = OutlierRules;

/// Up to half may be ejected, where fail-open begins: so ejection alone never leads there, and one
/// of two can still go, while with a cap of 10 % nobody ever is in a fleet of nine.  Latency is
/// judged too, for a backend that is slow fails nothing.  A share of failures without comparison
/// ejects backends for what ails all of them; that rule is off.  Jitter keeps those that went
/// together from coming back together, and late answers say nothing of what a backend is now.
Config ours() {
    Config c;
    c.failure_percentage.reset();
    c.latency = Config::Latency{};
    c.jitter = 3s;
    c.max_ejected_percent = 50;
    return c;
}

Config envoy() {
    Config c;
    c.ignore_reports_while_ejected = false;
    return c;
}

/// Both of its rules, each as it is if it is there.
Config grpc() {
    Config c;
    c.consecutive.reset();
    c.failure_percentage->comparison = Config::Boundary::Above;
    c.enforce_percent.failure_percentage = 100;
    c.multiplier_decay = Config::Decay::PerHealthySweep;
    c.multiplier_saturates = false;
    c.uneject_boundary = Config::Boundary::Above;
    c.readmit = Config::Readmit::Last;
    c.cap_rule = Config::CapRule::CountBeforeCandidate;
    c.active_check_unejects = false;
    c.ignore_reports_while_ejected = false;
    c.judge_ejected = true;
    return c;
}

/// Envoy's engine; its success rates are switched off.
Config istio() {
    Config c = envoy();
    c.success_rate.reset();
    c.failure_percentage.reset();
    return c;
}

}  // namespace

std::span<const Preset<Config>> outlier_presets() {
    static const std::array<Preset<Config>, 4> kPresets{{
        {"default", "Ours: runs of errors, success rates and latency; up to half", "", ours()},
        {"envoy", "5 errors in a row, or a success rate far below the mean; up to 10 %",
         "Envoy, outlier_detection.proto and outlier_detection_impl.cc", envoy()},
        {"grpc", "Success rates and shares of failures; one may always go",
         "gRFC A50; grpc-go, internal/xds/balancer/outlierdetection", grpc()},
        {"istio", "5 errors in a row; up to 10 %",
         "Istio, pilot/pkg/networking/core/cluster_traffic_policy.go (applyOutlierDetection)",
         istio()},
    }};
    return kPresets;
}

}  // namespace lb
