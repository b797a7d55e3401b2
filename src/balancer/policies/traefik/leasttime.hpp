#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::traefik {

/// The least time to first byte, averaged over the last 100 answers, times one more than the
/// requests in flight, per unit of weight.  Equal scores take turns by deadlines of 1 / weight.
///
/// A server that has not answered yet has average 0, so cold servers get everything until the first
/// answer comes, however many requests they have.  Times are whole milliseconds, cut off: all that
/// answer within one are equal.
///
/// Nothing fades with time: a server that was slow and lost its requests to the others never gets
/// to show that it is well again, unless they become as slow or as busy.
///
/// A request that broke before its first byte tells nothing; an error that came whole counts as
/// its time, fast as it may be.  Where the time of the first byte is not told, that of the whole
/// answer stands for it.
///
/// A change of membership or weight is a change of configuration, for which Traefik makes a new
/// balancer: all averages and deadlines start over.
///
/// We differ: a time is learned when the answer is complete, not with its first byte; requests in
/// flight are the fleet's; and requests that stick to a server count as any other, where Traefik
/// passes them by the balancer's books.
///
/// Source: nextServer, selectWRR, updateResponseTime in
/// pkg/server/service/loadbalancer/leasttime/leasttime.go.
class LeastTime final : public Policy {
public:
    static constexpr std::string_view kName = "traefik/leasttime";
    static constexpr std::string_view kSummary =
        "Traefik: the lowest mean time to first byte x requests in flight";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr bool kStarves = true;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole};
    static constexpr std::string_view kCost = "O(n) a pick";
    static constexpr std::string_view kSource =
        "Traefik v3 at fd5a576, loadbalancer/leasttime/leasttime.go: nextServer";
    static constexpr std::string_view kDiffers =
        "A mean of the last 100 and not a peak as peak_ewma; all servers are compared; and those "
        "without an answer yet are best, not tried with one request. A slow "
        "time is not forgotten. A change of membership or "
        "weight starts it over.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit LeastTime(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) configure(c.view);
        tied_.clear();
        double least = std::numeric_limits<double>::max();
        for (const auto id : servers_) {
            if (!c.view.is_eligible(id)) continue;
            const double score = times_[index(id)].mean() * (1 + double(c.view.in_flight(id))) /
                                 c.view.weight(id, c.now);
            c.explain([&](Explanation& why) { why.candidates.push_back({id, score}); });
            if (score < least) tied_.clear();
            if (score <= least) tied_.push_back(id);
            least = std::min(least, score);
        }
        c.explain([](Explanation& why) {
            why.rule = "The lowest score; among equals the earliest deadline.";
            why.score = "mean time to first byte (ms) x (requests in flight + 1) / weight";
        });
        return tied_.size() == 1 ? tied_.front() : next_in_turn(c);
    }
    void on_added(BackendId id, const View& view, Instant) override {
        times_.resize(std::max(times_.size(), view.slots()));
        deadlines_.resize(times_.size());
        servers_.push_back(id);
        stale_ = true;
    }
    void on_removed(BackendId id, const View&, Instant) override {
        std::erase(servers_, id);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_done(BackendId id, const Response& response, Instant) override {
        const bool told = response.first_byte > Duration{};
        if (!told && response.end != Response::End::Complete) return;
        times_[index(id)].add(told ? response.first_byte : response.latency);
    }

private:
    /// The last 100 times, in whole milliseconds.
    class Times {
    public:
        void add(Duration time) {
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
            sum_ += ms - std::exchange(last_[next_], ms);
            next_ = (next_ + 1) % last_.size();
            known_ = std::min(known_ + 1, last_.size());
        }
        double mean() const {
            return known_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(known_);
        }

    private:
        std::array<std::int64_t, 100> last_{};
        std::int64_t sum_ = 0;
        std::size_t next_ = 0, known_ = 0;
    };

    void configure(const View& view) {
        double deadline = 0;  // Each one's begins where the one before it has its own.
        for (const auto id : servers_) {
            times_[index(id)] = {};
            deadlines_[index(id)] = deadline += 1 / view.weight(id);
        }
        stale_ = false;
    }
    BackendId next_in_turn(const PickContext& c) {
        const auto next = *std::min_element(
            tied_.begin(), tied_.end(),
            [&](BackendId a, BackendId b) { return deadlines_[index(a)] < deadlines_[index(b)]; });
        deadlines_[index(next)] += 1 / c.view.weight(next, c.now);
        return next;
    }

    std::vector<BackendId> servers_;  // In the order of configuration.
    std::vector<Times> times_;        // By slot.
    std::vector<double> deadlines_;   // By slot.
    std::vector<BackendId> tied_;     // Of one pick; kept for its memory.
    bool stale_ = true;
};

}  // namespace lb::traefik
