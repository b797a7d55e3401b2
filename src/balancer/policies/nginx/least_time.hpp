#pragma once

#include <algorithm>

#include "balancer/policies/nginx/peers.hpp"

namespace lb::nginx {

/// The least estimated time to finish what it has with this request: the average response time
/// times (requests in flight + 1), per unit of weight; smooth weighted round robin among equals.
///
/// Averages are of whole milliseconds and move by 5 % with each answer that came whole, so that
/// fast errors do not attract.  Times are rounded up to the next 20 ms, so that the close count as
/// equal, and above 5 s all are equally bad.  A backend never heard from counts as 20 ms: the best
/// there is.  One that was not tried for longer than fail_timeout is halved for each such while.
/// With `inflight` the average age of the requests in flight counts if it is larger, so that one
/// that hangs is noticed before it answers.
///
/// We differ where a balancer hears of a response only when it is over: with mode header the time
/// to the first byte counts from then, and until then the request counts as in flight.
class LeastTime final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/least_time";
    static constexpr std::string_view kSummary =
        "nginx's least_time: the least average response time x in flight, by weight";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource =
        "nginx 1.31.5, ngx_http_upstream_least_time_module.c, "
        "ngx_http_upstream_get_least_time_peer";
    static constexpr std::string_view kDiffers =
        "peak_ewma remembers the worst; this averages, in steps of 20 ms, and a newcomer looks "
        "best.  A header is heard of only when its response is over.";

    enum class Mode : std::uint8_t { Header, LastByte };
    struct Config : Peers::Config {
        Mode mode = Mode::Header;
        bool inflight = false;
        void describe(Fields& f) {
            static constexpr std::string_view kModes[] = {"header", "last_byte"};
            word(f, "mode", mode, kModes, "Until when a response takes: its first or last byte");
            f.field("inflight", inflight, "Whether requests in flight count by their age too");
            Peers::Config::describe(f);
        }
    };
    explicit LeastTime(const Config& config) : PeerPolicy{config}, config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override;
    void on_added(BackendId id, const View& view, Instant now) override {
        PeerPolicy::on_added(id, view, now);
        times_.resize(view.slots());
        times_[index(id)] = {};
    }
    void on_sent(BackendId id, Instant now) override {
        PeerPolicy::on_sent(id, now);
        times_[index(id)].sent(millisecond(now));
    }
    void on_done(BackendId id, const Response& response, Instant now) override;

private:
    static std::int64_t millisecond(Instant now) {
        return std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    }
    /// In milliseconds.  0 is "never heard from", and so is an average that fell to 0.
    struct Average {
        std::int64_t value = 0;
        void add(std::int64_t sample) {
            value = value == 0 ? sample
                               : static_cast<std::int64_t>(0.5 + 0.95 * static_cast<double>(value) +
                                                           0.05 * static_cast<double>(sample));
        }
    };
    struct Times {
        Average response;
        Average age;  // Of what is in flight.
        std::int64_t in_flight = 0;
        std::int64_t ages = 0;     // The sum of them,
        std::int64_t changed = 0;  // at this millisecond.

        void grow(std::int64_t now) {
            ages += (now - changed) * in_flight;
            changed = now;
        }
        void sent(std::int64_t now) {
            grow(now);
            ++in_flight;
        }
        void done(std::int64_t now, std::int64_t took) {
            if (in_flight == 0) return;  // Sent before it joined again.
            grow(now);
            ages = --in_flight == 0 ? 0 : ages - took;
        }
        void look(std::int64_t now) {
            if (in_flight > 0) age.add(ages / in_flight + (now - changed));
        }
    };

    /// The time that a peer is estimated to take with what it has.
    std::int64_t eta(const Peer& p, const PickContext& c) const;
    void explain(const PickContext& c, Explanation& why) const;

    Config config_;
    std::vector<Times> times_;  // By backend.
};

inline void LeastTime::on_done(BackendId id, const Response& response, Instant now) {
    PeerPolicy::on_done(id, response, now);
    const Instant sent = now - response.latency;
    const auto since_sent = [&](Instant then) { return millisecond(then) - millisecond(sent); };
    auto& times = times_[index(id)];
    times.done(millisecond(now), since_sent(now));
    if (response.end != Response::End::Complete) return;
    const bool until_header = config_.mode == Mode::Header && response.first_byte != Duration{};
    times.response.add(since_sent(until_header ? sent + response.first_byte : now));
}

inline std::int64_t LeastTime::eta(const Peer& p, const PickContext& c) const {
    const auto& times = times_[index(p.id)];
    auto time = times.response.value;
    const auto unseen = second(c.now) - p.failures.checked();
    if (unseen > p.fail_timeout) {
        const auto halvings = unseen / (p.fail_timeout + 1s);
        time = halvings < 63 ? time >> halvings : 0;
    }
    if (config_.inflight && times.in_flight > 0) time = std::max(time, times.age.value);
    time = time > 5000 ? 5000 : time + 20 - time % 20;
    return time * (1 + std::int64_t{c.view.in_flight(p.id)});
}

inline std::optional<BackendId> LeastTime::pick(const PickContext& c) {
    if (peers_.refresh(c.view))
        for (auto& times : times_) times.response = times.age = {};
    if (peers_.single()) return peers_.next(c);
    const auto least = peers_.least(c, [&](const Peer& p) {
        times_[index(p.id)].look(millisecond(c.now));
        return eta(p, c);
    });
    if (least.peer == nullptr) return std::nullopt;
    // nginx compares with the time of the first among equals, but with the weight of whoever leads.
    const auto ties = [&](const Peer& p, const Peer* best) {
        return eta(p, c) * (best == nullptr ? least.peer : best)->weight == least.value * p.weight;
    };
    const Peer* winner = least.many ? peers_.turn(c, peers_.places(), ties) : least.peer;
    c.explain([&](Explanation& why) { explain(c, why); });
    return winner->id;
}

inline void LeastTime::explain(const PickContext& c, Explanation& why) const {
    why = {"The least estimated time per weight; smooth weighted round robin among equals",
           "average milliseconds, rounded up to 20, x (in flight + 1), per weight",
           {}};
    for (const auto& p : peers_.all())
        if (peers_.usable(p, c))
            why.candidates.push_back(
                {p.id, static_cast<double>(eta(p, c)) / static_cast<double>(p.weight)});
}

}  // namespace lb::nginx
