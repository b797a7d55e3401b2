#include "balancer/health/health_check_presets.hpp"

#include <array>

namespace lb {
namespace {

using Config = HealthCheckConfig;

/// A doubt is resolved quickly: one failed probe is followed by the next after 1 s and not 5, at no
/// cost while all are well.  So a hang is found within 5 + 1 + 2 (1 + 1) = 10 s, where probes at a
/// constant 5 s take 18.  A wrong answer counts as one failure, for when a slow dependency makes
/// every backend answer 503 now and then, one bad answer must not take out the fleet; whoever means
/// to go can say so.  Who joins gets requests at once, but no second chance: its first failed probe
/// takes it down.  Probes are spread and drift apart by a tenth, so that those of many balancers do
/// not come in bursts.
Config ours() {
    Config c;
    c.interval_falling = c.interval_rising = 1s;
    c.jitter_fraction = 0.1;
    return c;
}

/// Interval, timeout and thresholds have no default there; these are those of its examples.  There
/// interval_falling is interval_down unless it is given, which is the interval unless given.
Config envoy() {
    Config c;
    c.expect_status = "200";
    c.interval_idle = 60s;
    c.hard_fail = Config::HardFail::Immediate;
    c.first_result = Config::FirstResult::DecisiveSuccess;
    c.initial = Config::Initial::Down;
    c.first_delay = Config::FirstDelay::AtOnce;
    return c;
}

/// `inter` is the timeout, too.
Config haproxy() {
    Config c;
    c.kind = Config::Kind::Tcp;
    c.interval = c.timeout = 2s;
    c.scoring = Config::Scoring::Score;
    c.jitter_side = Config::JitterSide::Around;
    return c;
}

/// The readiness probe of a container that has started.
Config kubernetes() {
    Config c;
    c.interval = 10s;
    c.rise = 1;
    c.initial = Config::Initial::Down;
    c.schedule = Config::Schedule::FixedRate;
    c.first_delay = Config::FirstDelay::AtOnce;
    c.reuse_connection = false;
    return c;
}

/// Its nodes probe independently of each other: each is a balancer of its own.
Config alb() {
    Config c;
    c.expect_status = "200";
    c.interval = 30s;
    c.timeout = 5s;
    c.rise = 5;
    c.fall = 2;
    c.first_result = Config::FirstResult::DecisiveSuccess;
    c.initial = Config::Initial::Down;
    c.schedule = Config::Schedule::FixedRate;
    c.reuse_connection = false;
    return c;
}

/// With `mandatory`, initial would be checking.  The timeout is that of the location.
Config nginx_plus() {
    Config c;
    c.timeout = 60s;
    c.rise = c.fall = 1;
    c.initial = Config::Initial::Up;
    c.first_delay = Config::FirstDelay::AtOnce;
    c.reuse_connection = false;
    return c;
}

/// There those that are up and those that are down have a beat each, and are probed one by one.
Config traefik() {
    Config c;
    c.interval = 30s;
    c.timeout = 5s;
    c.rise = c.fall = 1;
    c.initial = Config::Initial::Up;
    c.schedule = Config::Schedule::FixedRate;
    c.first_delay = Config::FirstDelay::Interval;
    return c;
}

}  // namespace

std::span<const Preset<Config>> health_check_presets() {
    static const std::array<Preset<Config>, 7> kPresets{{
        {"default", "Ours: quick where there is doubt, lenient with one wrong answer", "", ours()},
        {"envoy", "A wrong status takes down at once, the first success brings up",
         "Envoy, health_check.proto and health_checker_base_impl.cc", envoy()},
        {"haproxy", "A connection every 2 s; rise 2, fall 3",
         "HAProxy 2.6, doc/configuration.txt: check, inter, rise, fall", haproxy()},
        {"kubernetes", "A beat of 10 s; 3 failures, 1 success; down at first",
         "Kubernetes, pkg/kubelet/prober/worker.go and its API's defaults", kubernetes()},
        {"alb", "A beat of 30 s; 5 successes, 2 failures; the first success brings up",
         "AWS, Application Load Balancers: health checks for target groups", alb()},
        {"nginx_plus", "Every 5 s; one failure, one success",
         "nginx, ngx_http_upstream_hc_module: health_check", nginx_plus()},
        {"traefik", "A beat of 30 s; one failure, one success",
         "Traefik 3, pkg/healthcheck/healthcheck.go and its defaults", traefik()},
    }};
    return kPresets;
}

}  // namespace lb
