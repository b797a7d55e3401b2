#include "report/attempts_table.hpp"

#include <algorithm>

#include "report/text.hpp"

namespace lbsim {
namespace {

std::string two_digits(const Figure& figure) {
    return figure.absent ? "–" : fixed(figure.value, 2);
}

std::string wasted(const Measures& m) {
    return m.wasted_work.absent ? "–" : percent(m.wasted_work.value, 1);
}

}  // namespace

std::string attempts_table(const std::vector<const RunResult*>& runs, const Scene& scene,
                           const TableOptions& options) {
    const bool any = std::any_of(runs.begin(), runs.end(), [](const auto* run) {
        return run->measures.requests.attempts > run->measures.requests.offered;
    });
    if (!any) return {};
    Grid grid{{{runs.size() > 1 ? "variant" : "", Grid::Align::Left},
               {"attempts per request"},
               {"work for nobody %"},
               {"the same, whole run", Grid::Align::Right, 1},
               {"%", Grid::Align::Right, 1}}};
    for (const auto* run : runs) {
        const auto& here = measures_in(*run, scene);
        const auto& all = run->measures;
        const bool apart = &here != &all;
        grid.row({runs.size() > 1 ? clean(run->variant) : "", two_digits(here.amplification),
                  wasted(here), apart ? two_digits(all.amplification) : "",
                  apart ? wasted(all) : ""});
    }
    return '\n' +
           styled(concat("Attempts", scene.window.empty() ? "" : ", ", clean(scene.window)),
                  Look::Bold, options.color) +
           '\n' + grid.text(options.width, options.color);
}

}  // namespace lbsim
