#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/find_scenarios.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "experiment/audit.hpp"
#include "experiment/baseline.hpp"
#include "experiment/expectation.hpp"
#include "experiment/load.hpp"
#include "experiment/sweep.hpp"
#include "report/audit.hpp"
#include "report/baseline.hpp"
#include "report/checked.hpp"
#include "report/text.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"

namespace lbsim {
namespace {

// By pairs of replications, five tell too little.
constexpr std::int64_t kBaselineReplications = 20;

struct Suite {
    std::string file;
    Loaded loaded;
    std::size_t derived = 0;
    bool whole = false;   ///< Whether some assertion needs all replications.
    std::string options;  ///< Which a run needs to see the same.
    std::string fingerprint;
};

// On a pull request: exact assertions by half the replications, but at least two.  Those about
// chance keep theirs, or they would notice nothing, and digests, which are of all of them.
void shorten(Suite& suite) {
    if (suite.whole) return;
    for (auto& variant : suite.loaded.experiment.variants) {
        auto& replications = variant.scenario.replications;
        replications = std::min(replications, std::max<std::int64_t>(2, (replications + 1) / 2));
    }
}

std::vector<Suite> load(const Options& options, const lb::Policies& policies) {
    auto how = options.load;
    const bool stored = !options.baseline.empty() || !options.save_baseline.empty();
    if (stored && !how.replications) how.replications = kBaselineReplications;
    std::vector<Suite> suites;
    std::string wrong;
    for (const auto& file : find_scenarios(options.names)) {
        try {
            suites.push_back({file, load_to_run(file, policies, how), 0, false, "", ""});
            auto& suite = suites.back();
            const auto expectations = read_expectations(suite.loaded.experiment);
            suite.derived = expectations.derived();
            suite.whole = expectations.need_replications();
            for (const auto& set : how.overrides)
                suite.options += " --set " + shell_word(set.path + "=" + set.value);
            if (stored) suite.fingerprint = fingerprint_of(read_text(file), how, {}, "");
            if (options.quick && !stored) shorten(suite);
            if (how.replications || options.quick)
                suite.options +=
                    " --replications " +
                    std::to_string(suite.loaded.experiment.variants.front().scenario.replications);
        } catch (const ScenarioError& e) {
            wrong += (wrong.empty() ? "" : "\n") + std::string{e.what()};
        }
    }
    if (!wrong.empty()) throw ScenarioError{wrong, {}};
    return suites;
}

std::size_t derived_of(const std::vector<Suite>& suites) {
    std::size_t derived = 0;
    for (const auto& suite : suites) derived += suite.derived;
    return derived;
}

/// A stored baseline, each of whose scenarios that are asked for is the one that is asked for.
class Stored {
public:
    explicit Stored(const std::string& file)
        : document_{Document::parse(file, read_text(file))},
          baseline_{read_baseline(document_, LBSIM_VERSION)} {}

