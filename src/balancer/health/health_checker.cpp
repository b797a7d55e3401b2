#include "balancer/health/health_checker.hpp"

#include "balancer/health/verdict.hpp"
#include "base/expects.hpp"

namespace lb {
namespace {

StatusSet statuses(const std::string& list) {
    auto set = StatusSet::of(list);
    expects(set.has_value());
    return *std::move(set);
}

}  // namespace

HealthChecker::HealthChecker(const Config& config, const Rng& rng)
    : config_{config},
      expected_{statuses(config.expect_status)},
      retriable_{statuses(config.retriable_status)},
      rng_{rng} {}

void HealthChecker::add(BackendId id, Instant now) {
    expects(!contains(id));
    if (index(id) >= members_.size()) members_.resize(index(id) + 1);
    members_[index(id)] = Member{HealthCheck{config_, now, rng_}};
    due_.set(id, of(id).next_due());
}

void HealthChecker::remove(BackendId id) {
    expects(contains(id));
    members_[index(id)].reset();
    due_.clear(id);
}

const HealthCheck& HealthChecker::of(BackendId id) const {
    expects(contains(id));
    return members_[index(id)]->check;
}

void HealthChecker::due(Instant now, std::vector<HealthProbe>& probes,
                        std::vector<HealthChange>& changes) {
    while (due_.next() <= now) {
        const auto id = due_.first();
        auto& m = member(id);
        if (m.check.probing()) {
            note(id, Sign::TimedOut, changes, [&](HealthCheck& check) {
                check.on_probe(config_, Sign::TimedOut, traffic_, now, rng_);
            });
            continue;
        }
        m.token = ++last_token_;
        m.check.begin(config_, now);
        due_.set(id, m.check.next_due());
        probes.push_back({id, m.token, config_.kind, config_.path, m.check.next_due(),
                          config_.reuse_connection});
    }
}

std::optional<Sign> HealthChecker::answered(BackendId from, std::uint64_t token,
                                            const Response& response, Instant now,
                                            std::vector<HealthChange>& changes, HealthNote about) {
    if (!contains(from) || !of(from).probing() || member(from).token != token) return std::nullopt;
    if (response.end == Response::End::Cancelled) {
        member(from).check.on_lost(config_, traffic_, now, rng_);
        due_.set(from, of(from).next_due());
        return std::nullopt;
    }
    const auto sign = sign_of(response, about);
    note(from, sign, changes,
         [&](HealthCheck& check) { check.on_probe(config_, sign, traffic_, now, rng_); });
    return sign;
}

void HealthChecker::on_done(BackendId id, const Response& response, Instant now,
                            std::vector<HealthChange>& changes, HealthNote about) {
    traffic_ = true;
    if (!contains(id)) return;
    if (about == HealthNote::Goes)
        note(id, Sign::SaidSo, changes, [&](HealthCheck& check) { check.on_goodbye(config_); });
    if (!config_.observe) return;
    const auto seen = observed(response, config_.observe->layer);
    if (seen == Observed::Nothing) return;
    note(id, Sign::RequestErrors, changes,
         [&](HealthCheck& check) { check.on_request(config_, seen == Observed::Error, now); });
}

void HealthChecker::on_errors(BackendId id, OnErrors what, Instant now,
                              std::vector<HealthChange>& changes) {
    if (!contains(id)) return;
    note(id, Sign::RequestErrors, changes,
         [&](HealthCheck& check) { check.on_errors(config_, what, now); });
}

// What an answer to a probe means.  Requires that it was not cancelled.
Sign HealthChecker::sign_of(const Response& response, HealthNote about) const {
    switch (response.end) {
        case Response::End::Timeout: return Sign::TimedOut;
        case Response::End::Refused:
        case Response::End::Reset: return Sign::NoConnection;
        case Response::End::Complete:
        case Response::End::Cancelled: break;
    }
    expects(response.end == Response::End::Complete);
    if (about == HealthNote::Goes) return Sign::SaidSo;
    const bool any = config_.kind == Config::Kind::Tcp;
    if (any || expected_.contains(response.status))
        return about == HealthNote::Degraded ? Sign::Degraded : Sign::Passed;
    return retriable_.contains(response.status) ? Sign::RetriableAnswer : Sign::WrongAnswer;
}

template <class Step>
void HealthChecker::note(BackendId id, Sign why, std::vector<HealthChange>& changes, Step step) {
    auto& check = member(id).check;
    const auto before = check.state();
    const auto due = check.next_due();
    step(check);
    if (check.next_due() != due) due_.set(id, check.next_due());
    if (check.state() != before) changes.push_back({id, before, check.state(), why});
}

}  // namespace lb
