#pragma once

#include "balancer/request.hpp"
#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb {

/// How many requests a second a backend could take, from what it reports of itself: the rate it
/// serves, divided by how busy that keeps it, where errors count as being busier.
///
///     rate / (utilization + errors / rate * error_penalty)
///
/// 0 stands for not known: it serves nothing, or does not tell how busy it is.
/// Source: gRFC A58; grpc-go, balancer/weightedroundrobin, OnLoadReport.
constexpr double orca_weight(const LoadReport& report, double error_penalty) {
    if (!(report.rate_per_s > 0) || !(report.utilization > 0)) return 0;
    const double errors = report.errors_per_s / report.rate_per_s;
    return report.rate_per_s / (report.utilization + errors * error_penalty);
}

/// The weight that one backend's reports give it, for as long as they are to be believed: not in
/// the first while after it began to report, when it is still warming up, and not once it has
/// fallen silent.
///
/// Source: gRFC A58; grpc-go, balancer/weightedroundrobin, endpointWeight.  We differ: there the
/// silence is noticed when the weight is read, here when the next report comes, so that reading
/// changes nothing; the two agree if weights are read at least once in every `expiry`.
class OrcaWeight {
public:
    struct Config {
        double error_penalty = 1;
        Duration blackout = 10s;
        Duration expiry = 180s;
        void describe(Fields& f) {
            f.field("error_penalty", error_penalty,
                    "How busy a backend counts if all that it answers are errors", kNotNegative);
            f.field("blackout", blackout,
                    "How long a backend's first reports are not believed, from the first one on",
                    kNotNegative);
            f.field("expiry", expiry, "How long the last report of a backend is believed");
        }
    };

    void on_report(const LoadReport& report, const Config& config, Instant now) {
        const double weight = orca_weight(report, config.error_penalty);
        if (weight == 0) return;  // It says nothing.
        if (weight_ == 0 || now - last_ >= config.expiry) since_ = now;
        weight_ = weight;
        last_ = now;
    }
    /// 0: not known.
    double of(const Config& config, Instant now) const {
        const bool believed = now - since_ >= config.blackout && now - last_ < config.expiry;
        return believed ? weight_ : 0;
    }

private:
    double weight_ = 0;         // 0: it never said anything.
    Instant since_{}, last_{};  // Reports came without a long silence: from, to.
};

}  // namespace lb
