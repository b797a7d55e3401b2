#include <cli/cli.hpp>

namespace {

/// The first two by turns.
struct FirstTwo final : lb::Policy {
    static constexpr std::string_view kName = "first_two", kSummary = "The first two by turns";
    struct Config {
        void describe(lb::Fields&) {}
    };
    explicit FirstTwo(const Config&) {}
    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        return c.view.eligible()[turn_++ % std::min<std::size_t>(2, c.view.eligible().size())];
    }
    std::size_t turn_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    auto policies = lb::builtin_policies();
    policies.add<FirstTwo>();
    return lbsim::cli(argc, argv, policies);
}
