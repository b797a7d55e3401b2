#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "balancer/due_times.hpp"
#include "balancer/health/passive_count.hpp"
#include "balancer/health/verdict.hpp"
#include "balancer/request.hpp"
#include "balancer/view.hpp"

namespace lb {

/// A backend is excluded, or no more.
struct PassiveChange {
    enum class Why : std::uint8_t { Requests, Time, Probe, Alone };
    BackendId backend;
    bool admitted;
    Why why;  ///< Requests to it changed it, time, a probe that passed, or that it is alone now.
};

/// "too many requests failed", "its time is over", …
std::string_view words(const PassiveChange&);

/// Excludes the backends of which PassiveCount says so.
///
/// Each is told to the caller once, when it changes: call due() no later than next_due().  By
/// nginx's rule a lone backend is never excluded, and its failures are not counted.  A request
/// costs O(1) unless it changes who is excluded, then O(log n), as joining and leaving do.
class PassiveHealth {
public:
    using Config = PassiveCount::Config;

    explicit PassiveHealth(const Config& config) : config_{config} {}

    /// Requires that it is not there.  Each of these appends what changed.
    void add(BackendId id, Instant now, std::vector<PassiveChange>& changes);
    void remove(BackendId id, Instant now, std::vector<PassiveChange>& changes);
    void on_sent(BackendId id, Instant now, std::vector<PassiveChange>& changes);
    /// Returns what is to be done to its health check, if anything.
    std::optional<OnErrors> on_done(BackendId id, const Response& response, Instant now,
                                    std::vector<PassiveChange>& changes);
    void on_probe_passed(BackendId id, Instant now, std::vector<PassiveChange>& changes);

    Instant next_due() const { return due_.next(); }
    void due(Instant now, std::vector<PassiveChange>& changes);

    bool contains(BackendId id) const { return members_.contains(id); }
    /// As it was told last.  Requires contains(id).
    bool admits(BackendId id) const { return of_[index(id)].admitted; }

    /// Whether a response is a failure by that rule.
    static Observed judged(const Config& config, const Response& response);

private:
    struct Member {
        PassiveCount count;
        bool admitted = true;
    };
    bool lone() const {
        return config_.rule == PassiveCount::Rule::Nginx && members_.all().size() == 1;
    }
    void review(BackendId id, PassiveChange::Why why, Instant now,
                std::vector<PassiveChange>& changes);

    Config config_;
    BackendSet members_;
    std::vector<Member> of_;  // By slot.
    DueTimes due_;
};

}  // namespace lb
