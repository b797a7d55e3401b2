#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "balancer/least_tree.hpp"
#include "balancer/mean_latency.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "base/math.hpp"

namespace lb {

/// The least mean latency times (requests in flight + 1), per unit of weight, of all: where a
/// request would be answered soonest if those in flight went one after the other.
///
/// A backend never heard from is tried with one request at a time.  One that is idle is taken for
/// faster the longer it is, by the factor e for each `decay`: what was slow ten times over gets
/// another chance after 2.3 of them, and like backends take turns at low load.  Requests in flight
/// stop that, so that one that hangs does not look better by its silence.
///
/// Since of all idle ones the scores fade alike, their order does not change while nothing happens
/// to them: they and the busy are two trees of least keys (in logarithms), and a pick compares two
/// numbers.  A pick costs O(1), O(log n) among equals; a request and an answer O(log n).
///
/// Many balancers that look at all tend to choose the same one at the same time: peak_ewma, of two,
/// does not.  Idleness ends when this balancer next hears of anything, if another's answer ended
/// it.
class LeastResponseTime final : public Policy, private LoadObserver {
public:
    static constexpr std::string_view kName = "least_response_time";
    static constexpr std::string_view kSummary = "The lowest mean latency x in flight of all";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr std::string_view kCost = "O(1), O(log n) for each request and answer";
    static constexpr std::string_view kSource =
        "The rule of nginx's least_time; forward decay: Cormode et al., ICDE 2009";
    static constexpr std::string_view kDiffers =
        "The mean and the best of all, where peak_ewma takes the worst and the better of two. "
        "nginx/least_time rounds latencies up to 20 ms and forgets none while nothing fails.";
    struct Config : MeanLatency::Config {};
    explicit LeastResponseTime(const Config& config) : latency_{config} {}
    ~LeastResponseTime() override {
        if (view_ != nullptr) view_->detach(*this);
    }
    LeastResponseTime(const LeastResponseTime&) = delete;
    LeastResponseTime& operator=(const LeastResponseTime&) = delete;

    std::optional<BackendId> pick(const PickContext& c) override {
        now_ = c.now;
        c.explain([&](Explanation& why) { tell(why, c.view); });
        const bool idle =
            !idle_.empty() && (busy_.empty() || idle_.least() - faded(c.now) <= busy_.least());
        const auto place = (idle ? idle_ : busy_).draw(c.rng);
        return BackendId{static_cast<std::uint32_t>(place)};
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        if (view_ == nullptr) {
            view_ = &view;
            origin_ = now;
            view.attach(*this);
        }
        now_ = now;
        if (index(id) >= seats_.size()) seats_.resize(index(id) + 1);
        for (auto* tree : {&idle_, &busy_}) tree->resize(seats_.size());
        seats_[index(id)] = {view.weight(id, now), view.in_flight(id), now, false};
        latency_.on_added(id);
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant now) override {
        now_ = now;
        seats_[index(id)].eligible = eligible;
        if (eligible)
            enter(id, view.in_flight(id));
        else
            for (auto* tree : {&idle_, &busy_}) tree->clear(index(id));
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        seats_[index(id)].weight = view.weight(id, now);
        if (view.is_eligible(id)) enter(id, view.in_flight(id));
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }
    void on_sent(BackendId, Instant now) override { now_ = now; }
    void on_done(BackendId id, const Response& response, Instant now) override {
        now_ = now;
        const auto& seat = seats_[index(id)];
        if (latency_.on_done(id, response, now) && seat.eligible) enter(id, seat.in_flight);
    }

private:
    static constexpr double kShun = 1e15;  // More than any logarithm of seconds plus decays.
    struct Seat {
        double weight = 1;  // For now.
        std::uint32_t in_flight = 0;
        Instant idle_since{};
        bool eligible = false;
    };

    void on_in_flight(BackendId id, std::uint32_t in_flight) override {
        if (index(id) < seats_.size() && seats_[index(id)].eligible) enter(id, in_flight);
    }
    /// Puts it into the tree where it belongs, with its key of now.
    void enter(BackendId id, std::uint32_t in_flight) {
        auto& seat = seats_[index(id)];
        if (in_flight == 0 && seat.in_flight != 0) seat.idle_since = now_;
        seat.in_flight = in_flight;
        if (in_flight == 0) {
            busy_.clear(index(id));
            idle_.set(index(id), log_score(id) + faded(seat.idle_since));
        } else {
            idle_.clear(index(id));
            busy_.set(index(id), log_score(id));
        }
    }
    /// Before it fades.
    double log_score(BackendId id) const {
        const auto& seat = seats_[index(id)];
        const double load = (seat.in_flight + 1) / seat.weight;
        if (latency_.known(id)) return log(latency_.of(id) * load);
        return seat.in_flight == 0 ? -std::numeric_limits<double>::infinity() : kShun + load;
    }
    /// By how much the logarithm of a score has fallen at some time since the origin.
    double faded(Instant at) const { return seconds(at - origin_) * latency_.per_second(); }

    void tell(Explanation& why, const View& view) const {
        why.rule = "the least of all wins, drawn uniformly among equals";
        why.score = "mean latency in s x (in flight + 1) / weight, less the longer idle";
        for (const auto id : view.eligible()) {
            const auto& seat = seats_[index(id)];
            const char* note =
                latency_.known(id) ? seat.in_flight == 0 ? "idle" : "" : "never heard from";
            const double fading = seat.in_flight == 0 ? faded(now_) - faded(seat.idle_since) : 0;
            const double score = log_score(id);
            why.candidates.push_back({id, score >= kShun ? score : exp(score - fading), note});
        }
    }

    const View* view_ = nullptr;  // The one it is attached to; outlives it.
    MeanLatency latency_;
    std::vector<Seat> seats_;
    LeastTree<> idle_;  // Keys: the logarithm of the score when it fell idle, and faded() of then.
    LeastTree<> busy_;  // Keys: the logarithm of the score.
    Instant origin_{}, now_{};
};

}  // namespace lb
