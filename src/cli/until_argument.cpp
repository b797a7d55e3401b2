#include "cli/until_argument.hpp"

#include <string_view>

#include "cli/status.hpp"
#include "scenario/problem.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& what,
                         const std::string& hint = "--until 'p99 ±2%'") {
    throw UsageError{"--until \"" + text + "\": " + what + "\n  hint: " + hint};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

}  // namespace

Until until_argument(const std::string& text) {
    std::size_t at = std::string::npos, size = 0;
    for (const std::string_view sign : {"±", "+-", "+/-"})
        if (at == std::string::npos && (at = text.find(sign)) != std::string::npos)
            size = sign.size();
    if (at == std::string::npos) refuse(text, "expected METRIC ± WIDTH");
    const auto name = trimmed(std::string_view{text}.substr(0, at));
    const auto width = trimmed(std::string_view{text}.substr(at + size));
    Until out;
    out.metric = find_metric(name);
    if (out.metric == nullptr || !out.metric->of_run())
        refuse(text, "no metric of a run is called \"" + std::string{name} + "\"",
               "p99, mean, good, error_rate, goodput: lbsim metrics lists them");
    const auto part = parse_percentage(width);
    const auto time = parse_duration(width);
    const auto rate = parse_rate(width);
    const auto plain = parse_plain(width);
    using Unit = Metric::Unit;
    out.relative = part.value.has_value();
    if (part.value)
        out.width = *part.value;
    else if (time.value && out.metric->unit == Unit::Seconds)
        out.width = exact_seconds(*time.value);
    else if (rate.value && out.metric->unit == Unit::PerSecond)
        out.width = *rate.value;
    else if (plain.value && out.metric->unit != Unit::Seconds)
        out.width = *plain.value;
    else
        refuse(text, "expected a part such as 2%, or a width in the unit of the metric");
    if (!(out.width > 0)) refuse(text, "a width must be positive");
    return out;
}

}  // namespace lbsim
