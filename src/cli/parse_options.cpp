// The only file that includes CLI11, which takes long to compile.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <thread>

#include "cli/options.hpp"
#include "cli/status.hpp"
#include "scenario/problem.hpp"

namespace lbsim {
namespace {

const std::map<std::string, Format> kFormats{{"table", Format::Table},
                                             {"json", Format::Json},
                                             {"csv", Format::Csv},
                                             {"markdown", Format::Markdown},
                                             {"svg", Format::Svg}};

constexpr const char* kFooter = R"(Try:
  lbsim run slow-backend
  lbsim compare slow-backend --policies random,p2c
  lbsim check scenarios
A scenario is a file, or the name of one that is shipped: lbsim scenarios.

Exit status: 0 done; 1 an assertion did not hold; 2 a mistake in a file or on the
command line, nothing was run; 70 a bug of ours; 74 output could not be written;
130 interrupted.)";

// "web.timeout=1s" as an override; the path may not hold "=", the value may.
Override override_of(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw CLI::ValidationError("--set", "expected PATH=VALUE, found \"" + text + "\"");
    return {text.substr(0, equals), text.substr(equals + 1)};
}

// Of all that simulate.
void add_run_options(CLI::App& verb, Options& o) {
    verb.add_option("--seed", o.load.seed, "Seed of all randomness")->type_name("N");
    verb.add_option("--jobs", o.jobs, "Threads; the output does not depend on it")
        ->type_name("J")
        ->check(CLI::Range(1, 1024));
    verb.add_flag("--quiet", o.quiet, "No progress on the terminal");
}

void add_simulation_options(CLI::App& verb, Options& o, std::vector<std::string>& sets) {
    add_run_options(verb, o);
    verb.add_option("--replications", o.load.replications, "How often to repeat each run")
        ->type_name("R")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
    verb.add_option("--set", sets, "Override one field, e.g. clients.web.timeout=1s; repeatable")
        ->type_name("PATH=VALUE")
        ->expected(1)
        ->take_all();
}

// `last`: the one beside table, json and csv.
void add_output_options(CLI::App& verb, Options& o, std::string& format,
                        const std::string& last = "markdown") {
    const std::string all = "table, json, csv or " + last;
    verb.add_option("--format", format, all)
        ->type_name("FORMAT")
        ->check([all, last](const std::string& word) {
            const bool known = word == "table" || word == "json" || word == "csv" || word == last;
            return known ? "" : "expected " + all + ", found \"" + word + "\"";
        });
    verb.add_option("--out", o.out, "Write the result to a file, whole or not at all")
        ->type_name("FILE");
}

struct Mistake {
    std::string message, hint;
};

// A word that is none of these.
Mistake unknown(const std::string& kind, const std::string& word,
                const std::vector<std::string>& known) {
    const auto meant = nearest(word, std::vector<std::string_view>{known.begin(), known.end()});
    std::string all;
    for (const auto& name : known) all += (all.empty() ? "" : ", ") + name;
    return {"unknown " + kind + " \"" + word + "\"",
            meant.empty() ? "known: " + all : "did you mean \"" + std::string{meant} + "\"?"};
}

// What is wrong with a command line that CLI11 refused for `reason`.  CLI11 takes an unknown option
// for one argument too many and an unknown verb for none, so both are looked for first.
Mistake diagnosed(const CLI::App& app, int argc, char** argv, const std::string& reason) {
    const Mistake other{reason, "lbsim --help"};
    if (argc < 2) return {"no verb", "lbsim run slow-backend, or lbsim --help"};
    if (argv[1][0] == '-') return other;
    std::vector<std::string> verbs;
    const CLI::App* chosen = nullptr;
    for (const auto* v : app.get_subcommands([](const CLI::App*) { return true; })) {
        verbs.push_back(v->get_name());
        if (v->get_name() == argv[1]) chosen = v;
    }
    if (chosen == nullptr) return unknown("verb", argv[1], verbs);
    std::vector<std::string> options;
    for (const auto* o : chosen->get_options())
        if (!o->get_positional()) options.push_back("--" + o->get_single_name());
    for (int i = 2; i < argc; ++i) {
        const std::string word{argv[i], std::string_view{argv[i]}.find('=') == std::string::npos
                                            ? std::string_view{argv[i]}.size()
                                            : std::string_view{argv[i]}.find('=')};
        if (word.rfind("--", 0) == 0 &&
            std::find(options.begin(), options.end(), word) == options.end())
            return unknown("option", word, options);
    }
    return {reason, "lbsim " + chosen->get_name() + " --help"};
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    Options& o = parsed.options;
    std::vector<std::string> sets;
    std::string format = "table";
    CLI::App app{"lbsim simulates load balancers: the real ones, under a simulated clock.",
                 "lbsim"};
    app.set_version_flag("--version", "lbsim " LBSIM_VERSION);
    app.require_subcommand(1);
    app.footer(kFooter);
    app.get_formatter()->column_width(34);

    const auto verb = [&](Verb v, const char* name, const char* meaning) {
        auto* sub = app.add_subcommand(name, meaning);
        sub->parse_complete_callback([&o, v] { o.verb = v; });
        return sub;
    };
    auto* run = verb(Verb::Run, "run", "Simulate a scenario");
    auto* compare = verb(Verb::Compare, "compare", "Simulate it under several policies");
    auto* check = verb(Verb::Check, "check", "Evaluate the assertions of scenarios");
    auto* lint = verb(Verb::Lint, "lint", "Read scenarios and judge them without running");
    for (auto* v : {run, compare})
        v->add_option("SCENARIO", o.names, "A file, or the name of a shipped one")
            ->required()
            ->expected(1);
    for (auto* v : {check, lint})
        v->add_option("PATH", o.names, "Files, names of shipped ones, or folders")
            ->required()
            ->expected(-1);
    compare->add_option("--policies", o.load.policies, "Which to compare, e.g. random,p2c")
        ->required()
        ->type_name("A,B,...")
        ->delimiter(',');
    for (auto* v : {run, compare, check}) add_simulation_options(*v, o, sets);
    for (auto* v : {run, compare}) {
        add_output_options(*v, o, format);
        v->add_option("--until", o.until,
                      "Add replications until the interval is so narrow, e.g. 'p99 ±2%'")
            ->type_name("METRIC±WIDTH");
        v->add_option("--most-replications", o.most_replications, "Of --until: but no more")
            ->type_name("R")
            ->check(CLI::Range(std::int64_t{2}, std::int64_t{1'000'000}))
            ->capture_default_str();
        v->add_option("--explain", o.explain,
                      "Instead: why the N-th measured request went where it did")
            ->type_name("N")
            ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
    }
    check->add_option("--junit", o.junit, "Also write JUnit XML")->type_name("FILE");
    check->add_flag("--github", o.github,
                    "Also print annotations for a GitHub workflow (beside json, csv or markdown on "
                    "the standard error)");
    add_output_options(*check, o, format);
    check->add_option("--markdown", o.markdown, "Also write a summary for a pull request")
        ->type_name("FILE");
    check->add_flag("--quick", o.quick,
                    "Judge exact assertions by half the replications, at least two");
    check->add_option("--save-baseline", o.save_baseline, "Store this build's numbers")
        ->type_name("FILE");
    auto* baseline =
        check->add_option("--baseline", o.baseline, "Also hold the numbers against stored ones")
            ->type_name("FILE");
    check
        ->add_option("--tolerance", o.tolerance,
                     "How far a metric may move from the baseline, as a part of it")
        ->check(CLI::Range(0.0, 1.0))
        ->needs(baseline)
        ->capture_default_str();
    auto* audit =
        check->add_flag("--audit", o.audit,
                        "Instead: how often assertions fail under other seeds, and notice what");
    check->add_option("--seeds", o.seeds, "So many of them")
        ->check(CLI::Range(2, 1'000'000))
        ->needs(audit)
        ->capture_default_str();
    lint->add_option("--set", sets, "Override one field")->type_name("PATH=VALUE")->take_all();

    auto* sweep = verb(Verb::Sweep, "sweep", "Simulate a scenario at every point of a grid");
    sweep->add_option("SCENARIO", o.names, "A file, or the name of a shipped one")
        ->required()
        ->expected(1);
    sweep
        ->add_option("--vary", o.vary, "A field and its values: a,b,c, or from:to:step; repeatable")
        ->type_name("PATH=VALUES")
        ->required()
        ->expected(1)
        ->take_all();
    add_simulation_options(*sweep, o, sets);
    add_output_options(*sweep, o, format);
    sweep->add_option("--shard", o.shard, "Only the I-th of N parts; lbsim merge joins them")
        ->type_name("I/N");
    sweep->add_flag("--resume", o.resume, "Go on with a sweep that was cut off (needs --out)");

    auto* capacity = verb(Verb::Capacity, "capacity", "The largest load that meets service levels");
    capacity->add_option("SCENARIO", o.names, "A file, or the name of a shipped one")
        ->required()
        ->expected(1);
    capacity
        ->add_option("--slo", o.slo,
                     "A level, e.g. 'p99 < 300ms'; repeatable; else the scenario's slo")
        ->type_name("LEVEL")
        ->expected(1)
        ->take_all();
    capacity->add_option("--policies", o.load.policies, "Of which, e.g. random,p2c")
        ->type_name("A,B,...")
        ->delimiter(',');
    capacity
        ->add_option("--servers", o.servers,
                     "Also how many of this group of backends the scenario's load needs")
        ->type_name("GROUP");
    capacity->add_flag("--curve", o.curve, "Also what loads up to and past that do");
    capacity
        ->add_option("--precision", o.precision, "How closely the limit is found, as a part of it")
        ->check(CLI::Range(0.0001, 0.5))
        ->capture_default_str();
    capacity->add_option("--confidence", o.confidence, "Of each verdict about a load")
        ->check(CLI::Range(0.5, 0.999999))
        ->capture_default_str();
    add_simulation_options(*capacity, o, sets);
    add_output_options(*capacity, o, format);

    auto* merge = verb(Verb::Merge, "merge", "Join the parts of a sweep, as if there were none");
    merge->add_option("FILE", o.names, "What the shards wrote with --format json")
        ->required()
        ->expected(-1);
    add_output_options(*merge, o, format);

    auto* validate = verb(Verb::Validate, "validate", "Hold the simulator against queueing theory");
    validate->add_flag("--full", o.full, "Twenty times as many requests: minutes, not seconds");
    add_run_options(*validate, o);
    add_output_options(*validate, o, format);

    auto* remap = verb(Verb::Remap, "remap", "Which keys move when backends come and go");
    remap->add_option("--from", o.from, "Backends before: how many, or a,b,c, or a=2,b=1 (weights)")
        ->type_name("FLEET")
        ->required();
    auto* to = remap->add_option("--to", o.to, "Backends afterwards")->type_name("FLEET");
    remap
        ->add_option("--steps", o.steps,
                     "Instead, one change after the other: +b5,+c=2,-b0,b1=3 joins, leaves, weighs")
        ->type_name("A,B,...")
        ->excludes(to);
    remap->add_option("--keys", o.keys, "How many, or a file with one on each line")
        ->type_name("N|FILE")
        ->capture_default_str();
    remap
        ->add_option("--zipf", o.zipf, "Keys of unlike popularity: the k-th in proportion to 1/k^S")
        ->type_name("S")
        ->check(CLI::Range(0.0, 10.0));
    remap
        ->add_option("--policies", o.policies,
                     "Those that go by keys, e.g. hash_mod,ring_hash:vnodes=10")
        ->type_name("A,B,...")
        ->delimiter(',');
    remap->add_flag("--time", o.time,
                    "Also what building and looking up take, and memory; these vary");
    remap->add_flag("--matrix", o.matrix, "Also from which backend to which");
    remap->add_flag("--ring", o.ring, "Also the rings, drawn with letters");
    add_output_options(*remap, o, format, "svg");

    const auto list = [&](Verb v, const char* name, const char* meaning, const char* argument) {
        auto* sub = verb(v, name, meaning);
        if (argument != nullptr) sub->add_option("NAME", o.names, argument)->expected(1);
        return sub;
    };
    list(Verb::Policies, "policies", "The policies, or the parameters of one", "One of them");
    list(Verb::Faults, "faults", "What can go wrong on the timeline", "One of them");
    list(Verb::Metrics, "metrics", "What can be asserted and is reported", "One of them");
    list(Verb::Scenarios, "scenarios", "The scenarios that are shipped", nullptr);
    list(Verb::Schema, "schema", "A JSON Schema", "scenario or result")
        ->get_option("NAME")
        ->required();

    try {
        app.parse(argc, argv);
        o.format = kFormats.at(format);
        for (const auto& set : sets) o.load.overrides.push_back(override_of(set));
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) {
            parsed.exit_status = app.exit(e);
            return parsed;
        }
        const auto mistake = diagnosed(app, argc, argv, e.what());
        std::cerr << "lbsim: error: " << mistake.message << "\n  hint: " << mistake.hint << '\n';
        parsed.exit_status = static_cast<int>(Status::Mistake);
    }
    if (o.jobs == 0) o.jobs = std::max(1u, std::thread::hardware_concurrency());
    return parsed;
}

}  // namespace lbsim
