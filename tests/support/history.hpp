#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "support/pool.hpp"
#include "support/twins.hpp"

namespace lbtest {

/// A random history of a fleet that two balancers share: requests, first tries and others, answers
/// good and bad, members that come, go, start slowly, are drained, filled and reweighed, and time
/// that passes, sometimes for long.  Each balancer's policy are Twins.
class History {
public:
    using Make = std::function<std::unique_ptr<lb::Policy>()>;

    /// The fleet has `size` members to begin with, and then about as many.
    History(const Make& one, const Make& other, std::uint64_t seed, std::size_t size)
        : rng_{seed}, size_{size} {
        for (std::uint64_t i = 0; i != 2; ++i) {
            lb::Balancer::Config config;
            config.pool.level.policy = [&](const lb::Instance&) {
                return std::make_unique<Twins>(one(), other());
            };
            if (rng_.chance(0.5))
                config.pool.slow_start = lb::Ramps::Config{.window = std::chrono::seconds{5}};
            balancers_.push_back(
                std::make_unique<lb::Balancer>(fleet_, config, lb::Rng{seed + i}, now_));
        }
        while (members_.size() != size) add();
        busy_ = rng_.unit();
    }

    void step() {
        pass_time();
        const auto what = rng_.below(40);
        if (what == 0) return members_.size() < 2 * size_ ? add() : remove();
        if (what == 1) return members_.size() > size_ / 2 ? remove() : add();
        if (what == 2) return fleet_.exclude(any(), some_reason(), now_);
        if (what < 5) return fleet_.admit(any(), some_reason(), now_);
        if (what == 5) return fleet_.set_weight(any(), some_weight(), now_);
        if (what == 6) return stick();
        if (what == 7) {
            bad_ = index(any());
            return;
        }
        if (static_cast<double>(out_.size()) < busy_ * 3 * static_cast<double>(members_.size()) &&
            what < 24)
            return send();
        if (!out_.empty()) answer();
    }
    void steps(int count) {
        for (; count != 0 && !testing::Test::HasFailure(); --count) step();
    }

private:
    struct Sent {
        lb::Ticket ticket;
        std::size_t by;
    };

    void pass_time() {
        using namespace std::chrono_literals;
        static constexpr lb::Duration kOften[] = {0ns, 0ns, 1us, 1ms, 7ms, 30ms, 300ms};
        static constexpr lb::Duration kSeldom[] = {1s, 5s, 11s, 25s, 601s};
        now_ += rng_.below(40) == 0 ? kSeldom[rng_.below(5)] : kOften[rng_.below(7)];
        for (auto& balancer : balancers_)
            if (balancer->next_due() <= now_) balancer->due(now_);
    }
    lb::BackendId any() { return members_[rng_.below(members_.size())]; }
    lb::Exclusion some_reason() {
        return rng_.below(2) == 0 ? lb::Exclusion::Draining : lb::Exclusion::Down;
    }
    double some_weight() {
        static constexpr double kWeights[] = {1, 1, 1, 1, 2, 2, 3, 10};
        return kWeights[rng_.below(8)];
    }
    void add() {
        lb::Backend backend{.name = numbered("b", born_++)};
        backend.zone = numbered("z", rng_.below(3));
        if (rng_.below(8) == 0) backend.max_in_flight = 1 + static_cast<std::uint32_t>(born_ % 3);
        members_.push_back(fleet_.add(std::make_shared<const lb::Backend>(std::move(backend)),
                                      some_weight(), now_));
    }
    void remove() {
        if (members_.size() < 2) return;
        const auto which = rng_.below(members_.size());
        fleet_.remove(members_[which], now_);
        members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    void send() {
        const auto by = rng_.below(balancers_.size());
        std::vector<lb::BackendId> tried;
        while (rng_.below(5) == 0) tried.push_back(any());
        const auto key = numbered("k", rng_.below(1000));
        const auto decision = balancers_[by]->pick({.key = key, .tried = tried}, now_);
        if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) out_.push_back({*ticket, by});
    }
    /// A client comes that sticks to a backend.
    void stick() {
        const auto id = any();
        if (!fleet_.takes_its_own(id)) return;
        auto& balancer = *balancers_[0];
        const auto ticket = balancer.adopt(id, now_, now_);
        std::vector<lb::Ask> asks;
        ticket.by->stick(id, {{}, now_, rng_, asks});
        ticket.by->policy().on_sent(id, now_);
        out_.push_back({ticket, 0});
    }
    void answer() {
        using End = lb::Response::End;
        const auto which = rng_.below(out_.size());
        const auto& [ticket, by] = out_[which];
        lb::Response response{.latency = now_ - ticket.sent};
        response.first_byte = response.latency / 2;
        const bool bad = index(ticket.backend) == bad_ || rng_.below(12) == 0;
        if (bad) response.end = rng_.below(4) == 0 ? End::Cancelled : End::Refused;
        if (rng_.below(10) == 0) response.status = 503;
        const lb::LoadReport report{.waiting = static_cast<std::uint32_t>(rng_.below(3)),
                                    .service = response.latency / 3};
        if (rng_.below(2) == 0) response.report = &report;
        balancers_[by]->done(ticket, response, now_);
        out_[which] = out_.back();
        out_.pop_back();
    }

    lb::Rng rng_;
    std::size_t size_;
    lb::Instant now_{};
    lb::Fleet fleet_;
    std::vector<std::unique_ptr<lb::Balancer>> balancers_;
    std::vector<lb::BackendId> members_;
    std::vector<Sent> out_;
    double busy_ = 0;                    // How many requests are out, of three for each member.
    std::size_t bad_ = ~std::size_t{0};  // The slot of the one that does not answer.
    std::uint64_t born_ = 0;
};

/// Plays so many histories each of a small fleet and of a large one, and long ones of both.
inline void expect_alike(const History::Make& one, const History::Make& other) {
    for (std::uint64_t seed = 1; seed != 150 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        for (const std::size_t size : {3u, 40u}) History{one, other, seed, size}.steps(300);
    }
    for (const std::size_t size : {3u, 40u}) History{one, other, 1, size}.steps(20'000);
}

}  // namespace lbtest
