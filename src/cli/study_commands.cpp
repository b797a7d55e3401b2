#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/commands.hpp"
#include "cli/find_scenarios.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "cli/sweep_arguments.hpp"
#include "experiment/capacity.hpp"
#include "experiment/expectation.hpp"
#include "experiment/load.hpp"
#include "experiment/sweep.hpp"
#include "experiment/validate.hpp"
#include "report/capacity.hpp"
#include "report/json_writer.hpp"
#include "report/sweep.hpp"
#include "report/validation.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

namespace fs = std::filesystem;

void write(const Sweep& sweep, const Options& options) {
    switch (options.format) {
        case Format::Json: return write(sweep_json(sweep), options);
        case Format::Csv: return write(sweep_csv(sweep), options);
        case Format::Markdown: return write(sweep_markdown(sweep), options);
        case Format::Svg:
        case Format::Table: break;
    }
    write(sweep_table(sweep, table_options(options)), options);
}

/// Where finished cells are kept until all are: beside the result, if that is a file.
class Journal {
public:
    explicit Journal(const std::string& out) : file_{out.empty() ? "" : out + ".part"} {}

    /// Takes up what an earlier run left there, if that may be; begins anew otherwise.
    void open(Sweep& sweep, bool resume) {
        if (file_.empty()) {
            if (resume)
                throw UsageError{
                    "--resume: there is nothing to go on with\n  hint: it wants --out"};
            return;
        }
        if (fs::exists(file_)) {
            if (!resume)
                throw UsageError{"there is a sweep that was cut off, " + file_ +
                                 "\n  hint: --resume goes on with it; or remove that file"};
            auto before = read_sweep_lines(file_, read_text(file_));
            if (before.fingerprint != sweep.fingerprint || before.shard != sweep.shard)
                throw UsageError{file_ +
                                 " is of another scenario, other options or another program\n"
                                 "  hint: remove it to begin anew"};
            sweep.cells = std::move(before.cells);
        }
        auto text = sweep_header_line(sweep);
        for (const auto& cell : sweep.cells) text += sweep_cell_line(cell);
        write_file(file_, text);
    }
    void add(const SweepCell& cell) const {
        if (!file_.empty()) append_file(file_, sweep_cell_line(cell));
    }
    void remove() const {
        if (!file_.empty()) fs::remove(file_);
    }
    const std::string& file() const { return file_; }

private:
    std::string file_;
};

// All cells are read before any is run, so that mistakes come first.
std::vector<SweepTask> tasks_of(const Sweep& sweep, const std::string& file, const Options& options,
                                const lb::Policies& policies) {
    std::vector<SweepTask> tasks;
    for (const auto cell : sweep.missing()) {
        auto load = options.load;
        auto values = sweep.values_of(cell);
        for (std::size_t v = 0; v != values.size(); ++v)
            load.overrides.push_back({sweep.vary[v].path, values[v], "--vary"});
        load.overrides.push_back({"expect", "[]", ""});
        auto loaded = load_to_run(file, policies, load);
        if (tasks.empty()) warn_of(loaded.traces);
        tasks.push_back({cell, std::move(values), std::move(loaded.experiment)});
    }
    return tasks;
}

}  // namespace

Status sweep(const Options& options, const lb::Policies& policies) {
    const auto file = find_scenario(options.names.front());
    Sweep sweep;
    sweep.lbsim = LBSIM_VERSION;
    sweep.scenario = fs::path{file}.stem().string();
    std::size_t cells = 1;
    for (const auto& text : options.vary) {
        sweep.vary.push_back(vary_argument(text));
        cells *= sweep.vary.back().values.size();
        if (cells > kMostCells)
            throw UsageError{"--vary: more than 100000 cells\n  hint: fewer steps"};
    }
    if (!options.shard.empty()) sweep.shard = shard_argument(options.shard);
    sweep.fingerprint = fingerprint_of(read_text(file), options.load, sweep.vary, LBSIM_VERSION);
    Journal journal{options.out};
    journal.open(sweep, options.resume);
    const auto tasks = tasks_of(sweep, file, options, policies);

    std::uint64_t requests = 0;
    for (const auto& task : tasks) requests += expected_requests(task.experiment);
    const auto in_order = [&sweep] {
        std::sort(sweep.cells.begin(), sweep.cells.end(),
                  [](const auto& a, const auto& b) { return a.number < b.number; });
    };
    const StopSignals signals;
    Control control;
    std::mutex mutex;
    try {
        const Progress progress{control, requests, !options.quiet};
        run_cells(tasks, for_each_of(options), watched(control), [&](SweepCell cell) {
            const std::lock_guard lock{mutex};
            journal.add(cell);
            sweep.cells.push_back(std::move(cell));
        });
    } catch (const Interrupted&) {
        in_order();
        const auto done = std::to_string(sweep.cells.size()) + " cells";
        if (journal.file().empty()) {
            write(sweep, options);
            std::cerr << "lbsim: interrupted after " << done
                      << "; with --out FILE they would be kept, for --resume\n";
        } else {
            std::cerr << "lbsim: interrupted after " << done << ", which are kept in "
                      << journal.file() << "; --resume goes on\n";
        }
        return Status::Interrupted;
    }
    in_order();
    write(sweep, options);
    journal.remove();
    return Status::Done;
}

