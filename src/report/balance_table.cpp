#include "report/balance_table.hpp"

#include <algorithm>

#include "report/text.hpp"

namespace lbsim {

std::string balance_table(const std::vector<const RunResult*>& runs, const Scene& scene,
                          const TableOptions& options) {
    const bool any = std::any_of(runs.begin(), runs.end(), [](const auto* run) {
        return run->equalises == lb::Equalises::Keys && run->measures.backends.size() > 1;
    });
    if (!any) return {};
    Grid grid{{{runs.size() > 1 ? "variant" : "", Grid::Align::Left},
               {"busiest", Grid::Align::Left},
               {"share %"},
               {"max/mean"},
               {"cv %", Grid::Align::Right, 1}}};
    for (const auto* run : runs) {
        const auto& m = measures_in(*run, scene);
        if (m.balance.max_over_mean.absent) continue;
        // Of another tier a share is of that, and says nothing here.
        const BackendResult* busiest = nullptr;
        for (const auto& b : m.backends)
            if (b.tier == 0 && !b.share.absent &&
                (busiest == nullptr || b.share.value > busiest->share.value))
                busiest = &b;
        if (busiest == nullptr) continue;
        grid.row({runs.size() > 1 ? clean(run->variant) : "", clean(busiest->name),
                  percent(busiest->share.value, 1), fixed(m.balance.max_over_mean.value, 2),
                  m.balance.cv.absent ? "–" : fixed(100 * m.balance.cv.value, 1)});
    }
    if (grid.empty()) return {};
    return '\n' +
           styled(concat("How evenly", scene.window.empty() ? "" : ", ", clean(scene.window)),
                  Look::Bold, options.color) +
           '\n' + grid.text(options.width, options.color);
}

}  // namespace lbsim
