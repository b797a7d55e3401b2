#include "cli/commands.hpp"

#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>

#include "cli/find_scenarios.hpp"
#include "cli/output.hpp"
#include "cli/remap_arguments.hpp"
#include "cli/session.hpp"
#include "experiment/load.hpp"
#include "experiment/remap.hpp"
#include "experiment/run.hpp"
#include "model/simulate.hpp"
#include "report/catalogue.hpp"
#include "report/csv.hpp"
#include "report/explained.hpp"
#include "report/json.hpp"
#include "report/markdown.hpp"
#include "report/remap.hpp"
#include "report/table.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"
#include "scenario/schema.hpp"

#ifdef __GLIBC__
#include <malloc.h>  // For mallinfo2(), which no standard has.
#endif

namespace lbsim {
namespace {

std::string formatted(const Result& result, const Options& options) {
    switch (options.format) {
        case Format::Json: return to_json(result);
        case Format::Csv: return to_csv(result);
        case Format::Markdown: return to_markdown(result);
        case Format::Svg:
        case Format::Table: break;
    }
    return to_table(result, table_options(options));
}

// Of each variant, in its first replication.
std::string explained(const Experiment& experiment, std::uint64_t request, Format format) {
    if (format != Format::Table && format != Format::Json)
        throw UsageError{
            "--explain: prints text or JSON, no table of values\n"
            "  hint: leave out --format, or write --format json"};
    std::vector<ExplainedRun> runs;
    for (const auto& [label, scenario] : experiment.variants) {
        auto asked = scenario;
        asked.explain = request;
        auto replication = simulate(asked, 0);
        if (!replication.explained)
            throw UsageError{"--explain: there is no request " + std::to_string(request) +
                             "\n  hint: " + std::to_string(replication.all().outcomes.offered) +
                             " were measured"};
        runs.push_back({label, scenario.balancers.policy, std::move(*replication.explained)});
    }
    return format == Format::Json ? explained_json(runs) : explained_text(runs, terminal_width());
}

Status run_one(const Options& options, const lb::Policies& policies) {
    const auto [experiment, traces] =
        load_to_run(find_scenario(options.names.front()), policies, options.load);
    warn_of(traces);
    if (options.explain) {
        write(explained(experiment, *options.explain, options.format), options);
        return Status::Done;
    }
    const auto result = options.until.empty() ? simulate_all(experiment, options)
                                              : simulate_until(experiment, options);
    write(formatted(result, options), options);
    return result.holds() ? Status::Done : Status::NotHeld;
}

Status lint(const Options& options, const lb::Policies& policies) {
    std::string wrong, said;
    std::vector<TraceNote> notes;
    for (const auto& file : find_scenarios(options.names)) {
        try {
            const auto loaded = load_to_run(file, policies, options.load);
            said += file + ": ok\n";
            notes.insert(notes.end(), loaded.traces.begin(), loaded.traces.end());
        } catch (const ScenarioError& e) {
            wrong += (wrong.empty() ? "" : "\n") + std::string{e.what()};
        }
    }
    write_stdout(said);
    warn_of(notes);
    std::cerr << wrong;
    return wrong.empty() ? Status::Done : Status::Mistake;
}

// Bytes in use, as the allocator counts them; nothing where it does not.
std::function<std::uint64_t()> memory_meter() {
#ifdef __GLIBC__
    return [] {
        const auto info = mallinfo2();
        return static_cast<std::uint64_t>(info.uordblks + info.hblkhd);
    };
#else
    return {};
#endif
}

void remap(const Options& options, const lb::Policies& policies) {
    auto names = options.policies;
    if (names.empty()) names = {"hash_mod", "ring_hash", "maglev", "jump", "rendezvous"};
    std::vector<RemapFleet> fleets{fleet_argument("--from", options.from)};
    if (options.to.empty() == options.steps.empty())
        throw UsageError{
            "remap: needs --to or --steps\n  hint: --from 5 --to 6, or --from 5 "
            "--steps +b5,-b0"};
    if (!options.to.empty())
        fleets.push_back(fleet_argument("--to", options.to));
    else
        for (auto& fleet : steps_argument(options.steps, fleets.front()))
            fleets.push_back(std::move(fleet));
    std::vector<RemapPolicy> asked;
    for (const auto& name : names) asked.push_back(policy_argument(name, policies, fleets));
    RemapMeters meters;
    meters.rings = options.ring || options.format == Format::Svg;
    if (options.time) {
        meters.clock = [] {
            return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
        };
        meters.memory = memory_meter();
    }
    const auto steps =
        lbsim::remap(asked, keys_argument(options.keys, options.zipf), fleets, meters);
    switch (options.format) {
        case Format::Json: return write(remap_json(steps), options);
        case Format::Csv: return write(remap_csv(steps), options);
        case Format::Svg: return write(remap_svg(steps), options);
        case Format::Markdown:
        case Format::Table: break;
    }
    RemapTableOptions table;
    static_cast<TableOptions&>(table) = table_options(options);
    table.matrix = options.matrix;
    table.ring = options.ring;
    write(remap_table(steps, table), options);
}

// What a list shows: all, or the one that was named.  Throws if there is none of that name.
std::string found(const std::optional<std::string>& text, std::string_view kind,
                  const std::string& name, std::span<const std::string_view> known) {
    if (text) return *text;
    const auto meant = nearest(name, known);
    throw UsageError{"no " + std::string{kind} + " \"" + name + "\"\n  hint: " +
                     (meant.empty() ? "lbsim lists them all if no name is given"
                                    : "did you mean \"" + std::string{meant} + "\"?")};
}

std::string scenarios() {
    std::vector<Shipped> shipped;
    for (const auto& file : shipped_scenarios()) {
        const auto document = Document::parse(file, read_text(file));
        const auto* question = document.root().find("question");
        shipped.push_back(
            {std::filesystem::path{file}.stem().string(),
             question != nullptr && question->is(Value::Kind::String) ? question->string() : ""});
    }
    return scenarios_text(shipped, terminal_width());
}

std::string list(const Options& options, const lb::Policies& policies) {
    const std::string name = options.names.empty() ? "" : options.names.front();
    const auto width = terminal_width();
    if (options.verb == Verb::Scenarios) return scenarios();
    if (options.verb == Verb::Policies)
        return found(policies_text(policies, name, width), "policy", name, policy_names(policies));
    if (options.verb == Verb::Metrics)
        return found(metrics_text(name, width), "metric", name, metric_names());
    if (options.verb == Verb::Faults) {
        const auto names = fault_names();
        return found(faults_text(name, width), "fault", name,
                     std::vector<std::string_view>{names.begin(), names.end()});
    }
    constexpr std::string_view kSchemas[] = {"scenario", "result"};
    return found(name == "scenario" ? std::optional{scenario_schema(policies)}
                 : name == "result" ? std::optional{result_schema()}
                                    : std::nullopt,
                 "schema", name, kSchemas);
}

}  // namespace

Status execute(const Options& options, const lb::Policies& policies) {
    switch (options.verb) {
        case Verb::Run:
        case Verb::Compare: return run_one(options, policies);
        case Verb::Check: return check(options, policies);
        case Verb::Sweep: return sweep(options, policies);
        case Verb::Capacity: return capacity(options, policies);
        case Verb::Merge: merge(options); return Status::Done;
        case Verb::Validate: return validate(options, policies);
        case Verb::Lint: return lint(options, policies);
        case Verb::Remap: remap(options, policies); return Status::Done;
        default: write_stdout(list(options, policies)); return Status::Done;
    }
}

}  // namespace lbsim
