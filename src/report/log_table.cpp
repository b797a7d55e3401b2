#include "report/log_table.hpp"

#include <string_view>
#include <vector>

#include "report/text.hpp"

namespace lbsim {

std::string log_table(const Result& result, const TableOptions& options) {
    using Align = Grid::Align;
    constexpr std::size_t kMost = 16;
    if (result.runs.size() != 1) return {};
    struct Line {
        const LogEntry* first;
        std::size_t more = 0;  // Others to whom the same happened at the same time.
    };
    std::vector<Line> lines;
    std::size_t left = 0;
    for (const auto& [replication, entry] : result.runs.front().log) {
        if (replication != 0) continue;
        const auto same = [&entry = entry](const Line& line) {
            const auto& other = *line.first;
            return other.at == entry.at && other.what == entry.what && other.cause == entry.cause &&
                   other.why == entry.why;
        };
        if (!lines.empty() && same(lines.back()))
            ++lines.back().more;
        else if (lines.size() == kMost)
            ++left;
        else
            lines.push_back({&entry});
    }
    if (lines.empty()) return {};
    Grid grid{{{"at"},
               {"what", Align::Left},
               {"backend", Align::Left},
               {"balancer", Align::Left, 2},
               {"why", Align::Left, 1},
               {"cause", Align::Left, 3}}};
    for (const auto& [first, more] : lines) {
        const auto& e = *first;
        const auto backend = e.backend.empty() ? std::string{"all"} : clean(e.backend);
        grid.row({time_text(lb::seconds(e.at)), clean(e.what),
                  more == 0 ? backend : concat(backend, " +", std::to_string(more)),
                  clean(e.balancer), clean(e.why), clean(e.cause)});
    }
    std::string out = "\n";
    const auto line = [&](std::string_view text, Look look) {
        out += styled(fit(text, options.width), look, options.color) + '\n';
    };
    line(result.replications > 1 ? "Log of the first replication" : "Log", Look::Bold);
    out += grid.text(options.width, options.color);
    if (left != 0) line(concat(" ", grouped(left), " more in --format json"), Look::Dim);
    return out;
}

}  // namespace lbsim
