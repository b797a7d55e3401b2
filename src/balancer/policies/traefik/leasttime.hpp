#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "balancer/ranking.hpp"

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
/// passes them by the balancer's books.  Traefik looks at every server for each request; here they
/// are ranked by score and deadline, and a pick costs O(log n).
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
    static constexpr std::string_view kCost = "O(log n)";
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
    /// What servers are compared by.
    struct Rank {
        double score = 0, deadline = 0;
        bool operator<(const Rank& other) const {
            return score != other.score ? score < other.score : deadline < other.deadline;
        }
    };
    explicit LeastTime(const Config&, std::size_t few = Ranking<Rank>::kFew) : ranking_{few} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) configure(c.view);
        const auto best = ranking_.first_two(
            c.now, [&](BackendId id) { return c.view.is_eligible(id); },
            [&](BackendId id) {
                return Rank{score(id, c), deadlines_[index(id)]};
            });
        c.explain([&](Explanation& why) {
            why.rule = "The lowest score; among equals the earliest deadline.";
            why.score = "mean time to first byte (ms) x (requests in flight + 1) / weight";
            for (const auto id : ranking_.all())
                if (c.view.is_eligible(id)) why.candidates.push_back({id, score(id, c)});
        });
        if (best.found == 2 && best.second.score == best.least.score) {  // It was its turn.
            deadlines_[index(best.first)] += 1 / c.view.weight(best.first, c.now);
            ranking_.touch(best.first);
        }
        return best.first;
    }
    void on_added(BackendId id, const View& view, Instant) override {
        times_.resize(std::max(times_.size(), view.slots()));
        deadlines_.resize(times_.size());
        ranking_.on_added(id, view);
        stale_ = true;
    }
    void on_eligible(BackendId id, bool, const View&, Instant) override { ranking_.touch(id); }
    void on_removed(BackendId id, const View&, Instant) override {
        ranking_.on_removed(id);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_ramp(BackendId id, const View&, Instant) override { ranking_.touch(id); }
    void on_done(BackendId id, const Response& response, Instant) override {
        const bool told = response.first_byte > Duration{};
        if (!told && response.end != Response::End::Complete) return;
        times_[index(id)].add(told ? response.first_byte : response.latency);
        ranking_.touch(id);
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
            mean_ = static_cast<double>(sum_) / static_cast<double>(known_);
        }
        /// 0 if there are none.
        double mean() const { return mean_; }

    private:
        std::array<std::int64_t, 100> last_{};
        std::int64_t sum_ = 0;
        std::size_t next_ = 0, known_ = 0;
        double mean_ = 0;
    };

    void configure(const View& view) {
        double deadline = 0;  // Each one's begins where the one before it has its own.
        for (const auto id : ranking_.all()) {
            times_[index(id)] = {};
            deadlines_[index(id)] = deadline += 1 / view.weight(id);
            ranking_.touch(id);
        }
        stale_ = false;
    }
    double score(BackendId id, const PickContext& c) const {
        return times_[index(id)].mean() * (1 + double(c.view.in_flight(id))) /
               c.view.weight(id, c.now);
    }

    Ranking<Rank> ranking_;          // In the order of configuration among equals.
    std::vector<Times> times_;       // By slot.
    std::vector<double> deadlines_;  // By slot.
    bool stale_ = true;
};

}  // namespace lb::traefik
