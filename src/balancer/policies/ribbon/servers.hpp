#pragma once

#include <algorithm>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::ribbon {

/// When Ribbon leaves a server alone because it cannot be reached.
struct Breaker {
    std::int64_t connection_failures = 3;
    Duration blackout = 10s, blackout_max = 30s;
    void describe(Fields& f) {
        f.field("connection_failures", connection_failures,
                "So many in a row, and a server is left alone", Range{.low = 1, .high = 1e9});
        f.field("blackout", blackout, "For how long, at first; it doubles with each further one");
        f.field("blackout_max", blackout_max, "For how long, at most");
    }
};

/// The servers in the order in which they joined, and what Ribbon's LoadBalancerStats and
/// ServerStats keep of each: one client's own view, whatever others send there.
///
/// Source: Ribbon 2a55b5da, ServerStats.java, LoadBalancerContext.java (noteRequestCompletion) and
/// RoundRobinRule.java.
class Servers {
public:
    explicit Servers(const Breaker& breaker) : breaker_{breaker} {}

    /// Also those that are not eligible.
    const std::vector<BackendId>& all() const { return all_; }

    void add(BackendId id, Instant now) {
        all_.push_back(id);
        if (index(id) >= stats_.size()) stats_.resize(index(id) + 1);
        stats_[index(id)] = {};
        stats_[index(id)].changed = now;
    }
    void remove(BackendId id) { std::erase(all_, id); }
    void sent(BackendId id, Instant now) {
        ++stats_[index(id)].active;
        stats_[index(id)].changed = now;
    }
    /// An answer of any status ends a row of connection failures; so does a cancelled request.
    /// Response times are whole milliseconds, and failures have one, too.
    void done(BackendId id, const Response& response, Instant now) {
        auto& s = stats_[index(id)];
        if (s.active != 0) --s.active;
        s.changed = now;
        ++s.ended;
        s.total_ms += static_cast<std::uint64_t>(
            std::max<std::int64_t>(0, response.latency / Duration{1'000'000}));
        s.failures = response.broken() ? s.failures + 1 : 0;
        if (response.broken()) s.failed = now;
    }

    /// Requests out; none if their number has not changed for ten minutes, as then those that are
    /// still out are taken for lost.
    std::uint32_t active(BackendId id, Instant now) {
        if (now > lost_after(id)) stats_[index(id)].active = 0;
        return stats_[index(id)].active;
    }
    Instant lost_after(BackendId id) const { return stats_[index(id)].changed + 600s; }
    /// Whether it failed to connect so often, and so lately, that it is left alone.
    bool tripped(BackendId id, Instant now) const {
        return stats_[index(id)].failures >= breaker_.connection_failures &&
               tripped_until(id) > now;
    }
    /// Requires that it is, or was.
    Instant tripped_until(BackendId id) const {
        const auto& s = stats_[index(id)];
        const auto doublings =
            std::min<std::int64_t>(s.failures - breaker_.connection_failures, 16);
        const auto factor = std::int64_t{1} << doublings;
        const bool most = breaker_.blackout > breaker_.blackout_max / factor;
        return s.failed + (most ? breaker_.blackout_max : breaker_.blackout * factor);
    }
    /// Of all requests that ended since it joined; 0 if none did.
    double average_ms(BackendId id) const {
        const auto& s = stats_[index(id)];
        return s.ended == 0 ? 0 : static_cast<double>(s.total_ms) / static_cast<double>(s.ended);
    }

    /// The next of n places.  The turn moves on before it is read: the first is place 1.
    std::size_t turn(std::size_t n) { return turn_ = (turn_ + 1) % n; }

    /// Ribbon's RoundRobinRule: the next of all servers, excluded or not, until one is eligible;
    /// after ten it gives up.  So the part of an excluded one goes to whoever comes after it.
    std::optional<BackendId> next(const View& view) {
        for (int tries = 0; tries != 10; ++tries)
            if (const auto id = all_[turn(all_.size())]; view.is_eligible(id)) return id;
        return std::nullopt;
    }

private:
    struct Stats {
        std::uint32_t active = 0;
        Instant changed{};          // When `active` last did.
        std::int64_t failures = 0;  // Of connections, in a row.
        Instant failed{};           // The last of them.
        std::uint64_t ended = 0, total_ms = 0;
    };

    Breaker breaker_;
    std::vector<BackendId> all_;
    std::vector<Stats> stats_;
    std::size_t turn_ = 0;
};

/// What Ribbon's rules have in common: servers that are kept count of.
class Rule : public Policy {
public:
    void on_added(BackendId id, const View&, Instant now) override { servers_.add(id, now); }
    void on_removed(BackendId id, const View&, Instant) override { servers_.remove(id); }
    void on_sent(BackendId id, Instant now) override { servers_.sent(id, now); }
    void on_done(BackendId id, const Response& response, Instant now) override {
        servers_.done(id, response, now);
    }

protected:
    explicit Rule(const Breaker& breaker) : servers_{breaker} {}

    /// Where a rule that has nothing to go by sends the request.
    std::optional<BackendId> next(const PickContext& c) {
        const auto id = servers_.next(c.view);
        c.explain([&](Explanation& why) {
            why.rule = "the next in turn, as there is nothing to go by; ten are tried";
            why.score = "nothing";
            why.candidates.clear();
            if (id) why.candidates.push_back({*id, 0});
        });
        return id;
    }

    Servers servers_;
};

}  // namespace lb::ribbon
