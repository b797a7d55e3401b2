#pragma once

#include <vector>

#include "balancer/peak_average.hpp"
#include "balancer/policies/finagle/two_choices.hpp"

namespace lb::finagle {

/// A PeakAverage times the requests in flight with the one about to be sent.  In nanoseconds.
///
/// A backend never heard from costs nothing while it is idle, so it is tried at once, and more than
/// any other as soon as a request is out: until its first answer it gets no second one, unless all
/// are in that state.  Every answer counts with the time it took, whatever it says, and so does a
/// request that was cancelled: fast failures look like low latency.
///
/// Source: Finagle, loadbalancer/PeakEwma.scala.
class PeakLoad {
public:
    static constexpr std::string_view kScore =
        "latency average in ns x (in flight + 1); 1.4e14 + in flight if none is known";
    struct Config {
        Duration decay = 10s;
        void describe(Fields& f) { f.field("decay", decay, "Mean lifetime of a latency peak"); }
    };
    explicit PeakLoad(const Config& config) : decay_{config.decay} {}

    double of(BackendId id, const View& view, Instant now) {
        const double cost = averages_[index(id)].look(now, decay_);
        const double pending = view.in_flight(id);
        return cost == 0 && pending != 0 ? kPenalty + pending : cost * (pending + 1);
    }
    void on_added(BackendId id, Instant now) {
        const PeakAverage fresh{0, now};
        if (index(id) >= averages_.size()) averages_.resize(index(id) + 1, fresh);
        averages_[index(id)] = fresh;
    }
    void on_done(BackendId id, const Response& response, Instant now) {
        averages_[index(id)].observe(response.latency, now, decay_);
    }

private:
    static constexpr double kPenalty = 140737488355327;  // Long.MaxValue >> 16: 39 hours.

    Duration decay_;
    std::vector<PeakAverage> averages_;
};

/// The one of two with the lower PeakLoad: Finagle's P2C with PeakEwma.  See TwoChoices.
class PeakEwma final : public TwoChoices<PeakLoad> {
public:
    static constexpr std::string_view kName = "finagle/peak_ewma";
    static constexpr std::string_view kSummary =
        "As Finagle: of two, the lower latency average x in flight";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(max_effort)";
    static constexpr std::string_view kSource =
        "Finagle 4feb34cb, loadbalancer/PeakEwma.scala and p2c/P2CPick.scala";
    static constexpr std::string_view kDiffers =
        "Looking at a load restarts its decay, so answers below the peak count less the more often "
        "one looks; in peak_ewma looking changes nothing, and failures do not lower the peak. When "
        "max_effort is spent Finagle uses a node that is not open; here the request goes to any "
        "eligible one.";
    using TwoChoices::TwoChoices;
};

}  // namespace lb::finagle
