#include "scenario/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using lb::Duration;
using namespace std::chrono_literals;
using lbsim::Experiment;
using lbsim::load_experiment;
using lbsim::LoadOptions;
using lbsim::Scenario;
using lbsim::ScenarioError;

const lb::Policies& policies() {
    static const auto all = lb::builtin_policies();
    return all;
}

// Files for scenarios to name.
const std::filesystem::path& folder() {
    static const auto made = [] {
        const std::filesystem::path path{std::string{LBSIM_BINARY} + "/scenario_test_files"};
        std::filesystem::create_directories(path);
        std::ofstream{path / "values.txt"} << "# measured\n3ms\n\n1ms\r\n 2ms\n";
        std::ofstream{path / "bare.txt"} << "3\n1\n2.5\n";
        std::ofstream{path / "bad.txt"} << "3ms\nfast\n";
        std::ofstream{path / "empty.txt"} << "# nothing\n";
        std::ofstream{path / "log.csv"} << "time\n0\n";
        return path;
    }();
    return made;
}

// The parts of a scenario, to be replaced one by one.
struct Parts {
    std::string clients = R"([{"arrivals": {"poisson": {"rate": "50/s"}}}])";
    std::string backends = R"([{"name": "b", "count": 3, "service": "10ms"}])";
    std::string more = "";
    std::string text() const {
        return "{\"clients\": " + clients + ", \"backends\": " + backends +
               (more.empty() ? "" : ", ") + more + "}";
    }
};

Experiment load(const std::string& text, const LoadOptions& options = {}) {
    return load_experiment("x.json", text, folder(), policies(), options);
}
Scenario scenario(const std::string& text) { return load(text).variants.at(0).scenario; }
Scenario with(const std::string& more) { return scenario(Parts{.more = more}.text()); }
Scenario with_clients(const std::string& clients) {
    return scenario(Parts{.clients = "[{" + clients + "}]"}.text());
}
Scenario with_service(const std::string& service) {
    return scenario(
        Parts{.backends = "[{\"workers\": 1000000, \"service\": " + service + "}]"}.text());
}

/// As a message lists them: of many only the first.
std::string known_policies() {
    std::string out;
    int left = 40;
    for (const auto& [name, entry] : lb::builtin_policies()) {
        if (left-- == 0) return out + ", …";
        out += out.empty() ? "\"" : ", \"";
        out += name;
        out += '"';
    }
    return out;
}

// Each mistake as "UNDERLINED: message (hint)", one a line, in order of position.
std::string mistakes(const std::string& text, const LoadOptions& options = {}) {
    try {
        load(text, options);
    } catch (const ScenarioError& error) {
        auto problems = error.problems();
        std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
            return a.place->begin < b.place->begin;
        });
        std::string out;
        for (const auto& p : problems) {
            if (!out.empty()) out += '\n';
            const bool in_file = p.place->source == 0;
            out += in_file ? text.substr(p.place->begin, p.place->end - p.place->begin) : "option";
            out += ": " + p.message;
            if (!p.hint.empty()) out += " (" + p.hint + ")";
        }
        return out;
    }
    return "none";
}

template <class Law>
Law law_of(const lbsim::Distribution& d) {
    EXPECT_TRUE(std::holds_alternative<Law>(d.law));
    return std::holds_alternative<Law>(d.law) ? std::get<Law>(d.law) : Law{};
}

TEST(Load, FillsInTheDefaults) {
    const auto experiment = load(Parts{}.text());
    EXPECT_FALSE(experiment.compared);
    ASSERT_EQ(experiment.variants.size(), 1u);
    EXPECT_EQ(experiment.variants[0].label, "round_robin");
    const auto& s = experiment.variants[0].scenario;
    EXPECT_EQ(s.name, "x");
    EXPECT_EQ(s.seed, 1u);
    EXPECT_EQ(s.replications, 5);
    EXPECT_EQ(s.warmup, 0s);
    EXPECT_EQ(s.duration, 60s);
    EXPECT_EQ(s.series_step, 1s);
    EXPECT_FALSE(s.requests || s.drain || s.slo || s.overload);
    EXPECT_EQ(s.balancers.count, 1);
    EXPECT_EQ(s.balancers.policy, "round_robin");
    EXPECT_EQ(s.balancers.equalises, lb::Equalises::Requests);
    EXPECT_TRUE(s.balancers.make_policy && s.balancers.make_policy({}));
    ASSERT_EQ(s.clients.size(), 1u);
    EXPECT_EQ(s.clients[0].name, "clients");
    EXPECT_FALSE(s.clients[0].timeout);
    EXPECT_EQ(law_of<lbsim::Constant>(s.clients[0].work).value, 1);
    EXPECT_EQ(law_of<lbsim::Constant>(s.clients[0].network).value, 0);
    EXPECT_TRUE(std::holds_alternative<lbsim::UniqueKeys>(s.clients[0].keys));
    ASSERT_EQ(s.backends.size(), 1u);
    EXPECT_EQ(s.backends[0].members, (std::vector<std::string>{"b0", "b1", "b2"}));
    EXPECT_EQ(s.backends[0].weight, 1);
    EXPECT_EQ(s.backends[0].workers, lb::Limit{1});
    EXPECT_TRUE(s.backends[0].queue.none());
    EXPECT_EQ(s.backends[0].discipline, lbsim::Discipline::Fifo);
    EXPECT_EQ(law_of<lbsim::Constant>(s.backends[0].service).value, 0.01);
    EXPECT_TRUE(s.timeline.empty() && s.windows.empty() && s.expect.empty());
}

TEST(Load, ReadsEveryFieldOfTheTopLevel) {
    const auto s = with(R"("$schema": "x", "question": "q", "lesson": "l", "source": ["a", "b"],
        "seed": 7, "replications": 2, "warmup": "1s", "requests": 1e3, "drain": "0s",
        "series_step": "5s", "overload": true, "slo": {"latency": "300ms", "good": "99%"},
        "windows": {"peak": ["10s", "20s"]}, "expect": ["p99 < 1s", "x"])");
    EXPECT_EQ(s.question, "q");
    EXPECT_EQ(s.lesson, "l");
    EXPECT_EQ(s.source, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(s.seed, 7u);
    EXPECT_EQ(s.replications, 2);
    EXPECT_EQ(s.warmup, 1s);
    EXPECT_EQ(s.requests, 1000);
    EXPECT_EQ(s.drain, Duration{0});
    EXPECT_EQ(s.series_step, 5s);
    EXPECT_TRUE(s.overload);
    ASSERT_TRUE(s.slo);
    EXPECT_EQ(s.slo->latency, 300ms);
    EXPECT_EQ(s.slo->good, 0.99);
    ASSERT_EQ(s.windows.size(), 1u);
    EXPECT_EQ(s.windows[0].name, "peak");
    EXPECT_EQ(s.windows[0].from, 10s);
    EXPECT_EQ(s.windows[0].to, 20s);
    ASSERT_EQ(s.expect.size(), 2u);
    EXPECT_EQ(s.expect[1].text, "x");
    EXPECT_EQ(s.expect[1].pointer, "/expect/1");
}

TEST(Load, ReadsEveryKindOfArrivals) {
    const auto arrivals = [](const std::string& text) {
        return with_clients("\"arrivals\": " + text).clients.at(0).arrivals;
    };
    EXPECT_EQ(std::get<lbsim::Poisson>(arrivals(R"({"poisson": {"rate": "90/min"}})")).rate_per_s,
              1.5);
    EXPECT_EQ(
        std::get<lbsim::ConstantRate>(arrivals(R"({"constant": {"rate": "2/s"}})")).rate_per_s, 2);
    const auto one =
        std::get<lbsim::Mmpp>(arrivals(R"({"mmpp": {"rates": ["0/s", "20/s"], "dwell": "1s"}})"));
    ASSERT_EQ(one.states.size(), 2u);
    EXPECT_EQ(one.states[1].rate_per_s, 20);
    EXPECT_EQ(one.states[1].dwell, 1s);
    const auto two = std::get<lbsim::Mmpp>(
        arrivals(R"({"mmpp": {"rates": ["1/s", "2/s"], "dwell": ["1s", "2s"]}})"));
    EXPECT_EQ(two.states[1].dwell, 2s);
    const auto profile =
        std::get<lbsim::Profile>(arrivals(R"({"profile": [["0s", "20/s"], ["10s", "0/s"]]})"));
    ASSERT_EQ(profile.steps.size(), 2u);
    EXPECT_EQ(profile.steps[1].at, 10s);
    EXPECT_EQ(profile.steps[0].rate_per_s, 20);
    const auto closed = std::get<lbsim::Closed>(
        arrivals(R"({"closed": {"concurrency": 9, "think": {"exponential": {"mean": "1s"}}}})"));
    EXPECT_EQ(closed.concurrency, 9);
    EXPECT_EQ(law_of<lbsim::Exponential>(closed.think).mean, 1);
    const auto trace = std::get<lbsim::Trace>(arrivals(
        R"({"trace": {"file": "log.csv", "format": "csv", "time_unit": "ms", "work_scale": 2,
            "columns": {"time": "t", "key": "k", "work": "w", "path": "p"}, "speed": 0.5}})"));
    EXPECT_EQ(trace.file, (folder() / "log.csv").string());
    EXPECT_EQ(trace.format + trace.time_unit, "csvms");
    EXPECT_EQ(trace.time + trace.key + trace.work + trace.path, "tkwp");
    EXPECT_EQ(trace.work_scale, 2);
    EXPECT_EQ(trace.speed, 0.5);
    EXPECT_EQ(trace.malformed, lbsim::Trace::Malformed::ByFormat);
    const auto told = std::get<lbsim::Trace>(
        arrivals(R"({"trace": {"file": "log.csv", "malformed": "report"}})"));
    EXPECT_EQ(told.malformed, lbsim::Trace::Malformed::Report);
}

