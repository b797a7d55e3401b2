#include "report/json.hpp"

#include <string_view>

#include "report/json_writer.hpp"
#include "report/naming.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using Layout = JsonWriter::Layout;

std::string_view words(Condition condition) {
    switch (condition) {
        case Condition::Up: return "up";
        case Condition::Slow: return "slow";
        case Condition::Faulty: return "faulty";
        case Condition::Excluded: return "excluded";
        case Condition::Drained: return "drained";
        case Condition::Hung: return "hung";
        case Condition::Crashed: return "crashed";
        case Condition::Removed: return "removed";
    }
    return "up";
}

void write(JsonWriter& out, const Latency& latency) {
    out.key("latency");
    out.begin_object();
    write(out, "mean_s", latency.mean);
    write(out, "p50_s", latency.p50);
    write(out, "p90_s", latency.p90);
    write(out, "p95_s", latency.p95);
    write(out, "p99_s", latency.p99);
    write(out, "p999_s", latency.p999);
    out.member("max_s", latency.max);
    out.end();
}

void write(JsonWriter& out, const LatencyOfAll& latency) {
    out.key("latency_all");
    out.begin_object();
    write(out, "p50_s", latency.p50);
    write(out, "p90_s", latency.p90);
    write(out, "p95_s", latency.p95);
    write(out, "p99_s", latency.p99);
    write(out, "p999_s", latency.p999);
    out.end();
}

void write(JsonWriter& out, const std::optional<VerdictsResult>& verdicts) {
    out.key("verdicts");
    if (!verdicts) return out.null();
    out.begin_object();
    out.member("exclusions", verdicts->exclusions);
    out.member("false_exclusions", verdicts->false_exclusions);
    out.member("flaps", verdicts->flaps);
    out.member("readmissions", verdicts->readmissions);
    out.member("failed_before_exclusion", verdicts->failed_before_exclusion);
    out.member("trials", verdicts->trials);
    write(out, "excluded", verdicts->excluded);
    write(out, "open", verdicts->open);
    write(out, "time_to_exclude_s", verdicts->time_to_exclude);
    write(out, "time_to_readmit_s", verdicts->time_to_readmit);
    write(out, "spared", verdicts->spared);
    out.end();
}

void write(JsonWriter& out, const BackendResult& backend) {
    out.begin_object();
    out.member("name", backend.name);
    out.member("group", backend.group);
    out.member("attempts", backend.attempts);
    write(out, "share", backend.share);
    out.member("expected_share", backend.expected_share);
    out.member("failed", backend.failed);
    write(out, "utilization", backend.utilization);
    write(out, "demand", backend.demand);
    write(out, "in_flight_mean", backend.in_flight_mean);
    out.member("queue_max", backend.queue_max);
    write(out, backend.latency);
    write(out, "hit_ratio", backend.hit_ratio);
    write(out, "sessions_lost", backend.sessions_lost);
    write(out, backend.verdicts);
    out.end();
}

void write(JsonWriter& out, const Measures& m) {
    out.key("requests");
    out.begin_object(Layout::Line);
    out.member("offered", m.requests.offered);
    out.member("succeeded", m.requests.succeeded);
    out.member("failed", m.requests.failed);
    out.member("timed_out", m.requests.timed_out);
    out.member("rejected", m.requests.rejected);
    out.member("unfinished", m.requests.unfinished);
    out.end();
    out.key("rejections");
    out.begin_object(Layout::Line);
    for (const auto why : lb::kRejections)
        out.member(key_of(why), m.requests.rejections[static_cast<std::size_t>(why)]);
    out.end();
    out.member("attempts", m.requests.attempts);
    out.member("degraded", m.requests.degraded);
    out.member("probes", m.requests.probes);
    write(out, "good", m.good);
    write(out, m.latency);
    write(out, m.latency_of_all);
    write(out, "error_rate", m.error_rate);
    write(out, "throughput_per_s", m.throughput);
    write(out, "goodput_per_s", m.goodput);
    write(out, "amplification", m.amplification);
    write(out, "wasted_work", m.wasted_work);
    write(out, "time_to_recover_s", m.time_to_recover);
    write(out, "open", m.open);
    write(out, "hit_ratio", m.hit_ratio);
    write(out, "sessions_lost", m.sessions_lost);
    out.key("backends");
    out.begin_array();
    for (const auto& backend : m.backends) write(out, backend);
    out.end();
    out.key("balance");
    out.begin_object();
    write(out, "max_over_mean", m.balance.max_over_mean);
    write(out, "cv", m.balance.cv);
    write(out, "jain", m.balance.jain);
    out.end();
}

template <class Of>
void write_column(JsonWriter& out, std::string_view key, const SeriesResult& series, Of of) {
    out.key(key);
    out.begin_array(Layout::Line);
    for (const auto& step : series.steps) out.value(of(step));
    out.end();
}

// By column, so that each is one line here and one array to whoever plots it.
void write(JsonWriter& out, const SeriesResult& series,
           const std::vector<BackendResult>& backends) {
    using Step = SeriesResult::Step;
    out.key("series");
    out.begin_object();
    out.member("step_s", exact_seconds(series.step));
    write_column(out, "offered", series, [](const Step& s) { return s.offered; });
    write_column(out, "good", series, [](const Step& s) { return s.good; });
    write_column(out, "p50_s", series, [](const Step& s) { return s.p50; });
    write_column(out, "p99_s", series, [](const Step& s) { return s.p99; });
    write_column(out, "in_flight", series, [](const Step& s) { return s.in_flight; });
    write_column(out, "hit_ratio", series, [](const Step& s) { return s.hit_ratio; });
    out.key("backends");
    out.begin_array();
    const bool known = !series.steps.empty() && !series.steps.front().shares.empty();
    for (std::size_t b = 0; known && b != backends.size(); ++b) {
        out.begin_object();
        out.member("name", backends[b].name);
        write_column(out, "share", series, [b](const Step& s) {
            return b < s.shares.size() ? std::optional{s.shares[b]} : std::nullopt;
        });
        write_column(out, "state", series, [b](const Step& s) {
            return b < s.conditions.size() ? std::optional{words(s.conditions[b])} : std::nullopt;
        });
        out.end();
    }
    out.end();
    out.end();
}

