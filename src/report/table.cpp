#include "report/table.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "base/expects.hpp"
#include "report/attempts_table.hpp"
#include "report/balance_table.hpp"
#include "report/held_table.hpp"
#include "report/log_table.hpp"
#include "report/naming.hpp"
#include "report/text.hpp"
#include "report/until_text.hpp"
#include "report/why.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using Align = Grid::Align;

/// Every run, the best first, with its place; those not told apart have the same.
struct Placed {
    const RunResult* run;
    std::string place;
};

std::vector<Placed> placed(const Result& result) {
    std::vector<Placed> out;
    for (const auto& tied : result.ranking) {
        const bool alone = tied.size() == 1;
        const auto place = std::to_string(out.size() + 1);
        for (const auto i : tied)
            out.push_back({&result.runs[i], concat(alone ? " " : "=", place)});
    }
    if (out.empty())
        for (const auto& run : result.runs) out.push_back({&run, ""});
    return out;
}

std::string percent_cell(const Figure& figure, int decimals) {
    return figure.absent || figure.beyond ? "–" : percent(figure.value, decimals);
}

/// "10.0 ±0.2", in percent.
std::string interval_cell(const Figure& figure, int decimals) {
    auto out = percent_cell(figure, decimals);
    if (figure.absent) return out;
    // A width below the last digit is ±0.0: what stands before it is all there is to know.
    if (const auto half = half_width(figure)) out += concat(" ±", fixed(100 * *half, decimals));
    return out;
}

/// A fraction that a person wrote, in percent: 0.07 is 7 and not 7.000000000000001.
double percent_of(double fraction) { return fraction * 1e9 / 1e7; }

/// How many digits show how shares differ: enough for a tenth of the largest, which many backends
/// make small.
int share_decimals(std::span<const double> shares) {
    double most = 0;
    for (const double share : shares) most = std::max(most, share);
    int decimals = 1;
    for (double step = 0.02; decimals < 4 && most > 0 && most < step; step /= 10) ++decimals;
    return decimals;
}

/// Of the attempts, in percent.
std::string errors_cell(const BackendResult& b) {
    const auto of = static_cast<double>(b.attempts);
    return b.attempts == 0 ? "–" : percent(static_cast<double>(b.failed) / of);
}

std::string rate_cell(const Figure& figure) {
    return figure.absent ? "–" : short_number(figure.value);
}

/// Whether any cell that was made had "~" or "∞".
// " (3 no route, 1 declined)".
std::string reasons(const Outcomes& o) {
    std::string out;
    for (const auto why : lb::kRejections)
        if (const auto n = o.rejections[static_cast<std::size_t>(why)]; n != 0)
            out += concat(out.empty() ? " (" : ", ", grouped(n), " ", lb::words(why));
    return out.empty() ? out : out + ')';
}

bool mentions(std::string_view text, std::string_view sign) {
    return text.find(sign) != std::string_view::npos;
}

class TableWriter {
public:
    TableWriter(const Result& result, const TableOptions& options)
        : result_{result}, options_{options}, scene_{telling_scene(result)} {}

    std::string text() {
        title();
        if (result_.compared && result_.runs.size() > 1)
            ranking();
        else if (!result_.runs.empty())
            single();
        scene();
        parts();
        verdicts();
        recovery();
        out_ += log_table(result_, options_);
        reason();
        fleet();
        legend();
        service_level();
        out_ += expectations_table(result_, options_);
        return std::move(out_);
    }

private:
    void line(std::string_view text, Look look = Look::Plain) {
        out_ += styled(fit(text, options_.width), look, options_.color) + '\n';
    }
    void paragraph(std::string_view text, std::string_view first, Look look = Look::Plain) {
        const auto lines = wrap(clean(text), options_.width, first);
        for (std::size_t at = 0; at < lines.size();) {
            const auto end = lines.find('\n', at);
            out_ += styled(std::string_view{lines}.substr(at, end - at), look, options_.color);
            out_ += '\n';
            at = end + 1;
        }
    }
    void blank() {
        if (!out_.empty()) out_ += '\n';
    }
    void put(const Grid& grid) { out_ += grid.text(options_.width, options_.color); }