TEST(Load, ReadsTheRestOfClients) {
    const std::string arrivals = R"("arrivals": {"poisson": {"rate": "1/s"}}, )";
    const auto c = with_clients(arrivals + R"("name": "web", "timeout": "2s", "work":
        {"uniform": {"min": 0, "max": 2}}, "network": "1ms", "keys": {"zipf": {"count": 9}})")
                       .clients.at(0);
    EXPECT_EQ(c.name, "web");
    EXPECT_EQ(c.timeout, 2s);
    EXPECT_EQ(law_of<lbsim::Uniform>(c.work), (lbsim::Uniform{0, 2}));
    EXPECT_EQ(law_of<lbsim::Constant>(c.network).value, 0.001);
    EXPECT_EQ(std::get<lbsim::ZipfKeys>(c.keys).count, 9);
    EXPECT_EQ(std::get<lbsim::ZipfKeys>(c.keys).s, 1);
    const auto u = with_clients(arrivals + R"("work": 2, "keys": {"uniform": {"count": 4}})");
    EXPECT_EQ(std::get<lbsim::UniformKeys>(u.clients.at(0).keys).count, 4);
    EXPECT_EQ(law_of<lbsim::Constant>(u.clients.at(0).work).value, 2);
}

TEST(Load, ReadsEveryDistribution) {
    const auto law = [](const std::string& text) {
        return with_service(text).backends.at(0).service;
    };
    using namespace lbsim;
    const auto is = [&](const std::string& text, const Distribution& expected) {
        EXPECT_EQ(law(text), expected) << text;
    };
    is(R"("10ms")", {Constant{0.01}});
    is(R"({"exponential": {"mean": "10ms"}})", {Exponential{0.01}});
    is(R"({"lognormal": {"mean": "10ms", "cv": 2}})", {LogNormal::with_mean(0.01, 2)});
    is(R"({"lognormal": {"median": "10ms", "p99": "1s"}})", {LogNormal::with_median(0.01, 1)});
    is(R"({"gamma": {"mean": "10ms", "cv": 0.5}})", {Gamma{0.01, 0.5}});
    is(R"({"erlang": {"stages": 3, "mean": "10ms"}})", {Erlang{3, 0.01}});
    is(R"({"uniform": {"min": "0s", "max": "10ms"}})", {Uniform{0, 0.01}});
    is(R"({"pareto": {"min": "10ms", "alpha": 2.5}})", {Pareto{.min = 0.01, .alpha = 2.5}});
    is(R"({"pareto": {"min": "10ms", "alpha": 1, "max": "1s"}})", {Pareto{0.01, 1, 1}});
    is(R"({"weibull": {"scale": "10ms", "shape": 0.7}})", {Weibull{0.01, 0.7}});
    is(R"({"hyperexponential": {"phases": [{"share": "90%", "mean": "1ms"},
        {"share": 0.1, "mean": "1s"}]}})",
       {Hyperexponential{{{0.9, 0.001}, {0.1, 1}}}});
    is(R"({"mixture": {"of": [{"share": 9, "constant": "1ms"},
        {"share": 1, "exponential": {"mean": "1s"}}]}})",
       {Mixture{{{9, {Constant{0.001}}}, {1, {Exponential{1}}}}}});
    is(R"({"empirical": {"file": "values.txt"}})", {Empirical{{0.001, 0.002, 0.003}}});
    is(R"({"empirical": {"file": "bare.txt", "unit": "ms"}})", {Empirical{{0.001, 0.0025, 0.003}}});
    const auto s = with_clients(
        R"("arrivals": {"poisson": {"rate": "1/s"}}, "work": {"empirical": {"file": "bare.txt"}})");
    EXPECT_EQ(s.clients[0].work, (Distribution{Empirical{{1, 2.5, 3}}}));
}

TEST(Load, ReadsEveryFieldOfBackends) {
    Parts parts{.backends = R"([{"name": "a", "weight": 0.5, "workers": "unlimited", "queue": 0,
        "discipline": "lifo", "service": "1ms", "network": "2ms"},
        {"count": 2, "service": "1ms"}])"};
    const auto s = scenario(parts.text());
    ASSERT_EQ(s.backends.size(), 2u);
    EXPECT_EQ(s.backends[0].members, std::vector<std::string>{"a"});
    EXPECT_EQ(s.backends[0].weight, 0.5);
    EXPECT_TRUE(s.backends[0].workers.none());
    EXPECT_EQ(s.backends[0].queue, lb::Limit{0});
    EXPECT_EQ(s.backends[0].discipline, lbsim::Discipline::Lifo);
    EXPECT_EQ(law_of<lbsim::Constant>(s.backends[0].network).value, 0.002);
    EXPECT_EQ(s.backends[1].members, (std::vector<std::string>{"b0", "b1"}));
}

TEST(Load, ReadsAPolicyByItsNameOrWithParameters) {
    EXPECT_EQ(with(R"("balancers": {"policy": "p2c", "count": 4})").balancers.policy, "p2c");
    const auto tiers = with(R"("balancers": [{"policy": {"name": "p2c", "choices": "all"}}])");
    EXPECT_EQ(tiers.balancers.policy, "p2c");
    EXPECT_EQ(tiers.balancers.equalises, lb::Equalises::InFlightOfFew);
    EXPECT_TRUE(tiers.balancers.make_policy({}));
}

