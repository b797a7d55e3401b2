// Any bytes as a scenario, any path, any value: either an experiment or an error that can be shown.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expects.hpp"
#include "experiment/load.hpp"

namespace {

std::string_view take(std::string_view& rest, char until) {
    const auto part = rest.substr(0, rest.find(until));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

void check(const lbsim::Scenario& s) {
    lb::expects(!s.clients.empty() && !s.backends.empty() && s.replications >= 1);
    lb::expects(s.balancers.make_policy && s.balancers.make_policy({}) != nullptr);
    for (const auto& clients : s.clients) lb::expects(mean(clients.work) >= 0);
    for (const auto& group : s.backends) {
        lb::expects(!group.members.empty() && group.weight > 0 && group.workers.value >= 1);
        lb::expects(mean(group.service) >= 0 && mean(group.network) >= 0);
    }
    for (const auto& entry : s.timeline) {
        const auto* add = std::get_if<lbsim::AddBackends>(&entry.change);
        lb::expects(!entry.name.empty() && entry.at >= lbsim::Duration::zero());
        lb::expects(add ? !add->members.empty() && add->group < s.backends.size()
                        : !entry.targets.empty());
    }
    for (const auto& window : s.windows)
        lb::expects(!window.name.empty() && window.from <= window.to);
}

}  // namespace

// The input is TEXT, then what to set: PATH NUL VALUE NUL PATH NUL VALUE …, after the first 0xFF.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const auto policies = lb::builtin_policies();
    std::string_view rest{reinterpret_cast<const char*>(bytes), size};
    const std::string text{take(rest, '\xff')};
    lbsim::LoadOptions options;
    while (!rest.empty() && options.overrides.size() != 4) {
        const std::string path{take(rest, '\0')};
        options.overrides.push_back({path, std::string{take(rest, '\0')}});
    }
    try {
        const auto experiment =
            lbsim::finish(
                lbsim::draft_experiment("fuzz.json", text, "no/such/folder", policies, options),
                options)
                .experiment;
        lb::expects(!experiment.variants.empty());
        for (const auto& variant : experiment.variants) check(variant.scenario);
    } catch (const lbsim::ScenarioError& error) {
        lb::expects(!error.problems().empty() && *error.what() != '\0');
    }
    return 0;
}
