#include "report/explained.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "report/json_writer.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

// More candidates are counted, not listed.
constexpr std::size_t kMostListed = 20;

std::string score_text(double score) {
    return score < 0 ? "-" + three_digits(-score) : three_digits(score);
}

std::string candidates(const Explained& e, std::size_t width) {
    if (e.candidates.empty()) return {};
    Grid grid{{{"candidate", Grid::Align::Left, 0}, {"score"}, {"", Grid::Align::Left, 1}}};
    for (std::size_t i = 0; i != std::min(e.candidates.size(), kMostListed); ++i) {
        const auto& c = e.candidates[i];
        const bool picked = c.backend == e.backend;
        std::string note = c.note;
        if (picked) note = note.empty() ? "picked" : "picked; " + note;
        grid.row({clean(c.backend), e.score.empty() ? "" : score_text(c.score), note}, Look::Plain);
    }
    std::string out = grid.text(width, false, "  ");
    if (e.candidates.size() > kMostListed)
        out += "  … and " + std::to_string(e.candidates.size() - kMostListed) + " more\n";
    return out;
}

std::string excluded(const Explained& e, std::size_t width) {
    if (e.members == 0) return {};  // Nobody picked.
    if (e.excluded.empty())
        return wrap("none of " + std::to_string(e.members), width, "  excluded: ");
    std::string all;
    for (std::size_t i = 0; i != std::min(e.excluded.size(), kMostListed); ++i)
        all += (i == 0 ? "" : ", ") + e.excluded[i].backend + " (" + e.excluded[i].why + ")";
    if (e.excluded.size() > kMostListed)
        all += " and " + std::to_string(e.excluded.size() - kMostListed) + " more";
    return wrap(all + ", of " + std::to_string(e.members), width, "  excluded: ");
}

std::string balancer(const Explained& e) {
    const auto balancer = "balancer " + std::to_string(e.balancer);
    return e.worker ? balancer + ", worker " + std::to_string(*e.worker) : balancer;
}

std::string path(const Explained& e) {
    std::string all;
    for (const auto& step : e.path) all += (all.empty() ? "" : "; ") + step;
    return all;
}

std::string one(const ExplainedRun& run, std::size_t width) {
    const auto& [variant, policy, e] = run;
    std::string what = "request " + grouped(e.request) + " of " + e.clients;
    if (!e.request_class.empty()) what += ", class " + e.request_class;
    if (!e.key.empty()) what += ", key " + e.key;
    what += ", at " + time_text(lb::seconds(e.at)) + ", " + balancer(e);
    const std::string went =
        e.backend.empty() ? "rejected: " + e.rejection : "sent to " + e.backend;
    std::string out = variant + (variant == policy ? "" : " (" + policy + ")") + '\n';
    out += wrap(what, width, "  ");
    out += wrap(went, width, "  ");
    out += wrap(path(e), width, "  by way of: ");
    out += wrap(e.rule, width, "  rule: ");
    out += wrap(e.score, width, "  score: ");
    out += candidates(e, width);
    out += excluded(e, width);
    return out;
}

// Nothing for an empty text.
void member_or_null(JsonWriter& out, std::string_view name, const std::string& text) {
    out.key(name);
    if (text.empty())
        out.null();
    else
        out.value(text);
}

void write(JsonWriter& out, const ExplainedRun& run) {
    const auto& e = run.decision;
    out.begin_object();
    out.member("variant", run.variant);
    out.member("policy", run.policy);
    out.member("request", e.request);
    out.member("at_s", lb::seconds(e.at));
    out.member("clients", e.clients);
    member_or_null(out, "class", e.request_class);
    member_or_null(out, "key", e.key);
    out.member("balancer", e.balancer);
    out.member("worker", e.worker);
    member_or_null(out, "backend", e.backend);
    member_or_null(out, "rejection", e.rejection);
    out.key("path");
    out.begin_array();
    for (const auto& step : e.path) out.value(step);
    out.end();
    member_or_null(out, "rule", e.rule);
    member_or_null(out, "score", e.score);
    out.key("candidates");
    out.begin_array();
    for (const auto& c : e.candidates) {
        out.begin_object(JsonWriter::Layout::Line);
        out.member("backend", c.backend);
        out.member("score", c.score);
        member_or_null(out, "note", c.note);
        out.end();
    }
    out.end();
    out.key("excluded");
    out.begin_array();
    for (const auto& x : e.excluded) {
        out.begin_object(JsonWriter::Layout::Line);
        out.member("backend", x.backend);
        out.member("why", x.why);
        out.end();
    }
    out.end();
    out.member("members", e.members);
    out.end();
}

}  // namespace

std::string explained_text(std::span<const ExplainedRun> runs, std::size_t width) {
    std::string out;
    for (const auto& run : runs) out += (out.empty() ? "" : "\n") + one(run, width);
    return out;
}

std::string explained_json(std::span<const ExplainedRun> runs) {
    JsonWriter out;
    out.begin_object();
    out.member("schema", "lbsim.explained/1");
    out.key("runs");
    out.begin_array();
    for (const auto& run : runs) write(out, run);
    out.end();
    out.end();
    return std::move(out).text();
}

}  // namespace lbsim