void write(JsonWriter& out, const std::vector<ResultLogEntry>& log) {
    const auto text_or_null = [&](std::string_view key, const std::string& text) {
        if (!text.empty()) return out.member(key, text);
        out.key(key);
        out.null();
    };
    out.key("log");
    out.begin_array();
    for (const auto& [replication, entry] : log) {
        out.begin_object(Layout::Line);
        out.member("replication", replication);
        text_or_null("balancer", entry.balancer);
        out.member("at_s", exact_seconds(entry.at));
        out.member("what", entry.what);
        text_or_null("backend", entry.backend);
        text_or_null("why", entry.why);
        text_or_null("cause", entry.cause);
        out.end();
    }
    out.end();
}

void write(JsonWriter& out, const std::optional<SloVerdict>& verdict) {
    out.key("slo");
    if (!verdict) return out.null();
    out.begin_object(Layout::Line);
    out.member("latency_s", exact_seconds(verdict->slo.latency));
    out.member("good", verdict->slo.good);
    out.member("met", verdict->met);
    out.end();
}

void write(JsonWriter& out, const std::vector<TraceNote>& traces) {
    std::uint64_t malformed = 0;
    for (const auto& note : traces) malformed += note.report.malformed;
    out.member("malformed_lines", malformed);
}

void write(JsonWriter& out, const RunResult& run) {
    out.begin_object();
    out.member("variant", run.variant);
    out.member("policy", run.policy);
    const auto equalised = equalises(run);
    out.member("equalises", equalised.empty() ? std::nullopt : std::optional{equalised});
    out.member("digest", run.digest);
    out.member("seed", run.seed);
    out.member("replications", run.replications);
    out.member("events", run.events);
    write(out, run.traces);
    out.member("duration_s", exact_seconds(run.duration));
    write(out, run.slo);
    write(out, run.measures);
    out.key("windows");
    out.begin_array();
    for (const auto& window : run.windows) {
        out.begin_object();
        out.member("name", window.name);
        out.member("from_s", exact_seconds(window.from));
        out.member("to_s", exact_seconds(window.to));
        write(out, window.measures);
        out.end();
    }
    out.end();
    write(out, run.series, run.measures.backends);
    write(out, run.log);
    out.end();
}

void write(JsonWriter& out, const Comparison& c) {
    out.begin_object();
    out.member("metric", c.metric);
    out.member("a", c.a);
    out.member("b", c.b);
    write(out, "difference", c.difference);
    if (c.difference.beyond) out.member("infinite", c.difference.value > 0 ? "a" : "b");
    out.member("p_value", c.p_value);
    out.member("distinguishable", c.distinguishable);
    out.end();
}

// By name: an index into an array is a riddle to a person.
void write_ranking(JsonWriter& out, const Result& result) {
    out.key("ranking");
    out.begin_array();
    for (const auto& place : result.ranking) {
        out.begin_array(Layout::Line);
        for (const auto i : place) out.value(result.runs[i].variant);
        out.end();
    }
    out.end();
}

void write(JsonWriter& out, const UntilResult& until) {
    out.key("until");
    out.begin_object(Layout::Line);
    out.member("metric", until.metric);
    out.member("variant", until.variant);
    out.member("relative", until.relative);
    out.member("width", until.width);
    out.member("half_width", until.half_width);
    out.member("reached", until.reached);
    out.member("replications", until.replications);
    out.member("needed", until.needed);
    out.end();
}

}  // namespace

void write(JsonWriter& out, const ExpectOutcome& e) {
    out.begin_object(Layout::Line);
    out.member("text", e.text);
    out.member("passed", e.passed);
    out.member("seen", e.seen);
    out.member("kind", words(e.kind));
    out.member("vacuous", e.vacuous);
    out.member("pointer", e.pointer);
    out.end();
}

void write(JsonWriter& out, std::string_view key, const Figure& figure) {
    out.key(key);
    if (figure.absent) return out.null();
    out.begin_object(Layout::Line);
    out.key("value");
    if (figure.beyond)
        out.null();
    else
        out.value(figure.value);
    out.member("low", figure.low);
    out.member("high", figure.high);
    if (figure.thin) out.member("thin", true);
    if (figure.beyond) out.member("beyond", true);
    out.end();
}

std::string to_json(const Result& result) {
    JsonWriter out;
    out.begin_object();
    out.member("schema", "lbsim.result/1");
    out.member("lbsim", result.lbsim);
    out.member("scenario", result.scenario);
    out.member("question", result.question);
    out.member("lesson", result.lesson);
    out.member("seed", result.seed);
    out.member("replications", result.replications);
    out.member("warmup_s", exact_seconds(result.warmup));
    out.member("warmup_detected", result.warmup_detected);
    if (result.until) write(out, *result.until);
    out.key("runs");
    out.begin_array();
    for (const auto& run : result.runs) write(out, run);
    out.end();
    out.key("comparison");
    out.begin_array();
    for (const auto& c : result.comparison) write(out, c);
    out.end();
    write_ranking(out, result);
    out.key("expect");
    out.begin_array();
    for (const auto& e : result.expect) write(out, e);
    out.end();
    out.end();
    return std::move(out).text();
}

}  // namespace lbsim
