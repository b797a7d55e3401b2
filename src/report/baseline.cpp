#include "report/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "report/document_reader.hpp"
#include "report/json_writer.hpp"
#include "report/markdown.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

constexpr std::string_view kBaselineSchema = "lbsim.baseline/1";

constexpr const char* kBaselineOrigin = "lbsim check --save-baseline";

Kept read_kept(const DocumentReader& d, const Value& value, const std::string& where) {
    Kept out;
    out.label = d.text(value, where, "variant");
    out.digest = d.text(value, where, "digest");
    for (const auto& pick : d.member(value, where, "picks", Value::Kind::Array).elements())
        if (pick.is(Value::Kind::String)) out.picks.push_back(pick.string());
    for (const auto& [metric, numbers] :
         d.member(value, where, "values", Value::Kind::Object).members()) {
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

Baseline read_baseline(const Document& document, std::string_view version) {
    const DocumentReader d{document, kBaselineOrigin};
    const auto& root = d.root();
    if (d.text(root, "", "schema") != kBaselineSchema)
        d.fail("/schema", "no baseline", "lbsim check --save-baseline FILE writes one");
    Baseline out;
    out.lbsim = d.text(root, "", "lbsim");
    if (out.lbsim != version)
        d.fail("/lbsim", "written by lbsim " + out.lbsim + ", and this is " + std::string{version},
               "--save-baseline writes a new one");
    const auto& scenarios = d.member(root, "", "scenarios", Value::Kind::Array);
    for (std::size_t i = 0; i != scenarios.elements().size(); ++i) {
        const auto where = child("/scenarios", i);
        const auto& value = scenarios.elements()[i];
        auto& s = out.scenarios.emplace_back();
        s.name = d.text(value, where, "scenario");
        s.fingerprint = d.text(value, where, "fingerprint");
        s.seed = d.count(value, where, "seed");
        s.replications = d.count(value, where, "replications");
        const auto& variants = d.member(value, where, "variants", Value::Kind::Array);
        for (std::size_t v = 0; v != variants.elements().size(); ++v)
            s.variants.push_back(
                read_kept(d, variants.elements()[v], child(where + "/variants", v)));
    }
    return out;
}

void refuse_baseline(const Document& document, std::string_view scenario, std::string message,
                     std::string hint) {
    const DocumentReader d{document, kBaselineOrigin};
    std::string where;
    if (const auto* scenarios = d.root().find("scenarios"))
        for (std::size_t i = 0; i != scenarios->elements().size(); ++i) {
            const auto* name = scenarios->elements()[i].find("scenario");
            if (name != nullptr && name->is(Value::Kind::String) && name->string() == scenario)
                where = child("/scenarios", i) + "/scenario";
        }
    d.fail(where, std::move(message), std::move(hint));
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
