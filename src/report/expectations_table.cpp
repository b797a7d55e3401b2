#include <algorithm>
#include <string>
#include <string_view>

#include "report/table.hpp"
#include "report/text.hpp"

namespace lbsim {

std::string expectations_table(const Result& result, const TableOptions& options) {
    if (result.expect.empty()) return {};
    const auto passed = static_cast<std::size_t>(std::count_if(
        result.expect.begin(), result.expect.end(), [](const auto& e) { return e.passed; }));
    std::string out = '\n' +
                      styled(concat("expected: ", std::to_string(passed), " of ",
                                    std::to_string(result.expect.size()), " hold"),
                             Look::Bold, options.color) +
                      '\n';
    for (const auto& e : result.expect) {
        const std::string_view verdict = e.passed    ? " pass     "
                                         : e.vacuous ? " VACUOUS  "
                                                     : " FAIL     ";
        const auto text = e.text.empty() ? std::string{"–"} : clean(e.text);
        const auto seen = clean(e.seen);
        const auto lines = [&] {
            if (seen.empty()) return wrap(text, options.width, verdict);
            // On one line if there is room, or else below.
            const auto joined = text + "   (" + seen + ')';
            if (display_width(verdict) + display_width(joined) <= options.width)
                return std::string{verdict} + joined + '\n';
            return wrap(text, options.width, verdict) +
                   wrap("(" + seen + ")", options.width, "            ");
        }();
        out += styled(std::string_view{lines}.substr(0, 10), e.passed ? Look::Good : Look::Bad,
                      options.color);
        out += lines.substr(10);
    }
    return out;
}

}  // namespace lbsim
