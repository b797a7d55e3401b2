// A policy of your own gets the whole tool: this program is lbsim with one policy more.  It can be
// named in scenarios, compared with the others, swept, checked; help and schema list its
// parameters.
//
//     custom_policy run scenario.json --set balancers.policy=sticky

#include "cli/cli.hpp"

namespace {

struct Sticky final : lb::Policy {
    static constexpr std::string_view kName = "sticky", kSummary = "The first that may be used";
    struct Config {
        void describe(lb::Fields&) {}
    };
    explicit Sticky(const Config&) {}
    std::optional<lb::BackendId> pick(const lb::PickContext& context) override {
        return context.view.eligible().front();
    }
};

}  // namespace

int main(int argc, char** argv) {
    auto policies = lb::builtin_policies();
    policies.add<Sticky>();
    return lbsim::cli(argc, argv, policies);
}
