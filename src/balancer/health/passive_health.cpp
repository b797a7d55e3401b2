#include "balancer/health/passive_health.hpp"

#include "base/expects.hpp"

namespace lb {

using Why = PassiveChange::Why;

std::string_view words(const PassiveChange& change) {
    if (!change.admitted) return "too many requests failed";
    switch (change.why) {
        case Why::Requests: return "a request succeeded";
        case Why::Probe: return "a probe passed";
        case Why::Alone: return "there is no other";
        case Why::Time: break;
    }
    return "its time is over";
}

void PassiveHealth::add(BackendId id, Instant now, std::vector<PassiveChange>& changes) {
    expects(!contains(id));
    const bool was_lone = lone();
    members_.insert(id);
    if (index(id) >= of_.size()) of_.resize(index(id) + 1);
    of_[index(id)] = {};
    if (was_lone) review(members_.all().front(), Why::Requests, now, changes);
}

void PassiveHealth::remove(BackendId id, Instant now, std::vector<PassiveChange>& changes) {
    expects(contains(id));
    members_.erase(id);
    due_.clear(id);
    if (lone()) review(members_.all().front(), Why::Alone, now, changes);
}

void PassiveHealth::on_sent(BackendId id, Instant now, std::vector<PassiveChange>& changes) {
    if (!contains(id)) return;
    of_[index(id)].count.on_sent(config_, now);
    review(id, Why::Requests, now, changes);
}

std::optional<OnErrors> PassiveHealth::on_done(BackendId id, const Response& response, Instant now,
                                               std::vector<PassiveChange>& changes) {
    const auto seen = judged(config_, response);
    if (!contains(id) || lone() || seen == Observed::Nothing) return std::nullopt;
    const bool act = of_[index(id)].count.on_done(config_, seen == Observed::Error, now);
    review(id, Why::Requests, now, changes);
    return act ? std::optional{config_.on_error} : std::nullopt;
}

void PassiveHealth::on_probe_passed(BackendId id, Instant now,
                                    std::vector<PassiveChange>& changes) {
    if (!contains(id)) return;
    of_[index(id)].count.on_probe_passed(config_);
    review(id, Why::Probe, now, changes);
}

void PassiveHealth::due(Instant now, std::vector<PassiveChange>& changes) {
    while (due_.next() <= now) review(due_.first(), Why::Time, now, changes);
}

Observed PassiveHealth::judged(const Config& config, const Response& response) {
    switch (config.rule) {
        case PassiveCount::Rule::Nginx: break;
        case PassiveCount::Rule::Consecutive: return observed(response, 7);
        case PassiveCount::Rule::Sliding:
            if (response.end == Response::End::Cancelled) return Observed::Nothing;
            return response.succeeded() ? Observed::Good : Observed::Error;
    }
    // To nginx a request that its client gave up was none that failed.
    const bool failed = config.server_errors ? response.failed() : response.broken();
    return failed ? Observed::Error : Observed::Good;
}

/// Tells if it changed whether it is excluded, and looks again when that may change by itself.
void PassiveHealth::review(BackendId id, Why why, Instant now,
                           std::vector<PassiveChange>& changes) {
    auto& member = of_[index(id)];
    const bool admitted = lone() || member.count.admits(config_, now);
    if (admitted && member.admitted) return;
    due_.set(id, admitted ? Instant::max() : member.count.next_change(config_, now));
    if (admitted == member.admitted) return;
    member.admitted = admitted;
    changes.push_back({id, admitted, why});
}

}  // namespace lb
