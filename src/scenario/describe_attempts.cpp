#include <array>

#include "scenario/describe.hpp"
#include "scenario/describe_parts.hpp"

namespace lbsim {
namespace {

void retry(Blocks& b, Attempts& to, lb::AvoidTried* avoid_tried) {
    static constexpr std::array<std::string_view, 4> kAvoid{"no", "repick", "prefer", "strict"};
    lb::Retry::Config retry;
    retry.describe(b);
    to.retry = std::move(retry);
    b.optional_field("per_try", to.per_try, "How long one attempt may take");
    if (b.optional("budget"))
        b.object("budget", "How many retries there may be beside all requests", [&](Blocks& o) {
            lb::RetryBudget::Config budget;
            budget.describe(o);
            to.budget = budget;
        });
    if (avoid_tried != nullptr)
        lb::word(
            b, "avoid_tried", *avoid_tried, kAvoid,
            "Another attempt goes where the policy says; the policy is asked again if that was "
            "tried; to another if there is one; or to another or nowhere");
}

void hedge(Blocks& b, Attempts& to) {
    Hedge hedge;
    hedge.after = demanded(b, "after", Duration{std::chrono::milliseconds{100}},
                           "So long without an answer, and another attempt is made beside it");
    b.field("most", hedge.most, "So many beside the first", lb::Range{.low = 1, .high = 10});
    b.field("cancel", hedge.cancel, "Whether those that are too late are cancelled");
    to.hedge = hedge;
}

}  // namespace

void describe_attempts(Blocks& b, Attempts& to, lb::AvoidTried* avoid_tried) {
    if (b.optional("retry"))
        b.object("retry", "Attempts that fail are made again",
                 [&](Blocks& o) { retry(o, to, avoid_tried); });
    if (b.optional("hedge"))
        b.object("hedge", "Attempts that take long get company", [&](Blocks& o) { hedge(o, to); });
}

}  // namespace lbsim
