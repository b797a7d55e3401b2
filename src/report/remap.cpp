#include "report/remap.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/math.hpp"
#include "report/csv.hpp"
#include "report/json_writer.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

using Layout = JsonWriter::Layout;

struct Share {
    double value, low, high;
};

/// The share of all keys there might be, of which these were drawn: Wilson's interval at 95 %
/// (Probable Inference, the Law of Succession, and Statistical Inference, JASA 22(158), 1927).
Share share_of(std::uint64_t count, const RemapStep& step) {
    constexpr double kZ = 1.959963984540054;
    const double n = step.independent;
    const double p = static_cast<double>(count) / static_cast<double>(step.keys), z2 = kZ * kZ / n;
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

/// "+b5", "-b2, a=3": what becomes of a fleet.
std::string change_of(const RemapStep& step) {
    constexpr std::size_t kMost = 8;
    std::vector<std::string> parts;
    const auto find = [](const RemapFleet& fleet, const std::string& name) {
        return std::find_if(fleet.begin(), fleet.end(),
                            [&](const auto& b) { return b.name == name; });
    };
    for (const auto& b : step.to) {
        const auto was = find(step.from, b.name);
        const auto weight = concat("=", three_digits(b.weight));
        if (was == step.from.end())
            parts.push_back(concat("+", clean(b.name), b.weight == 1 ? "" : weight));
        else if (was->weight != b.weight)
            parts.push_back(concat(clean(b.name), weight));
    }
    for (const auto& b : step.from)
        if (find(step.to, b.name) == step.to.end()) parts.push_back(concat("-", clean(b.name)));
    std::string out;
    for (std::size_t i = 0; i != std::min(parts.size(), kMost); ++i)
        out += concat(i == 0 ? "" : ", ", parts[i]);
    if (parts.size() > kMost) out += ", …";
    return parts.empty() ? "nothing" : out;
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

std::string bytes_text(std::uint64_t bytes) {
    if (bytes < 1000) return concat(std::to_string(bytes), " B");
    const auto n = static_cast<double>(bytes);
    return bytes < 1'000'000 ? concat(three_digits(n / 1e3), " kB")
                             : concat(three_digits(n / 1e6), " MB");
}

struct Titled {
    std::string text;    // Of the table,
    std::string number;  // and of a line of CSV.
};

Titled title_of(std::span<const RemapStep> steps, std::size_t k) {
    if (steps.size() > 1 && k + 1 == steps.size())
        return {concat("all ", std::to_string(k), " steps together"), "all"};
    const auto number = std::to_string(k + 1);
    return {concat("step ", number, ": ", change_of(steps[k])), number};
}

/// What the headers mean that there was room for.
std::string legend_of(std::string_view table) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNotes{
        {{"needless", "between two that were there all the time"},
         {" due ", "the max/mean to be expected"},
         {" order ", "the map if they had joined in reverse"},
         {" back", "the map after the change is undone"}}};
    std::string out;
    for (const auto& [header, meaning] : kNotes) {
        if (table.find(header) == std::string_view::npos) continue;
        const auto name = header.front() == ' ' ? header.substr(1) : header;
        out += concat(out.empty() ? "" : "; ", name.substr(0, name.find(' ')), ": ", meaning);
    }
    return out;
}

std::string figures(const RemapStep& step, const TableOptions& options) {
    Grid grid{{{"policy", Grid::Align::Left},
               {"moved %"},
               {"theory", Grid::Align::Right, 3},
               {"needless %"},
               {"max/mean", Grid::Align::Right, 1},
               {"due", Grid::Align::Right, 6},
               {"cv %", Grid::Align::Right, 2},
               {"order", Grid::Align::Left, 4},
               {"back", Grid::Align::Left, 5},
               {"build  ", Grid::Align::Right},
               {"ns/key", Grid::Align::Right},
               {"memory", Grid::Align::Right}}};
    for (const auto& row : step.rows) {
        const auto moved = share_of(row.moved, step);
        grid.row({row.policy,
                  concat(percent(moved.value, 2), " ±", fixed(50 * (moved.high - moved.low), 2)),
                  row.moved_theory ? percent(*row.moved_theory, 2) : "",
                  row.needless == 0 ? "0" : percent(share_of(row.needless, step).value, 2),
                  fixed(row.max_over_mean, 3),
                  row.max_over_mean_theory ? fixed(*row.max_over_mean_theory, 2) : "",
                  fixed(100 * row.cv, 2), row.order_independent() ? "same" : "differs",
                  row.round_trip_identity() ? "same" : "differs",
                  row.build_s ? time_cell({.value = *row.build_s, .low = {}, .high = {}}) : "",
                  row.lookup_ns ? fixed(*row.lookup_ns, 0) : "",
                  row.memory_bytes ? bytes_text(*row.memory_bytes) : ""});
    }
    return grid.text(options.width, options.color);
}

void write_fleet(JsonWriter& out, const std::string& key, const RemapFleet& fleet) {
    out.key(key);
    out.begin_array(Layout::Line);
    for (const auto& b : fleet) out.value(b.name);
    out.end();
    out.key(key + "_weights");
    out.begin_array(Layout::Line);
    for (const auto& b : fleet) out.value(b.weight);
    out.end();
}

void write_row(JsonWriter& out, const RemapStep& step, const RemapRow& row) {
    const auto moved = share_of(row.moved, step);
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
    out.member("needless", share_of(row.needless, step).value);
    out.member("max_over_mean", row.max_over_mean);
    out.member("max_over_mean_theory", row.max_over_mean_theory);
    out.member("cv", row.cv);
    out.member("cv_theory", row.cv_theory);
    out.member("order_independent", row.order_independent());
    out.member("round_trip_identity", row.round_trip_identity());
    if (row.build_s) out.member("build_s", *row.build_s);
    if (row.lookup_ns) out.member("lookup_ns", *row.lookup_ns);
    if (row.memory_bytes) out.member("memory_bytes", *row.memory_bytes);
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

void write_step(JsonWriter& out, const RemapStep& step) {
    out.begin_object();
    write_fleet(out, "from", step.from);
    write_fleet(out, "to", step.to);
    out.key("rows");
    out.begin_array();
    for (const auto& row : step.rows) write_row(out, step, row);
    out.end();
    out.end();
}

}  // namespace

std::string remap_table(std::span<const RemapStep> steps, const RemapTableOptions& options) {
    const auto& first = steps.front();
    const bool several = steps.size() > 1;
    const auto least = [](const RemapStep& step) {
        return concat("at least ", percent(step.moved_least), " % have to move");
    };
    std::string out = wrap(names(first.from), options.width, "from ") +
                      wrap(names(steps.back().to), options.width, "to   ");
    const auto count = concat(grouped(first.keys), " keys");
    out += wrap(several ? count : concat(count, ", of which ", least(first)), options.width);
    for (std::size_t k = 0; k != steps.size(); ++k) {
        const auto& step = steps[k];
        out += '\n';
        if (several) {
            const auto text = concat(title_of(steps, k).text, "; ", least(step));
            out += styled(fit(text, options.width), Look::Bold, options.color) + '\n';
        }
        out += figures(step, options);
        if (options.matrix)
            for (const auto& row : step.rows) out += '\n' + matrix_of(step, row, options);
        if (!options.ring) continue;
        for (const auto& row : step.rows)
            if (const auto ring = remap_ring(step, row, options); !ring.empty())
                out += '\n' + styled(row.policy, Look::Bold, options.color) + '\n' + ring;
    }
    return out + '\n' + wrap(legend_of(out), options.width, " ");
}

std::string remap_json(std::span<const RemapStep> steps) {
    const bool several = steps.size() > 1;
    JsonWriter out;
    out.begin_object();
    out.member("schema", "lbsim.remap/1");
    out.member("keys", steps.front().keys);
    out.key("steps");
    out.begin_array();
    for (const auto& step : several ? steps.first(steps.size() - 1) : steps) write_step(out, step);
    out.end();
    if (several) {
        out.key("whole");
        write_step(out, steps.back());
    }
    out.end();
    return std::move(out).text();
}

std::string remap_csv(std::span<const RemapStep> steps) {
    std::string out = "step,policy,metric,from,to,value\n";
    for (std::size_t k = 0; k != steps.size(); ++k) {
        const auto& step = steps[k];
        for (const auto& row : step.rows) {
            const auto add = [&](std::string_view metric, std::string_view from,
                                 std::string_view to, const std::string& value) {
                out += concat(title_of(steps, k).number, ",", csv_cell(row.policy), ",", metric,
                              ",", csv_cell(from), ",", csv_cell(to), ",", value, "\n");
            };
            const auto figure = [&](std::string_view metric, std::optional<double> value) {
                if (value) add(metric, "", "", csv_number(*value));
            };
            figure("moved", share_of(row.moved, step).value);
            figure("moved_theory", row.moved_theory);
            figure("moved_least", step.moved_least);
            figure("needless", share_of(row.needless, step).value);
            figure("max_over_mean", row.max_over_mean);
            figure("max_over_mean_theory", row.max_over_mean_theory);
            figure("cv", row.cv);
            figure("cv_theory", row.cv_theory);
            figure("build_s", row.build_s);
            figure("lookup_ns", row.lookup_ns);
            if (row.memory_bytes) add("memory_bytes", "", "", std::to_string(*row.memory_bytes));
            for (std::size_t f = 0; f != step.from.size(); ++f)
                for (std::size_t t = 0; t != step.to.size(); ++t)
                    add("keys", step.from[f].name, step.to[t].name,
                        std::to_string(row.matrix[f][t]));
        }
    }
    return out;
}

}  // namespace lbsim
