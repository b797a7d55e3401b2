#pragma once

#include <vector>

#include "balancer/load.hpp"
#include "balancer/peak_average.hpp"
#include "balancer/policies.hpp"
#include "balancer/policies/power_of_choices.hpp"

namespace lb::tower {

/// A PeakAverage that starts at a fixed guess, times the requests in flight with the one about to
/// be sent.  In nanoseconds.
///
/// Every answer counts with the time it took, whatever it says, and so does a request that was
/// cancelled: the program takes its sample as the handle of a request is dropped.  So fast failures
/// look like low latency.  A new backend costs the guess: it is neither shunned nor rushed at.
///
/// Source: tower, load/peak_ewma.rs.
class PeakLoad {
public:
    static constexpr std::string_view kScore = "latency average in ns x (in flight + 1)";
    struct Config {
        Duration default_rtt = 30ms;
        Duration decay = 10s;
        void describe(Fields& f) {
            f.field("default_rtt", default_rtt, "Latency that a backend not heard from counts as");
            f.field("decay", decay, "Mean lifetime of a latency peak");
        }
    };
    explicit PeakLoad(const Config& config) : config_{config} {}

    double of(BackendId id, const View& view, Instant now) {
        return averages_[index(id)].look(now, config_.decay) * (view.in_flight(id) + 1.0);
    }
    void on_added(BackendId id, Instant now) {
        const PeakAverage fresh{static_cast<double>(config_.default_rtt.count()), now};
        if (index(id) >= averages_.size()) averages_.resize(index(id) + 1, fresh);
        averages_[index(id)] = fresh;
    }
    void on_done(BackendId id, const Response& response, Instant now) {
        averages_[index(id)].observe(response.latency, now, config_.decay);
    }

private:
    Config config_;
    std::vector<PeakAverage> averages_;
};

/// The less loaded of two distinct eligible backends drawn at random, by PeakLoad; the first drawn
/// among equals.  As tower's Balance (balance/p2c/service.rs), with the constants of Linkerd 2.
///
/// tower draws from the services that are ready; here these are the eligible.
class PeakEwma final : public PowerOfChoices<PeakLoad> {
public:
    static constexpr std::string_view kName = "tower/peak_ewma";
    static constexpr std::string_view kSummary =
        "As tower and Linkerd 2: of two, the lower latency average x in flight";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource =
        "tower 0.5, load/peak_ewma.rs and balance/p2c/service.rs; constants of linkerd2-proxy";
    static constexpr std::string_view kDiffers =
        "A backend not heard from costs default_rtt, where finagle/peak_ewma shuns it while its "
        "first request is out; looking at a load restarts its decay, where in peak_ewma it changes "
        "nothing. The load biaser of later versions of linkerd2-proxy is not part of it.";
    /// tower has no other number of choices.
    struct Config : PowerOfChoices::Config {
        void describe(Fields& f) { PeakLoad::Config::describe(f); }
    };
    explicit PeakEwma(const Config& config) : PowerOfChoices{config} {}
};

}  // namespace lb::tower