TEST(Load, ReadsEveryChange) {
    const auto s = with(R"("timeline": [
        {"at": "0s", "for": "9s", "target": "b0", "slow": {"factor": 10, "add": "1ms"}},
        {"at": "1s", "target": "b0", "crash": {"answer": "drop", "in_flight": "lost"}},
        {"at": "2s", "target": "b0", "hang": {}},
        {"at": "3s", "add": {"group": "b", "count": 2}},
        {"at": "4s", "target": "b0", "remove": {}},
        {"at": "5s", "target": "b0", "drain": {}},
        {"at": "6s", "target": "b0", "reweight": {"weight": 0.5}}])");
    ASSERT_EQ(s.timeline.size(), 7u);
    EXPECT_EQ(s.timeline[0].lasts, 9s);
    EXPECT_FALSE(s.timeline[1].lasts);
    EXPECT_EQ(s.timeline[6].at, 6s);
    EXPECT_EQ(std::get<lbsim::Slow>(s.timeline[0].change).factor, 10);
    EXPECT_EQ(mean(std::get<lbsim::Slow>(s.timeline[0].change).add), 0.001);
    const auto crash = std::get<lbsim::Crash>(s.timeline[1].change);
    EXPECT_EQ(crash.answer, lbsim::Crash::Answer::Drop);
    EXPECT_EQ(crash.in_flight, lbsim::Crash::InFlight::Lost);
    EXPECT_TRUE(std::holds_alternative<lbsim::Hang>(s.timeline[2].change));
    const auto add = std::get<lbsim::AddBackends>(s.timeline[3].change);
    EXPECT_EQ(add.group, 0u);
    EXPECT_EQ(add.members, (std::vector<std::string>{"b3", "b4"}));
    EXPECT_TRUE(std::holds_alternative<lbsim::RemoveBackends>(s.timeline[4].change));
    EXPECT_TRUE(std::holds_alternative<lbsim::DrainBackends>(s.timeline[5].change));
    EXPECT_EQ(std::get<lbsim::Reweight>(s.timeline[6].change).weight, 0.5);
}

TEST(Load, NumbersAddedBackendsInOrderOfTime) {
    const auto s = with(R"("timeline": [{"at": "9s", "add": {"group": "b"}},
        {"at": "3s", "add": {"group": "b"}}, {"at": "3s", "add": {"group": "b"}}])");
    const auto members = [&](std::size_t i) {
        return std::get<lbsim::AddBackends>(s.timeline.at(i).change).members.at(0);
    };
    EXPECT_EQ(members(0) + members(1) + members(2), "b5b3b4");
}

TEST(Load, FindsTargetsByNamePatternAndGroup) {
    const auto targets = [](const std::string& target) {
        Parts parts{.backends = R"([{"name": "b", "count": 2, "service": "1ms"},
                                    {"name": "db", "service": "1ms"}])",
                    .more = R"("timeline": [{"at": "1s", "hang": {}, "target": )" + target +
                            R"(}, {"at": "9s", "add": {"group": "db"}}])"};
        std::string out;
        const auto s = scenario(parts.text());
        for (const auto& name : s.timeline.at(0).targets) out += name + " ";
        return out;
    };
    EXPECT_EQ(targets(R"("b1")"), "b1 ");
    EXPECT_EQ(targets(R"("*")"), "b0 b1 db db1 ");
    EXPECT_EQ(targets(R"("b*")"), "b0 b1 ");
    EXPECT_EQ(targets(R"("*1")"), "b1 db1 ");
    EXPECT_EQ(targets(R"("*b*")"), "b0 b1 db db1 ");
    EXPECT_EQ(targets(R"("d*b")"), "db ");
    EXPECT_EQ(targets(R"("group:db")"), "db db1 ");
    EXPECT_EQ(targets(R"(["db", "b*", "b0"])"), "b0 b1 db ");
}

TEST(Load, NamesEntriesByWhatHappens) {
    const auto s = with(R"("timeline": [{"at": "1s", "target": "b0", "slow": {"factor": 2}},
        {"at": "1s", "target": "b0", "hang": {}}, {"at": "1s", "target": "b1", "hang": {}},
        {"at": "1s", "target": "b1", "drain": {}, "name": "hang1"}])");
    std::string names;
    for (const auto& entry : s.timeline) names += entry.name + " ";
    EXPECT_EQ(names, "slow hang0 hang2 hang1 ");
}

TEST(Load, PlacesAWindowBeforeDuringAndAfterEachEntry) {
    const auto windows = [](const std::string& more) {
        std::string out;
        const auto s = with(more);
        for (const auto& w : s.windows)
            out += w.name + " " + std::to_string(w.from / 1s) + "-" +
                   (w.to == Duration::max() ? "end" : std::to_string(w.to / 1s)) + "; ";
        return out;
    };
    const std::string entry =
        R"("timeline": [{"name": "x", "at": "10s", "target": "*", "hang": {})";
    EXPECT_EQ(windows(entry + R"(, "for": "5s"}])"),
              "before:x 0-10; during:x 10-15; after:x 15-60; ");
    EXPECT_EQ(windows(entry + "}]"), "before:x 0-10; during:x 10-60; after:x 60-60; ");
    EXPECT_EQ(windows(entry + R"(, "for": "99s"}])"),
              "before:x 0-10; during:x 10-60; after:x 60-60; ");
    EXPECT_EQ(windows(entry + R"(, "for": "5s"}], "requests": 5)"),
              "before:x 0-10; during:x 10-15; after:x 15-end; ");
    EXPECT_EQ(windows(R"("windows": {"w": ["1s", "99s"]})"), "w 1-60; ");
}

TEST(Load, MakesAScenarioOfEachVariant) {
    Parts parts{.more =
                    R"("balancers": {"policy": {"name": "p2c", "choices": 3}}, "compare": ["p2c",
        {"policy": {"name": "p2c", "choices": "all"}, "label": "all"},
        {"label": "patient", "set": {"clients.0.timeout": "9s", "duration": "5s"}},
        {"policy": "random", "set": {"backends.b.workers": "unlimited"}}])"};
    const auto experiment = load(parts.text());
    EXPECT_TRUE(experiment.compared);
    ASSERT_EQ(experiment.variants.size(), 4u);
    std::string labels, used;
    for (const auto& variant : experiment.variants) {
        labels += variant.label + " ";
        used += variant.scenario.balancers.policy + " ";
    }
    EXPECT_EQ(labels, "p2c all patient random ");
    EXPECT_EQ(used, "p2c p2c p2c random ");
    EXPECT_EQ(experiment.variants[2].scenario.clients[0].timeout, 9s);
    EXPECT_EQ(experiment.variants[2].scenario.duration, 5s);
    EXPECT_EQ(experiment.variants[1].scenario.duration, 60s);
    EXPECT_TRUE(experiment.variants[3].scenario.backends[0].workers.none());
}

TEST(Load, LetsAVariantPutRightWhatIsWrong) {
    Parts parts{
        .more =
            R"("compare": [{"label": "x", "set": {"clients.0.arrivals.poisson.rate": "9/s"}}])"};
    parts.clients = R"([{"arrivals": {"poisson": {"rate": "9000/s"}}}])";
    EXPECT_EQ(mistakes(parts.text()), "none");
}

TEST(Load, TakesWhatTheCommandLineSays) {
    Parts parts{.more = R"("seed": 3, "duration": "9s", "compare": ["random"])"};
    const LoadOptions options{.overrides = {{"clients.0.timeout", "1s"},
                                            {"duration", "null"},
                                            {"requests", "70"},
                                            {"clients.0.timeout", "2s"}},
                              .policies = {"p2c", "random"},
                              .seed = ~std::uint64_t{0},
                              .replications = 9};
    const auto experiment = load(parts.text(), options);
    ASSERT_EQ(experiment.variants.size(), 2u);
    EXPECT_EQ(experiment.variants[0].label, "p2c");
    EXPECT_EQ(experiment.variants[1].label, "random");
    const auto& s = experiment.variants[0].scenario;
    EXPECT_EQ(s.clients[0].timeout, 2s);
    EXPECT_EQ(s.seed, ~std::uint64_t{0});
    EXPECT_EQ(s.replications, 9);
    EXPECT_EQ(s.requests, 70);
}

