#include "report/remap.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/math.hpp"
#include "report/json_writer.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

using Layout = JsonWriter::Layout;

struct Share {
    double value, low, high;
};

/// The share of all keys there might be, of which `n` were drawn: Wilson's interval at 95 %
/// (Probable Inference, the Law of Succession, and Statistical Inference, JASA 22(158), 1927).
Share share_of(std::uint64_t count, std::uint64_t of) {
    constexpr double kZ = 1.959963984540054;
    const auto n = static_cast<double>(of);
    const double p = static_cast<double>(count) / n, z2 = kZ * kZ / n;
    const double middle = (p + z2 / 2) / (1 + z2);
    const double half = kZ / (1 + z2) * lb::sqrt(p * (1 - p) / n + z2 / (4 * n));
    return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

std::string names(const RemapFleet& fleet) {
    constexpr std::size_t kMost = 12;
    std::string out;
    for (std::size_t i = 0; i != std::min(fleet.size(), kMost); ++i) {
        out += (out.empty() ? "" : ", ") + clean(fleet[i].name);
        if (fleet[i].weight != 1) out += concat(" (", three_digits(fleet[i].weight), ")");
    }
    if (fleet.size() > kMost) out += concat(" … ", clean(fleet.back().name));
    return concat(grouped(fleet.size()), fleet.size() == 1 ? " backend: " : " backends: ", out);
}

std::string matrix_of(const RemapStep& step, const RemapRow& row, const TableOptions& options) {
    std::vector<Grid::Column> head{{"from \\ to, %", Grid::Align::Left}};
    for (const auto& b : step.to) head.push_back({clean(b.name), Grid::Align::Right, 1});
    Grid grid{head};
    for (std::size_t f = 0; f != step.from.size(); ++f) {
        std::vector<std::string> cells{clean(step.from[f].name)};
        for (const auto n : row.matrix[f])
            cells.push_back(
                n == 0 ? "·" : percent(static_cast<double>(n) / static_cast<double>(step.keys), 1));
        grid.row(std::move(cells));
    }
    return styled(row.policy, Look::Bold, options.color) + '\n' +
           grid.text(options.width, options.color);
}

std::string shortest(double x) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, x).ptr};
}

}  // namespace

std::string remap_table(const RemapStep& step, const TableOptions& options, bool matrix) {
    std::string out = wrap(names(step.from), options.width, "from ") +
                      wrap(names(step.to), options.width, "to   ") +
                      wrap(concat(grouped(step.keys), " keys, of which at least ",
                                  percent(step.moved_least), " % have to move"),
                           options.width) +
                      '\n';
    Grid grid{{{"policy", Grid::Align::Left},
               {"moved %"},
               {"theory", Grid::Align::Right, 3},
               {"needless %"},
               {"max/mean", Grid::Align::Right, 1},
               {"cv %", Grid::Align::Right, 2},
               {"order", Grid::Align::Left, 4},
               {"back", Grid::Align::Left, 5},
               {"build  ", Grid::Align::Right},
               {"ns/key", Grid::Align::Right}}};
    for (const auto& row : step.rows) {
        const auto moved = share_of(row.moved, step.keys);
        grid.row({row.policy,
                  concat(percent(moved.value, 2), " ±", fixed(50 * (moved.high - moved.low), 2)),
                  row.moved_theory ? percent(*row.moved_theory, 2) : "",
                  row.needless == 0 ? "0" : percent(share_of(row.needless, step.keys).value, 2),
                  fixed(row.max_over_mean, 3), fixed(100 * row.cv, 2),
                  row.order_independent ? "same" : "differs",
                  row.round_trip_identity ? "same" : "differs",
                  row.build_s ? time_cell({.value = *row.build_s, .low = {}, .high = {}}) : "",
                  row.lookup_ns ? fixed(*row.lookup_ns, 0) : ""});
    }
    out += grid.text(options.width, options.color);
    out +=
        '\n' + wrap(
                   "needless: between two that were there all the time; order: the map if they had "
                   "joined in reverse; back: the map after the change is undone",
                   options.width, " ");
    if (matrix)
        for (const auto& row : step.rows) out += '\n' + matrix_of(step, row, options);
    return out;
}

std::string remap_json(const RemapStep& step) {
    JsonWriter out;
    const auto fleet = [&](std::string_view key, const RemapFleet& backends) {
        out.key(key);
        out.begin_array(Layout::Line);
        for (const auto& b : backends) out.value(b.name);
        out.end();
    };
    const auto weights = [&](std::string_view key, const RemapFleet& backends) {
        out.key(key);
        out.begin_array(Layout::Line);
        for (const auto& b : backends) out.value(b.weight);
        out.end();
    };
    out.begin_object();
    out.member("schema", "lbsim.remap/1");
    out.member("keys", step.keys);
    out.key("steps");
    out.begin_array();
    out.begin_object();
    fleet("from", step.from);
    weights("from_weights", step.from);
    fleet("to", step.to);
    weights("to_weights", step.to);
    out.key("rows");
    out.begin_array();
    for (const auto& row : step.rows) {
        const auto moved = share_of(row.moved, step.keys);
        out.begin_object();
        out.member("policy", row.policy);
        out.key("moved");
        out.begin_object(Layout::Line);
        out.member("value", moved.value);
        out.member("low", moved.low);
        out.member("high", moved.high);
        out.end();
        out.member("moved_theory", row.moved_theory);
        out.member("moved_least", step.moved_least);
        out.member("needless", share_of(row.needless, step.keys).value);
        out.member("max_over_mean", row.max_over_mean);
        out.member("cv", row.cv);
        out.member("order_independent", row.order_independent);
        out.member("round_trip_identity", row.round_trip_identity);
        if (row.build_s) out.member("build_s", *row.build_s);
        if (row.lookup_ns) out.member("lookup_ns", *row.lookup_ns);
        out.key("matrix");
        out.begin_array();
        for (const auto& line : row.matrix) {
            out.begin_array(Layout::Line);
            for (const auto n : line) out.value(n);
            out.end();
        }
        out.end();
        out.end();
    }
    out.end();
    out.end();
    out.end();
    out.end();
    return std::move(out).text();
}

std::string remap_csv(const RemapStep& step) {
    std::string out = "policy,metric,from,to,value\n";
    for (const auto& row : step.rows) {
        const auto add = [&](std::string_view metric, std::string_view from, std::string_view to,
                             const std::string& value) {
            out += concat(row.policy, ",", metric, ",", from, ",", to, ",", value, "\n");
        };
        add("moved", "", "", shortest(share_of(row.moved, step.keys).value));
        add("moved_least", "", "", shortest(step.moved_least));
        add("needless", "", "", shortest(share_of(row.needless, step.keys).value));
        add("max_over_mean", "", "", shortest(row.max_over_mean));
        add("cv", "", "", shortest(row.cv));
        if (row.build_s) add("build_s", "", "", shortest(*row.build_s));
        if (row.lookup_ns) add("lookup_ns", "", "", shortest(*row.lookup_ns));
        for (std::size_t f = 0; f != step.from.size(); ++f)
            for (std::size_t t = 0; t != step.to.size(); ++t)
                add("keys", step.from[f].name, step.to[t].name, std::to_string(row.matrix[f][t]));
    }
    return out;
}

}  // namespace lbsim
