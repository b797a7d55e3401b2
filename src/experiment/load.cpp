#include "experiment/load.hpp"

#include <iterator>
#include <utility>

#include "experiment/expectation.hpp"
#include "model/inspect_traces.hpp"

namespace lbsim {
namespace {

void append(std::vector<Problem>& to, std::vector<Problem> more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

Loaded finish(Draft draft, const LoadOptions& options) {
    if (!options.policies.empty())
        for (auto& variant : draft.experiment.variants) variant.scenario.expect.clear();
    append(draft.problems, check_expectations(draft));
    auto traces = inspect_traces(draft);
    if (!draft.problems.empty()) throw draft.experiment.document.error(std::move(draft.problems));
    return {std::move(draft.experiment), std::move(traces)};
}

Loaded load_to_run(const std::filesystem::path& as_typed, const lb::Policies& policies,
                   const LoadOptions& options) {
    return finish(draft_experiment(as_typed, policies, options), options);
}

}  // namespace lbsim