TEST(Load, WeighsOpenLoadAgainstCapacity) {
    const auto of = [](const std::string& arrivals, const std::string& more = "") {
        Parts parts{.more = more};
        parts.clients = R"([{"arrivals": )" + arrivals + "}]";
        return mistakes(parts.text());  // Three backends of 100/s.
    };
    EXPECT_EQ(of(R"({"poisson": {"rate": "299.9/s"}})"), "none");
    EXPECT_EQ(
        of(R"({"poisson": {"rate": "300/s"}})"),
        R"("300/s": the offered load, 300/s, is not below the capacity of all backends, 300/s )"
        R"((lower the rate, add backends, or say "overload": true if it is meant))");
    EXPECT_EQ(of(R"({"poisson": {"rate": "300/s"}})", R"("overload": true)"), "none");
    EXPECT_EQ(of(R"({"closed": {"concurrency": 9000}})"), "none");
    const auto begins = [](const std::string& text, const std::string& start) {
        return text.substr(0, start.size()) == start ? std::string{"so"} : text;
    };
    EXPECT_EQ(
        begins(of(R"({"constant": {"rate": "1/ms"}})"), R"("1/ms": the offered load, 1000/s, is)"),
        "so");
    EXPECT_EQ(of(R"({"mmpp": {"rates": ["0/s", "599/s"], "dwell": "1s"}})"), "none");
    EXPECT_EQ(begins(of(R"({"mmpp": {"rates": ["0/s", "401/s"], "dwell": ["1s", "3s"]}})"),
                     R"(["0/s", "401/s"]: the offered load, 300.75/s, is)"),
              "so");
    EXPECT_EQ(begins(of(R"({"profile": [["0s", "1/s"], ["1s", "301/s"], ["2s", "1/s"]]})"),
                     R"("301/s": the offered load, 301/s, is)"),
              "so");
}

TEST(Load, WeighsTheWorkOfAllClientsOnAllBackends) {
    Parts parts;
    parts.clients = R"([{"name": "a", "arrivals": {"poisson": {"rate": "100/s"}}, "work": 2},
                        {"name": "b", "arrivals": {"poisson": {"rate": "99/s"}}}])";
    EXPECT_EQ(mistakes(parts.text()), "none");
    parts.backends = R"([{"count": 2, "service": "10ms"}, {"name": "c", "service": "11ms"}])";
    EXPECT_EQ(mistakes(parts.text()),
              R"("100/s": the offered load, 299/s of work 1, is not below the capacity of all )"
              R"(backends, 290.909/s (lower the rate, add backends, or say "overload": true if )"
              R"(it is meant))");
    parts.backends =
        R"([{"count": 2, "service": "10ms"},
            {"name": "c", "service": "11ms", "workers": "unlimited"}])";
    EXPECT_EQ(mistakes(parts.text()), "none");
    parts.backends = R"([{"service": {"pareto": {"min": "1us", "alpha": 1}}}])";
    EXPECT_EQ(mistakes(parts.text()),
              R"({"pareto": {"min": "1us", "alpha": 1}}: its mean is infinite, and so is the load )"
              R"((give it a max, an alpha above 1, or say "overload": true))");
}

// A table of mistakes: what is typed, and what is said of it.
struct Mistaken {
    std::string input, said;
};