    void title();
    void ranking();
    void single();
    void scene();
    void scene_of(const std::string& target);
    void what_policies_equalise();
    void parts();
    void verdicts();
    void recovery();
    void reason();
    void legend();
    void fleet();
    void backends(const RunResult& run);
    void others(const std::vector<const BackendResult*>& rest);
    void service_level();

    const Result& result_;
    const TableOptions& options_;
    Scene scene_;
    std::string out_;
};

void TableWriter::title() {
    line(clean(result_.scenario), Look::Bold);
    paragraph(result_.question, "  ");
    std::string facts = concat("seed ", std::to_string(result_.seed), ", ") +
                        std::to_string(result_.replications) +
                        (result_.replications == 1 ? " replication" : " replications");
    if (!result_.runs.empty()) {
        std::uint64_t least = result_.runs.front().measures.requests.offered, most = least;
        std::size_t fleet = 0;
        for (const auto& run : result_.runs) {
            least = std::min(least, run.measures.requests.offered);
            most = std::max(most, run.measures.requests.offered);
            fleet = std::max(fleet, run.measures.backends.size());
        }
        facts += concat(", ", grouped(least)) + (least == most ? "" : " to " + grouped(most)) +
                 " requests";
        if (result_.runs.size() > 1) facts += " per variant";
        facts += concat(", ", grouped(fleet)) + (fleet == 1 ? " backend" : " backends");
    }
    if (result_.warmup > Duration::zero() || result_.warmup_detected)
        facts +=
            ", warm-up " + text_of(result_.warmup) + (result_.warmup_detected ? " (MSER-5)" : "");
    paragraph(facts, "  ", Look::Dim);
    if (result_.until) paragraph(until_text(*result_.until), "  ");
}

void TableWriter::ranking() {
    const auto order = placed(result_);
    std::vector<double> goods, errors;
    for (const auto& [run, place] : order) {
        if (!run->measures.good.absent) goods.push_back(run->measures.good.value);
        if (!run->measures.error_rate.absent) errors.push_back(run->measures.error_rate.value);
    }
    const int good_decimals = percent_decimals(goods), error_decimals = percent_decimals(errors);

    Grid grid{{{"", Align::Left},
               {"variant", Align::Left},
               {"good %"},
               {"p50  ", Align::Right, 2},
               {"p90  ", Align::Right, 5},
               {"p99  ", Align::Right, 0},
               {"p99.9  ", Align::Right, 3},
               {"err %", Align::Right, 1},
               {"good/s", Align::Right, 4}}};
    for (const auto& [run, place] : order) {
        const auto& m = run->measures;
        const auto& l = m.latency_of_all;
        grid.row(
            {place, clean(run->variant), goods.empty() ? "" : interval_cell(m.good, good_decimals),
             time_cell(l.p50), time_cell(l.p90), time_cell(l.p99), time_cell(l.p999),
             goods.empty() ? interval_cell(m.error_rate, error_decimals)
                           : percent_cell(m.error_rate, error_decimals),
             rate_cell(m.goodput)},
            place == " 1" ? Look::Bold : Look::Plain);
    }
    blank();
    put(grid);
    const bool tied = std::any_of(result_.ranking.begin(), result_.ranking.end(),
                                  [](const auto& place) { return place.size() > 1; });
    if (tied)
        line(result_.replications < 2 ? " = one replication tells nothing apart"
                                      : " = not told apart at 95 %",
             Look::Dim);
}

