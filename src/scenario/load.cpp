#include "scenario/load.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "scenario/describe.hpp"
#include "scenario/reader.hpp"
#include "scenario/resolve.hpp"

namespace lbsim {
namespace {

class Loader {
public:
    Loader(Document document, const std::filesystem::path& folder, const lb::Policies& policies,
           const LoadOptions& options, std::string name)
        : out_{{std::move(document), std::move(name), {}}, {}, {}},
          folder_{folder},
          policies_{policies},
          options_{options} {}

    Draft load() {
        apply_options();
        std::vector<Problem> problems;
        auto base = read_written(document(), problems);
        const bool compared = !base.compare.empty();
        out_.experiment.compared = compared;
        out_.known.variants = sound(document(), problems, "/compare") &&
                              (compared || sound(document(), problems, "/balancers"));
        if (compared) {
            note(std::move(problems));  // Also of what every variant replaces.
            check_labels(base.compare);
            for (const auto& one : base.compare) add_variant(one);
            check_overrides(base.compare);
        } else {
            add(document(), std::move(base), std::move(problems), {});
        }
        if (out_.problems.empty()) check_hash_on();
        out_.problems = once(std::move(out_.problems));
        return std::move(out_);
    }

private:
    Document& document() { return out_.experiment.document; }

    bool has_tiers() {
        const auto* tiers = document().root().find("balancers");
        return tiers != nullptr && tiers->is(Value::Kind::Array);
    }
    /// Of the policy that a variant names: that of the first tier.
    std::string_view policy_path() {
        return has_tiers() ? "balancers.0.policy" : "balancers.policy";
    }

    void note(std::vector<Problem> problems) {
        std::move(problems.begin(), problems.end(), std::back_inserter(out_.problems));
    }

    void apply_options() {
        for (const auto& [path, value, option] : options_.overrides)
            note(document().set(path, value, option));
        if (options_.policies.empty()) return;
        using nlohmann::json;
        const json names = options_.policies;
        note(document().set("compare", names.dump(-1, ' ', false, json::error_handler_t::replace),
                            "--policies"));
    }

    Written read_written(const Document& document, std::vector<Problem>& problems) const {
        Written written;
        const Blocks::Body shape = [&](Blocks& b) {
            b.object(Blocks::kItself, "A scenario",
                     [&](Blocks& o) { describe(o, written, policies_); });
        };
        read(document, folder_, shape, problems);
        return written;
    }

    void check_labels(const std::vector<Written::Compared>& compare) {
        std::set<std::string_view> taken;
        for (const auto& one : compare) {
            if (one.label.empty() || taken.insert(one.label).second) continue;
            const auto named = one.where + "/label";
            const bool is_object = one.policy.pointer != one.where;
            out_.problems.push_back({is_object ? named : one.where,
                                     "there is a variant \"" + one.label + "\" already",
                                     "give it a \"label\" of its own", false,
                                     document().locate(is_object ? named : one.where)});
        }
    }

    // Where policies are compared some may hash and others not; but somebody must.
    void check_hash_on() {
        const auto* tiers = document().root().find("balancers");
        const bool many = has_tiers();
        const std::string where = many ? "/balancers/0/hash_on" : "/balancers/hash_on";
        const auto* tier = many ? &tiers->elements().front() : tiers;
        if (tier == nullptr || !tier->find("hash_on")) return;
        for (const auto& [label, scenario] : out_.experiment.variants) {
            const auto& sticky = scenario.balancers.around.pool.sticky;
            const auto equalises = scenario.balancers.equalises;
            if (equalises == lb::Equalises::Keys || equalises == lb::Equalises::Nothing) return;
            if (sticky && sticky->by == lb::Sticky::By::Table) return;
        }
        out_.problems.push_back({where, "no policy here looks at the keys of requests",
                                 "use a policy that hashes, or leave it out", true,
                                 document().locate(where, true)});
    }

    void add_variant(const Written::Compared& one) {
        Document variant = document();
        std::vector<Problem> problems;
        const auto set = [&](std::string_view path, const Blocks::Raw& raw) {
            if (!raw.value) return;
            auto wrong = variant.set(path, *raw.value, raw.pointer);
            std::move(wrong.begin(), wrong.end(), std::back_inserter(problems));
        };
        set(policy_path(), one.policy);
        for (const auto& [path, raw] : one.set) set(path, raw);
        const bool whole = problems.empty();
        auto written = read_written(variant, problems);
        if (whole)
            add(variant, std::move(written), std::move(problems), one.label);
        else
            add_in_part(std::move(written), std::move(problems), one.label);
    }

