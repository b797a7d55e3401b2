#include "experiment/load.hpp"

#include <iterator>
#include <utility>

#include "experiment/expectation.hpp"

namespace lbsim {
namespace {

void append(std::vector<Problem>& to, std::vector<Problem> more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

Experiment finish(Draft draft, const LoadOptions& options) {
    if (!options.policies.empty())
        for (auto& variant : draft.experiment.variants) variant.scenario.expect.clear();
    append(draft.problems, check_expectations(draft));
    if (!draft.problems.empty()) throw draft.experiment.document.error(std::move(draft.problems));
    return std::move(draft.experiment);
}

Experiment load_to_run(const std::filesystem::path& as_typed, const lb::Policies& policies,
                       const LoadOptions& options) {
    return finish(draft_experiment(as_typed, policies, options), options);
}

}  // namespace lbsim
