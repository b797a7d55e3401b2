#include "report/table.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "report/made.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

using namespace std::chrono_literals;

std::string_view next_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
}

std::string without_escapes(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (text[at] == '\x1b')
            at = text.find('m', at);
        else
            out += text[at];
    }
    return out;
}

TEST(Table, IsNeverWiderThanItMayBe) {
    for (std::uint64_t seed = 0; seed != 500; ++seed) {
        const auto result = made::any_result(seed);
        for (const std::size_t width : {40u, 60u, 80u, 100u}) {
            const auto table = to_table(result, {.width = width});
            for (std::string_view rest = table; !rest.empty();) {
                const auto line = next_line(rest);
                ASSERT_LE(display_width(line), width) << seed << '\n' << table;
                ASSERT_FALSE(line.ends_with(' ')) << seed << '\n' << line;
            }
        }
    }
}

TEST(Table, LetsNothingThroughThatDisturbsATerminal) {
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        std::string text = to_table(made::any_result(seed));
        std::erase(text, '\n');
        ASSERT_EQ(clean(text), text) << seed;
    }
}

TEST(Table, ColorAddsEscapesOnly) {
    for (std::uint64_t seed = 0; seed != 100; ++seed) {
        const auto result = made::any_result(seed);
        ASSERT_EQ(without_escapes(to_table(result, {.color = true})), to_table(result));
    }
    EXPECT_NE(to_table(made::any_result(1), {.color = true}).find('\x1b'), std::string::npos);
}

RunResult met(RunResult run, bool yes) {
    run.slo = {.slo = {.latency = std::chrono::milliseconds{300}, .good = 0.9}, .met = yes};
    return run;
}

TEST(Table, OfAComparisonSaysWhoIsBestAndWhy) {
    auto p2c = made::run("p2c"), rr = made::run("round_robin"), random = made::run("random");
    made::during_slow(p2c).measures.backends[0].share = made::number(0.02, 0.001);
    p2c.windows[0].measures.backends[0].attempts = 100;
    for (auto* run : {&rr, &random}) {
        run->measures.good = made::number(0.5, 0.01);
        run->measures.latency_of_all = made::latency_of_all(0.007, false);
        auto& m = made::during_slow(*run).measures;
        m.good = made::number(0.4, 0.01);
        m.latency_of_all = made::latency_of_all(0.007, false);
        m.backends[0].attempts = 1000;
        m.backends[0].share = made::number(0.1, 0.001);
        m.backends[0].expected_share = 0.1;
        m.backends[0].demand = made::number(1.25, 0.01);
    }
    auto result = made::result({met(rr, false), met(p2c, true), met(random, false)});
    result.ranking = {{1}, {0, 2}};
    result.expect = {{.text = "good(p2c) > 90%", .pointer = "", .passed = true, .seen = "99 %"},
                     {.text = "good(random) > 90%", .pointer = "", .passed = false, .seen = "50 %"},
                     {.text = "rejected(p2c) < 1",
                      .pointer = "",
                      .passed = false,
                      .vacuous = true,
                      .seen = "nothing was offered"}};
    EXPECT_EQ(to_table(result), R"(made
  What for?
  seed 1, 5 replications, 1 000 requests per variant, 2 backends

     variant         good %   p50     p90     p99    p99.9    err %  good/s
  1  p2c          99.0 ±0.2  7.00ms  21.0ms  49.0ms  ~70.0ms      0      99
 =2  round_robin  50.0 ±1.0  7.00ms  21.0ms     ∞        ∞        0      99
 =2  random       50.0 ±1.0  7.00ms  21.0ms     ∞        ∞        0      99
 = not told apart at 95 %

during:slow, 1s to 2s
 variant      equalises          share b0 %  expected  demand %   p99
 p2c          in flight, of few    2.0 ±0.1         –        50  49.0ms
 round_robin  requests            10.0 ±0.1      10.0       125     ∞
 random       requests            10.0 ±0.1      10.0       125     ∞

why: round_robin sends b0 200/s during:slow, of which it can serve 160/s: its
     queue grows, and every 10th request waits in it; p2c sends it 20/s.

Backends over the whole run: share of the attempts, latency of the successes

p2c  digest 0123456789abcdef
 backend    share %   p50     p90     p99    p99.9    err %  util %
 b0       50.0 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50
 b1       50.0 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50

round_robin  digest 0123456789abcdef
 backend    share %   p50     p90     p99    p99.9    err %  util %
 b0       50.0 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50
 b1       50.0 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50

random  digest 0123456789abcdef
 backend    share %   p50     p90     p99    p99.9    err %  util %
 b0       50.0 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50
 b1       50.0 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50

 ± 95 % interval; ~ fewer than 100 requests beyond it; ∞ too few succeeded

SLO: 90 % within 300ms
 met by p2c
 missed by round_robin, random

expected: 1 of 3 hold
 pass     good(p2c) > 90%   (99 %)
 FAIL     good(random) > 90%   (50 %)
 VACUOUS  rejected(p2c) < 1   (nothing was offered)
)");
}