void TableWriter::single() {
    const auto& run = result_.runs.front();
    const auto& m = run.measures;
    blank();
    std::string head = clean(run.variant);
    if (const auto what = equalises(run); !what.empty()) head += concat(" (equalises ", what, ")");
    line(head, Look::Bold);
    Grid grid{{{"of all requests", Align::Left},
               {"good %"},
               {"p50  ", Align::Right, 2},
               {"p90  ", Align::Right, 5},
               {"p99  "},
               {"p99.9  ", Align::Right, 3},
               {"err %", Align::Right, 1},
               {"good/s", Align::Right, 4}}};
    const auto add = [&](std::string_view name, const Measures& x) {
        const auto& l = x.latency_of_all;
        const double good[] = {x.good.value}, errors[] = {x.error_rate.value};
        grid.row({std::string{name},
                  x.good.absent ? "" : interval_cell(x.good, percent_decimals(good)),
                  time_cell(l.p50), time_cell(l.p90), time_cell(l.p99), time_cell(l.p999),
                  percent_cell(x.error_rate, percent_decimals(errors)), rate_cell(x.goodput)});
    };
    add("whole run", m);
    for (const auto& window : run.windows) add(clean(window.name), window.measures);
    put(grid);
    const auto& r = m.requests;
    std::string sums = grouped(r.offered) + " offered = " + grouped(r.succeeded) + " succeeded";
    const auto more = [&](std::uint64_t n, std::string_view what) {
        if (n != 0) sums += concat(" + ", grouped(n), " ", what);
    };
    more(r.failed, "failed");
    more(r.timed_out, "timed out");
    more(r.rejected, concat("rejected", reasons(r)));
    more(r.unfinished, "unfinished");
    if (r.attempts > r.offered) sums += concat("; ", grouped(r.attempts), " attempts");
    if (r.degraded != 0) sums += concat("; ", grouped(r.degraded), " degraded");
    paragraph(sums, " ", Look::Dim);
}

void TableWriter::scene() {
    if (scene_.targets.size() == 1)
        scene_of(scene_.targets.front());
    else if (result_.runs.size() > 1)
        what_policies_equalise();
}

/// What each variant did to the one backend that something happened to.
void TableWriter::scene_of(const std::string& target) {
    const auto order = placed(result_);
    const bool several = order.size() > 1;
    std::vector<const BackendResult*> seen;
    std::vector<double> shares;
    for (const auto& [run, place] : order) {
        const auto& backends = measures_in(*run, scene_).backends;
        const auto found = std::find_if(backends.begin(), backends.end(),
                                        [&](const auto& b) { return b.name == target; });
        seen.push_back(found == backends.end() ? nullptr : &*found);
        if (seen.back() != nullptr) shares.push_back(seen.back()->share.value);
    }
    const int decimals = share_decimals(shares);

    Grid grid{{{several ? "variant" : "", Align::Left},
               {several ? "equalises" : "", Align::Left, 2},
               {concat("share ", clean(target), " %")},
               {"expected", Align::Right, 3},
               {"demand %", Align::Right, 1},
               {several ? "p99  " : "", Align::Right, 5}}};
    for (std::size_t i = 0; i != order.size(); ++i) {
        const auto& run = *order[i].run;
        std::vector<std::string> row{several ? clean(run.variant) : "",
                                     several ? std::string{equalises(run)} : ""};
        const auto* b = seen[i];
        row.push_back(b == nullptr ? "–" : interval_cell(b->share, decimals));
        row.push_back(b != nullptr && b->expected_share ? percent(*b->expected_share, decimals)
                                                        : "–");
        row.push_back(b == nullptr || b->demand.absent ? "" : percent(b->demand.value, 0));
        row.push_back(several ? time_cell(measures_in(run, scene_).latency_of_all.p99) : "");
        const bool over = b != nullptr && !b->demand.absent && b->demand.value > 1;
        grid.row(std::move(row), over ? Look::Bad : Look::Plain);
    }
    blank();
    line(concat(clean(scene_.window), ", ", text_of(scene_.from), " to ", text_of(scene_.to)),
         Look::Bold);
    put(grid);
}

