#include "report/markdown.hpp"

#include <string_view>
#include <vector>

#include "report/text.hpp"
#include "report/why.hpp"

namespace lbsim {
namespace {

std::string share_cell(const Figure& f) {
    if (f.absent) return "–";
    const auto half = half_width(f);
    return percent(f.value) + " %" + (half && *half > 0 ? " ± " + percent(*half) : "");
}

std::string ranking(const Result& result) {
    const bool slo = !result.runs.empty() && result.runs.front().slo.has_value();
    std::vector<std::string> head{"", "variant"}, line{"--:", "---"};
    if (slo) head.emplace_back("good");
    for (const char* h : {"p50", "p99", "p99.9", "errors", "goodput"}) head.emplace_back(h);
    while (line.size() != head.size()) line.emplace_back("--:");
    std::string out = markdown_row(head) + markdown_row(line);
    std::size_t place = 1;
    for (const auto& tied : result.ranking) {
        for (const auto i : tied) {
            const auto& run = result.runs[i];
            const auto& m = run.measures;
            std::vector<std::string> cells{(tied.size() > 1 ? "=" : "") + std::to_string(place),
                                           escaped_markdown(run.variant)};
            if (slo) cells.push_back(share_cell(m.good));
            for (const auto* f :
                 {&m.latency_of_all.p50, &m.latency_of_all.p99, &m.latency_of_all.p999})
                cells.push_back(escaped_markdown(time_cell(*f)));
            cells.push_back(share_cell(m.error_rate));
            cells.push_back(short_number(m.goodput.value) + "/s");
            out += markdown_row(cells);
        }
        place += tied.size();
    }
    return out;
}

std::string expectations(const Result& result) {
    std::string out = "| | assertion | seen |\n| --- | --- | --- |\n";
    for (const auto& e : result.expect)
        out += markdown_row({e.passed    ? "pass"
                             : e.vacuous ? "**vacuous**"
                                         : "**FAIL**",
                             escaped_markdown(e.text), escaped_markdown(e.seen)});
    return out;
}

}  // namespace

std::string escaped_markdown(std::string_view text) {
    std::string out;
    for (const char c : clean(text)) {
        if (std::string_view{"\\`*_{}[]<>#|~"}.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string markdown_row(const std::vector<std::string>& cells) {
    std::string out = "|";
    for (const auto& c : cells) out += " " + c + " |";
    return out + "\n";
}

std::string to_markdown(const Result& result) {
    std::string out = "### " + escaped_markdown(result.scenario) + "\n\n";
    if (!result.question.empty()) out += escaped_markdown(result.question) + "\n\n";
    out += ranking(result);
    if (const auto reason = why(result); !reason.empty())
        out += "\n" + escaped_markdown(reason) + "\n";
    if (!result.expect.empty()) out += "\n" + expectations(result);
    return out + "\n<sub>seed " + std::to_string(result.seed) + ", " +
           std::to_string(result.replications) +
           " replications; quantiles over all requests; ± 95 %; = not told apart</sub>\n";
}

}  // namespace lbsim
