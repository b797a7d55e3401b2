#include "experiment/sweep.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>

#include "balancer/hashing/ring.hpp"
#include "base/expects.hpp"
#include "experiment/observation.hpp"
#include "experiment/warm_up.hpp"

namespace lbsim {
namespace {

SweepRun summarised(const Variant& variant, std::span<const Observation> seen) {
    SweepRun out{variant.label, {}, seen.size(), {}};
    out.digest = summarise(variant, seen).digest;
    for (std::size_t s = 0; s != seen.front().spans.size(); ++s)
        out.spans.push_back(
            {s == 0 ? "" : variant.scenario.windows[s - 1].name, figures_of(seen, s)});
    return out;
}

// What of a cell is done.
struct Progressing {
    std::vector<std::vector<Observation>> seen;  // By variant and replication.
    std::atomic<std::size_t> left{0};
};

}  // namespace

std::vector<NamedFigure> figures_of(std::span<const Observation> replications, std::size_t span) {
    std::vector<NamedFigure> out;
    const auto all = metrics();
    for (std::size_t m = 0; m != all.size(); ++m) {
        if (!all[m].of_run()) continue;
        std::vector<Reading> readings;
        for (const auto& r : replications) readings.push_back(r.spans[span].readings[m]);
        const auto value = figure(readings);
        if (!value.absent) out.emplace_back(column(all[m]), value);
    }
    return out;
}

Figure SweepRun::Span::of(std::string_view column) const {
    for (const auto& [name, value] : figures)
        if (name == column) return value;
    Figure none;
    none.absent = true;
    return none;
}

std::size_t Sweep::size() const {
    std::size_t n = 1;
    for (const auto& v : vary) n *= v.values.size();
    return n;
}

std::vector<std::string> Sweep::values_of(std::size_t cell) const {
    std::vector<std::string> out(vary.size());
    for (auto v = vary.size(); v-- != 0;) {
        out[v] = vary[v].values[cell % vary[v].values.size()];
        cell /= vary[v].values.size();
    }
    return out;
}

bool Sweep::has(std::size_t cell) const {
    return std::any_of(cells.begin(), cells.end(),
                       [&](const SweepCell& c) { return c.number == cell; });
}

std::vector<std::size_t> Sweep::missing() const {
    std::vector<bool> there(size());
    for (const auto& c : cells) there.at(c.number) = true;
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i != there.size(); ++i)
        if (!there[i] && (!shard || shard->owns(i))) out.push_back(i);
    return out;
}

std::string fingerprint_of(std::string_view text, const LoadOptions& options,
                           std::span<const Vary> vary, std::string_view version) {
    std::string all;
    const auto add = [&](std::string_view part) {
        all += std::to_string(part.size());
        (all += ':') += part;
    };
    add(version);
    add(text);
    for (const auto& set : options.overrides) add(set.path), add(set.value);
    for (const auto& policy : options.policies) add(policy);
    add(options.seed ? std::to_string(*options.seed) : "");
    add(options.replications ? std::to_string(*options.replications) : "");
    for (const auto& v : vary) {
        add(v.path);
        for (const auto& value : v.values) add(value);
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out(16, '0');
    auto hash = lb::hash_of(all);
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, hash /= 16)
        *digit = kDigits[hash % 16];
    return out;
}

void run_cells(std::vector<SweepTask> tasks, const ForEach& for_each, const Simulate& simulate,
               const std::function<void(SweepCell)>& finished) {
    for (auto& task : tasks)
        task.experiment = with_warm_up(std::move(task.experiment), for_each, simulate);
    struct Replicate {
        std::size_t task, variant, replication;
    };
    std::vector<Replicate> all;
    std::vector<Progressing> progress(tasks.size());
    for (std::size_t t = 0; t != tasks.size(); ++t) {
        const auto& variants = tasks[t].experiment.variants;
        progress[t].seen.resize(variants.size());
        for (std::size_t v = 0; v != variants.size(); ++v) {
            const auto replications = static_cast<std::size_t>(variants[v].scenario.replications);
            progress[t].seen[v].resize(replications);
            progress[t].left += replications;
            for (std::size_t r = 0; r != replications; ++r) all.push_back({t, v, r});
        }
    }
    for_each(all.size(), [&](std::size_t i) {
        const auto [t, v, r] = all[i];
        const auto& variants = tasks[t].experiment.variants;
        auto& cell = progress[t];
        cell.seen[v][r] = observe(variants[v], simulate(variants[v].scenario, r));
        if (--cell.left != 0) return;
        SweepCell out{tasks[t].number, tasks[t].values, {}};
        for (std::size_t w = 0; w != variants.size(); ++w)
            out.runs.push_back(summarised(variants[w], cell.seen[w]));
        cell.seen.clear();
        finished(std::move(out));
    });
}

std::variant<Sweep, MergeMistake> merge(std::vector<Sweep> parts) {
    lb::expects(!parts.empty());
    const auto& first = parts.front();
    std::vector<bool> found(first.shard ? first.shard->of : 1);
    const auto name = [&](std::size_t s) {
        return "shard " + std::to_string(s + 1) + " of " + std::to_string(found.size());
    };
    for (std::size_t p = 0; p != parts.size(); ++p) {
        const auto& part = parts[p];
        if (part.fingerprint != first.fingerprint || part.vary != first.vary)
            return MergeMistake{"parts of different sweeps",
                                "all shards need the same scenario, options and program", p};
        const bool alike = part.shard.has_value() == first.shard.has_value() &&
                           (!part.shard || part.shard->of == first.shard->of);
        if (!alike)
            return MergeMistake{"parts of sweeps that were divided differently",
                                "run all shards with the same N of --shard I/N", p};
        const auto s = part.shard ? part.shard->number - 1 : 0;
        if (found[s]) return MergeMistake{name(s) + " is there twice", "name each file once", p};
        found[s] = true;
    }
    for (std::size_t s = 0; s != found.size(); ++s)
        if (!found[s])
            return MergeMistake{name(s) + " is missing", "run it, and name its file, too"};
    Sweep out = std::move(parts.front());
    for (std::size_t p = 1; p != parts.size(); ++p)
        std::move(parts[p].cells.begin(), parts[p].cells.end(), std::back_inserter(out.cells));
    out.shard.reset();
    std::sort(out.cells.begin(), out.cells.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    if (const auto missing = out.missing(); !missing.empty())
        return MergeMistake{"cell " + std::to_string(missing.front()) + " is missing",
                            "its shard did not end: run it again with --resume"};
    return out;
}

}  // namespace lbsim