TEST(Load, NamesEveryMistakeInTheTopLevel) {
    const std::vector<Mistaken> table{
        {R"("duration": 500)",
         R"(500: a duration needs a unit, found 500 (write "500ms", or with ns, us, s, min )"
         "or h)"},
        {R"("duration": "500")",
         R"("500": a duration needs a unit, found "500" (write "500ms", or with ns, us, s, )"
         "min or h)"},
        {R"("duration": 1.5)",
         R"(1.5: a duration needs a unit, found 1.5 (write "1.5ms", or with ns, us, s, min )"
         "or h)"},
        {R"("duration": true)",
         R"(true: expected a duration, found true (write for example "10ms"))"},
        {R"("duration": "soon")",
         R"("soon": expected a duration, found "soon" (write for example "10ms"))"},
        {R"("duration": "5m")",
         R"("5m": unknown unit "m" of a duration, found "5m" (write "5min" or "5ms"))"},
        {R"("duration": "5 s")",
         R"("5 s": unknown unit " s" of a duration, found "5 s" (use ns, us, ms, s, min or )"
         "h)"},
        {R"("duration": "0s")", R"("0s": must be greater than 0, found "0s")"},
        {R"("duration": "-5s")", R"("-5s": must be greater than 0, found "-5s")"},
        {R"("duration": "0.5ns")",
         R"("0.5ns": a duration is a whole number of nanoseconds, found "0.5ns" (write )"
         "fewer digits)"},
        {R"("duration": "99999h")", R"("99999h": a duration is at most ten years, found "99999h")"},
        {R"("duration": ["5s"])",
         R"(["5s"]: expected a duration, found an array (write for example "10ms"))"},
        {R"("warmup": "-1ns")", R"("-1ns": must be at least 0, found "-1ns")"},
        {R"("warmup": {})",
         R"({}: expected a duration, found an empty object (write for example "10ms"))"},
        {R"("seed": -1)", "-1: must be at least 0, found -1"},
        {R"("seed": 1.5)", "1.5: expected a whole number, found 1.5"},
        {R"("seed": "1")", R"("1": expected a whole number, found "1")"},
        {R"("seed": 9223372036854775808)",
         "9223372036854775808: too large, found 9223372036854775808"},
        {R"("replications": 0)", "0: must be at least 1, found 0"},
        {R"("replications": 100001)", "100001: must be at most 100000, found 100001"},
        {R"("requests": 0)", "0: must be at least 1, found 0"},
        {R"("requests": 5, "duration": "5s")",
         R"(5: "requests" and "duration" exclude each other (leave one of them out, or set )"
         "it to null)"},
        {R"("question": 5)", "5: expected a string, found 5"},
        {R"("overload": "yes")", R"("yes": expected true or false, found "yes")"},
        {R"("overload": 1)", "1: expected true or false, found 1"},
        {R"("slo": {})", R"({: missing key "latency")"},
        {R"("slo": "300ms")",
         R"("300ms": expected an object, found "300ms" (its keys: "latency", "good"))"},
        {R"("slo": {"latency": "0s"})", R"("0s": must be greater than 0, found "0s")"},
        {R"("slo": {"latency": "1s", "good": 99.9})",
         R"(99.9: must be at most 1, found 99.9 (write "99.9%"))"},
        {R"("slo": {"latency": "1s", "good": "99.9"})",
         R"("99.9": a fraction needs a unit, found "99.9" (write "99.9%" or a number )"
         "without quotes)"},
        {R"("slo": {"latency": "1s", "good": "99.9 percent"})",
         R"("99.9 percent": unknown unit " percent" of a fraction, found "99.9 percent" )"
         R"((write "99.9%" or a number without quotes))"},
        {R"("slo": {"latency": "1s", "good": "0%"})",
         R"("0%": must be greater than 0, found "0%")"},
        {R"("slo": {"latency": "1s", "good": true})",
         R"(true: expected a fraction, found true (write 0.1 or "10%"))"},
        {R"("replicatoins": 5)",
         R"("replicatoins": unknown key "replicatoins" (did you mean "replications"?))"},
        {R"("xyz": 5)",
         R"("xyz": unknown key "xyz" (known here: "$schema", "question", "lesson", )"
         R"("source", "seed", "replications", "warmup", "duration", "requests", "drain", )"
         R"("series_step", "overload", "slo", "clients", "balancers", "backends", )"
         R"("timeline", "windows", "compare", "expect"))"},
        {R"("health_check": {})",
         R"("health_check": unknown key "health_check" (known here: "$schema", "question", )"
         R"("lesson", "source", "seed", "replications", "warmup", "duration", "requests", )"
         R"("drain", "series_step", "overload", "slo", "clients", "balancers", "backends", )"
         R"("timeline", "windows", "compare", "expect"))"},
        {R"("balancers": "p2c")", R"("p2c": expected an object or a list, found "p2c")"},
        {R"("balancers": [])", "[]: must not be empty"},
        {R"("balancers": [{}, {}])",
         "{}: the name \"lb\" is taken by another tier (give each tier a name of its own)\n"
         "{}: only the first tier may leave open to whom it sends (\"to\": the name of a group of "
         "backends)"},
        {R"("balancers": {"policy": "p2cc"})",
         R"("p2cc": unknown policy "p2cc" (did you mean "p2c"?))"},
        {R"("balancers": {"policy": "best"})",
         R"("best": unknown policy "best" (known here: )" + known_policies() + ")"},
        {R"("balancers": {"policy": 5})",
         "5: expected the name of a policy, or an object with one, found 5"},
        {R"("balancers": {"policy": {}})", R"({: missing key "name")"},
        {R"("balancers": {"policy": {"choices": 3}})", R"({: missing key "name")"},
        {R"("balancers": {"policy": {"nmae": "p2c"}})",
         R"("nmae": unknown key "nmae" (did you mean "name"?))"},
        {R"("balancers": {"policy": {"name": 5}})", "5: expected the name of a policy, found 5"},
        {R"("balancers": {"policy": {"name": "p2cc", "choises": 3}})",
         R"("p2cc": unknown policy "p2cc" (did you mean "p2c"?))"},
        {R"("balancers": {"policy": {"name": "p2c", "choises": 3}})",
         R"("choises": unknown key "choises" (did you mean "choices"?))"},
        {R"("balancers": {"policy": {"name": "p2c", "choices": "every"}})",
         R"("every": expected a whole number or "all", found "every")"},
        {R"("balancers": {"policy": {"name": "p2c", "choices": 65}})",
         "65: must be at most 64, found 65"},
        {R"("balancers": {"policy": {"name": "random", "choices": 2}})",
         R"("choices": unknown key "choices" (known here: "name"))"},
        {R"("timeline": {})", "{}: expected a list, found an empty object"},
        {R"("timeline": [5])",
         R"(5: expected an object, found 5 (its keys: "name", "at", "for", "slow", "crash", "hang", …))"},
        {R"("timeline": [{}])",
         R"({: missing key "at")"
         "\n"
         R"({: expected one of "slow", "crash", "hang", "error", "cut", "capacity", "brownout", )"
         R"("leak", "network", "probe_lie", "add", "remove", "drain", "reweight" or "restart")"},
        {R"("timeline": [{"at": "1s", "target": "b0"}])",
         R"({: expected one of "slow", "crash", "hang", "error", "cut", "capacity", "brownout", )"
         R"("leak", "network", "probe_lie", "add", "remove", "drain", "reweight" or "restart")"},
        {R"("timeline": [{"at": "1s", "hang": {}}])", R"({: missing key "target")"},
        {R"("timeline": [{"at": "1s", "target": "b0", "hnag": {}}])",
         R"("hnag": unknown key "hnag" (did you mean "hang"?))"},
        {R"("timeline": [{"at": "1s", "target": "b0", "hang": {}, "crash": {}}])",
         R"("hang": only one of "crash" and "hang" may be given)"},
        {R"("timeline": [{"at": "1s", "target": "b0", "remove": {"factor": 2}}])",
         R"("factor": unknown key "factor" (nothing is known here: write {}))"},
        {R"("timeline": [{"at": "1s", "target": "b3", "hang": {}}])",
         R"("b3": no backend "b3" (known here: "b0", "b1", "b2"))"},
        {R"("timeline": [{"at": "1s", "target": "backend", "hang": {}}])",
         R"("backend": no backend "backend" (known here: "b0", "b1", "b2"))"},
        {R"("timeline": [{"at": "1s", "target": ["b0", "c*"], "hang": {}}])",
         R"("c*": no backend matches "c*" (known here: "b0", "b1", "b2"))"},
        {R"("timeline": [{"at": "1s", "target": "group:c", "hang": {}}])",
         R"("group:c": no group "c" of backends (known here: "b"))"},
        {R"("timeline": [{"at": "1s", "target": [], "hang": {}}])", "[]: must not be empty"},
        {R"("timeline": [{"at": "1s", "target": 5, "hang": {}}])", "5: expected a string, found 5"},
        {R"("timeline": [{"at": "60s", "target": "b0", "hang": {}}])",
         R"("60s": begins at 60s, when the run is over: its duration is 60s)"},
        {R"("timeline": [{"at": "-1s", "target": "b0", "hang": {}}])",
         R"("-1s": must be at least 0, found "-1s")"},
        {R"("timeline": [{"at": "1s", "for": "0s", "target": "b0", "hang": {}}])",
         R"("0s": must be greater than 0, found "0s")"},
        {R"("timeline": [{"at": "1s", "target": "b0", "slow": {}}])",
         "{}: a slow that changes nothing (give it a factor or something to add)"},
        {R"("timeline": [{"at": "1s", "target": "b0", "slow": {"factor": 0}}])",
         "0: must be greater than 0, found 0"},
        {R"("timeline": [{"at": "1s", "target": "b0", "slow": {"factor": "10x"}}])",
         R"("10x": expected a number, found "10x")"},
        {R"("timeline": [{"at": "1s", "target": "b0", "crash": {"answer": "refsue"}}])",
         R"("refsue": expected "refuse" or "drop", found "refsue" (did you mean "refuse"?))"},
        {R"("timeline": [{"at": "1s", "target": "b0", "reweight": {}}])",
         R"({: missing key "weight")"},
        {R"("timeline": [{"at": "1s", "target": "b0", "reweight": {"weight": 0}}])",
         "0: must be greater than 0, found 0"},
        {R"("timeline": [{"at": "1s", "add": {}}])", R"({: missing key "group")"},
        {R"("timeline": [{"at": "1s", "add": {"group": "c"}}])",
         R"("c": no group "c" of backends (known here: "b"))"},
        {R"("timeline": [{"at": "1s", "target": "b0", "add": {"group": "b"}}])",
         R"("b0": what is added has no target (name a group in "add"))"},
        {R"("timeline": [{"at": "1s", "add": {"group": "b", "count": 100000}}])",
         "100000: more than 100000 backends"},
        {R"("timeline": [{"name": "x", "at": "1s", "target": "b0", "hang": {}}, {"name": )"
         R"("x", "at": "2s", "target": "b0", "hang": {}}])",
         R"("x": the name "x" is taken by another entry)"},
        {R"("timeline": [{"name": "a b", "at": "1s", "target": "b0", "hang": {}}])",
         R"("a b": expected a name, found "a b" (letters, digits, _ and -, and first a )"
         "letter or _)"},
        {R"("windows": ["10s", "20s"])", R"(["10s", "20s"]: expected an object, found an array)"},
        {R"("windows": {"w": "10s"})", R"("10s": expected a list of 2, found "10s")"},
        {R"("windows": {"w": ["10s"]})",
         R"(["10s"]: expected a list of 2, found an array (it has 1))"},
        {R"("windows": {"w": ["10s", 20]})",
         R"(20: a duration needs a unit, found 20 (write "20ms", or with ns, us, s, min or )"
         "h)"},
        {R"("windows": {"w": ["10s", "10s"]})", R"(["10s", "10s"]: must end after it begins)"},
        {R"("windows": {"w": ["60s", "70s"]})",
         R"(["60s", "70s"]: begins at 60s, when the run is over: its duration is 60s)"},
        {R"("windows": {"during:w": ["1s", "2s"]})",
         R"(["1s", "2s"]: expected a name, found "during:w" (letters, digits, _ and -, and )"
         "first a letter or _)"},
        {R"("compare": "p2c")", R"("p2c": expected a list, found "p2c")"},
        {R"("compare": ["p2c", "random", "p2c"])",
         R"("p2c": there is a variant "p2c" already (give it a "label" of its own))"},
        {R"("compare": ["p2c", {"policy": {"name": "p2c", "choices": 3}}])",
         R"({"policy": {"name": "p2c", "choices": 3}}: there is a variant "p2c" already )"
         R"((give it a "label" of its own))"},
        {R"("compare": ["p2c", {"label": "p2c"}])",
         R"("p2c": there is a variant "p2c" already (give it a "label" of its own))"},
        {R"("compare": ["p2cc", 5, {}])",
         R"("p2cc": unknown policy "p2cc" (did you mean "p2c"?))"
         "\n"
         "5: expected the name of a policy, or an object with one, found 5\n"
         R"({}: a variant without policy needs a label (write for example "label": )"
         R"("patient"))"},
        {R"("compare": [{"label": "x", "policy": {"name": "p2c", "choises": 3}}])",
         R"("choises": unknown key "choises" (did you mean "choices"?))"},
        {R"("compare": [{"label": "x", "set": {"duration": 5, "clients.web.timeout": "1s", )"
         R"("duratoin": "5s"}}])",
         R"(5: a duration needs a unit, found 5 (write "5ms", or with ns, us, s, min or h))"
         "\n"
         R"("clients.web.timeout": unknown key "web" (known here: "name", "arrivals", )"
         R"("work", "keys", "classes", "connections", "timeout", "deadline", "retry", "hedge", "throttle", )"
         R"("network"))"
         "\n"
         R"("duratoin": unknown key "duratoin" (did you mean "duration"?))"},
        {R"("compare": [{"label": "x", "set": {"timeline": [{"at": "1s", "target": "b7", )"
         R"("hang": {}}]}}, "p2c"])",
         R"("b7": no backend "b7" (known here: "b0", "b1", "b2"))"},
        {R"("compare": [{"label": "", "policy": ""}])",
         R"("": unknown policy "" (known here: )" + known_policies() + ")"},
        {R"("compare": [{"label": "a,b"}])",
         R"("a,b": a label has none of , ( ) : and quotes (assertions name variants by it))"},
        {R"("compare": [{"label": "x", "policy": "random", "sett": {}}])",
         R"("sett": unknown key "sett" (did you mean "set"?))"},
        {R"("expect": "p99 < 1s")", R"("p99 < 1s": expected a list, found "p99 < 1s")"},
        {R"("expect": [5])", "5: expected a string, found 5"},
    };
    for (const auto& [input, said] : table)
        EXPECT_EQ(mistakes(Parts{.more = input}.text()), said) << input;
}

