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
        : out_{std::move(document), std::move(name), {}},
          folder_{folder},
          policies_{policies},
          options_{options} {}

    Experiment load() {
        apply_options();
        std::vector<Problem> problems;
        auto base = read_written(out_.document, problems);
        out_.compared = !base.compare.empty();
        if (out_.compared) {
            note(std::move(problems));  // Also of what every variant replaces.
            check_labels(base.compare);
            for (const auto& one : base.compare) add_variant(one);
        } else {
            add(out_.document, std::move(base), std::move(problems), {});
        }
        if (!problems_.empty()) throw out_.document.error(once(std::move(problems_)));
        return std::move(out_);
    }

private:
    void note(std::vector<Problem> problems) {
        std::move(problems.begin(), problems.end(), std::back_inserter(problems_));
    }

    void apply_options() {
        for (const auto& [path, value] : options_.overrides)
            note(out_.document.set(path, value, "--set"));
        if (options_.policies.empty()) return;
        using nlohmann::json;
        const json names = options_.policies;
        note(out_.document.set(
            "compare", names.dump(-1, ' ', false, json::error_handler_t::replace), "--policies"));
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
            problems_.push_back({is_object ? named : one.where,
                                 "there is a variant \"" + one.label + "\" already",
                                 "give it a \"label\" of its own", false,
                                 out_.document.locate(is_object ? named : one.where)});
        }
    }

    void add_variant(const Written::Compared& one) {
        Document variant = out_.document;
        std::vector<Problem> problems;
        const auto set = [&](std::string_view path, const Blocks::Raw& raw) {
            if (!raw.value) return;
            auto wrong = variant.set(path, *raw.value, raw.pointer);
            std::move(wrong.begin(), wrong.end(), std::back_inserter(problems));
        };
        set("balancers.policy", one.policy);
        for (const auto& [path, raw] : one.set) set(path, raw);
        const bool whole = problems.empty();
        auto written = read_written(variant, problems);
        if (whole)
            add(variant, std::move(written), std::move(problems), one.label);
        else
            note(std::move(problems));
    }

    void add(const Document& document, Written written, std::vector<Problem> problems,
             std::string label) {
        auto scenario = resolve(std::move(written), document, budget_, problems);
        note(std::move(problems));
        scenario.name = out_.name;
        if (options_.seed) scenario.seed = *options_.seed;
        if (options_.replications) scenario.replications = *options_.replications;
        if (label.empty()) label = scenario.balancers.policy;
        out_.variants.push_back({std::move(label), std::move(scenario)});
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

    Experiment out_;
    const std::filesystem::path& folder_;
    const lb::Policies& policies_;
    const LoadOptions& options_;
    Budget budget_;
    std::vector<Problem> problems_;
};

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

Experiment load_experiment(const std::filesystem::path& as_typed, const lb::Policies& policies,
                           const LoadOptions& options) {
    const auto name = as_typed.empty() ? "\"\"" : as_typed.string();
    return load_experiment(name, text_of_file(as_typed, name), as_typed.parent_path(), policies,
                           options);
}

Experiment load_experiment(std::string name, std::string text, const std::filesystem::path& folder,
                           const lb::Policies& policies, const LoadOptions& options) {
    auto stem = std::filesystem::path{name}.stem().string();
    auto document = Document::parse(std::move(name), std::move(text));
    return Loader{std::move(document), folder, policies, options, std::move(stem)}.load();
}

}  // namespace lbsim
