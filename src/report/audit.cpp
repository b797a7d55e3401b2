#include "report/audit.hpp"

#include "report/text.hpp"

namespace lbsim {
namespace {

std::string shift_text(double shift, Metric::Unit unit) {
    switch (unit) {
        case Metric::Unit::Seconds: return time_text(shift);
        case Metric::Unit::Fraction: return percent(shift) + " points";
        case Metric::Unit::PerSecond: return three_digits(shift) + "/s";
        case Metric::Unit::Count:
        case Metric::Unit::Ratio: return three_digits(shift);
    }
    return "";
}

}  // namespace

std::string audit_text(std::string_view scenario, const Audit& audit, const TableOptions& options) {
    std::string out =
        wrap(clean(scenario) + ", " + std::to_string(audit.seeds) + " seeds", options.width);
    for (const auto& row : audit.rows) {
        const bool steady = row.failed == 0;
        const std::string_view word = steady ? "steady" : "FLAKY ";
        auto line = wrap(clean(row.text), options.width, concat(" ", word, "  "));
        line.replace(1, word.size(), styled(word, steady ? Look::Good : Look::Bad, options.color));
        out += line;
        std::string told = std::to_string(row.failed) + " of " + std::to_string(audit.seeds) +
                           " seeds fail; fewer than " + percent(audit.most_flaky(row)) +
                           " % do, with confidence 95 %";
        if (row.smallest_shift)
            told += "; notices a shift of " + shift_text(*row.smallest_shift, row.unit) +
                    " with probability 99.9 %";
        out += wrap(told, options.width, "         ");
    }
    return out;
}

}  // namespace lbsim
