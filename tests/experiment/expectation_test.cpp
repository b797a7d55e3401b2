#include "experiment/expectation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "experiment/made.hpp"

namespace {

using namespace lbtest;
using Op = Expectation::Op;
using testing::HasSubstr;

constexpr double kNever = std::numeric_limits<double>::infinity();

Expectation read(const std::string& line, const std::vector<std::string>& labels = {"p2c"}) {
    const auto all = read_expectations(experiment({line}, labels));
    EXPECT_TRUE(all.problems.empty()) << line << ": " << all.problems.front().message;
    return all.list.empty() ? Expectation{} : all.list.front();
}

TEST(Expectation, ReadsEveryOperatorAndValue) {
    struct Case {
        std::string line;
        Op op;
        double right, rest;
    };
    for (const auto& [line, op, right, rest] :
         std::initializer_list<Case>{{"error_rate < 0.1%", Op::Less, 0.001, 0},
                                     {"p99 <= 300ms", Op::AtMost, 0.3, 0},
                                     {"p99_s > 5s", Op::More, 5, 0},
                                     {"throughput >= 800/s", Op::AtLeast, 800, 0},
                                     {"share(b0) == 5/6", Op::Equal, 5.0 / 6, 0},
                                     {"p99 == never", Op::Equal, kNever, 0},
                                     {"offered==1e3", Op::Equal, 1000, 0},
                                     {"share(b0) in [10%, 12%]", Op::Within, 0.1, 0.12},
                                     {"share( b0 )in[ 1e-1 ,0.12 ]", Op::Within, 0.1, 0.12},
                                     {"share(b0) ~ 10%", Op::Compatible, 0.1, 0},
                                     {"share(b0) ~ 10% ± 0.5%", Op::Near, 0.1, 0.005},
                                     {"share(b0)~1/10+-0.5%", Op::Near, 0.1, 0.005},
                                     {"share(b0) ~ 10% +/- 1e-2", Op::Near, 0.1, 0.01},
                                     {"cv < 10%", Op::Less, 0.1, 0}}) {
        const auto e = read(line);
        EXPECT_EQ(e.op, op) << line;
        EXPECT_EQ(e.right.value, right) << line;
        EXPECT_EQ(e.rest, rest) << line;
        EXPECT_EQ(e.text, line);
        EXPECT_EQ(e.pointer, "/expect/0");
        EXPECT_EQ(e.right.metric, nullptr) << line;
    }
    const auto reversed = read("300ms > p99");
    EXPECT_EQ(reversed.left.value, 0.3);
    EXPECT_EQ(reversed.right.metric, find_metric("p99"));
}

TEST(Expectation, TakesArgumentsInAnyOrder) {
    for (const auto* line :
         {"share(b0, nginx/lc, during:slow) < 3%", "share(during:slow, b0, nginx/lc) < 3%",
          "share( nginx/lc ,during:slow,b0 ) < 3%"}) {
        const auto e = read(line, {"p2c", "nginx/lc"});
        EXPECT_EQ(e.left.variant, 1u);
        EXPECT_EQ(e.left.about, "b0");
        EXPECT_EQ(e.left.backends, std::vector<std::string>{"b0"});
        ASSERT_TRUE(e.left.window);
        EXPECT_EQ(e.left.window->from, 1s);
        EXPECT_EQ(e.left.window->to, 2s);
        EXPECT_FALSE(e.left.own_window);
    }
}

TEST(Expectation, KnowsGroupsWithThoseAddedLaterAndWindowsOfItsOwn) {
    const auto e = read("share(b, 500ms..1500ms) > share(c, late)");
    EXPECT_EQ(e.left.backends, (std::vector<std::string>{"b0", "b1", "b2"}));
    EXPECT_TRUE(e.left.own_window);
    EXPECT_EQ(e.left.window->from, 500ms);
    EXPECT_EQ(e.left.window->to, 1500ms);
    EXPECT_EQ(e.right.backends, std::vector<std::string>{"c"});
    EXPECT_EQ(e.right.window->name, "late");
}

TEST(Expectation, TakesLabelsWithCommasAndParentheses) {
    const auto e = read("good(p2c (d=3, lazy)) > good(p2c)", {"p2c", "p2c (d=3, lazy)"});
    EXPECT_EQ(e.left.variant, 1u);
    EXPECT_EQ(e.right.variant, 0u);
}

struct Mistake {
    std::string_view line;
    std::size_t column;  // Bytes in the line, from 1.
    std::string_view word, message, hint;
};

void expect_mistake(const Mistake& m, const std::vector<std::string>& labels) {
    const auto made = experiment({"offered > 0", std::string{m.line}}, labels);
    std::vector<Problem> problems = read_expectations(made).problems;
    if (labels.size() > 1 && !problems.empty()) problems.erase(problems.begin());
    ASSERT_EQ(problems.size(), 1u) << m.line;
    const auto& problem = problems.front();
    EXPECT_EQ(problem.pointer, "/expect/1");
    EXPECT_EQ(problem.message, m.message) << m.line;
    EXPECT_EQ(problem.hint, m.hint) << m.line;
    const auto string = made.document.locate("/expect/1");
    ASSERT_TRUE(problem.place) << m.line;
    EXPECT_EQ(problem.place->begin - string.begin, m.column) << m.line;
    EXPECT_EQ(made.document.text(*problem.place), m.word) << m.line;
}

TEST(Expectation, SaysWhereInTheLineWhichMistakeIs) {
    for (const auto& mistake : std::initializer_list<Mistake>{
             {"p98 < 300ms", 1, "p98", "unknown metric \"p98\"", "did you mean \"p90\"?"},
             {"p99.9 < 300ms", 1, "p99.9", "unknown metric \"p99.9\"", "did you mean \"p999\"?"},
             {"speed < 3", 1, "speed", "unknown metric \"speed\"", "lbsim metrics lists them"},
             {"share(b9) < 3%", 7, "b9", "unknown backend, variant or window \"b9\"",
              "known here: before:slow, during:slow, after:slow, late, b, c, b0, b1, b2"},
             {"good(laet) > 3%", 6, "laet", "unknown backend, variant or window \"laet\"",
              "did you mean \"late\"?"},
             {"good(during:slwo) > 3%", 6, "during:slwo", "unknown window \"during:slwo\"",
              "did you mean \"during:slow\"?"},
             {"share < 3%", 1, "share", "\"share\" of which backend?",
              "write for example share(b0)"},
             {"p99(b0) < 3ms", 5, "b0", "\"p99\" is about all requests, not those of a backend",
              "did you mean \"p99_success\"?"},
             {"good(b) < 3%", 6, "b", "\"good\" is about all requests, not those of a backend",
              "leave out \"b\""},
             {"share(b0, b1) < 3%", 11, "b1", "\"b0\" and \"b1\": one is enough",
              "leave one of the two out"},
             {"p99 < 300", 7, "300", "p99 is a time, 300 has no unit", "write 300ms or 300s"},
             {"p99 < 3%", 7, "3%", "p99 is a time, 3% is not", "write for example 300ms"},
             {"share(b0) < 3ms", 13, "3ms", "share is a fraction, 3ms is not",
              "write for example 3% or 0.03"},
             {"throughput > 800", 14, "800", "throughput is a rate, 800 has no unit",
              "write for example 800/s"},
             {"p99 < share(b0)", 7, "share", "p99 is a time, share is a fraction", ""},
             {"offered < 3%", 11, "3%", "offered is a count, 3% is not", "write for example 5"},
             {"offered > never", 11, "never", "offered is a count, never is not",
              "write for example 5"},
             {"1 < 2", 1, "1", "expected a metric on one side", "lbsim metrics lists them"},
             {"3% in [1%, 2%]", 1, "3%", "expected a metric on the left", ""},
             {"good = 3%", 6, "=", "expected a comparison, found \"=\"", "write =="},
             {"good is 3%", 6, "is", "expected a comparison, found \"is\"",
              "comparisons are <, <=, >, >=, ==, in and ~"},
             {"good", 5, "\"", "expected a comparison, found the end",
              "comparisons are <, <=, >, >=, ==, in and ~"},
             {"", 1, "\"", "expected a metric or a value, found the end", ""},
             {"good > 3% > 2%", 11, ">", "expected the end, found \">\"", ""},
             {"good > ", 8, "\"", "expected a metric or a value, found the end", ""},
             {"good > 3q", 8, "3q", "expected a value, found \"3q\"",
              "write for example 5s, 0.1%, 0.001, 5/6 or 800/s"},
             {"good > 3/0", 8, "3/0", "expected a value, found \"3/0\"",
              "write for example 5s, 0.1%, 0.001, 5/6 or 800/s"},
             {"good(,late) > 3%", 6, ",late)",
              "expected a backend, a variant or a window, found "
              "\",late)\"",
              ""},
             {"good in 1%, 2%", 9, "1%,", "expected \"[\", found \"1%,\"",
              "write for example in [10%, 12%]"},
             {"good in [2%, 1%]", 14, "1%", "nothing lies between 2% and 1%",
              "write the smaller bound first"},
             {"p99 ~ never", 7, "never", "expected a number, found \"never\"",
              "write for example 300ms"},
             {"good ~ good", 8, "good", "expected a value, found \"good\"",
              "write for example 5s, 0.1%, 0.001, 5/6 or 800/s"},
             {"good ~ 3% ± 0%", 14, "0%", "a distance must be positive, found 0%", ""},
             {"good(2s..1s) > 3%", 6, "2s..1s", "the window \"2s..1s\" ends before it begins",
              "write for example 30s..90s"},
             {"good(2s..9) > 3%", 10, "9", "a window goes from a time to a time, found \"9\"",
              "write for example 30s..90s"}}) {
        expect_mistake(mistake, {"p2c"});
    }
}

// The first goes by keys, the second does not.
Experiment hashing(const std::vector<std::string>& expect) {
    auto made = experiment(expect, {"maglev", "p2c"});
    const auto all = lb::builtin_policies();
    for (auto& [label, s] : made.variants) {
        lb::Defaults defaults;
        s.clients.resize(1);
        s.balancers.policy = label;
        s.balancers.equalises = all.find(label)->equalises;
        s.balancers.make_policy = all.find(label)->configure(defaults);
    }
    return made;
}

TEST(Expectation, OfKeysAndDigestsSaysWhatTheyAreNotOf) {
    const std::string hint = "write digest(a) == digest(b), or the 16 digits of a result";
    for (const auto& [line, column, word, message, hint_of] : std::initializer_list<Mistake>{
             {"remap.moved(maglev) < 3%", 1, "remap.moved", "\"remap.moved\" of which backend?",
              "write for example remap.moved(b0)"},
             {"remap.moved(b0, p2c) < 3%", 1, "remap.moved",
              "the policy of \"p2c\", p2c, does not go by keys",
              "hash_mod, ring_hash, maglev, jump, rendezvous: lbsim policies"},
             {"agreement(p2c) == 1", 1, "agreement",
              "the policy of \"p2c\", p2c, does not go by keys",
              "hash_mod, ring_hash, maglev, jump, rendezvous: lbsim policies"},
             {"remap.moved(b0, maglev, late) < 3%", 25, "late", "\"remap.moved\" is about no time",
              "leave out \"late\""},
             {"remap.moved(b9, maglev) < 3%", 13, "b9", "unknown backend, variant or window \"b9\"",
              "known here: maglev, before:slow, during:slow, after:slow, late, b, c, b0, b1, b2, "
              "p2c"},
             {"remap.moved(b0, maglev) < 3ms", 27, "3ms", "remap.moved is a fraction, 3ms is not",
              "write for example 3% or 0.03"},
             {"remap.moved(b0, maglev) ~ 3%", 25, "~", "remap.moved is exact, and no sample",
              "write == or in"},
             {"remap.move(b0, maglev) < 3%", 1, "remap.move", "unknown metric \"remap.move\"",
              "did you mean \"remap.moved\"?"},
             {"in_flight_max(p2c) < 3", 1, "in_flight_max", "\"in_flight_max\" of which backend?",
              "write for example in_flight_max(b0)"},
             {"share_min(b0, p2c) > 3/s", 22, "3/s", "share_min is a fraction, 3/s is not",
              "write for example 3% or 0.03"},
             {"panic(b0, p2c) > 0", 7, "b0",
              "\"panic\" is about all requests, not those of a backend", "leave out \"b0\""},
             {"digest(p2c) < 3", 13, "<", "expected ==, found \"<\"", hint},
             {"digest(p2c) == 3", 16, "3", "expected a digest, found \"3\"", hint},
             {"digest(p2c) == 0123456789ABCDEF", 16, "0123456789ABCDEF",
              "expected a digest, found \"0123456789ABCDEF\"", hint},
             {"digest(p2c) == digests(maglev)", 16, "digests", "expected digest, found \"digests\"",
              hint},
             {"digest(p2c) == digest", 16, "digest", "\"digest\" of which variant?",
              "name one of: maglev, p2c"},
             {"digest(p2c, late) == digest(maglev)", 1, "digest", "a digest is of the whole run",
              hint},
             {"digest(p2c) == digest(maglev, late)", 16, "digest", "a digest is of the whole run",
              hint},
             {"digest(p2c, b0) == digest(maglev)", 13, "b0", "\"digest\" is about all backends",
              "leave out \"b0\""},
             {"digest(p2c) == digest(maglev) x", 31, "x", "expected the end, found \"x\"", ""}}) {
        const auto made = hashing({std::string{line}});
        const auto problems = read_expectations(made).problems;
        ASSERT_EQ(problems.size(), 1u) << line;
        EXPECT_EQ(problems.front().message, message) << line;
        EXPECT_EQ(problems.front().hint, hint_of) << line;
        ASSERT_TRUE(problems.front().place) << line;
        EXPECT_EQ(made.document.text(*problems.front().place), word) << line;
        EXPECT_EQ(problems.front().place->begin - made.document.locate("/expect/0").begin, column)
            << line;
    }
    auto made = hashing({"remap.moved(c, maglev) == 1"});
    made.variants[0].scenario.backends[1].priority = 1;
    EXPECT_EQ(read_expectations(made).problems.at(0).message,
              "nobody would have the keys without \"c\"");
}

TEST(Expectation, OfKeysIsLookedAtOnceAndNotInRuns) {
    const auto made = hashing({"remap.moved(b0, maglev) in [1/4, 5/12]",
                               "remap.needless(b0, maglev) < "
                               "share(b0, p2c)",
                               "agreement(b0, maglev) == 1", "agreement(maglev) == 1"});
    const auto read = read_expectations(made);
    ASSERT_TRUE(read.problems.empty()) << read.problems.front().message;
    for (const auto& e : read.list) {
        const auto run = replication({tally({.succeeded = 100}, {60, 40})});
        EXPECT_FALSE(look(e, made.variants[0], 0, run).left) << e.text;
        const Seen seen[] = {look(e, made.variants[1], 1, run), look_at_keys(e, made.variants)};
        const auto outcome = evaluate(e, seen, 1);
        EXPECT_TRUE(outcome.passed) << e.text << ": " << outcome.seen;
        EXPECT_EQ(outcome.kind, ExpectOutcome::Kind::Exact);
    }
}

ExpectOutcome judge_digests(const std::string& line, const std::vector<std::uint64_t>& a,
                            const std::vector<std::uint64_t>& b) {
    const auto made = experiment({line}, {"x", "y"});
    const auto read = read_expectations(made);
    EXPECT_TRUE(read.problems.empty()) << line << ": " << read.problems.front().message;
    std::vector<Seen> seen;
    for (std::size_t v = 0; v != 2; ++v)
        for (const auto digest : v == 0 ? a : b)
            seen.push_back(look(read.list[0], made.variants[v], v, replication({}, digest)));
    return evaluate(read.list[0], seen, 1);
}

TEST(Expectation, ComparesAllThatHappenedByDigests) {
    const std::string line = "digest(x) == digest(y)";
    EXPECT_TRUE(judge_digests(line, {1, 2}, {1, 2}).passed);
    EXPECT_EQ(judge_digests(line, {1, 2}, {1, 2}).kind, ExpectOutcome::Kind::Exact);
    EXPECT_FALSE(judge_digests(line, {1, 2}, {1}).passed);
    EXPECT_FALSE(judge_digests(line, {1}, {1, 2}).passed);
    const auto differs = judge_digests(line, {1, 2, 3}, {1, 4, 5});
    EXPECT_FALSE(differs.passed);
    EXPECT_EQ(differs.seen, digest_of(std::vector<std::uint64_t>{1, 2, 3}) +
                                " of 3 replications against " +
                                digest_of(std::vector<std::uint64_t>{1, 4, 5}) +
                                ", first different in replication 1");
    const auto told = digest_of(std::vector<std::uint64_t>{1, 2});
    EXPECT_TRUE(judge_digests("digest(x) == " + told, {1, 2}, {7}).passed);
    EXPECT_FALSE(judge_digests("digest(y) == " + told, {1, 2}, {7}).passed);
    EXPECT_FALSE(judge_digests("digest(x) == " + told, {1}, {7}).passed);
}

// By half of them a digest would be another.
TEST(Expectation, OfADigestNeedsAllReplications) {
    const auto needs = [](const std::string& line) {
        return read_expectations(experiment({"offered > 0", line})).need_replications();
    };
    EXPECT_TRUE(needs("digest == 0123456789abcdef"));
    EXPECT_TRUE(needs("good ~ 3%"));
    EXPECT_FALSE(needs("digest == digest"));
    EXPECT_FALSE(needs("good < 3%"));
}

TEST(Expectation, AsksForTheVariantWhenThereAreSeveral) {
    const auto made = experiment({"good > 3%", "good(p3c) > 3%"}, {"p2c", "random"});
    const auto problems = read_expectations(made).problems;
    ASSERT_EQ(problems.size(), 2u);
    EXPECT_EQ(problems[0].message, "\"good\" of which variant?");
    EXPECT_EQ(problems[0].hint, "name one of: p2c, random");
    EXPECT_EQ(problems[1].hint, "did you mean \"p2c\"?");
}

TEST(Expectation, OffersNoNarrowerPlaceIfTheStringHasEscapes) {
    const auto made = experiment({"p98 \\u003c 300ms"});
    const auto problems = read_expectations(made).problems;
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_FALSE(problems.front().place);
}

TEST(Expectation, WantsTwoReplicationsToJudgeByTheSpread) {
    auto made = experiment({"good ~ 3%", "good < 3%"});
    made.variants.front().scenario.replications = 1;
    const auto problems = read_expectations(made).problems;
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_THAT(problems.front().message, HasSubstr("at least two replications"));
    EXPECT_EQ(made.document.text(*problems.front().place), "~");
}

// ---- Judging

ExpectOutcome judge(const std::string& line, const std::vector<double>& left,
                    const std::vector<double>& right = {}, std::size_t suite = 1) {
    const auto readings = [](const std::vector<double>& values) {
        std::vector<Reading> out;
        for (const double v : values)
            out.push_back(std::isinf(v) ? Reading::beyond() : Reading::number(v));
        return out;
    };
    const auto l = readings(left), r = readings(right);
    std::vector<Seen> seen(std::max(l.size(), r.size()));
    for (std::size_t i = 0; i != l.size(); ++i) seen[i].left = l[i];
    for (std::size_t i = 0; i != r.size(); ++i) seen[i].right = r[i];
    return evaluate(read(line), seen, suite);
}

TEST(Expectation, ComparesMeansOverTheReplications) {
    struct Case {
        std::string line;
        std::vector<double> left;
        bool passes;
    };
    for (const auto& [line, left, passes] :
         std::initializer_list<Case>{{"share(b0) < 3%", {0.01, 0.04}, true},
                                     {"share(b0) < 3%", {0.03, 0.03}, false},
                                     {"share(b0) <= 3%", {0.03, 0.03}, true},
                                     {"share(b0) > 3%", {0.03, 0.03}, false},
                                     {"share(b0) >= 3%", {0.03, 0.03}, true},
                                     {"share(b0) == 0.1", {0.1, 0.1}, true},
                                     {"share(b0) == 5/6", {5.0 / 6}, true},
                                     {"share(b0) == 0.1", {0.1, 0.11}, false},
                                     {"share(b0) in [1%, 3%]", {0.01}, true},
                                     {"share(b0) in [1%, 3%]", {0.03}, true},
                                     {"share(b0) in [1%, 3%]", {0.031}, false},
                                     {"p99 < 300ms", {0.1, kNever}, false},
                                     {"p99 > 300ms", {0.1, kNever}, true},
                                     {"p99 == never", {kNever}, true},
                                     {"p99 < never", {kNever}, false},
                                     {"p99 < never", {5}, true},
                                     {"p99 in [1ms, 2ms]", {kNever}, false},
                                     {"queue_max < 5", {1, 5}, false},
                                     {"share_max(b0) < 5%", {0.01, 0.05}, false},
                                     {"share_min(b0) > 1%", {0.01, 0.05}, false},
                                     {"share_min(b0) > 0.9%", {0.01, 0.05}, true},
                                     {"max > 4s", {1, 5}, true}}) {
        const auto outcome = judge(line, left);
        EXPECT_EQ(outcome.passed, passes) << line << " of " << outcome.seen;
        EXPECT_FALSE(outcome.vacuous) << line;
        EXPECT_EQ(outcome.kind, ExpectOutcome::Kind::Exact);
        EXPECT_EQ(outcome.text, line);
    }
    EXPECT_TRUE(judge("p99 < p99(late)", {1, 2}, {2, 3}).passed);
    EXPECT_FALSE(judge("p99 < p99(late)", {1, kNever}, {2, kNever}).passed);
    EXPECT_TRUE(judge("300ms > p99", {}, {0.2}).passed);
}

TEST(Expectation, AllowsForChanceAtTheRateOfTheSuite) {
    // Mean 0.1, standard error 0.001, 3 degrees of freedom: 1e-6 is 130.15 errors away on either
    // side and 1e-8 is 604.16 (the closed form for 3 degrees of freedom).
    const double spread = 0.001 * std::sqrt(3.0);
    const std::vector<double> runs{0.1 - spread, 0.1 - spread, 0.1 + spread, 0.1 + spread};
    EXPECT_TRUE(judge("share(b0) ~ 23.0%", runs).passed);
    EXPECT_FALSE(judge("share(b0) ~ 23.1%", runs).passed);
    EXPECT_TRUE(judge("share(b0) ~ 70.4%", runs, {}, 100).passed);
    EXPECT_FALSE(judge("share(b0) ~ 70.5%", runs, {}, 100).passed);
    EXPECT_EQ(judge("share(b0) ~ 10%", runs).kind, ExpectOutcome::Kind::Derived);
}

TEST(Expectation, LiesWithinADistanceForCertainOrFails) {
    const double spread = 0.001 * std::sqrt(3.0);
    const std::vector<double> runs{0.1 - spread, 0.1 - spread, 0.1 + spread, 0.1 + spread};
    EXPECT_TRUE(judge("share(b0) ~ 10% ± 13.1%", runs).passed);
    EXPECT_FALSE(judge("share(b0) ~ 10% ± 13.0%", runs).passed);
    EXPECT_FALSE(judge("share(b0) ~ 11% ± 13.1%", runs).passed);
    EXPECT_FALSE(judge("share(b0) ~ 9% ± 13.1%", runs).passed);
    EXPECT_TRUE(judge("share(b0) ~ 10% ± 0.1%", {0.1, 0.1, 0.1}).passed);
    EXPECT_FALSE(judge("p99 ~ 1s ± 1s", {1, kNever}).passed);
    EXPECT_FALSE(judge("p99 ~ 1s ± 1s", {1, kNever}).vacuous);
}

TEST(Expectation, ShowsWhatWasSeenWithItsUnit) {
    struct Case {
        std::string line;
        std::vector<double> left, right;
        std::string seen;
    };
    for (const auto& [line, left, right, seen] :
         std::initializer_list<Case>{{"share(b0) < 3%", {0.0143}, {}, "1.43 %"},
                                     {"share(b0) == 0", {0, 0}, {}, "0 % [0, 0]"},
                                     {"p99 < 1s", {0.0761}, {}, "76.1 ms"},
                                     {"p99 < 1s", {2.5}, {}, "2.50 s"},
                                     {"p99 < 1s", {kNever}, {}, "never"},
                                     {"throughput > 1/s", {812.3}, {}, "812/s"},
                                     {"offered > 1", {123456}, {}, "123456"},
                                     {"p99 < p99(late)", {0.1}, {0.002}, "100 ms against 2 ms"},
                                     {"1s > p99", {}, {25e-6}, "25 us"}})
        EXPECT_EQ(judge(line, left, right).seen, seen) << line;
    EXPECT_EQ(judge("share(b0) < 3%", {0.0142, 0.0143, 0.0144}).seen, "1.430 % [1.405, 1.455]");
    EXPECT_THAT(judge("share(b0) ~ 3%", {0.03, 0.03}, {}, 7).seen,
                HasSubstr("false-alarm rate of 1e-6 over 7 assertions"));
}

// ---- Premises

// Three seconds: 100 requests, none at all, 100 requests; b2 joins for the third.
Replication quiet_middle() {
    return replication({tally({.succeeded = 100}, {60, 40, 0}), tally({}, {0, 0, 0}),
                        tally({.failed = 100}, {50, 40, 10})});
}

ExpectOutcome judge_run(const std::string& line, const Replication& r) {
    const auto made = experiment({line});
    const auto expectation = read(line);
    const auto seen = look(expectation, made.variants.front(), 0, r);
    return evaluate(expectation, std::vector<Seen>(2, seen), 1);
}

TEST(Expectation, FailsAsVacuousIfItsPremiseNeverHappened) {
    struct Case {
        std::string line, why;
    };
    auto r = quiet_middle();
    for (const auto& [line, why] : std::initializer_list<Case>{
             {"offered(during:slow) == 0", "no request was offered in that time"},
             {"share(b0, during:slow) < 3%", "no request was offered in that time"},
             {"share(b2, before:slow) == 0", "the backend had not been added yet"},
             {"p99_success(late) < 3s", "no request succeeded"},
             {"p99_success(b2, late) < 3s", "no request succeeded"},
             {"p99(5s..6s) < 3s", "the window is empty"},
             {"good(before:slow) > good(during:slow)", "no request was offered in that time"},
             {"expected_share(b0) ~ 50%", "the policy does not say what share is due"}}) {
        const auto outcome = judge_run(line, r);
        EXPECT_TRUE(outcome.vacuous) << line;
        EXPECT_FALSE(outcome.passed) << line;
        EXPECT_EQ(outcome.seen, "never exercised: " + why) << line;
    }
}

TEST(Expectation, LooksAtTheWindowAndTheBackendsItNames) {
    for (const auto* line :
         {"share(b0) == 55%", "share(b0, late) == 50%", "share(b, before:slow) == 100%",
          "attempts(b2) == 10", "offered == 200", "offered(0s..2s) == 100", "error_rate(late) == 1",
          "p99(late) == never", "p99 > 3s", "share(b2, late) ~ 10%"}) {
        const auto outcome = judge_run(line, quiet_middle());
        EXPECT_TRUE(outcome.passed) << line << ": " << outcome.seen;
        EXPECT_FALSE(outcome.vacuous) << line;
    }
}

}  // namespace