TEST(Load, NamesEveryMistakeInArrivals) {
    const std::vector<Mistaken> table{
        {R"({"poisson": {}})", R"({: missing key "rate")"},
        {R"({"poisson": {"rate": 50}})",
         R"(50: a rate needs a unit, found 50 (write "50/s", or with /ms, /min or /h))"},
        {R"({"poisson": {"rate": "50"}})",
         R"("50": a rate needs a unit, found "50" (write "50/s", or with /ms, /min or /h))"},
        {R"({"poisson": {"rate": "50/d"}})",
         R"("50/d": unknown unit "/d" of a rate, found "50/d" (write "50/s", or with /ms, )"
         "/min or /h)"},
        {R"({"poisson": {"rate": "fast"}})",
         R"("fast": expected a rate, found "fast" (write for example "800/s"))"},
        {R"({"poisson": {"rate": true}})",
         R"(true: expected a rate, found true (write for example "800/s"))"},
        {R"({"poisson": {"rate": "0/s"}})", R"("0/s": must be greater than 0, found "0/s")"},
        {R"({"poisson": {"rate": "-5/s"}})", R"("-5/s": must be greater than 0, found "-5/s")"},
        {R"({"poisson": {"rate": "1e10/s"}})",
         R"("1e10/s": must be at most 1000000000/s, found "1e10/s")"},
        {R"({"poisson": {"rate": "1e50/s"}})", R"("1e50/s": too large, found "1e50/s")"},
        {R"({"poisson": {"rate": "0.12345678901234567891/s"}})",
         R"("0.12345678901234567891/s": a rate has at most 19 digits, found )"
         R"("0.12345678901234567891/s" (write fewer digits))"},
        {R"({"poison": {"rate": "50/s"}})",
         R"("poison": unknown key "poison" (did you mean "poisson"?))"},
        {R"({"constant": {"rate": "5/s"}, "poisson": {"rate": "5/s"}})",
         R"("constant": only one of "poisson" and "constant" may be given)"},
        {"{}",
         R"({: expected one of "poisson", "constant", "mmpp", "profile", "closed" or "trace")"},
        {"5",
         R"(5: expected an object, found 5 (its keys: "poisson", "constant", "mmpp", "profile", "closed", "trace"))"},
        {R"({"mmpp": {"rates": [], "dwell": "1s"}})", "[]: must not be empty"},
        {R"({"mmpp": {"rates": ["0/s", "0/s"], "dwell": "1s"}})",
         R"(["0/s", "0/s"]: at least one rate must be greater than 0)"},
        {R"({"mmpp": {"rates": ["1/s", "2/s"], "dwell": ["1s", "2s", "3s"]}})",
         R"(["1s", "2s", "3s"]: expected one duration or as many as there are rates, 2, )"
         "found 3"},
        {R"({"mmpp": {"rates": ["1/s", 2]}})",
         R"({: missing key "dwell")"
         "\n"
         R"(2: a rate needs a unit, found 2 (write "2/s", or with /ms, /min or /h))"},
        {R"({"profile": []})", "[]: must not be empty"},
        {R"({"profile": {"0s": "1/s"}})", R"({"0s": "1/s"}: expected a list, found an object)"},
        {R"({"profile": [["0s", "1/s"], ["0s", "2/s"]]})",
         R"(["0s", "2/s"]: must be later than the step before it, at 0s)"},
        {R"({"profile": [["0s", "1/s", 1]]})",
         R"(["0s", "1/s", 1]: expected a list of 2, found an array (it has 3))"},
        {R"({"profile": [["0s", "0/s"]]})",
         R"([["0s", "0/s"]]: at least one rate must be greater than 0)"},
        {R"({"closed": {"concurrency": 0}})", "0: must be at least 1, found 0"},
        {R"({"closed": {}})", R"({: missing key "concurrency")"},
        {R"({"trace": {"file": "missing.csv"}})",
         R"("missing.csv": no such file: "missing.csv" (paths begin at the scenario's )"
         "folder)"},
        {R"({"trace": {"file": "."}})", R"(".": not a file: ".")"},
        {R"({"trace": {"file": "log.csv", "format": "jsonl2"}})",
         R"("jsonl2": expected "auto", "csv", "jsonl", "combined", "nginx", "haproxy", )"
         R"("envoy" or "alb", found "jsonl2" (did you mean "jsonl"?))"},
        {R"({"trace": {"file": "log.csv", "columns": {"tiem": "t"}}})",
         R"("tiem": unknown key "tiem" (did you mean "time"?))"},
        {R"({"trace": {}})", R"({: missing key "file")"},
    };
    for (const auto& [input, said] : table)
        EXPECT_EQ(mistakes(Parts{.clients = "[{\"arrivals\": " + input + "}]"}.text()), said)
            << input;
}

