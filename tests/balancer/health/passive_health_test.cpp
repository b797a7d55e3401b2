#include "balancer/health/passive_health.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/rng.hpp"

namespace {

using lb::BackendId;
using lb::Duration;
using lb::Instant;
using lb::Observed;
using lb::OnErrors;
using lb::PassiveChange;
using lb::PassiveCount;
using lb::PassiveHealth;
using lb::Response;
using namespace std::chrono_literals;
using Config = PassiveHealth::Config;
using End = Response::End;
using Readmit = PassiveCount::Readmit;
using Rule = PassiveCount::Rule;

constexpr BackendId kA{0}, kB{1};
constexpr Response kRefused{.end = End::Refused};

struct Watched {
    explicit Watched(const Config& config) : health{config} {
        health.add(kA, now, changes);
        health.add(kB, now, changes);
    }
    PassiveHealth health;
    Instant now{};
    std::vector<PassiveChange> changes;

    void request(BackendId id, const Response& response = {}) {
        health.on_sent(id, now, changes);
        health.on_done(id, response, now, changes);
    }
    /// Time passes; what is due by then is done.
    void wait(Duration duration) {
        const Instant until = now + duration;
        while (health.next_due() <= until) {
            now = health.next_due();
            health.due(now, changes);
        }
        now = until;
    }
    /// What changed since: "-a +a".
    std::string told() {
        std::string out;
        for (const auto& change : changes) {
            out += out.empty() ? "" : " ";
            out += change.admitted ? '+' : '-';
            out += static_cast<char>('a' + index(change.backend));
        }
        changes.clear();
        return out;
    }
};

TEST(PassiveHealth, TellsOnceWhoIsExcludedAndWhoComesBack) {
    Watched w{{.fail_timeout = 2s}};
    w.request(kA, kRefused);
    w.request(kA, kRefused);
    EXPECT_EQ(w.told(), "-a");
    EXPECT_FALSE(w.health.admits(kA));
    EXPECT_TRUE(w.health.admits(kB));
    EXPECT_EQ(w.health.next_due(), Instant{3s});
    w.wait(2999ms);
    EXPECT_EQ(w.told(), "");
    w.wait(1ms);
    EXPECT_EQ(w.told(), "+a");
    EXPECT_EQ(w.health.next_due(), Instant::max());
    w.health.on_sent(kA, w.now, w.changes);
    EXPECT_EQ(w.told(), "-a") << "one request tries it";
    w.health.on_done(kA, {}, w.now, w.changes);
    EXPECT_EQ(w.told(), "+a");
}

TEST(PassiveHealth, OfNginxNeverExcludesALoneBackendNorCountsItsFailures) {
    Watched w{{}};
    w.request(kA, kRefused);
    EXPECT_EQ(w.told(), "-a");
    w.health.remove(kB, w.now, w.changes);
    EXPECT_EQ(w.told(), "+a");
    for (int i = 0; i != 3; ++i) w.request(kA, kRefused);
    EXPECT_EQ(w.told(), "");
    w.health.remove(kA, w.now, w.changes);
    w.health.add(kA, w.now, w.changes);
    for (int i = 0; i != 3; ++i) w.request(kA, kRefused);
    w.health.add(kB, w.now, w.changes);
    EXPECT_EQ(w.told(), "") << "of when it was alone nothing is left";
    w.request(kA, kRefused);
    EXPECT_EQ(w.told(), "-a");
}

TEST(PassiveHealth, ExcludesAgainOneThatWasAloneForAWhile) {
    Watched w{{}};
    w.request(kA, kRefused);
    w.health.remove(kB, w.now, w.changes);
    w.health.add(kB, w.now, w.changes);
    EXPECT_EQ(w.told(), "-a +a -a");
    w.wait(11s);
    EXPECT_EQ(w.told(), "+a");
}

TEST(PassiveHealth, OfOtherRulesExcludesALoneBackendToo) {
    Watched w{{.rule = Rule::Sliding}};
    w.health.remove(kB, w.now, w.changes);
    w.request(kA, kRefused);
    EXPECT_EQ(w.told(), "-a");
    w.wait(10s);
    EXPECT_EQ(w.told(), "+a");
}

TEST(PassiveHealth, SaysWhatHasToBeDoneToTheHealthCheck) {
    Watched w{{.rule = Rule::Consecutive,
               .error_limit = 2,
               .on_error = OnErrors::SuddenDeath,
               .readmit = Readmit::ActiveCheck}};
    const Response error{.status = 500};
    EXPECT_EQ(w.health.on_done(kA, error, w.now, w.changes), std::nullopt);
    EXPECT_EQ(w.health.on_done(kB, error, w.now, w.changes), std::nullopt);
    EXPECT_EQ(w.health.on_done(kA, error, w.now, w.changes), OnErrors::SuddenDeath);
    EXPECT_EQ(w.told(), "");
}

TEST(PassiveHealth, LetsTheActiveCheckBringBackWhomItExcluded) {
    Watched w{{.rule = Rule::Sliding, .readmit = Readmit::ActiveCheck}};
    w.request(kA, kRefused);
    EXPECT_EQ(w.health.next_due(), Instant::max());
    w.health.on_probe_passed(kA, w.now, w.changes);
    w.health.on_probe_passed(kB, w.now, w.changes);
    EXPECT_EQ(w.told(), "-a +a");
}

TEST(PassiveHealth, TakesForFailuresWhatTheProgramDoes) {
    const auto good = Observed::Good, error = Observed::Error, nothing = Observed::Nothing;
    const Config nginx{}, strict{.server_errors = true}, haproxy{.rule = Rule::Consecutive},
        traefik{.rule = Rule::Sliding};
    struct Case {
        Response response;
        Observed nginx, strict, haproxy, traefik;
    };
    for (const auto& c : {Case{{.status = 200}, good, good, good, good},
                          Case{{.status = 404}, good, good, good, good},
                          Case{{.status = 500}, good, error, error, error},
                          Case{{.status = 501}, good, error, good, error},
                          Case{{.end = End::Timeout}, error, error, error, error},
                          Case{{.end = End::Cancelled}, good, good, nothing, nothing}}) {
        EXPECT_EQ(PassiveHealth::judged(nginx, c.response), c.nginx);
        EXPECT_EQ(PassiveHealth::judged(strict, c.response), c.strict);
        EXPECT_EQ(PassiveHealth::judged(haproxy, c.response), c.haproxy);
        EXPECT_EQ(PassiveHealth::judged(traefik, c.response), c.traefik);
    }
}

TEST(PassiveHealth, IgnoresThoseThatLeft) {
    Watched w{{}};
    w.request(kA, kRefused);
    w.health.remove(kA, w.now, w.changes);
    EXPECT_EQ(w.health.next_due(), Instant::max());
    w.request(kA, kRefused);
    EXPECT_EQ(w.told(), "-a");
    w.health.add(kA, w.now, w.changes);
    EXPECT_TRUE(w.health.admits(kA));
    EXPECT_EQ(w.told(), "");
}

// Joins, leaves, requests and pauses at random: what was told is true, and whoever answers well is
// admitted within a bounded time.
TEST(PassiveHealth, TellsTheTruthAndExcludesNobodyForEver) {
    lb::Rng rng{9};
    for (const auto& preset : lb::passive_presets())
        for (int script = 0; script != 50; ++script) {
            auto config = preset.config;
            config.readmit = Readmit::Timeout;
            config.error_limit = 2;
            Watched w{config};
            std::vector<bool> told(4, true);
            const auto hear = [&] {
                for (const auto& change : w.changes) {
                    ASSERT_NE(told[index(change.backend)], change.admitted);
                    told[index(change.backend)] = change.admitted;
                }
                w.changes.clear();
            };
            for (int step = 0; step != 300; ++step) {
                const BackendId id{static_cast<std::uint32_t>(rng.below(4))};
                if (rng.chance(0.1) && !w.health.contains(id)) {
                    told[index(id)] = true;
                    w.health.add(id, w.now, w.changes);
                } else if (rng.chance(0.05) && w.health.contains(id)) {
                    w.health.remove(id, w.now, w.changes);
                } else if (w.health.contains(id) && w.health.admits(id)) {
                    w.request(id, rng.chance(0.4) ? kRefused : Response{});
                }
                w.wait(Duration{static_cast<Duration::rep>(rng.below(3'000'000'000))});
                hear();
                for (std::uint32_t i = 0; i != 4; ++i) {
                    if (!w.health.contains(BackendId{i})) continue;
                    ASSERT_EQ(told[i], w.health.admits(BackendId{i})) << preset.name;
                }
            }
            w.wait(config.fail_timeout + 1s);
            for (std::uint32_t i = 0; i != 4; ++i) {
                if (!w.health.contains(BackendId{i})) continue;
                EXPECT_TRUE(w.health.admits(BackendId{i})) << preset.name;
                w.request(BackendId{i});
                EXPECT_TRUE(w.health.admits(BackendId{i})) << preset.name;
            }
        }
}

}  // namespace
