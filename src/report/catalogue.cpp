#include "report/catalogue.hpp"

#include <algorithm>

#include "experiment/metrics.hpp"
#include "report/text.hpp"
#include "scenario/outline.hpp"

namespace lbsim {
namespace {

/// A word and what it means.
struct Item {
    std::string word, meaning;
};

// The words in one column, what they mean beside them.
std::string listed(std::span<const Item> items, std::size_t width) {
    std::size_t longest = 0;
    for (const auto& i : items) longest = std::max(longest, display_width(i.word));
    longest = std::min(longest, width / 3);
    std::string out;
    for (const auto& i : items)
        out += wrap(i.meaning, width, " " + pad_right(i.word, longest) + "  ");
    return out;
}

std::string described(std::span<const Field> fields, std::size_t width) {
    if (fields.empty()) return " It has no parameters.\n";
    std::vector<Item> items;
    for (const auto& f : fields) {
        std::string meaning = f.meaning + " (" + f.value;
        if (!f.preset.empty()) meaning += "; default " + f.preset;
        items.push_back({f.name, meaning + ")"});
    }
    return listed(items, width);
}

}  // namespace

std::optional<std::string> policies_text(const lb::Policies& policies, std::string_view name,
                                         std::size_t width) {
    if (!name.empty()) {
        const auto* entry = policies.find(name);
        if (entry == nullptr) return std::nullopt;
        return wrap(entry->summary, width, std::string{name} + ": ") + " It equalises " +
               std::string{lb::words(entry->equalises)} + ".\n" +
               described(fields_of(*entry), width);
    }
    std::vector<Item> items;
    for (const auto& [key, entry] : policies)
        items.push_back({std::string{key}, std::string{entry.summary} + "; equalises " +
                                               std::string{lb::words(entry.equalises)}});
    return listed(items, width);
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
    return listed(items, width);
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
