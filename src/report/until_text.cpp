#include "report/until_text.hpp"

#include <string_view>

#include "report/text.hpp"

namespace lbsim {
namespace {

std::string width_text(double width, const UntilResult& until) {
    if (until.relative) return "±" + percent(width) + " %";
    const bool seconds = until.metric.size() > 2 && until.metric.ends_with("_s") &&
                         !until.metric.ends_with("_per_s");
    return "±" + (seconds ? time_text(width) : three_digits(width));
}

}  // namespace

std::string until_text(const UntilResult& until) {
    const auto asked = until.metric + " " + width_text(until.width, until);
    const auto of = clean(until.variant);
    const auto after = std::to_string(until.replications) + " replications";
    if (!until.half_width)
        return asked + ": not reached, and never: that of " + of + " is no finite number.";
    const auto is = width_text(*until.half_width, until) + " for " + of;
    if (until.reached) return asked + ": reached with " + after + ", " + is + ".";
    return asked + ": not reached with " + after + ", " + is + "; about " +
           short_number(until.needed.value_or(0)) + " would do.";
}

}  // namespace lbsim
