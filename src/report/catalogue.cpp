#include "report/catalogue.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "experiment/metrics.hpp"
#include "report/text.hpp"
#include "scenario/outline.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

/// A word and what it means.
struct Item {
    std::string word, meaning;
};

// The words in one column, what they mean beside them.
std::string listed(std::span<const Item> items, std::size_t width, std::size_t longest = 0) {
    for (const auto& i : items) longest = std::max(longest, display_width(i.word));
    longest = std::min(longest, width / 3);
    std::string out;
    for (const auto& i : items)
        out += wrap(i.meaning, width, " " + pad_right(i.word, longest) + "  ");
    return out;
}

std::string described(std::span<const Field> fields, std::size_t width) {
    if (fields.empty()) return "No parameters.\n";
    std::vector<Item> items;
    for (const auto& f : fields) {
        std::string meaning = f.meaning + " (" + f.value;
        if (!f.preset.empty()) meaning += "; default " + f.preset;
        items.push_back({f.name, meaning + ")"});
    }
    return "Parameters\n" + listed(items, width);
}

std::string_view weights_text(const lb::WeightRule& rule) {
    switch (rule.kind) {
        case lb::WeightRule::Kind::Whole: return "whole, up to ";
        case lb::WeightRule::Kind::Any: return "any, up to ";
        case lb::WeightRule::Kind::Ignored: break;
    }
    return "ignored";
}

std::string policy_text(std::string_view name, const lb::Policies::Entry& entry,
                        std::size_t width) {
    std::string out = wrap(entry.summary, width, std::string{name} + ": ");
    std::vector<Item> about{{"equalises", std::string{lb::words(entry.equalises)}}};
    std::string weights{weights_text(entry.weights)};
    if (entry.weights.kind != lb::WeightRule::Kind::Ignored) weights += text_of(entry.weights.most);
    about.push_back({"weights", weights});
    if (!entry.cost.empty()) about.push_back({"cost", std::string{entry.cost}});
    if (entry.evidence != lb::Evidence::Own)
        about.push_back({"evidence", std::string{lb::words(entry.evidence)}});
    if (!entry.source.empty()) about.push_back({"source", std::string{entry.source}});
    if (!entry.differs.empty()) about.push_back({"differs", std::string{entry.differs}});
    return out + listed(about, width) + '\n' + described(fields_of(entry), width);
}

}  // namespace

std::optional<std::string> policies_text(const lb::Policies& policies, std::string_view name,
                                         std::size_t width) {
    if (!name.empty()) {
        const auto* entry = policies.find(name);
        return entry == nullptr ? std::nullopt : std::optional{policy_text(name, *entry, width)};
    }
    // By family: those without a prefix first.
    std::map<std::string, std::vector<Item>> families;
    for (const auto& [key, entry] : policies) {
        const auto slash = key.find('/');
        auto meaning = std::string{entry.summary};
        if (slash != std::string_view::npos)
            meaning += " [" + std::string{lb::words(entry.evidence)} + "]";
        families[std::string{key.substr(0, slash == std::string_view::npos ? 0 : slash)}].push_back(
            {std::string{key}, meaning});
    }
    std::size_t longest = 0;
    for (const auto& [key, entry] : policies) longest = std::max(longest, display_width(key));
    std::string out;
    for (const auto& [family, items] : families) {
        out += family.empty() ? "The general algorithms\n" : "\nAs " + family + '\n';
        out += listed(items, width, longest);
    }
    return out + '\n' +
           wrap(
               "[recorded] reproduces picks of the running program or its compiled source, "
               "[source] is written from its source, [documented] from its manual.  More of one: "
               "lbsim policies NAME",
               width);
}

std::optional<std::string> faults_text(std::string_view name, std::size_t width) {
    std::vector<Item> items;
    for (const auto& change : timeline_changes()) {
        if (change.name == name)
            return wrap(change.meaning, width, change.name + ": ") +
                   described(change.fields, width);
        items.push_back({change.name, change.meaning});
    }
    if (!name.empty()) return std::nullopt;
    static constexpr std::string_view kAround[][2] = {
        {"Each has ",
         "at, target (names, b*, group:, pool:, zone:), and for faults: for, ramp (it "
         "grows, and shrinks again), probability or when (of single requests), repeat (it comes "
         "and goes, "
         "together or each target by itself)."},
        {"So: ",
         "crash with repeat flaps; hang with repeat pauses, as for a collection of garbage; "
         "error with repeat comes in bursts; repeat together strikes a rack; add, drain and "
         "restart are deployments; probe_lie beside another fault keeps probes from it "
         "(pass 1), and alone befalls nothing else (pass 0)."},
        {"Of backends: ",
         "saturation (slower the more they serve, as at 99 % CPU), warm_up (cold "
         "caches), connect (a delay), queue_timeout, cancellation."}};
    auto out = listed(items, width);
    for (const auto& [first, text] : kAround) out += '\n' + wrap(text, width, first);
    return out;
}

std::optional<std::string> metrics_text(std::string_view name, std::size_t width) {
    const auto said = [](const Metric& m) {
        std::string out = std::string{m.meaning} + " (" + std::string{words(m.unit)};
        if (m.about == Metric::About::Backend) out += "; of a backend or group";
        if (m.about == Metric::About::Either) out += "; of all, a backend or a group";
        return out + ")";
    };
    if (!name.empty()) {
        const auto* metric = find_metric(name);
        if (metric == nullptr) return std::nullopt;
        return wrap(said(*metric), width, std::string{metric->name} + ": ") +
               " In results it is called " + column(*metric) + ".\n";
    }
    std::vector<Item> items;
    for (const auto& m : metrics()) items.push_back({std::string{m.name}, said(m)});
    return listed(items, width);
}

std::string scenarios_text(std::span<const Shipped> scenarios, std::size_t width) {
    std::vector<Item> items;
    for (const auto& s : scenarios) items.push_back({s.name, s.question});
    return listed(items, width);
}

std::vector<std::string_view> policy_names(const lb::Policies& policies) {
    std::vector<std::string_view> names;
    for (const auto& [name, entry] : policies) names.push_back(name);
    return names;
}

std::vector<std::string> fault_names() {
    std::vector<std::string> names;
    for (const auto& change : timeline_changes()) names.push_back(change.name);
    return names;
}

std::vector<std::string_view> metric_names() {
    std::vector<std::string_view> names;
    for (const auto& m : metrics()) names.push_back(m.name);
    return names;
}

}  // namespace lbsim