TEST(Load, NamesEveryMistakeInDistributions) {
    const std::vector<Mistaken> table{
        {"5", R"(5: a duration needs a unit, found 5 (write "5ms", or with ns, us, s, min or h))"},
        {"true", R"(true: expected a duration, found true (write for example "10ms"))"},
        {"[]", R"([]: expected a duration, found an empty array (write for example "10ms"))"},
        {R"("0s")", R"("0s": must be greater than 0, found "0s")"},
        {"{}", R"({: expected one of "exponential", "lognormal", "gamma", "erlang", "uniform", )"
               R"("pareto", "weibull", "hyperexponential", "mixture" or "empirical")"},
        {R"({"exponential": {}})", R"({: missing key "mean")"},
        {R"({"exponential": "10ms"})",
         R"("10ms": expected an object, found "10ms" (its keys: "mean"))"},
        {R"({"exponential": {"mean": 10}})",
         R"(10: a duration needs a unit, found 10 (write "10ms", or with ns, us, s, min or )"
         "h)"},
        {R"({"exponental": {"mean": "10ms"}})",
         R"("exponental": unknown key "exponental" (did you mean "exponential"?))"},
        {R"({"constant": "10ms"})",
         R"({: expected one of "exponential", "lognormal", "gamma", "erlang", "uniform", )"
         R"("pareto", "weibull", "hyperexponential", "mixture" or "empirical")"
         "\n"
         R"("constant": unknown key "constant" (known here: "exponential", "lognormal", )"
         R"("gamma", "erlang", "uniform", "pareto", "weibull", "hyperexponential", )"
         R"("mixture", "empirical"))"},
        {R"({"lognormal": {}})", R"({: expected one of "mean" or "median")"},
        {R"({"lognormal": {"mean": "10ms"}})", R"({: missing key "cv")"},
        {R"({"lognormal": {"mean": "10ms", "cv": -1}})", "-1: must be at least 0, found -1"},
        {R"({"lognormal": {"mean": "10ms", "cv": 1, "p99": "1s"}})", R"({: missing key "median")"},
        {R"({"lognormal": {"mean": "10ms", "cv": 1, "median": "10ms", "p99": "1s"}})",
         R"("median": only one of "mean" and "median" may be given)"},
        {R"({"lognormal": {"median": "10ms", "p99": "5ms"}})",
         R"("5ms": must not be less than the median)"},
        {R"({"lognormal": {"p99": "5ms"}})", R"({: missing key "median")"},
        {R"({"erlang": {"stages": 0, "mean": "1ms"}})", "0: must be at least 1, found 0"},
        {R"({"uniform": {"min": "10ms", "max": "5ms"}})", R"("5ms": must not be less than min)"},
        {R"({"uniform": {"min": "10ms"}})", R"({: missing key "max")"},
        {R"({"pareto": {"min": "10ms", "alpha": 0}})", "0: must be at least 0.1, found 0"},
        {R"({"pareto": {"min": "10ms", "alpha": 2, "max": "10ms"}})",
         R"("10ms": must be greater than min)"},
        {R"({"weibull": {"scale": "10ms", "shape": 0}})", "0: must be at least 0.05, found 0"},
        {R"({"hyperexponential": {"phases": []}})", "[]: must not be empty"},
        {R"({"hyperexponential": {"phases": [{"share": 0, "mean": "1ms"}]}})",
         R"([{"share": 0, "mean": "1ms"}]: at least one share must be greater than 0)"},
        {R"({"mixture": {"of": [{"share": 1}]}})",
         R"({: expected one of "exponential", "lognormal", "gamma", "erlang", "uniform", )"
         R"("pareto", "weibull", "hyperexponential", "mixture", "empirical" or "constant")"},
        {R"({"mixture": {"of": [{"constant": "1ms"}]}})", R"({: missing key "share")"},
        {R"({"mixture": {"of": [{"share": -1, "constant": "1ms"}]}})",
         "-1: must be at least 0, found -1"},
        {R"({"mixture": {"of": [{"share": 0, "constant": "1ms"}]}})",
         R"([{"share": 0, "constant": "1ms"}]: at least one share must be greater than 0)"},
        {R"({"empirical": {"file": "missing.txt"}})",
         R"("missing.txt": no such file: "missing.txt" (paths begin at the scenario's )"
         "folder)"},
        {R"({"empirical": {"file": "bad.txt"}})",
         R"("bad.txt": line 2 of the file: expected a duration, found "fast" (of bare )"
         R"(numbers, say "unit": "ms"))"},
        {R"({"empirical": {"file": "bare.txt"}})",
         R"("bare.txt": line 1 of the file: expected a duration, found "3" (of bare )"
         R"(numbers, say "unit": "ms"))"},
        {R"({"empirical": {"file": "bare.txt", "unit": "min"}})",
         R"("min": expected "ns", "us", "ms" or "s", found "min")"},
        {R"({"empirical": {"file": "empty.txt"}})", R"("empty.txt": the file holds no values)"},
    };
    for (const auto& [input, said] : table)
        EXPECT_EQ(mistakes(Parts{.backends = "[{\"service\": " + input + "}]"}.text()), said)
            << input;
}

TEST(Load, NamesEveryMistakeInClients) {
    const std::vector<Mistaken> table{
        {"[]", "[]: must not be empty"},
        {"{}", "{}: expected a list, found an empty object"},
        {"[5]",
         R"(5: expected an object, found 5 (its keys: "name", "arrivals", "work", "keys", "classes", "connections", …))"},
        {"[{}]", R"({: missing key "arrivals")"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "tiemout": "1s"}])",
         R"("tiemout": unknown key "tiemout" (did you mean "timeout"?))"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "timeout": "0s"}])",
         R"("0s": must be greater than 0, found "0s")"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "network": "-1s"}])",
         R"("-1s": must be at least 0, found "-1s")"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "work": "1s"}])",
         R"("1s": expected a number, found "1s")"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "work": {"pareto": {"min": 1, )"
         R"("alpha": 1}}}])",
         R"({"pareto": {"min": 1, "alpha": 1}}: its mean is infinite, and so is the load )"
         R"((give it a max, an alpha above 1, or say "overload": true))"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "keys": {"zipf": {"s": 1}}}])",
         R"({: missing key "count")"},
        {R"([{"arrivals": {"poisson": {"rate": "5/s"}}, "keys": 5}])",
         R"(5: expected an object, found 5 (its keys: "uniform", "zipf", "ips", "sessions"))"},
        {R"([{"name": "9", "arrivals": {"poisson": {"rate": "5/s"}}}])",
         R"("9": expected a name, found "9" (letters, digits, _ and -, and first a letter )"
         "or _)"},
        {R"([{"name": "a", "arrivals": {"poisson": {"rate": "5/s"}}}, {"name": "a", )"
         R"("arrivals": {"poisson": {"rate": "5/s"}}}])",
         R"("a": the name "a" is taken by other clients)"},
    };
    for (const auto& [input, said] : table)
        EXPECT_EQ(mistakes(Parts{.clients = input}.text()), said) << input;
}

TEST(Load, NamesEveryMistakeInBackends) {
    const std::vector<Mistaken> table{
        {"[]", "[]: must not be empty"},
        {R"("b0")", R"("b0": expected a list, found "b0")"},
        {"[{}]", R"({: missing key "service")"},
        {R"([{"count": 3}])", R"({: missing key "service")"},
        {R"([{"servcie": "10ms"}])",
         R"("servcie": unknown key "servcie" (did you mean "service"?))"},
        {R"([{"service": "10ms", "count": 0}])", "0: must be at least 1, found 0"},
        {R"([{"service": "10ms", "count": 100001}])",
         "100001: must be at most 100000, found 100001"},
        {R"([{"service": "10ms", "count": 2.5}])", "2.5: expected a whole number, found 2.5"},
        {R"([{"service": "10ms", "count": 60000}, {"name": "c", "service": "10ms", "count": )"
         "60000}]",
         "60000: more than 100000 backends"},
        {R"([{"service": "10ms", "workers": 0}])", "0: must be at least 1, found 0"},
        {R"([{"service": "10ms", "workers": "many"}])",
         R"("many": expected a whole number or "unlimited", found "many")"},
        {R"([{"service": "10ms", "queue": -1}])", "-1: must be at least 0, found -1"},
        {R"([{"service": "10ms", "weight": 0}])", "0: must be greater than 0, found 0"},
        {R"([{"service": "10ms", "discipline": "fofi"}])",
         R"("fofi": expected "fifo", "ps" or "lifo", found "fofi")"},
        {R"([{"service": "10ms", "discipline": 5}])",
         R"(5: expected "fifo", "ps" or "lifo", found 5)"},
        {R"([{"name": "b*", "service": "10ms"}])",
         R"("b*": expected a name, found "b*" (letters, digits, _ and -, and first a letter )"
         "or _)"},
        {R"([{"name": "b", "service": "10ms"}, {"name": "b", "service": "10ms"}])",
         R"("b": the name "b" is taken by another group (give each group a name of its own))"},
        {R"([{"name": "b", "count": 11, "service": "10ms"}, {"name": "b1", "count": 2, )"
         R"("service": "10ms"}])",
         R"("b1": the backend "b10" exists already, in the group "b" (choose another name))"},
        {R"([{"name": "b", "count": 2, "service": "10ms"}, {"name": "b1", "service": )"
         R"("10ms"}])",
         R"("b1": the backend "b1" exists already, in the group "b" (choose another name))"},
    };
    for (const auto& [input, said] : table)
        EXPECT_EQ(mistakes(Parts{.backends = input}.text()), said) << input;
}