    void check(const Suite& suite) const {
        const auto& experiment = suite.loaded.experiment;
        const auto* there = baseline_.find(experiment.name);
        const std::string hint = "--save-baseline writes a new one";
        if (there == nullptr)
            refuse_baseline(document_, "", "nothing about the scenario \"" + experiment.name + "\"",
                            hint);
        if (there->fingerprint != suite.fingerprint)
            refuse_baseline(document_, experiment.name,
                            "\"" + experiment.name +
                                "\" is another scenario now, or was run with other options",
                            hint);
    }
    const BaselineScenario& of(const std::string& name) const { return *baseline_.find(name); }

private:
    Document document_;
    Baseline baseline_;
};

// GitHub reads both streams; a program that reads the result finds nothing else in it.
void annotate(const std::string& text, const Options& options) {
    const bool for_people = options.format == Format::Table || options.format == Format::Svg;
    if (for_people || !options.out.empty())
        write_stdout(text);
    else
        std::cerr << text;
}

// Where GitHub shows a page about the run.
void summarise_for_github(const std::string& markdown) {
    const char* file = std::getenv("GITHUB_STEP_SUMMARY");
    if (file != nullptr && *file != '\0') append_file(file, markdown);
}

Status audit_all(const std::vector<Suite>& suites, const Options& options) {
    const StopSignals signals;
    Control control;
    std::uint64_t requests = 0;
    for (const auto& suite : suites)
        requests += options.seeds * expected_requests(suite.loaded.experiment);
    bool steady = true;
    std::string text;
    {
        const Progress progress{control, requests, !options.quiet};
        for (const auto& suite : suites) {
            const auto found =
                audit(suite.loaded.experiment, options.seeds, for_each_of(options),
                      watched(control), {.version = LBSIM_VERSION, .suite = derived_of(suites)});
            text += audit_text(suite.loaded.experiment.name, found, table_options(options));
            for (const auto& row : found.rows) steady = steady && row.failed == 0;
        }
    }
    write(text, options);
    return steady ? Status::Done : Status::NotHeld;
}

}  // namespace

Status check(const Options& options, const lb::Policies& policies) {
    auto suites = load(options, policies);
    if (options.audit) return audit_all(suites, options);
    std::optional<Stored> stored;
    if (!options.baseline.empty()) {
        stored.emplace(options.baseline);
        for (const auto& suite : suites) stored->check(suite);
    }
    const bool keep = stored || !options.save_baseline.empty();
    const auto derived = derived_of(suites);
    // Verdicts on changes need all of them, and so do formats for programs; else each is told when
    // it is known.
    const bool at_once = stored || options.format != Format::Table || !options.out.empty();
    std::string text;
    const auto tell = [&](const Checked& c) {
        const auto told = check_text(c, table_options(options));
        at_once ? void(text += told) : write_stdout(told);
    };
    std::vector<Checked> checked;
    std::vector<BaselineScenario> now, before;
    for (auto& suite : suites) {
        const auto& [experiment, traces] = suite.loaded;
        warn_of(traces);
        const auto start = std::chrono::steady_clock::now();
        auto result = simulate_all(experiment, options, {.suite = derived, .keep = keep});
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        if (keep)
            now.push_back({experiment.name, suite.fingerprint, result.seed, result.replications,
                           std::move(result.kept)});
        if (stored) before.push_back(stored->of(experiment.name));
        checked.push_back({suite.file, std::move(result), took.count(), suite.options});
        if (!stored) tell(checked.back());
    }
    std::string markdown;
    if (stored) {
        const auto verdicts = compare(before, now, options.tolerance);
        markdown = baseline_markdown(verdicts, options.tolerance);
        for (const auto& verdict : verdicts)
            for (auto& c : checked)
                if (c.result.scenario == verdict.scenario)
                    c.result.expect.push_back(outcome_of(verdict));
        for (const auto& c : checked) tell(c);
    }
    for (std::size_t i = 0; options.github && i != checked.size(); ++i) {
        const auto& document = suites[i].loaded.experiment.document;
        for (const auto& e : checked[i].result.expect) {
            const auto [line, column] = document.position(document.locate(e.pointer));
            if (!e.passed) annotate(annotation(checked[i].file, line, column, e), options);
        }
    }
    text += check_summary(checked);
    if (options.quick) text += quick_note();
    switch (options.format) {
        case Format::Json: write(check_json(checked), options); break;
        case Format::Csv: write(check_csv(checked), options); break;
        case Format::Markdown: write(check_markdown(checked) + "\n" + markdown, options); break;
        case Format::Svg:
        case Format::Table: write(text, options);
    }
    if (options.github) summarise_for_github(check_markdown(checked) + "\n" + markdown);
    if (!options.markdown.empty())
        write_file(options.markdown, check_markdown(checked) + "\n" + markdown);
    if (!options.junit.empty()) write_file(options.junit, to_junit(checked));
    if (!options.save_baseline.empty())
        write_file(options.save_baseline, baseline_json({LBSIM_VERSION, std::move(now)}));
    const bool all = std::all_of(checked.begin(), checked.end(),
                                 [](const Checked& c) { return c.result.holds(); });
    return all ? Status::Done : Status::NotHeld;
}

}  // namespace lbsim