void TableWriter::what_policies_equalise() {
    std::vector<std::pair<std::string_view, std::string>> who;  // By what, in order.
    for (const auto& [run, place] : placed(result_)) {
        const auto what = equalises(*run);
        if (what.empty()) continue;
        const auto found =
            std::find_if(who.begin(), who.end(), [&](const auto& w) { return w.first == what; });
        if (found == who.end())
            who.emplace_back(what, clean(run->variant));
        else
            found->second += concat(", ", clean(run->variant));
    }
    if (who.empty()) return;
    blank();
    for (const auto& [what, names] : who) paragraph(names, concat(" equalises ", what, ": "));
}

/// The window that begins where the scene ends.
const Measures* aftermath(const RunResult& run, const Scene& scene) {
    constexpr std::string_view kDuring = "during:";
    if (!scene.window.starts_with(kDuring)) return nullptr;
    const auto name = concat("after:", scene.window.substr(kDuring.size()));
    for (const auto& window : run.windows)
        if (window.name == name) return &window.measures;
    return nullptr;
}

/// Of what only some scenarios have.
void TableWriter::parts() {
    std::vector<const RunResult*> runs;
    for (const auto& [run, place] : placed(result_)) runs.push_back(run);
    out_ += balance_table(runs, scene_, options_);
    out_ += attempts_table(runs, scene_, options_);
    out_ += held_table(runs, scene_, options_);
}

/// Whom the balancers excluded, how soon, and what it cost.
void TableWriter::verdicts() {
    const auto order = placed(result_);
    const auto most = std::max<std::size_t>(2, 8 / std::max<std::size_t>(1, order.size()));
    Grid grid{{{order.size() > 1 ? "variant" : "", Align::Left},
               {"excluded", Align::Left},
               {"times", Align::Right, 4},
               {"falsely", Align::Right, 3},
               {"% of time", Align::Right, 2},
               {"noticed", Align::Right},
               {"failed before", Align::Right, 1},
               {"back after", Align::Right, 5}}};
    std::size_t more = 0;
    for (const auto& [run, place] : order) {
        const auto* after = aftermath(*run, scene_);
        const auto& scene = measures_in(*run, scene_).backends;
        std::size_t rows = 0;
        for (std::size_t b = 0; b != run->measures.backends.size(); ++b) {
            const auto& backend = run->measures.backends[b];
            if (!backend.verdicts || backend.verdicts->exclusions == 0) continue;
            if (++rows > most) {
                ++more;
                continue;
            }
            const auto& v = *backend.verdicts;
            const auto& here = scene[b].verdicts ? *scene[b].verdicts : v;
            const auto times = static_cast<double>(v.exclusions);
            const auto n = static_cast<double>(run->replications);
            grid.row({order.size() > 1 ? clean(run->variant) : "", clean(backend.name),
                      short_number(times / n),
                      v.false_exclusions == 0
                          ? "–"
                          : short_number(static_cast<double>(v.false_exclusions) / n),
                      percent_cell(v.excluded, 1), time_cell(here.time_to_exclude),
                      short_number(static_cast<double>(here.failed_before_exclusion) / n),
                      after == nullptr || !after->backends[b].verdicts
                          ? ""
                          : time_cell(after->backends[b].verdicts->time_to_readmit)});
        }
    }
    if (grid.empty()) return;
    blank();
    line(result_.replications > 1 ? "Excluded by balancers, per replication"
                                  : "Excluded by balancers",
         Look::Bold);
    put(grid);
    if (more != 0) line(concat(" ", grouped(more), " more"), Look::Dim);
    paragraph(
        "times: by all balancers together; falsely: while nothing was wrong there; noticed, back: "
        "after it began and after it ended; failed before: attempts until it was noticed",
        " ", Look::Dim);
}