TEST(Table, OfASingleRunLogsWhatHappenedAndWhatCameOfIt) {
    auto run = made::run("p2c", 2);
    const auto happened = [&](Duration at, std::string what, std::string backend,
                              std::string balancer = {}, std::string why = {}) {
        run.log.push_back({0, {at, what, backend, backend.empty() ? "" : "outage", balancer, why}});
    };
    happened(1s, "crashed", "b0");
    happened(1s, "crashed", "b1");
    happened(1050ms, "ejected", "b0", "lb0", "gateway errors in a row");
    happened(1050ms, "panic", "", "lb0", "too few are healthy");
    for (int i = 0; i != 15; ++i) happened(2s + i * 1s, "readmitted", "b1", "lb0");
    run.log.push_back({1, {1s, "crashed", "b0", "outage"}});  // Another replication's.
    const auto table = to_table(made::result({run}), {.width = 100});
    const auto log = table.substr(table.find("Log of"));
    EXPECT_EQ(log.substr(0, log.find(" 3.00")), R"(Log of the first replication
     at  what        backend  balancer  why                      cause
 1.00 s  crashed     b0 +1                                       outage
 1.05 s  ejected     b0       lb0       gateway errors in a row  outage
 1.05 s  panic       all      lb0       too few are healthy
 2.00 s  readmitted  b1       lb0                                outage
)");
    EXPECT_NE(log.find("\n 2 more in --format json\n"), std::string::npos) << log;
    EXPECT_EQ(to_table(made::result({run, run})).find("Log of"), std::string::npos);
}

TEST(Table, TellsHowEvenlyKeysFallAndWhatBackendsHold) {
    auto ring = made::run("ring_hash", 2), mod = made::run("hash_mod", 2);
    for (auto* run : {&ring, &mod}) {
        run->equalises = lb::Equalises::Keys;
        made::during_slow(*run);
        run->windows.push_back(
            {.name = "before:slow", .from = 0s, .to = 1s, .measures = run->measures});
        auto& before = run->windows.back().measures;
        auto& during = run->windows.front().measures;
        before.hit_ratio = made::number(0.95);
        run->measures.hit_ratio = during.hit_ratio = made::number(run == &ring ? 0.9 : 0.1);
        run->measures.sessions_lost = during.sessions_lost = made::number(run == &ring ? 3 : 90);
        during.balance = {made::number(1.5), made::number(0.25), made::number(1)};
        during.backends[0].share = made::number(0.9);
        during.backends[0].tier = 1;  // Of that share is no word.
        during.backends[1].share = made::number(0.6);
        run->series.step = 500ms;
        run->series.steps = {{}, {}, {.hit_ratio = 0.4}, {.hit_ratio = 0.8}};
    }
    const auto table = to_table(made::result({ring, mod}), {.width = 100});
    const auto part = [&](const std::string& title) {
        const auto at = table.find(title);
        return at == std::string::npos ? table : table.substr(at, table.find("\n\n", at) - at);
    };
    EXPECT_EQ(part("How evenly"), R"(How evenly, during:slow
 variant    busiest  share %  max/mean  cv %
 ring_hash  b1          60.0      1.50  25.0
 hash_mod   b1          60.0      1.50  25.0)");
    EXPECT_EQ(part("What backends"), R"(What backends hold, during:slow
 variant    hit % before  hit %  lowest  misses/s before  misses/s  sessions lost
 ring_hash          95.0   90.0    40.0             10.0      20.0              3
 hash_mod           95.0   10.0    40.0             10.0       180             90)");
}

TEST(Table, TellsWhatRetriesAskedForAndWhatWasForNobody) {
    auto calm = made::run("calm", 2), storm = made::run("storm", 2);
    for (auto* run : {&calm, &storm}) {
        run->measures.requests.attempts = run == &calm ? 1000 : 3900;
        run->measures.amplification = made::number(run == &calm ? 1 : 3.9);
        run->measures.wasted_work = made::number(run == &calm ? 0 : 0.62);
    }
    const auto table = to_table(made::result({calm, storm}));
    const auto at = table.find("Attempts\n");
    ASSERT_NE(at, std::string::npos) << table;
    EXPECT_EQ(table.substr(at, table.find("\n\n", at) - at), R"(Attempts
 variant  attempts per request  work for nobody %
 calm                     1.00                  0
 storm                    3.90               62.0)");
    storm.measures.requests.attempts = storm.measures.requests.offered;
    EXPECT_EQ(to_table(made::result({calm, storm})).find("Attempts\n"), std::string::npos);
}

