#include "report/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "report/json_writer.hpp"
#include "report/markdown.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

constexpr std::string_view kBaselineSchema = "lbsim.baseline/1";

[[noreturn]] void fail_at(const Document& document, const std::string& pointer, std::string message,
                          std::string hint) {
    Problem problem;
    problem.pointer = pointer;
    problem.message = std::move(message);
    problem.hint = std::move(hint);
    problem.place = document.locate(pointer);
    throw document.error({std::move(problem)});
}

const Value& part_of(const Document& document, const Value& of, const std::string& where,
                     std::string_view key, Value::Kind kind) {
    const auto* found = of.find(key);
    if (found == nullptr || !found->is(kind))
        fail_at(document, where, "expected \"" + std::string{key} + "\" here",
                "lbsim check --save-baseline FILE writes one");
    return *found;
}

Kept read_kept(const Document& d, const Value& value, const std::string& where) {
    Kept out;
    out.label = part_of(d, value, where, "variant", Value::Kind::String).string();
    out.digest = part_of(d, value, where, "digest", Value::Kind::String).string();
    for (const auto& pick : part_of(d, value, where, "picks", Value::Kind::Array).elements())
        if (pick.is(Value::Kind::String)) out.picks.push_back(pick.string());
    for (const auto& [metric, numbers] :
         part_of(d, value, where, "values", Value::Kind::Object).members()) {
        auto& values = out.values.emplace_back();
        values.metric = metric;
        for (const auto& x : numbers.elements()) {
            const bool number = x.is(Value::Kind::Number) || x.is(Value::Kind::Integer);
            values.by_replication.push_back(number ? x.number()
                                                   : std::numeric_limits<double>::infinity());
        }
    }
    return out;
}

std::string before_and_now(double x) { return std::isinf(x) ? "∞" : three_digits(x); }

std::string change_text(const BaselineChange& c) {
    if (std::isinf(c.difference)) return "";
    const double part = c.before == 0 ? 0 : c.difference / std::abs(c.before);
    auto out = (part >= 0 ? "+" : "−") + percent(std::abs(part)) + " %";
    if (c.half_width && c.before != 0) out += " ± " + percent(*c.half_width / std::abs(c.before));
    return out;
}

}  // namespace

std::string baseline_json(const Baseline& baseline) {
    using Layout = JsonWriter::Layout;
    JsonWriter out;
    out.begin_object();
    out.member("schema", kBaselineSchema);
    out.member("lbsim", baseline.lbsim);
    out.key("scenarios");
    out.begin_array();
    for (const auto& s : baseline.scenarios) {
        out.begin_object();
        out.member("scenario", s.name);
        out.member("fingerprint", s.fingerprint);
        out.member("seed", s.seed);
        out.member("replications", s.replications);
        out.key("variants");
        out.begin_array();
        for (const auto& v : s.variants) {
            out.begin_object();
            out.member("variant", v.label);
            out.member("digest", v.digest);
            out.key("picks");
            out.begin_array(Layout::Line);
            for (const auto& pick : v.picks) out.value(pick);
            out.end();
            out.key("values");
            out.begin_object();
            for (const auto& [metric, values] : v.values) {
                out.key(metric);
                out.begin_array(Layout::Line);
                for (const double x : values) out.value(x);  // Infinite: null.
                out.end();
            }
            out.end();
            out.end();
        }
        out.end();
        out.end();
    }
    out.end();
    out.end();
    return std::move(out).text();
}

Baseline read_baseline(const Document& d, std::string_view version) {
    const auto& root = d.root();
    if (part_of(d, root, "", "schema", Value::Kind::String).string() != kBaselineSchema)
        fail_at(d, "/schema", "no baseline", "lbsim check --save-baseline FILE writes one");
    Baseline out;
    out.lbsim = part_of(d, root, "", "lbsim", Value::Kind::String).string();
    if (out.lbsim != version)
        fail_at(d, "/lbsim",
                "written by lbsim " + out.lbsim + ", and this is " + std::string{version},
                "--save-baseline writes a new one");
    const auto& scenarios = part_of(d, root, "", "scenarios", Value::Kind::Array);
    for (std::size_t i = 0; i != scenarios.elements().size(); ++i) {
        const auto where = child("/scenarios", i);
        const auto& value = scenarios.elements()[i];
        auto& s = out.scenarios.emplace_back();
        s.name = part_of(d, value, where, "scenario", Value::Kind::String).string();
        s.fingerprint = part_of(d, value, where, "fingerprint", Value::Kind::String).string();
        s.seed = static_cast<std::uint64_t>(
            part_of(d, value, where, "seed", Value::Kind::Integer).integer());
        s.replications = static_cast<std::uint64_t>(
            part_of(d, value, where, "replications", Value::Kind::Integer).integer());
        const auto& variants = part_of(d, value, where, "variants", Value::Kind::Array);
        for (std::size_t v = 0; v != variants.elements().size(); ++v)
            s.variants.push_back(
                read_kept(d, variants.elements()[v], child(where + "/variants", v)));
    }
    return out;
}

void refuse_baseline(const Document& d, std::string_view scenario, std::string message,
                     std::string hint) {
    std::string where;
    if (const auto* scenarios = d.root().find("scenarios"))
        for (std::size_t i = 0; i != scenarios->elements().size(); ++i) {
            const auto* name = scenarios->elements()[i].find("scenario");
            if (name != nullptr && name->is(Value::Kind::String) && name->string() == scenario)
                where = child("/scenarios", i) + "/scenario";
        }
    fail_at(d, where, std::move(message), std::move(hint));
}

std::string baseline_markdown(std::span<const BaselineVerdict> verdicts, double tolerance) {
    std::size_t same = 0, moved = 0;
    std::vector<std::vector<std::string>> failing, small;
    for (const auto& v : verdicts) {
        same += v.unchanged;
        moved += !v.unchanged;
        for (const auto& c : v.changes) {
            if (!c.certain) continue;
            auto& rows = c.large ? failing : small;
            rows.push_back({escaped_markdown(v.scenario), escaped_markdown(v.variant),
                            escaped_markdown(c.metric), before_and_now(c.before),
                            before_and_now(c.now), change_text(c),
                            c.large ? "**changed**" : "within " + percent(tolerance) + " %",
                            v.diverges == 0 ? ""
                                            : "pick " + std::to_string(v.diverges) + ": " +
                                                  escaped_markdown(v.picked_now) + " for " +
                                                  escaped_markdown(v.picked_before)});
        }
    }
    std::string out;
    if (!failing.empty() || !small.empty()) {
        out = markdown_row({"scenario", "variant", "metric", "baseline", "now", "change", "",
                            "first divergent decision"}) +
              markdown_row({"---", "---", "---", "--:", "--:", "--:", "---", "---"});
        for (const auto& rows : {failing, small})
            for (const auto& cells : rows) out += markdown_row(cells);
        out += "\n";
    }
    return out + std::to_string(same) + " of " + std::to_string(same + moved) +
           " variants met the same events as in the baseline; " + std::to_string(failing.size()) +
           " metrics changed for certain and by more than " + percent(tolerance) + " %.\n";
}

}  // namespace lbsim
