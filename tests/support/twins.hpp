#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balancer/policy.hpp"

namespace lbtest {

/// Two policies that are to be one: each hears what the other hears, is asked with the same luck,
/// and has to pick the same, draw as much and, whenever it is asked why, to say the same.
class Twins final : public lb::Policy {
public:
    Twins(std::unique_ptr<lb::Policy> one, std::unique_ptr<lb::Policy> other)
        : one_{std::move(one)}, other_{std::move(other)} {}

    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        const bool asked = ++picks_ % 3 == 0;
        lb::Rng rng = c.rng;
        lb::Explanation of_one, of_other;
        const auto a = one_->pick({c.view, c.request, c.now, c.rng, c.asks, why(asked, of_one)});
        const auto b = other_->pick({c.view, c.request, c.now, rng, c.asks, why(asked, of_other)});
        EXPECT_EQ(a, b) << "pick " << picks_;
        EXPECT_EQ(lb::Rng{c.rng}(), rng()) << "draws, pick " << picks_;
        EXPECT_EQ(text(of_one), text(of_other)) << "why, pick " << picks_;
        return a;
    }

    void on_added(lb::BackendId id, const lb::View& view, lb::Instant now) override {
        both([&](Policy& p) { p.on_added(id, view, now); });
    }
    void on_eligible(lb::BackendId id, bool eligible, const lb::View& view,
                     lb::Instant now) override {
        both([&](Policy& p) { p.on_eligible(id, eligible, view, now); });
    }
    void on_weight(lb::BackendId id, const lb::View& view, lb::Instant now) override {
        both([&](Policy& p) { p.on_weight(id, view, now); });
    }
    void on_ramp(lb::BackendId id, const lb::View& view, lb::Instant now) override {
        both([&](Policy& p) { p.on_ramp(id, view, now); });
    }
    void on_removed(lb::BackendId id, const lb::View& view, lb::Instant now) override {
        both([&](Policy& p) { p.on_removed(id, view, now); });
    }
    void on_sent(lb::BackendId id, lb::Instant now) override {
        both([&](Policy& p) { p.on_sent(id, now); });
    }
    void on_done(lb::BackendId id, const lb::Response& response, lb::Instant now) override {
        both([&](Policy& p) { p.on_done(id, response, now); });
    }
    void on_sticky(lb::BackendId id, const lb::PickContext& c) override {
        both([&](Policy& p) { p.on_sticky(id, c); });
    }

private:
    template <class F>
    void both(F tell) {
        tell(*one_);
        tell(*other_);
    }
    static lb::Explanation* why(bool asked, lb::Explanation& to) { return asked ? &to : nullptr; }
    static std::string text(const lb::Explanation& why) {
        std::string out = why.rule + "; " + why.score;
        for (const auto& c : why.candidates) {
            out += "; " + std::to_string(index(c.backend)) + ' ' + std::to_string(c.score);
            out += ' ' + c.note;
        }
        return out;
    }

    std::unique_ptr<lb::Policy> one_, other_;
    int picks_ = 0;
};

}  // namespace lbtest
