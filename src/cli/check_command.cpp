#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/find_scenarios.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "experiment/expectation.hpp"
#include "experiment/load.hpp"
#include "report/checked.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"

namespace lbsim {

Status check(const Options& options, const lb::Policies& policies) {
    struct Suite {
        std::string file;
        Loaded loaded;
    };
    std::vector<Suite> suites;
    std::string wrong;
    std::size_t derived = 0;
    for (const auto& file : find_scenarios(options.names)) {
        try {
            suites.push_back({file, load_to_run(file, policies, options.load)});
            derived += read_expectations(suites.back().loaded.experiment).derived();
        } catch (const ScenarioError& e) {
            wrong += (wrong.empty() ? "" : "\n") + std::string{e.what()};
        }
    }
    if (!wrong.empty()) {
        std::cerr << wrong;
        return Status::Mistake;
    }
    std::vector<Checked> checked;
    for (const auto& [file, loaded] : suites) {
        const auto& [experiment, traces] = loaded;
        warn_of(traces);
        const auto start = std::chrono::steady_clock::now();
        auto result = simulate_all(experiment, options, derived);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        checked.push_back({file, std::move(result), took.count()});
        write_stdout(check_text(checked.back(), {.width = terminal_width(), .color = colors()}));
        if (!options.github) continue;
        const auto& document = experiment.document;
        for (const auto& e : checked.back().result.expect) {
            const auto [line, column] = document.position(document.locate(e.pointer));
            if (!e.passed) write_stdout(annotation(file, line, column, e));
        }
    }
    write_stdout(check_summary(checked));
    if (!options.junit.empty()) write_file(options.junit, to_junit(checked));
    const bool all = std::all_of(checked.begin(), checked.end(),
                                 [](const Checked& c) { return c.result.holds(); });
    return all ? Status::Done : Status::NotHeld;
}

}  // namespace lbsim
