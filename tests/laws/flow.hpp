#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "laws/play.hpp"
#include "support/pool.hpp"

namespace laws {

/// A fleet whose visitors come one by one, evenly in time, and are answered some time later.
class Flow {
public:
    static constexpr lb::BackendId kNobody{~std::uint32_t{0}};

    explicit Flow(std::unique_ptr<lb::Policy> policy, std::uint64_t seed = 1)
        : pool{std::move(policy), seed} {}

    lbtest::Pool pool;
    lb::Duration step{};    ///< Between two visitors.
    lb::Response answer{};  ///< With its latency: from the pick to the answer.
    /// What one backend answers instead.
    lb::BackendId odd = kNobody;
    lb::Response odd_answer{};

    /// Who gets the next visitor, whose number is given; kNobody if the policy declines.
    lb::BackendId send(std::uint64_t visitor) {
        now_ += step;
        settle();
        if (pool.balancer.next_due() <= now_) pool.balancer.due(now_);
        const Visitor who{visitor};
        const auto decision = pool.balancer.pick(who.request(), now_);
        if (std::holds_alternative<lb::Rejection>(decision)) return kNobody;
        const auto ticket = std::get<lb::Ticket>(decision);
        const auto& response = ticket.backend == odd ? odd_answer : answer;
        out_.emplace(now_ + response.latency, std::pair{ticket, response});
        settle();
        return ticket.backend;
    }
    /// How many of the next `visitors` each slot gets.
    std::vector<std::uint64_t> counts(std::uint64_t visitors) {
        std::vector<std::uint64_t> out(pool.fleet.slots());
        for (; visitors != 0; --visitors) {
            const auto id = send(next_++);
            if (id != kNobody) ++out[index(id)];
        }
        return out;
    }
    /// Who gets each of the first `visitors`, by name; "" for nobody.
    std::vector<std::string_view> homes(std::uint64_t visitors) {
        std::vector<std::string_view> out;
        for (std::uint64_t v = 0; v != visitors; ++v) {
            const auto id = send(v);
            out.push_back(id == kNobody ? std::string_view{} : pool.fleet.backend(id).name);
        }
        return out;
    }
    void settle() {
        while (!out_.empty() && out_.begin()->first <= now_) {
            const auto [ticket, response] = out_.begin()->second;
            out_.erase(out_.begin());
            pool.balancer.done(ticket, response, now_);
        }
    }

private:
    lb::Instant now_{};
    std::multimap<lb::Instant, std::pair<lb::Ticket, lb::Response>> out_;
    std::uint64_t next_ = 0;
};

}  // namespace laws
