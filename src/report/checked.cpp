#include "report/checked.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "report/csv.hpp"
#include "report/json.hpp"
#include "report/json_writer.hpp"
#include "report/markdown.hpp"
#include "report/text.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

std::string replay(const Checked& c) {
    return "lbsim run " + shell_word(c.file) + " --seed " + std::to_string(c.result.seed) +
           c.options;
}

std::size_t failures(const Result& result) {
    return static_cast<std::size_t>(
        std::count_if(result.expect.begin(), result.expect.end(),
                      [](const ExpectOutcome& e) { return !e.passed; }));
}

std::string plural(std::size_t n, std::string_view noun) {
    return std::to_string(n) + " " + std::string{noun} + (n == 1 ? "" : "s");
}

std::string escaped_github(std::string_view text, bool property) {
    std::string out;
    for (const char c : text) {
        const bool special =
            c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
        if (!special) {
            out += c;
            continue;
        }
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte / 16];
        out += kDigits[byte % 16];
    }
    return out;
}

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string{name} + "=\"" + escaped_xml(value) + "\"";
}

std::string test_case(const Checked& c, const ExpectOutcome& e) {
    const std::string head = "    <testcase" + attribute("classname", c.result.scenario) +
                             attribute("name", e.text) + " time=\"0\"";
    if (e.passed) return head + "/>\n";
    return head + ">\n      <failure" + attribute("type", e.vacuous ? "vacuous" : "expect") +
           attribute("message", e.seen) + ">" +
           escaped_xml(e.text + "\nseen: " + e.seen + "\nreplay: " + replay(c)) +
           "</failure>\n    </testcase>\n";
}

}  // namespace

std::string check_text(const Checked& c, const TableOptions& options) {
    const auto failed = failures(c.result);
    const auto n = c.result.expect.size();
    const auto assertions = n == 0 ? std::string{"nothing is expected"} : plural(n, "assertion");
    const auto verdict = clean(c.result.scenario) + ": " +
                         (failed == 0 ? "" : std::to_string(failed) + " of ") + assertions;
    const std::string_view word = failed == 0 ? "pass" : "FAIL";
    auto out = wrap(verdict, options.width, concat(word, "  "));
    out.replace(0, word.size(), styled(word, failed == 0 ? Look::Good : Look::Bad, options.color));
    if (failed == 0) return out;
    for (const auto& e : c.result.expect) {
        if (e.passed) continue;
        out += wrap(clean(e.text), options.width, "      ");
        out += wrap("seen: " + clean(e.seen), options.width, "        ");
    }
    return out + wrap("replay: " + clean(replay(c)), options.width, "        ");
}

std::string check_summary(std::span<const Checked> checked) {
    std::size_t n = 0, failed = 0, derived = 0, baseline = 0;
    for (const auto& c : checked) {
        n += c.result.expect.size();
        failed += failures(c.result);
        for (const auto& e : c.result.expect) {
            derived += e.kind == ExpectOutcome::Kind::Derived;
            baseline += e.kind == ExpectOutcome::Kind::Baseline;
        }
    }
    std::string out = plural(checked.size(), "scenario") + ", " + plural(n, "assertion") + ": " +
                      std::to_string(n - derived - baseline) + " exact, " +
                      std::to_string(derived) + " derived";
    if (derived != 0) out += " (family-wise false alarm 1e-6)";
    if (baseline != 0) out += ", " + std::to_string(baseline) + " baseline";
    return out +
           (failed == 0 ? ".  All hold.\n" : ".  " + std::to_string(failed) + " do not hold.\n");
}

std::string quick_note() {
    return "quick: exact assertions were judged by half the replications; those about chance by\n"
           "all of theirs, so their rate of false alarms and their power are as ever.\n";
}

std::string check_json(std::span<const Checked> checked) {
    JsonWriter out;
    out.begin_object();
    out.member("schema", "lbsim.check/1");
    out.member("holds", std::all_of(checked.begin(), checked.end(),
                                    [](const Checked& c) { return c.result.holds(); }));
    out.key("scenarios");
    out.begin_array();
    for (const auto& c : checked) {
        out.begin_object();
        out.member("scenario", c.result.scenario);
        out.member("file", c.file);
        out.member("seed", c.result.seed);
        out.member("replications", c.result.replications);
        out.member("replay", replay(c));
        out.key("expect");
        out.begin_array();
        for (const auto& e : c.result.expect) write(out, e);
        out.end();
        out.end();
    }
    out.end();
    out.end();
    return std::move(out).text();
}

std::string check_csv(std::span<const Checked> checked) {
    std::string out = "scenario,assertion,kind,passed,vacuous,seen\n";
    for (const auto& c : checked)
        for (const auto& e : c.result.expect)
            out += concat(csv_cell(c.result.scenario), ",", csv_cell(e.text), ",", words(e.kind),
                          e.passed ? ",true," : ",false,", e.vacuous ? "true," : "false,",
                          csv_cell(e.seen), "\n");
    return out;
}

std::string check_markdown(std::span<const Checked> checked) {
    std::string out;
    for (const auto& c : checked) {
        if (failures(c.result) == 0) continue;
        if (out.empty())
            out = markdown_row({"scenario", "assertion", "kind", "seen", "replay"}) +
                  markdown_row({"---", "---", "---", "---", "---"});
        for (const auto& e : c.result.expect)
            if (!e.passed)
                out += markdown_row({escaped_markdown(c.result.scenario), escaped_markdown(e.text),
                                     std::string{words(e.kind)}, escaped_markdown(e.seen),
                                     "`" + clean(replay(c)) + "`"});
    }
    return out + (out.empty() ? "" : "\n") + check_summary(checked);
}

std::string to_junit(std::span<const Checked> checked) {
    std::size_t n = 0, failed = 0;
    std::string suites;
    for (const auto& c : checked) {
        n += c.result.expect.size();
        failed += failures(c.result);
        suites += "  <testsuite" + attribute("name", c.result.scenario) +
                  attribute("file", c.file) + " tests=\"" + std::to_string(c.result.expect.size()) +
                  "\" failures=\"" + std::to_string(failures(c.result)) +
                  "\" errors=\"0\" time=\"" + fixed(c.elapsed_s, 3) + "\">\n";
        for (const auto& e : c.result.expect) suites += test_case(c, e);
        suites += "  </testsuite>\n";
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lbsim check\" tests=\"" +
           std::to_string(n) + "\" failures=\"" + std::to_string(failed) + "\" errors=\"0\">\n" +
           suites + "</testsuites>\n";
}

std::string annotation(const std::string& file, std::size_t line, std::size_t column,
                       const ExpectOutcome& e) {
    return "::error file=" + escaped_github(file, true) + ",line=" + std::to_string(line) +
           ",col=" + std::to_string(column) +
           ",title=" + escaped_github(e.vacuous ? "never exercised" : "does not hold", true) +
           "::" + escaped_github(e.text + "\nseen: " + e.seen, false) + "\n";
}

}  // namespace lbsim