/// Whether all was well again after what happened.
void TableWriter::recovery() {
    std::string text;
    bool never = false, slowly = false;
    for (const auto& [run, place] : placed(result_)) {
        const auto* after = aftermath(*run, scene_);
        if (after == nullptr || after->time_to_recover.absent) continue;
        const auto& figure = after->time_to_recover;
        never = never || figure.beyond;
        slowly = slowly || figure.value > 0;
        text += concat(text.empty() ? "" : "; ",
                       result_.runs.size() > 1 ? clean(run->variant) + " " : std::string{},
                       figure.beyond       ? "did not recover"
                       : figure.value == 0 ? "at once"
                                           : "within " + time_text(figure.value));
    }
    if (!never && !slowly) return;
    blank();
    paragraph(text, concat("Well again after ", clean(scene_.window.substr(7)), ": "),
              never ? Look::Bad : Look::Plain);
}

void TableWriter::reason() {
    const auto text = why(result_);
    if (text.empty()) return;
    blank();
    paragraph(text, "why: ", Look::Bold);
}

/// What the signs mean, of those that were used.
void TableWriter::legend() {
    std::vector<std::string_view> notes;
    if (mentions(out_, "±")) notes.emplace_back("± 95 % interval");
    if (mentions(out_, "~")) notes.emplace_back("~ fewer than 100 requests beyond it");
    if (mentions(out_, "∞")) notes.emplace_back("∞ too few succeeded");
    std::string text;
    for (const auto note : notes) text += concat(text.empty() ? "" : "; ", note);
    if (text.empty()) return;
    blank();
    paragraph(text, " ", Look::Dim);
}

/// Which backends say most: those something happened to, and the extremes.
std::vector<bool> telling(const std::vector<BackendResult>& all, const Scene& scene,
                          std::size_t most) {
    std::vector<bool> out(all.size(), all.size() <= most);
    if (all.size() <= most) return out;
    std::size_t chosen = 0;
    const auto choose = [&](std::size_t b) {
        if (chosen == most || out[b]) return;
        out[b] = true;
        ++chosen;
    };
    for (std::size_t b = 0; b != all.size(); ++b)
        if (chosen < most / 2 && std::find(scene.targets.begin(), scene.targets.end(),
                                           all[b].name) != scene.targets.end())
            choose(b);
    const auto extreme = [&](auto of) {
        std::size_t best = 0;
        for (std::size_t b = 1; b != all.size(); ++b)
            if (of(all[b]) > of(all[best])) best = b;
        choose(best);
    };
    extreme([](const BackendResult& b) { return b.share.absent ? 0 : b.share.value; });
    extreme([](const BackendResult& b) { return b.share.absent ? 0 : -b.share.value; });
    extreme([](const BackendResult& b) { return b.latency.p99.absent ? 0 : b.latency.p99.value; });
    extreme([](const BackendResult& b) { return static_cast<double>(b.failed); });
    return out;
}

void TableWriter::fleet() {
    if (result_.runs.empty()) return;
    blank();
    paragraph("Backends over the whole run: share of the attempts, latency of the successes", "",
              Look::Dim);
    for (const auto& [run, place] : placed(result_)) backends(*run);
}

