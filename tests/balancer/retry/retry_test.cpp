#include "balancer/retry/retry.hpp"

#include <gtest/gtest.h>

#include "balancer/balancer.hpp"
#include "balancer/policies.hpp"
#include "base/rng.hpp"
#include "support/pool.hpp"

namespace {

using namespace lb;
using namespace std::chrono_literals;
using End = Response::End;

struct Case {
    std::string on;
    Response response;
    bool wants;
};

TEST(Retry, WantsWhatItsListNames) {
    const Case cases[] = {
        {"refused", {End::Refused}, true},
        {"refused", {End::Reset}, false},
        {"reset", {End::Reset}, true},
        {"timeout", {End::Timeout}, true},
        {"refused, reset, timeout", {End::Cancelled}, false},
        {"503", {End::Complete, 503}, true},
        {"503", {End::Complete, 502}, false},
        {" 429 , 500-502,reset", {End::Complete, 501}, true},
        {"500-599", {End::Complete, 200}, false},
        {"500-599", {End::Refused}, false},
        // After the first byte it is too late.
        {"reset", {End::Reset, 0, 5ms, 1ms}, false},
        {"timeout", {End::Timeout, 0, 5ms, 1ms}, false},
    };
    for (const auto& c : cases) {
        const Retry retry{{.attempts = 2, .on = c.on}};
        EXPECT_EQ(retry.wants(c.response, 1), c.wants) << c.on;
        EXPECT_FALSE(retry.wants(c.response, 2)) << c.on;
    }
}

TEST(Retry, WaitsLongerAndLongerUpToAnEnd) {
    const Retry retry{{.attempts = 9, .backoff = 10ms, .multiplier = 3, .max_backoff = 100ms}};
    const Duration longest[] = {10ms, 30ms, 90ms, 100ms, 100ms};
    for (int made = 1; made != 6; ++made) EXPECT_EQ(retry.longest(made), longest[made - 1]);
}

TEST(Retry, TakesAPartOfTheWaitAtRandom) {
    using Jitter = Retry::Jitter;
    for (const auto jitter : {Jitter::None, Jitter::Equal, Jitter::Full}) {
        const Retry retry{{.backoff = 1s, .max_backoff = 1s, .jitter = jitter}};
        Rng rng{1};
        Duration least = 1h, most{};
        for (int i = 0; i != 10'000; ++i) {
            const auto wait = retry.wait(1, rng);
            least = std::min(least, wait);
            most = std::max(most, wait);
        }
        // Of 10,000 draws none in a hundredth at either end: once in 10^43.
        const Duration low = jitter == Jitter::None ? 1s : jitter == Jitter::Equal ? 500ms : 0ms;
        EXPECT_GE(least, low);
        EXPECT_LE(least, low + 10ms);
        EXPECT_LE(most, 1s);
        EXPECT_GE(most, 990ms);
    }
}

// ---- Where the next attempt goes

class Avoiding : public testing::TestWithParam<std::string> {};

TEST_P(Avoiding, GivesUpOrNotWhenAllWereTried) {
    const auto policies = builtin_policies();
    Defaults defaults;
    for (const auto rule : {AvoidTried::No, AvoidTried::Repick, AvoidTried::Strict}) {
        Fleet fleet;
        std::vector<BackendId> ids;
        for (const char* name : {"a", "b", "c"})
            ids.push_back(fleet.add(std::make_shared<const Backend>(Backend{name}), 1, {}));
        Balancer::Config config;
        config.pool.level.policy = policies.find(GetParam())->configure(defaults);
        config.avoid_tried = rule;
        Balancer balancer{fleet, config, Rng{1}, {}};
        const auto picked = [&](std::vector<BackendId> tried) -> std::optional<BackendId> {
            const auto decision = balancer.pick({.key = "k", .tried = tried}, {});
            const auto* ticket = std::get_if<Ticket>(&decision);
            if (ticket == nullptr) return std::nullopt;
            balancer.done(*ticket, {}, {});
            return ticket->backend;
        };
        for (int i = 0; i != 50; ++i) {
            if (rule >= AvoidTried::Prefer) { EXPECT_EQ(picked({ids[0], ids[2]}), ids[1]); }
            EXPECT_EQ(picked(ids).has_value(), rule != AvoidTried::Strict);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Policies, Avoiding,
                         testing::Values("round_robin", "random", "least_connections", "ring_hash",
                                         "maglev", "jump", "bounded_load"),
                         [](const auto& test) { return test.param; });

}  // namespace