void merge(const Options& options) {
    std::vector<Sweep> parts;
    for (const auto& file : options.names)
        parts.push_back(read_sweep(Document::parse(file, read_text(file))));
    auto merged = merge(std::move(parts));
    if (const auto* mistake = std::get_if<MergeMistake>(&merged))
        throw UsageError{(mistake->part ? options.names[*mistake->part] : "merge") + ": " +
                         mistake->message + "\n  hint: " + mistake->hint};
    write(std::get<Sweep>(merged), options);
}

namespace {

std::string quoted_json(const std::string& text) {
    JsonWriter out;
    out.value(text);
    auto json = std::move(out).text();
    json.pop_back();  // Its newline.
    return json;
}

// What the levels say takes the place of what the scenario expects.
Experiment with_levels(Experiment experiment, const std::vector<std::string>& levels) {
    std::string list;
    for (const auto& level : levels) list += (list.empty() ? "" : ",") + quoted_json(level);
    auto& document = experiment.document;
    if (auto problems = document.set("expect", "[" + list + "]", "--slo"); !problems.empty())
        throw document.error(std::move(problems));
    for (auto& variant : experiment.variants) {
        variant.scenario.expect.clear();
        for (std::size_t i = 0; i != levels.size(); ++i)
            variant.scenario.expect.push_back({levels[i], child("/expect", i)});
        const Experiment one{document, experiment.name, {variant}, false};
        auto read = read_expectations(one);
        if (!read.problems.empty()) throw document.error(std::move(read.problems));
        for (const auto& level : read.list) {
            using Op = Expectation::Op;
            const bool bound = level.op == Op::Less || level.op == Op::AtMost ||
                               level.op == Op::More || level.op == Op::AtLeast;
            if (!bound || level.left.metric == nullptr || level.right.metric != nullptr)
                throw UsageError{"--slo \"" + level.text +
                                 "\": expected a metric and a bound\n  hint: p99 < 300ms"};
            if (level.left.metric->of_keys)
                throw UsageError{"--slo \"" + level.text +
                                 "\": no load changes it\n  hint: write it in expect"};
        }
    }
    return experiment;
}

}  // namespace

Status capacity(const Options& options, const lb::Policies& policies) {
    const auto file = find_scenario(options.names.front());
    const auto loaded = [&](std::vector<Override> more) {
        auto load = options.load;
        load.overrides.push_back({"expect", "[]", ""});
        load.overrides.push_back({"overload", "true", ""});
        std::move(more.begin(), more.end(), std::back_inserter(load.overrides));
        return load_to_run(file, policies, load);
    };
    auto [experiment, traces] = loaded({});
    warn_of(traces);
    const auto& first = experiment.variants.front().scenario;
    auto levels = options.slo;
    if (levels.empty() && first.slo)
        levels.push_back("good >= " + text_of(100 * first.slo->good) + "%");
    if (levels.empty()) throw UsageError{"capacity: no service level\n  hint: --slo 'p99 < 300ms'"};
    for (const auto& variant : experiment.variants) {
        const auto& clients = variant.scenario.clients;
        const bool closed = std::all_of(clients.begin(), clients.end(), [](const Clients& c) {
            return std::holds_alternative<Closed>(c.arrivals);
        });
        if (closed)
            throw UsageError{
                "capacity: closed clients offer what they are answered\n"
                "  hint: lbsim sweep --vary clients.NAME.arrivals.closed.concurrency=..."};
        if (variant.scenario.replications < 2)
            throw UsageError{"capacity: one replication shows nothing\n  hint: --replications 5"};
    }
    const CapacityOptions asked{
        .precision = options.precision, .confidence = options.confidence, .curve = options.curve};
    experiment = with_levels(std::move(experiment), levels);
    const StopSignals signals;
    Control control;
    CapacityResult found;
    ServersNeeded servers{options.servers, {}};
    {
        const Progress progress{control, 0, !options.quiet};
        const auto for_each = for_each_of(options);
        found = find_capacity(experiment, asked, for_each, watched(control), LBSIM_VERSION);
        for (std::size_t v = 0; !servers.group.empty() && v != found.rows.size(); ++v) {
            constexpr std::size_t kMost = 10'000;
            const auto make = [&](std::size_t n) {
                const auto path = "backends." + servers.group + ".count";
                auto made = loaded({{path, std::to_string(n), "--servers"}});
                return with_levels(std::move(made.experiment), levels);
            };
            servers.counts.push_back(fewest(kMost, make, v, asked, for_each, watched(control)));
        }
    }
    switch (options.format) {
        case Format::Json: write(capacity_json(found, servers), options); break;
        case Format::Csv: write(capacity_csv(found), options); break;
        case Format::Markdown: write(capacity_markdown(found, servers), options); break;
        case Format::Svg:
        case Format::Table: write(capacity_table(found, servers, table_options(options)), options);
    }
    return found.holds() ? Status::Done : Status::NotHeld;
}

Status validate(const Options& options, const lb::Policies& policies) {
    const ValidateOptions asked{.full = options.full, .seed = options.load.seed.value_or(1)};
    const StopSignals signals;
    Control control;
    Validation validation;
    {
        const Progress progress{control, validation_requests(asked), !options.quiet};
        validation =
            validate(policies, asked, for_each_of(options), watched(control), LBSIM_VERSION);
    }
    switch (options.format) {
        case Format::Json: write(validation_json(validation), options); break;
        case Format::Csv: write(validation_csv(validation), options); break;
        case Format::Markdown: write(validation_markdown(validation), options); break;
        case Format::Svg:
        case Format::Table: write(validation_table(validation, table_options(options)), options);
    }
    return validation.holds() ? Status::Done : Status::NotHeld;
}

}  // namespace lbsim