    // What every variant sets itself, an option sets in vain.
    void check_overrides(const std::vector<Written::Compared>& compare) {
        const auto covers = [](std::string_view set, std::string_view path) {
            return path.starts_with(set) && (path.size() == set.size() || path[set.size()] == '.');
        };
        for (const auto& [path, value, option] : options_.overrides) {
            if (option.empty()) continue;
            const auto set_anew = [this, &covers, &path = path](const Written::Compared& one) {
                return (one.policy.value && covers(policy_path(), path)) ||
                       std::any_of(one.set.begin(), one.set.end(),
                                   [&](const auto& set) { return covers(set.first, path); });
            };
            if (std::all_of(compare.begin(), compare.end(), set_anew))
                out_.problems.push_back(
                    {"/compare",
                     "every variant sets " + path + " itself, so " + option + " changes nothing",
                     options_.policies.empty()
                         ? "--set 'compare=[]' runs the scenario without its variants"
                         : "leave out one of the two"});
        }
    }

    // A variant of which some fields could not be set.
    void add_in_part(Written written, std::vector<Problem> problems, const std::string& label) {
        note(std::move(problems));
        Scenario scenario;
        scenario.expect = std::move(written.scenario.expect);
        out_.experiment.variants.push_back({label, std::move(scenario)});
        out_.known.backends = out_.known.windows = false;
    }

    void add(const Document& from, Written written, std::vector<Problem> problems,
             std::string label) {
        auto scenario = resolve(std::move(written), from, budget_, out_.known, problems);
        note(std::move(problems));
        scenario.name = out_.experiment.name;
        if (options_.seed) scenario.seed = *options_.seed;
        if (options_.replications) scenario.replications = *options_.replications;
        if (label.empty()) label = scenario.balancers.policy;
        out_.experiment.variants.push_back({std::move(label), std::move(scenario)});
    }

    // Variants share most of their text, and so their mistakes.
    static std::vector<Problem> once(std::vector<Problem> problems) {
        std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::string>> seen;
        std::vector<Problem> out;
        for (auto& problem : problems) {
            const auto place = problem.place.value_or(Place{});
            if (seen.emplace(place.source, place.begin, place.end, problem.message).second)
                out.push_back(std::move(problem));
        }
        return out;
    }

    Draft out_;
    const std::filesystem::path& folder_;
    const lb::Policies& policies_;
    const LoadOptions& options_;
    Budget budget_;
};

Experiment without_problems(Draft draft) {
    if (!draft.problems.empty()) throw draft.experiment.document.error(std::move(draft.problems));
    return std::move(draft.experiment);
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw ScenarioError{name + ":1:1: error: " + why + "\n",
                        {{.pointer = "", .message = why, .place = Place{}}}};
}

std::string text_of_file(const std::filesystem::path& path, const std::string& name) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) refuse(name, "no such file");
    if (std::filesystem::is_directory(status)) refuse(name, "a folder, not a scenario");
    std::ifstream file{path, std::ios::binary};
    std::string text, piece(std::size_t{1} << 16, '\0');
    // To one piece beyond what is allowed, for Document to complain of.
    while (file && text.size() <= Document::kLargest) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        text.append(piece, 0, static_cast<std::size_t>(file.gcount()));
    }
    if (!file.is_open() || file.bad()) refuse(name, "the file cannot be read");
    return text;
}

}  // namespace

bool Draft::has_problem_at(std::string_view pointer) const {
    return std::any_of(problems.begin(), problems.end(), [&](const Problem& p) {
        const std::string_view at = p.pointer;
        return at.starts_with(pointer) &&
               (at.size() == pointer.size() || at[pointer.size()] == '/');
    });
}

Draft draft_experiment(const std::filesystem::path& as_typed, const lb::Policies& policies,
                       const LoadOptions& options) {
    const auto name = as_typed.empty() ? "\"\"" : as_typed.string();
    return draft_experiment(name, text_of_file(as_typed, name), as_typed.parent_path(), policies,
                            options);
}

Draft draft_experiment(std::string name, std::string text, const std::filesystem::path& folder,
                       const lb::Policies& policies, const LoadOptions& options) {
    auto stem = std::filesystem::path{name}.stem().string();
    auto document = Document::parse(std::move(name), std::move(text));
    return Loader{std::move(document), folder, policies, options, std::move(stem)}.load();
}

Experiment load_experiment(const std::filesystem::path& as_typed, const lb::Policies& policies,
                           const LoadOptions& options) {
    return without_problems(draft_experiment(as_typed, policies, options));
}

Experiment load_experiment(std::string name, std::string text, const std::filesystem::path& folder,
                           const lb::Policies& policies, const LoadOptions& options) {
    return without_problems(
        draft_experiment(std::move(name), std::move(text), folder, policies, options));
}

}  // namespace lbsim
