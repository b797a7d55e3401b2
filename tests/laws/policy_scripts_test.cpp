#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <string>
#include <variant>

#include "balancer/balancer.hpp"
#include "laws/play.hpp"
#include "laws/registry.hpp"
#include "support/every.hpp"

// Every policy through every short history of a fleet of two or three.

namespace {

using namespace laws;
using lb::BackendId;

/// A fleet whose places are taken or not, admitted or not.
class Script {
public:
    Script(std::string_view policy, std::size_t places)
        : declines_{entry_of(policy).declines},
          balancer_{fleet_, made_small(policy), lb::Rng{1}, {}},
          places_(places) {
        for (std::size_t i = 0; i != places; ++i) add(i);
    }

    /// What may happen: each place comes or goes, each is excluded or admitted, a request, an
    /// answer to the oldest.
    std::size_t choices() const { return 2 * places_.size() + 2; }
    void play(std::size_t what) {
        now_ += std::chrono::seconds{1};
        const auto n = places_.size();
        if (what < n) return places_[what].member ? remove(what) : add(what);
        if (what < 2 * n) return toggle(what - n);
        if (what == 2 * n) return request();
        if (!out_.empty()) answer();
    }
    void request() {
        const bool member =
            std::any_of(places_.begin(), places_.end(), [](const Place& p) { return p.member; });
        const bool any = std::any_of(places_.begin(), places_.end(),
                                     [](const Place& p) { return p.member && !p.excluded; });
        const Visitor visitor{visitors_++};
        const auto decision = balancer_.pick(visitor.request(), now_);
        if (!any) {
            ASSERT_EQ(std::get<lb::Rejection>(decision),
                      member ? lb::Rejection::AllExcluded : lb::Rejection::NoBackends);
            return;
        }
        if (declines_ && std::holds_alternative<lb::Rejection>(decision)) return;
        ASSERT_TRUE(std::holds_alternative<lb::Ticket>(decision)) << "declined";
        out_.push_back(std::get<lb::Ticket>(decision));
        const auto& picked = fleet_.backend(out_.back().backend).name;
        ASSERT_TRUE(std::any_of(places_.begin(), places_.end(), [&](const Place& p) {
            return p.member && !p.excluded && p.name == picked;
        }));
    }
    /// The first fails, the next is well, and so on.
    void answer() {
        lb::Response response{.latency = now_ - out_.front().sent};
        if (answered_++ % 2 == 0) response.end = lb::Response::End::Refused;
        balancer_.done(out_.front(), response, now_);
        out_.pop_front();
    }
    bool idle() const { return out_.empty(); }

private:
    struct Place {
        BackendId id{};
        bool member = false, excluded = false;
        std::string name{};
    };
    void add(std::size_t i) {
        auto& p = places_[i];
        p.name = lbtest::numbered("b", i);
        p.id = lbtest::join(fleet_, p.name, static_cast<double>(1 + i), now_);
        p.member = true;
        p.excluded = false;
    }
    void remove(std::size_t i) {
        fleet_.remove(places_[i].id, now_);
        places_[i].member = false;
    }
    void toggle(std::size_t i) {
        auto& p = places_[i];
        if (!p.member) return;
        p.excluded = !p.excluded;
        if (p.excluded)
            fleet_.exclude(p.id, lb::Exclusion::Down, now_);
        else
            fleet_.admit(p.id, lb::Exclusion::Down, now_);
    }

    bool declines_;
    lb::Fleet fleet_;
    lb::Balancer balancer_;
    lb::Instant now_{};
    std::vector<Place> places_;
    std::deque<lb::Ticket> out_;
    std::uint64_t visitors_ = 0, answered_ = 0;
};

class EveryPolicyExhaustively : public testing::TestWithParam<std::string> {};

TEST_P(EveryPolicyExhaustively, PicksAnEligibleBackendAfterEveryShortHistory) {
    for (const std::size_t places : {2u, 3u})
        for (lbtest::Every e; e.next();) {
            Script script{GetParam(), places};
            for (std::size_t left = 5; left != 0; --left)
                ASSERT_NO_FATAL_FAILURE(script.play(e.below(script.choices())));
            ASSERT_NO_FATAL_FAILURE(script.request());
            ASSERT_NO_FATAL_FAILURE(script.request());
            while (!script.idle()) script.answer();
            ASSERT_NO_FATAL_FAILURE(script.request());
        }
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryPolicyExhaustively, testing::ValuesIn(names_of(any)),
                         test_name);

}  // namespace