TEST(Table, OfASingleRunShowsItsWindowsAndBackends) {
    auto run = made::run("least_connections", 3);
    run.measures.backends[1].expected_share = 1.0 / 3;
    run.measures.backends[1].latency.p99 = made::beyond();
    run.measures.backends[2].failed = 3;
    run.measures.backends[2].utilization = made::absent();
    run.measures.good = made::absent();
    made::during_slow(run);
    run.measures.requests.succeeded = 990;
    run.measures.requests.timed_out = 10;
    EXPECT_EQ(to_table(made::result({run})), R"(made
  What for?
  seed 1, 5 replications, 1 000 requests, 3 backends

least_connections (equalises in flight)
 of all requests   p50     p90     p99    p99.9    err %  good/s
 whole run        7.00ms  21.0ms  49.0ms  ~70.0ms      0      99
 during:slow      7.00ms  21.0ms  49.0ms  ~70.0ms      0      99
 1 000 offered = 990 succeeded + 10 timed out

during:slow, 1s to 2s
 share b0 %  expected  demand %
  33.3 ±0.1         –        50

Log of the first replication
     at  what  backend  cause
 1.00 s  slow  b0       slow

Backends over the whole run: share of the attempts, latency of the successes
 backend  expected    share %   p50     p90     p99    p99.9    err %  util %
 b0                 33.3 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms      0      50
 b1           33.3  33.3 ±0.1  7.00ms  21.0ms     ∞    ~70.0ms      0      50
 b2                 33.3 ±0.1  7.00ms  21.0ms  49.0ms  ~70.0ms    0.9
 digest 0123456789abcdef

 ± 95 % interval; ~ fewer than 100 requests beyond it; ∞ too few succeeded
)");
}

TEST(Table, OfOneReplicationHasNoIntervals) {
    auto result = made::result({made::run("p2c"), made::run("random")});
    result.ranking = {{0, 1}};
    result.replications = 1;
    for (auto& run : result.runs) {
        run.measures.good = made::number(0.9);
        for (auto& b : run.measures.backends) b.share = made::number(0.5);
    }
    const auto table = to_table(result);
    EXPECT_EQ(table.find("±"), std::string::npos);
    EXPECT_NE(table.find("one replication tells nothing apart"), std::string::npos);
}

TEST(Table, OfAThousandBackendsShowsTheTellingOnes) {
    auto run = made::run("p2c", 1000);
    run.measures.backends[777].share = made::number(0.5, 0.01);
    run.measures.backends[333].failed = 1;
    run.measures.backends[111].latency.p99 = made::number(9);
    const auto table = to_table(made::result({run}));
    for (const char* name : {"b777", "b333", "b111"})
        EXPECT_NE(table.find(name), std::string::npos) << name;
    EXPECT_NE(table.find(" 996 more: share 0.1"), std::string::npos) << table;
    EXPECT_LT(std::count(table.begin(), table.end(), '\n'), 25);
}

TEST(Table, ShowsSmallSharesWithDigitsEnoughToTellThemApart) {
    const auto table = to_table(made::result({made::run("p2c", 1000)}));
    EXPECT_NE(table.find(" b0       0.100 ±0.100"), std::string::npos) << table;
}

TEST(Table, ExplainsTheSignsItUsesAndNoOthers) {
    auto run = made::run("p2c");
    for (auto* l : {&run.measures.latency, &run.measures.backends[0].latency,
                    &run.measures.backends[1].latency})
        l->p999.thin = false;
    run.measures.latency_of_all.p999.thin = false;
    auto table = to_table(made::result({run}));
    EXPECT_EQ(table.find("fewer than 100"), std::string::npos);
    EXPECT_EQ(table.find("too few succeeded"), std::string::npos);
    run.measures.backends[1].latency.p99.thin = true;  // Only at the very end.
    table = to_table(made::result({run}));
    EXPECT_NE(table.find("~ fewer than 100"), std::string::npos);
}

TEST(Table, KeepsNamesOfAllAlphabetsInTheirColumns) {
    auto run = made::run("p2c");
    run.measures.backends[0].name = "größe";
    run.measures.backends[1].name = "負荷";
    const auto table = to_table(made::result({run}));
    EXPECT_NE(table.find(" größe    50.0 ±0.1"), std::string::npos) << table;
    EXPECT_NE(table.find(" 負荷     50.0 ±0.1"), std::string::npos) << table;
}

TEST(Table, OfNothingIsNotMuch) { EXPECT_EQ(to_table(Result{}), "\n  seed 1, 0 replications\n"); }

}  // namespace
}  // namespace lbsim