void TableWriter::backends(const RunResult& run) {
    constexpr std::size_t kLines = 12;
    const auto& all = run.measures.backends;
    if (all.empty()) return;
    // A dozen are shown.  Of more than that, in several variants, so few that all the tables
    // together stay on a screen or two.
    const auto few = std::max<std::size_t>(3, 24 / std::max<std::size_t>(1, result_.runs.size()));
    const auto most = all.size() <= kLines ? kLines : few;
    const auto show = telling(all, scene_, std::min(most, kLines));
    std::vector<double> shares;
    for (std::size_t b = 0; b != all.size(); ++b)
        if (show[b]) shares.push_back(all[b].share.value);
    const int decimals = share_decimals(shares);

    Grid grid{{{"backend", Align::Left},
               {"expected", Align::Right, 3},
               {"share %"},
               {"p50  ", Align::Right, 2},
               {"p90  ", Align::Right, 5},
               {"p99  ", Align::Right, 1},
               {"p99.9  ", Align::Right, 4},
               {"err %", Align::Right, 1},
               {"util %", Align::Right, 2}}};
    std::vector<const BackendResult*> rest;
    for (std::size_t i = 0; i != all.size(); ++i) {
        const auto& b = all[i];
        if (!show[i]) {
            rest.push_back(&b);
            continue;
        }
        const auto& l = b.latency;
        grid.row({clean(b.name), b.expected_share ? percent(*b.expected_share, decimals) : "",
                  interval_cell(b.share, decimals), time_cell(l.p50), time_cell(l.p90),
                  time_cell(l.p99), time_cell(l.p999), errors_cell(b),
                  b.utilization.absent ? "" : percent(b.utilization.value, 0)});
    }
    if (result_.runs.size() > 1) {
        blank();
        const auto digest = concat("  digest ", run.digest);
        const auto used = std::min(display_width(digest), options_.width);
        out_ += styled(fit(clean(run.variant), options_.width - used), Look::Bold, options_.color);
        line(digest, Look::Dim);
    }
    put(grid);
    if (!rest.empty()) others(rest);
    if (result_.runs.size() < 2) line(concat(" digest ", run.digest), Look::Dim);
}

void TableWriter::others(const std::vector<const BackendResult*>& rest) {
    double share[2] = {2, -1}, p99[2] = {1e300, -1}, used[2] = {2, -1};
    std::uint64_t failed = 0;
    const auto widen = [](double(&span)[2], const Figure& f) {
        if (f.absent) return;
        span[0] = std::min(span[0], f.value);
        span[1] = std::max(span[1], f.value);
    };
    for (const auto* b : rest) {
        widen(share, b->share);
        widen(p99, b->latency.p99);
        widen(used, b->utilization);
        failed += b->failed;
    }
    const auto span = [](const std::string& low, const std::string& high, std::string_view unit) {
        return (low == high ? low : low + " to " + high) + std::string{unit};
    };
    std::string text = grouped(rest.size()) + " more";
    if (share[1] >= 0) {
        const int decimals = percent_decimals(std::span{share});
        text += concat(": share ",
                       span(percent(share[0], decimals), percent(share[1], decimals), " %"));
    }
    if (p99[1] >= 0) text += concat(", p99 ", span(time_text(p99[0]), time_text(p99[1]), ""));
    if (used[1] >= 0)
        text += concat(", util ", span(percent(used[0], 0), percent(used[1], 0), " %"));
    text += failed == 0 ? ", no errors" : concat(", ", grouped(failed), " errors");
    paragraph(text, " ", Look::Dim);
}

void TableWriter::service_level() {
    const auto order = placed(result_);
    const bool any = std::any_of(order.begin(), order.end(),
                                 [](const Placed& p) { return p.run->slo.has_value(); });
    if (!any) return;
    blank();
    const auto list = [&](bool met) {
        std::string names;
        for (const auto& [run, place] : order)
            if (run->slo && run->slo->met == met)
                names += (names.empty() ? "" : ", ") + clean(run->variant);
        return names;
    };
    const auto level = [&] {
        for (const auto& [run, place] : order)
            if (run->slo)
                return concat(text_of(percent_of(run->slo->slo.good)), " % within ",
                              text_of(run->slo->slo.latency));
        return std::string{};
    }();
    line("SLO: " + level, Look::Bold);
    if (const auto names = list(true); !names.empty()) paragraph(names, " met by ", Look::Good);
    if (const auto names = list(false); !names.empty()) paragraph(names, " missed by ", Look::Bad);
}

}  // namespace

std::string to_table(const Result& result, const TableOptions& options) {
    lb::expects(options.width >= 40);
    return TableWriter{result, options}.text();
}

}  // namespace lbsim
