#include "report/validation.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "report/csv.hpp"
#include "report/json_writer.hpp"
#include "report/markdown.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

/// Five digits that matter: "0.12166", "11.000".
std::string five_digits(double x) {
    int decimals = 4;
    for (double bound = 10; bound <= std::abs(x) && decimals != 0; bound *= 10) --decimals;
    if (std::abs(x) < 1) ++decimals;
    return fixed(x, decimals);
}

std::string width_of(const TheoryCheck& c) {
    const double part = c.simulated.half_width.value_or(0) / std::abs(c.expected);
    return part == 0 ? "0" : three_digits(100 * part) + " %";
}

std::string summary(const Validation& v) {
    const auto off =
        std::count_if(v.checks.begin(), v.checks.end(), [](const auto& c) { return !c.holds(); });
    const auto n = std::to_string(v.checks.size());
    return (off == 0 ? "All " + n + " numbers agree"
                     : std::to_string(off) + " of " + n + " numbers do not agree") +
           " with theory, at a false-alarm rate of 1e-6 over all of them.";
}

}  // namespace

std::string validation_table(const Validation& v, const TableOptions& options) {
    Grid grid{{{"system", Align::Left},
               {"quantity", Align::Left},
               {"theory"},
               {"simulated"},
               {"±"},
               {"", Align::Left},
               {options.width < 100 ? "" : "by", Align::Left}}};
    for (const auto& c : v.checks)
        grid.row(
            {c.system, c.quantity, five_digits(c.expected), five_digits(c.simulated.value),
             width_of(c), c.holds() ? "agrees" : "DIFFERS", options.width < 100 ? "" : c.source},
            c.holds() ? Look::Plain : Look::Bad);
    return "theory and simulation, seed " + std::to_string(v.seed) + "\n\n" +
           grid.text(options.width, options.color) +
           "\n Times in mean service times.  ±: half the interval, of what theory says.\n\n" +
           wrap(summary(v), options.width);
}

std::string validation_json(const Validation& v) {
    JsonWriter out;
    out.begin_object();
    out.member("schema", "lbsim.validation/1");
    out.member("lbsim", v.lbsim);
    out.member("seed", v.seed);
    out.member("holds", v.holds());
    out.key("checks");
    out.begin_array();
    for (const auto& c : v.checks) {
        out.begin_object(JsonWriter::Layout::Line);
        out.member("system", c.system);
        out.member("quantity", c.quantity);
        out.member("source", c.source);
        out.member("expected", c.expected);
        out.member("bias", c.bias);
        out.member("simulated", c.simulated.value);
        out.member("low", c.simulated.low());
        out.member("high", c.simulated.high());
        out.member("holds", c.holds());
        out.end();
    }
    out.end();
    out.end();
    return std::move(out).text();
}

std::string validation_csv(const Validation& v) {
    std::string out = "system,quantity,source,expected,simulated,low,high,holds\n";
    for (const auto& c : v.checks) {
        out += csv_cell(c.system) + "," + csv_cell(c.quantity) + "," + csv_cell(c.source);
        for (const double x : {c.expected, c.simulated.value, c.simulated.low().value_or(0),
                               c.simulated.high().value_or(0)})
            out += "," + csv_number(x);
        out += c.holds() ? ",true\n" : ",false\n";
    }
    return out;
}

std::string validation_markdown(const Validation& v) {
    auto out = markdown_row({"system", "quantity", "theory", "simulated", "±", "", "by"}) +
               markdown_row({"---", "---", "--:", "--:", "--:", "---", "---"});
    for (const auto& c : v.checks)
        out += markdown_row({escaped_markdown(c.system), escaped_markdown(c.quantity),
                             five_digits(c.expected), five_digits(c.simulated.value), width_of(c),
                             c.holds() ? "agrees" : "**differs**", escaped_markdown(c.source)});
    return out + "\n" + summary(v) + "\n";
}

}  // namespace lbsim
