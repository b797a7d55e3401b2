#include "report/held_table.hpp"

#include <algorithm>
#include <string_view>

#include "report/text.hpp"

namespace lbsim {
namespace {

/// The window before the scene, if it is that of something that happened.
const WindowResult* before(const RunResult& run, const Scene& scene) {
    constexpr std::string_view kDuring = "during:";
    if (!scene.window.starts_with(kDuring)) return nullptr;
    const auto name = concat("before:", scene.window.substr(kDuring.size()));
    for (const auto& window : run.windows)
        if (window.name == name) return &window;
    return nullptr;
}

/// In the scene's worst step.
Figure lowest(const RunResult& run, const Scene& scene) {
    Figure out{.value = 1, .low = {}, .high = {}, .absent = true};
    const double step = lb::seconds(run.series.step);
    for (std::size_t i = 0; i != run.series.steps.size(); ++i) {
        const double from = static_cast<double>(i) * step;
        const auto ratio = run.series.steps[i].hit_ratio;
        if (!ratio || from < lb::seconds(scene.from) || from + step > lb::seconds(scene.to))
            continue;
        out.absent = false;
        out.value = std::min(out.value, *ratio);
    }
    return out;
}

std::string share_of_hits(const Figure& ratio) {
    return ratio.absent ? "–" : percent(ratio.value, 1);
}

/// Per second; of all attempts, each of which is a look-up.
std::string misses(const Measures& m, Duration span, std::uint64_t replications) {
    if (m.hit_ratio.absent || span <= Duration::zero()) return "–";
    const double attempts = static_cast<double>(m.requests.attempts) /
                            static_cast<double>(replications) / lb::seconds(span);
    return short_number((1 - m.hit_ratio.value) * attempts);
}

}  // namespace

std::string held_table(const std::vector<const RunResult*>& runs, const Scene& scene,
                       const TableOptions& options) {
    const bool any = std::any_of(runs.begin(), runs.end(), [](const auto* run) {
        return !run->measures.hit_ratio.absent || !run->measures.sessions_lost.absent;
    });
    if (!any) return {};
    Grid grid{{{runs.size() > 1 ? "variant" : "", Grid::Align::Left},
               {"hit % before"},
               {"hit %"},
               {"lowest"},
               {"misses/s before", Grid::Align::Right, 2},
               {"misses/s", Grid::Align::Right, 1},
               {"sessions lost"}}};
    for (const auto* run : runs) {
        const auto& here = measures_in(*run, scene);
        const auto* was = before(*run, scene);
        const auto& lost = here.sessions_lost;
        const bool cached = !run->measures.hit_ratio.absent;
        const bool whole = scene.window.empty();
        const auto span = whole ? run->duration : scene.to - scene.from;
        grid.row({runs.size() > 1 ? clean(run->variant) : "",
                  was != nullptr && cached ? share_of_hits(was->measures.hit_ratio) : "",
                  cached ? share_of_hits(here.hit_ratio) : "",
                  cached && !whole ? share_of_hits(lowest(*run, scene)) : "",
                  was != nullptr && cached
                      ? misses(was->measures, was->to - was->from, run->replications)
                      : "",
                  cached ? misses(here, span, run->replications) : "",
                  lost.absent ? "" : short_number(lost.value)});
    }
    return '\n' +
           styled(
               concat("What backends hold", scene.window.empty() ? "" : ", ", clean(scene.window)),
               Look::Bold, options.color) +
           '\n' + grid.text(options.width, options.color);
}

}  // namespace lbsim
