#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "base/rng.hpp"
#include "laws/registry.hpp"
#include "support/pool.hpp"

namespace laws {

/// Weights to try a policy with, by what it takes.
inline std::array<double, 4> weights_for(std::string_view policy) {
    if (entry_of(policy).weights.kind == lb::WeightRule::Kind::Whole) return {1, 1, 2, 3};
    return {1, 1, 2, 0.75};
}

/// A request with all that a policy may hash: key, address, path and headers, each its own.
class Visitor {
public:
    explicit Visitor(std::uint64_t number)
        : key_{lbtest::numbered("key-", number)},
          path_{lbtest::numbered("/path/", number)},
          headers_{{{"Host", "example.org"}, {"X-User", key_}}},
          http_{"GET", "example.org", path_, headers_} {
        std::uint64_t state = number;
        const auto bits = lb::splitmix(state);
        address_ = lb::Address::v4(static_cast<std::uint32_t>(bits),
                                   static_cast<std::uint16_t>(1024 + (bits >> 32) % 60'000));
    }
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;

    lb::Request request(std::span<const lb::BackendId> tried = {}) const {
        return {.key = key_, .client = address_, .http = &http_, .tried = tried};
    }

private:
    std::string key_, path_;
    std::array<lb::Header, 2> headers_;
    lb::Http http_;
    lb::Address address_;
};

/// A fleet under a random script of requests, retries, answers, reports and changes of membership.
///
/// The script draws from a generator of its own: as long as the same places are picked, it is the
/// same.
class Play {
public:
    Play(std::string_view policy, std::uint64_t seed, std::string_view stem = "b")
        : declines_{entry_of(policy).declines},
          weights_{weights_for(policy)},
          balancer_{fleet_, made_small(policy), lb::Rng{seed}, lb::Instant{}},
          script_{lb::Rng{seed}.stream("script")},
          stem_{stem} {}

    void add() {
        const auto draw = script_.below(4 * weights_.size());
        lb::Backend backend{.name = lbtest::numbered(stem_, born_++)};
        if (draw < weights_.size()) backend.max_in_flight = 1 + static_cast<std::uint32_t>(draw);
        members_.push_back(fleet_.add(std::make_shared<const lb::Backend>(std::move(backend)),
                                      weights_[draw % weights_.size()], now_));
    }
    void remove(std::size_t which) {
        std::erase_if(asks_, [&](const lb::Ask& ask) { return ask.to == members_[which]; });
        fleet_.remove(members_[which], now_);
        members_.erase(members_.begin() + static_cast<long>(which));
    }

    void step() {
        now_ += lb::Duration{static_cast<std::int64_t>(script_.below(20'000'000))};
        wake_and_answer();
        const auto what = script_.below(16);
        const auto which = members_.empty() ? 0 : script_.below(members_.size());
        if (what < 7) return request();
        if (what < 12) return answer(script_.below(1 + out_.size()));
        if (what == 12 && members_.size() < 9) return add();
        if (members_.empty()) return;
        const auto id = members_[which];
        if (what == 12) remove(which);
        if (what == 13) fleet_.exclude(id, lb::Exclusion::Draining, now_);
        if (what == 14) fleet_.admit(id, lb::Exclusion::Draining, now_);
        if (what == 15) tell(id);
    }
    /// Wakes the policy if it wants, and answers one of what it asked, some time or never.
    void wake_and_answer() {
        if (balancer_.next_due() <= now_) balancer_.due(now_);
        balancer_.take_asks(new_asks_);
        asks_.insert(asks_.end(), new_asks_.begin(), new_asks_.end());
        if (asks_.size() > 20) asks_.clear();
        const auto which = script_.below(8);
        const auto report = some_report();
        if (which >= asks_.size()) return;
        balancer_.answered(asks_[which], report, now_);
        asks_.erase(asks_.begin() + static_cast<long>(which));
    }
    lb::LoadReport some_report() {
        const double load = script_.unit();
        const auto latency = lb::Duration{static_cast<std::int64_t>(script_.below(20'000'000))};
        return {.in_flight = 1 + static_cast<std::uint32_t>(9 * load),
                .utilization = load,
                .rate_per_s = 100,
                .errors_per_s = load,
                .latency = latency,
                .service = latency / 2};
    }
    void tell(lb::BackendId id) {
        const auto what = script_.below(2 + weights_.size());
        if (what == weights_.size())
            balancer_.report(id, {fleet_.in_flight(id)}, now_);
        else if (what > weights_.size())
            now_ += lb::Duration{static_cast<std::int64_t>(script_.below(40'000'000'000))};
        else
            fleet_.set_weight(id, weights_[what], now_);
    }
    void request() {
        const bool any = std::any_of(members_.begin(), members_.end(),
                                     [&](lb::BackendId id) { return fleet_.is_eligible(id); });
        const Visitor visitor{script_.below(1000)};
        const bool again = script_.below(8) == 0 && !out_.empty();
        const std::array tried{again ? out_.back().backend : lb::BackendId{}};
        const auto decision =
            balancer_.pick(visitor.request(std::span{tried}.first(again ? 1 : 0)), now_);
        picks_.push_back(-1);
        if (!any) {
            const bool full = std::any_of(members_.begin(), members_.end(), [&](lb::BackendId id) {
                return fleet_.is_only_full(id);
            });
            ASSERT_EQ(std::get<lb::Rejection>(decision), members_.empty()
                                                             ? lb::Rejection::NoBackends
                                                         : full ? lb::Rejection::AllFull
                                                                : lb::Rejection::AllExcluded);
            return;
        }
        if (declines_ && std::holds_alternative<lb::Rejection>(decision)) return;
        ASSERT_TRUE(std::holds_alternative<lb::Ticket>(decision)) << "declined";
        out_.push_back(std::get<lb::Ticket>(decision));
        const auto id = out_.back().backend;
        picks_.back() = static_cast<int>(index(id));
        ASSERT_NE(std::find(members_.begin(), members_.end(), id), members_.end());
        ASSERT_TRUE(fleet_.is_eligible(id) || fleet_.is_only_full(id)) << "or filled by this one";
    }
    void answer(std::size_t which) {
        const auto luck = script_.below(8);
        const auto report = some_report();
        if (which >= out_.size()) return;
        const auto latency = now_ - out_[which].sent;
        lb::Response response{.latency = latency, .first_byte = latency / 2};
        if (luck == 0) response.status = 503;
        if (luck == 1) response.end = lb::Response::End::Reset;
        if (luck == 2) response.end = lb::Response::End::Cancelled;
        if (luck >= 6) response.report = &report;
        balancer_.done(out_[which], response, now_);
        out_[which] = out_.back();
        out_.pop_back();
    }
    void answer_all() {
        while (!out_.empty()) answer(0);
    }
    /// Every request is somewhere.
    void count() const {
        std::vector<std::uint32_t> expected(fleet_.slots());
        for (const auto& ticket : out_) ++expected[index(ticket.backend)];
        for (std::uint32_t slot = 0; slot != fleet_.slots(); ++slot)
            ASSERT_EQ(fleet_.in_flight(lb::BackendId{slot}), expected[slot]);
    }

    const std::vector<int>& picks() const { return picks_; }
    std::size_t members() const { return members_.size(); }
    std::size_t slots() const { return fleet_.slots(); }

private:
    bool declines_;
    std::array<double, 4> weights_;
    lb::Fleet fleet_;
    lb::Balancer balancer_;
    lb::Rng script_;
    std::string stem_;
    lb::Instant now_{};
    std::vector<lb::BackendId> members_;
    std::vector<lb::Ticket> out_;
    std::vector<lb::Ask> asks_, new_asks_;  // `asks_`: not yet answered.
    std::vector<int> picks_;                // Slots; -1 for none.
    std::uint64_t born_ = 0;
};

/// Who was picked in a play of 300 steps, by slot.
inline std::vector<int> played(std::string_view policy, std::uint64_t seed,
                               std::string_view stem = "b") {
    Play play{policy, seed, stem};
    for (int step = 0; step != 300; ++step) play.step();
    return play.picks();
}

}  // namespace laws