TEST(Load, NamesEveryMistakeInTheWhole) {
    const std::vector<Mistaken> table{
        {"{}", R"({: missing key "clients")"
               "\n"
               R"({: missing key "backends")"},
        {"[]",
         R"([]: expected an object, found an empty array (its keys: "$schema", "question", "lesson", "source", "seed", "replications", …))"},
        {"5",
         R"(5: expected an object, found 5 (its keys: "$schema", "question", "lesson", "source", "seed", "replications", …))"},
        {"null",
         R"(null: expected an object, found null (its keys: "$schema", "question", "lesson", "source", "seed", "replications", …))"},
    };
    for (const auto& [input, said] : table) EXPECT_EQ(mistakes(input), said) << input;
}

TEST(Load, ShowsEveryMistakeOfEveryVariantOnceAndInItsPlace) {
    const std::string text = R"({ "clients": [{ "arrivals": { "poisson": { "rate": "350/s" } } }],
  "balancers": { "policy": { "name": "p2c", "dekay": "10s" } },
  "backends": [{ "name": "b", "count": 3, "service": "10ms" }],
  "timeline": [{ "at": "30s", "target": "b7", "hang": {} }],
  "compare": [{ "label": "as is" }, "random", { "policy": "p2cc" },
              { "label": "late", "set": { "duration": "20s" } }]
})";
    try {
        load(text);
        ADD_FAILURE() << "no error";
    } catch (const ScenarioError& error) {
        EXPECT_STREQ(
            error.what(),
            R"~(x.json:1:52: error: the offered load, 350/s, is not below the capacity of all backends, 300/s
  1 | { "clients": [{ "arrivals": { "poisson": { "rate": "350/s" } } }],
    |                                                    ^~~~~~~
  at /clients/0/arrivals/poisson/rate
  hint: lower the rate, add backends, or say "overload": true if it is meant

x.json:2:45: error: unknown key "dekay"
  2 |   "balancers": { "policy": { "name": "p2c", "dekay": "10s" } },
    |                                             ^~~~~~~
  at /balancers/policy/dekay
  hint: known here: "name", "choices"

x.json:4:24: error: begins at 30s, when the run is over: its duration is 20s
  4 |   "timeline": [{ "at": "30s", "target": "b7", "hang": {} }],
    |                        ^~~~~
  at /timeline/0/at

x.json:4:41: error: no backend "b7"
  4 |   "timeline": [{ "at": "30s", "target": "b7", "hang": {} }],
    |                                         ^~~~
  at /timeline/0/target
  hint: known here: "b0", "b1", "b2"

x.json:5:59: error: unknown policy "p2cc"
  5 |   "compare": [{ "label": "as is" }, "random", { "policy": "p2cc" },
    |                                                           ^~~~~~
  at /compare/2/policy
  hint: did you mean "p2c"?
)~");
    }
}

TEST(Load, NamesTheOptionThatIsWrong) {
    const auto error = [](const LoadOptions& options) -> std::string {
        try {
            load(Parts{}.text(), options);
        } catch (const ScenarioError& e) { return e.what(); }
        return "none";
    };
    EXPECT_EQ(error({.overrides = {{"warmup", "1"}}}),
              "lbsim: error: --set warmup=1: a duration needs a unit, found 1\n"
              "  hint: write \"1ms\", or with ns, us, s, min or h\n");
    EXPECT_EQ(error({.overrides = {{"clients.web.timeout", "1s"}}}),
              "lbsim: error: --set clients.web.timeout=1s: unknown key \"web\"\n"
              "  hint: known here: \"name\", \"arrivals\", \"work\", \"keys\", \"classes\", "
              "\"connections\", \"timeout\", \"deadline\", \"retry\", \"hedge\", \"throttle\", "
              "\"network\"\n");
    EXPECT_EQ(error({.policies = {"p2c", "randm"}}),
              "lbsim: error: --policies compare=[\"p2c\",\"randm\"]: unknown policy \"randm\"\n"
              "  at /compare/1\n"
              "  hint: did you mean \"random\"?\n");
}

TEST(Load, RefusesAnOptionThatEveryVariantOverrides) {
    const auto error = [](std::string_view path, std::string_view value,
                          const std::vector<std::string>& policies) -> std::string {
        try {
            load(Parts{}.text(),
                 {.overrides = {{std::string{path}, std::string{value}}}, .policies = policies});
        } catch (const ScenarioError& e) { return e.what(); }
        return "none";
    };
    const auto changes_nothing = [](const std::string& what) {
        return what.find("itself, so --set changes nothing") != std::string::npos;
    };
    EXPECT_TRUE(changes_nothing(error("balancers.policy", "\"random\"", {"p2c", "random"})));
    EXPECT_EQ(error("balancers.policy", "\"random\"", {}), "none");
    EXPECT_EQ(error("balancers.count", "2", {"p2c", "random"}), "none");
    EXPECT_NE(error("balancers.policy", "\"random\"", {"p2c"}).find("leave out one of the two"),
              std::string::npos);
}

TEST(Load, GivesAFileThatCannotBeReadAPosition) {
    const auto error = [](const std::filesystem::path& path) -> std::string {
        try {
            load_experiment(path, policies());
        } catch (const ScenarioError& e) { return e.what(); }
        return "none";
    };
    EXPECT_EQ(error("no/such.json"), "no/such.json:1:1: error: no such file\n");
    EXPECT_EQ(error(folder()), folder().string() + ":1:1: error: a folder, not a scenario\n");
    EXPECT_EQ(error(""), "\"\":1:1: error: no such file\n");
}

TEST(Load, ReadsAFileAndThoseBesideIt) {
    const auto path = folder() / "slow-backend.json";
    std::ofstream{path}
        << Parts{.backends = R"([{"service": {"empirical": {"file": "values.txt"}}}])"}.text();
    const auto experiment = load_experiment(path, policies());
    EXPECT_EQ(experiment.name, "slow-backend");
    EXPECT_EQ(experiment.variants.at(0).scenario.name, "slow-backend");
}

TEST(Load, KeepsTheNamesOfManyVariantsWithinBounds) {
    std::string compare;
    for (int i = 0; i != 30; ++i)
        compare += (i == 0 ? "" : ", ") + ("{\"label\": \"v" + std::to_string(i)) + "\"}";
    Parts parts{.backends = R"([{"count": 100000, "service": "10ms"}])",
                .more = "\"compare\": [" + compare + "]"};
    EXPECT_EQ(mistakes(parts.text()),
              R"({"count": 100000, "service": "10ms"}: all variants together have too many )"
              "backends and targets of faults (compare fewer at a time)");
}

}  // namespace
