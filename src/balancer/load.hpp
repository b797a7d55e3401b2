#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <vector>

#include "balancer/policy.hpp"
#include "base/fields.hpp"
#include "base/math.hpp"

namespace lb {

/// How loaded a backend looks from here.  Less is better; the unit is the metric's own.
///
/// Ours have a const of(): looking at a load never changes it.  Finagle's and tower's loads do
/// change by being looked at, and these metrics say so by an of() that is not const.  So whoever
/// compares loads looks at those that are compared, and at no others, also when asked why; a second
/// look at the same time gives the same.
template <class M>
concept LoadMetric = requires(M metric, BackendId id, const View& view, Response response,
                              Instant now) {
    typename M::Config;
    { M::kScore } -> std::convertible_to<std::string_view>;  // What of() is, for explanations.
    { metric.of(id, view, now) } -> std::convertible_to<double>;
    metric.on_added(id, now);
    metric.on_done(id, response, now);
};

/// Requests in flight per unit of weight, with the one about to be sent: (in flight + 1) / weight.
/// Slow backends keep theirs longer, so latency counts by itself.
struct InFlight {
    static constexpr std::string_view kScore = "(requests in flight + 1) / weight";
    struct Config {
        void describe(Fields&) {}
    };
    explicit InFlight(const Config&) {}
    double of(BackendId id, const View& view, Instant now) const {
        const double load = view.in_flight(id) + 1.0;
        return view.uniform() ? load : load / view.weight(id, now);
    }
    void on_added(BackendId, Instant) {}
    void on_done(BackendId, const Response&, Instant) {}
};

/// The worst latency seen, forgotten exponentially, times the requests in flight with the one about
/// to be sent, per unit of weight.
///
/// A backend never heard from is tried with one request at a time.  Failures do not let the peak
/// fade: a fast error says nothing of how fast an answer would be.  A request that was cancelled
/// has taken at least so long: it can raise the peak.
///
/// Source: the metric of Finagle's PeakEwma (loadbalancer/PeakEwma.scala).  We differ: there each
/// read restarts the decay, so that an answer below the peak counts for less the more often one
/// looks; here looking changes nothing and answers below the peak do not count, which is what
/// theirs tends to as it is looked at more often.
class PeakLatency {
public:
    static constexpr std::string_view kScore = "peak latency in s x (in flight + 1) / weight";
    struct Config {
        Duration decay = 10s;
        void describe(Fields& f) { f.field("decay", decay, "Mean lifetime of a latency peak"); }
    };
    explicit PeakLatency(const Config& config) : per_second_{1 / seconds(config.decay)} {}

    double of(BackendId id, const View& view, Instant now) const {
        const double in_flight = view.in_flight(id);
        const auto& peak = peaks_[index(id)];
        if (!peak.known) return in_flight == 0 ? 0 : kShun + in_flight;
        const double load = latency(peak, now) * (in_flight + 1);
        return view.uniform() ? load : load / view.weight(id, now);
    }
    void on_added(BackendId id, Instant now) {
        if (index(id) >= peaks_.size()) peaks_.resize(index(id) + 1);
        peaks_[index(id)] = {0, now, false};
    }
    void on_done(BackendId id, const Response& response, Instant now) {
        auto& peak = peaks_[index(id)];
        const double seen = seconds(response.latency);
        if (!peak.known || seen >= latency(peak, now))
            peak = {seen, now, true};
        else if (response.failed())
            peak.seen = now;  // The decay starts over: nothing was learned of it getting faster.
    }

private:
    struct Peak {
        double latency_s;
        Instant seen;
        bool known;  // False: never heard from, which is not the same as fast.
    };
    static constexpr double kShun = 1e9;  // More seconds than any latency.

    double latency(const Peak& peak, Instant now) const {
        return peak.latency_s * exp(-seconds(now - peak.seen) * per_second_);
    }

    double per_second_;
    std::vector<Peak> peaks_;
};

}  // namespace lb
