#include "report/capacity.hpp"

#include <algorithm>
#include <string_view>

#include "report/csv.hpp"
#include "report/json.hpp"
#include "report/json_writer.hpp"
#include "report/markdown.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

// Three digits are too few for what was found to a hundredth.
std::string rounded_rate(double rate) { return fixed(rate, rate >= 100 ? 0 : rate >= 1 ? 2 : 4); }

// In requests per second, or times what a trace brings.
std::string load_text(const CapacityResult& c, std::optional<double> factor,
                      std::string_view none) {
    if (!factor) return std::string{none};
    return c.offered_per_s > 0 ? rounded_rate(*factor * c.offered_per_s)
                               : "x" + three_digits(*factor);
}

std::string whole_percent(const Figure& f) { return f.absent ? "–" : percent(f.value); }

std::string needed_text(const std::optional<std::size_t>& n) {
    return n ? std::to_string(*n) : "too few";
}

struct CapacityLines {
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;
};

CapacityLines limits_of(const CapacityResult& c, const ServersNeeded& servers) {
    CapacityLines out;
    const std::string unit = c.offered_per_s > 0 ? "load/s" : "load";
    out.head = {"variant", unit, "interval", "p50", "p99", "err %", "util %", "missed first"};
    if (!servers.group.empty()) out.head.push_back(servers.group + " needed");
    for (std::size_t i = 0; i != c.rows.size(); ++i) {
        const auto& row = c.rows[i];
        const auto& f = row.at.figures;
        std::vector<std::string> cells{
            row.variant,
            load_text(c, row.value, "none"),
            row.value ? load_text(c, row.low, "0") + "–" + load_text(c, row.high, "∞") : "",
            time_cell(f.of("p50_s")),
            time_cell(f.of("p99_s")),
            whole_percent(f.of("error_rate")),
            whole_percent(f.of("utilization")),
            row.broken};
        if (!servers.group.empty()) cells.push_back(needed_text(servers.counts[i]));
        out.rows.push_back(std::move(cells));
    }
    return out;
}

CapacityLines curve_of(const CapacityResult& c, const CapacityRow& row) {
    CapacityLines out;
    out.head = {"load", "p50", "p99", "p99.9", "err %", "util %", "good/s", ""};
    double most = 0;
    for (const auto& p : row.curve) most = std::max(most, p.figures.of("goodput_per_s").value);
    for (const auto& p : row.curve) {
        const auto& f = p.figures;
        const auto good = f.of("goodput_per_s").value;
        constexpr double kBar = 16;
        std::string bar;
        for (int i = 0; most > 0 && i < static_cast<int>(good / most * kBar + 0.5); ++i) bar += "█";
        out.rows.push_back({load_text(c, p.factor, ""), time_cell(f.of("p50_s")),
                            time_cell(f.of("p99_s")), time_cell(f.of("p999_s")),
                            whole_percent(f.of("error_rate")), whole_percent(f.of("utilization")),
                            short_number(good), bar});
    }
    return out;
}

std::string grid_of(const CapacityLines& lines, const TableOptions& options) {
    std::vector<Grid::Column> head;
    for (std::size_t i = 0; i != lines.head.size(); ++i) {
        const bool words = i == 0 || lines.head[i] == "missed first" || lines.head[i].empty();
        head.push_back({lines.head[i], words ? Grid::Align::Left : Grid::Align::Right,
                        lines.head[i] == "p50" ? 1 : 0});
    }
    Grid grid{std::move(head)};
    for (auto row : lines.rows) {
        for (auto& cell : row) cell = clean(cell);
        grid.row(std::move(row));
    }
    return grid.text(options.width, options.color);
}

std::string levels_text(const CapacityResult& c) {
    std::string out;
    for (const auto& level : c.levels) out += (out.empty() ? "" : ", ") + level;
    return out;
}

void write_point(JsonWriter& out, const CapacityResult& c, const LoadPoint& point) {
    out.begin_object(JsonWriter::Layout::Line);
    out.member("factor", point.factor);
    out.member("rate_per_s",
               c.offered_per_s > 0 ? std::optional{c.offered_per_s * point.factor} : std::nullopt);
    out.member("replications", point.replications);
    for (const auto& [name, value] : point.figures.figures) write(out, name, value);
    out.end();
}

}  // namespace

