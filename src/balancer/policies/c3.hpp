#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "balancer/cubic_rate.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// What C3 ranks by: a response time R from which the service time is taken out and put in again
/// multiplied by the cube of the queue that is to be expected.
///
///     R - service + queue^3 * service,    queue = 1 + outstanding * clients + waiting
///
/// In whatever unit of time R and the service time have.  The cube keeps requests from a long queue
/// although it be at a fast server.
constexpr double c3_score(double response, double service, double waiting, double outstanding,
                          double clients) {
    const double queue = 1 + outstanding * clients + waiting;
    return response - service + queue * queue * queue * service;
}

/// The backend with the least c3_score() of what its responses took and reported: C3.
///
/// Response time, service time and the requests that waited at the backend are averaged, the newest
/// counting for 0.9.  A backend never heard from is tried with one request at a time.  Ties are
/// broken uniformly.  Without a report the response time stands for the service time too.
///
/// With `rate_control` a backend is passed over while CubicRate does not admit to it; if that goes
/// for all of them, the policy declines.  It is off by default: in the paper requests wait for
/// their turn then, which makes up for rates that are cut below what is needed; where they fail
/// instead, one balancer alone loses a third of its requests at half load.
///
/// What fails tells nothing and is not counted, so that a backend that fails fast looks idle.
///
/// Source: Suresh et al., C3: Cutting Tail Latency in Cloud Data Stores via Adaptive Replica
/// Selection, NSDI 2015, and its simulator absim.  A pick costs O(n): it is made for the few
/// replicas of a datum.
class C3 final : public Policy {
public:
    static constexpr std::string_view kName = "c3";
    static constexpr std::string_view kSummary =
        "The least response time + (expected queue)^3 x service time, as backends report them";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr bool kStarves = true;  // A bad score is forgotten by responses only.
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource =
        "Suresh et al., C3: Cutting Tail Latency in Cloud Data Stores via Adaptive Replica "
        "Selection, NSDI 2015; absim, client.py";
    struct Config : CubicRate::Config {
        double clients = 1;
        bool rate_control = false;
        void describe(Fields& f) {
            f.field("clients", clients, "How many balancers send to the same backends",
                    at_least(1));
            f.field("rate_control", rate_control, "Whether it also limits the rate to a backend");
            CubicRate::Config::describe(f);
        }
    };
    static constexpr std::string_view kDiffers =
        "peak_ewma multiplies latency by its own requests in flight, c3 by the cube of a queue "
        "that includes what the backend reports. Where the paper lets a request wait until some "
        "rate limit admits it, this declines. There all that is unheard of comes first, here with "
        "one request at a time.";
    explicit C3(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([&](Explanation& why) { explain(c, why); });
        double least = kOut;
        std::uint64_t ties = 0;
        for (const auto id : c.view.eligible()) {
            const double score = score_of(id, c.view, c.now);
            if (score > least) continue;
            ties = score == least ? ties + 1 : 1;
            least = score;
        }
        if (least == kOut) return std::nullopt;
        auto drawn = ties == 1 ? 0 : c.rng.below(ties);
        for (const auto id : c.view.eligible())
            if (score_of(id, c.view, c.now) == least && drawn-- == 0) return id;
        return std::nullopt;
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        while (seats_.size() < view.slots()) seats_.push_back({CubicRate{config_, now}});
        seats_[index(id)] = {CubicRate{config_, now}};
    }
    Reports reports() const override { return Reports::Responses; }
    void on_sent(BackendId id, Instant now) override {
        if (config_.rate_control) seats_[index(id)].rate.on_sent(config_, now);
    }
    void on_done(BackendId id, const Response& response, Instant now) override {
        if (!response.succeeded()) return;
        auto& seat = seats_[index(id)];
        if (config_.rate_control) seat.rate.on_answer(config_, now);
        const auto* report = response.report;
        const double newest = seat.known ? kNewest : 1;
        const auto average = [&](double& mean, double sample) { mean += newest * (sample - mean); };
        average(seat.response_s, seconds(response.latency));
        average(seat.service_s, seconds(report != nullptr ? report->service : response.latency));
        average(seat.waiting, report != nullptr ? report->waiting : 0);
        seat.known = true;
    }

private:
    static constexpr double kNewest = 0.9;
    static constexpr double kShun = 1e30;                                    // More than any score,
    static constexpr double kOut = std::numeric_limits<double>::infinity();  // and yet more.
    struct Seat {
        CubicRate rate;
        double response_s = 0, service_s = 0, waiting = 0;  // Averages.
        bool known = false;
    };

    /// kOut if its rate does not admit a request.
    double score_of(BackendId id, const View& view, Instant now) const {
        const auto& seat = seats_[index(id)];
        if (config_.rate_control && !seat.rate.admits(config_, now)) return kOut;
        const double outstanding = view.in_flight(id);
        if (!seat.known) return outstanding == 0 ? 0 : kShun * outstanding;
        return c3_score(seat.response_s, seat.service_s, seat.waiting, outstanding,
                        config_.clients);
    }
    void explain(const PickContext& c, Explanation& why) const {
        why.rule = "The least score, uniformly among equals, of those whose rate limit admits it";
        why.score =
            "seconds: response - service + (1 + outstanding x clients + waiting)^3 x service";
        for (const auto id : c.view.eligible()) {
            const double score = score_of(id, c.view, c.now);
            const char* const note = score == kOut              ? "past its rate"
                                     : !seats_[index(id)].known ? "never heard from"
                                                                : "";
            why.candidates.push_back({id, score, note});
        }
    }

    Config config_;
    std::vector<Seat> seats_;
};

}  // namespace lb
