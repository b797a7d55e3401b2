#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balancer/request.hpp"
#include "base/fields.hpp"
#include "base/math.hpp"

namespace lb {

/// The mean latency of each backend, what was seen being forgotten exponentially with time.
///
/// Every answer of the last while counts alike, the first no more than the next: sums of latencies
/// and of answers decay together, and the mean is their quotient.  Unlike an average that starts at
/// its first value it is not under the spell of that one.
///
/// A failure counts as a request that took `failure`, or longer if it did: a fast error must not
/// look like a fast answer.  A request that was cancelled took at least so long: it counts only if
/// that raises the mean.
class MeanLatency {
public:
    struct Config {
        Duration decay = 10s;
        Duration failure = 1s;
        void describe(Fields& f) {
            f.field("decay", decay, "Mean time until an answer is forgotten");
            f.field("failure", failure, "What a failure counts as having taken, at least");
        }
    };
    explicit MeanLatency(const Config& config)
        : per_second_{1 / seconds(config.decay)}, failure_{config.failure} {}

    void on_added(BackendId id) {
        if (index(id) >= means_.size()) means_.resize(index(id) + 1);
        means_[index(id)] = {};
    }
    /// Whether that changed what of() says.
    bool on_done(BackendId id, const Response& response, Instant now) {
        auto& m = means_[index(id)];
        auto latency = response.latency;
        if (response.failed()) latency = std::max(latency, failure_);
        const double seen = std::max(seconds(latency), kLeast);
        const bool counts = response.end != Response::End::Cancelled ||
                            (m.answers > 0 && seen > m.total_s / m.answers);
        if (!counts) return false;
        const double kept = m.answers > 0 ? exp(-seconds(now - m.last) * per_second_) : 0;
        m = {m.total_s * kept + seen, m.answers * kept + 1, now};
        return true;
    }

    /// Whether it ever answered.
    bool known(BackendId id) const { return means_[index(id)].answers > 0; }
    /// Seconds, above 0.  Requires known(id).
    double of(BackendId id) const {
        const auto& m = means_[index(id)];
        return m.total_s / m.answers;
    }
    /// 1 / decay.
    double per_second() const { return per_second_; }

private:
    static constexpr double kLeast = 1e-9;  // Seconds: the resolution of time.
    struct Mean {
        double total_s = 0, answers = 0;  // Decayed to when the last came.
        Instant last{};
    };
    double per_second_;
    Duration failure_;
    std::vector<Mean> means_;
};

}  // namespace lb