std::string capacity_table(const CapacityResult& c, const ServersNeeded& servers,
                           const TableOptions& options) {
    auto out = wrap(clean(c.scenario) + ": the largest load with " + clean(levels_text(c)),
                    options.width) +
               "\n" + grid_of(limits_of(c, servers), options) + "\n" +
               wrap(
                   "p50 to util %: at that load.  Interval: from what is shown to meet the levels "
                   "to what is shown to miss them, each at " +
                       percent(c.confidence) + " %.",
                   options.width, " ");
    for (const auto& row : c.rows)
        if (!row.curve.empty())
            out += "\n" + clean(row.variant) + "\n" + grid_of(curve_of(c, row), options);
    return out;
}

std::string capacity_markdown(const CapacityResult& c, const ServersNeeded& servers) {
    const auto table = [](const CapacityLines& lines) {
        std::vector<std::string> rule(lines.head.size(), "--:");
        rule.front() = "---";
        auto out = markdown_row(lines.head) + markdown_row(rule);
        for (auto row : lines.rows) {
            for (auto& cell : row) cell = escaped_markdown(cell);
            out += markdown_row(row);
        }
        return out;
    };
    auto out = "### " + escaped_markdown(c.scenario) + ": the largest load with " +
               escaped_markdown(levels_text(c)) + "\n\n" + table(limits_of(c, servers));
    for (const auto& row : c.rows)
        if (!row.curve.empty())
            out += "\n#### " + escaped_markdown(row.variant) + "\n\n" + table(curve_of(c, row));
    return out;
}

std::string capacity_json(const CapacityResult& c, const ServersNeeded& servers) {
    JsonWriter out;
    out.begin_object();
    out.member("schema", "lbsim.capacity/1");
    out.member("lbsim", c.lbsim);
    out.member("scenario", c.scenario);
    out.key("slo");
    out.begin_array(JsonWriter::Layout::Line);
    for (const auto& level : c.levels) out.value(level);
    out.end();
    out.member("offered_per_s", c.offered_per_s);
    out.member("confidence", c.confidence);
    out.key("rows");
    out.begin_array();
    for (std::size_t i = 0; i != c.rows.size(); ++i) {
        const auto& row = c.rows[i];
        out.begin_object();
        out.member("variant", row.variant);
        out.key("factor");
        out.begin_object(JsonWriter::Layout::Line);
        out.member("value", row.value);
        out.member("low", row.low);
        out.member("high", row.high);
        out.end();
        const auto rate = [&](const std::optional<double>& factor) {
            return factor && c.offered_per_s > 0 ? std::optional{*factor * c.offered_per_s}
                                                 : std::nullopt;
        };
        out.key("rate_per_s");
        out.begin_object(JsonWriter::Layout::Line);
        out.member("value", rate(row.value));
        out.member("low", rate(row.low));
        out.member("high", rate(row.high));
        out.end();
        out.member("missed_first", row.broken);
        if (!servers.group.empty()) {
            out.key("needed");
            out.begin_object(JsonWriter::Layout::Line);
            out.member("group", servers.group);
            out.member("count", servers.counts[i]);
            out.end();
        }
        out.key("at");
        write_point(out, c, row.at);
        out.key("curve");
        out.begin_array();
        for (const auto& point : row.curve) write_point(out, c, point);
        out.end();
        out.end();
    }
    out.end();
    out.end();
    return std::move(out).text();
}

std::string capacity_csv(const CapacityResult& c) {
    std::string out = "variant,point,factor,rate_per_s,metric,value,low,high\n";
    for (const auto& row : c.rows) {
        const auto add = [&](std::string_view kind, const LoadPoint& point) {
            const auto where =
                concat(csv_cell(row.variant), ",", kind, ",", csv_number(point.factor), ",",
                       c.offered_per_s > 0 ? csv_number(c.offered_per_s * point.factor) : "", ",");
            for (const auto& [name, f] : point.figures.figures)
                out += concat(where, name, ",", csv_number(f.value), ",",
                              f.low ? csv_number(*f.low) : "", ",",
                              f.high ? csv_number(*f.high) : "", "\n");
        };
        add("limit", row.at);
        for (const auto& point : row.curve) add("curve", point);
    }
    return out;
}

}  // namespace lbsim
