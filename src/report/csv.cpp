#include "report/csv.hpp"

#include <charconv>
#include <limits>
#include <string_view>

#include "report/naming.hpp"

namespace lbsim {
namespace {

class CsvWriter {
public:
    explicit CsvWriter(const Result& result) : result_{result} {}

    std::string text() {
        out_ = "scenario,variant,window,backend,metric,value,low,high\n";
        for (const auto& run : result_.runs) {
            span(run, "", run.measures);
            for (const auto& w : run.windows) span(run, w.name, w.measures);
        }
        return std::move(out_);
    }

private:
    void span(const RunResult& run, std::string_view window, const Measures& m) {
        where_ =
            csv_cell(result_.scenario) + "," + csv_cell(run.variant) + "," + csv_cell(window) + ",";
        count("", "offered", m.requests.offered);
        count("", "succeeded", m.requests.succeeded);
        count("", "failed", m.requests.failed);
        count("", "timed_out", m.requests.timed_out);
        count("", "rejected", m.requests.rejected);
        count("", "unfinished", m.requests.unfinished);
        for (const auto why : lb::kRejections)
            count("", std::string{"rejected_"} + key_of(why),
                  m.requests.rejections[static_cast<std::size_t>(why)]);
        count("", "attempts", m.requests.attempts);
        count("", "degraded", m.requests.degraded);
        count("", "probes", m.requests.probes);
        figure("", "good", m.good);
        figure("", "error_rate", m.error_rate);
        figure("", "throughput_per_s", m.throughput);
        figure("", "goodput_per_s", m.goodput);
        figure("", "amplification", m.amplification);
        figure("", "wasted_work", m.wasted_work);
        figure("", "time_to_recover_s", m.time_to_recover);
        figure("", "open", m.open);
        figure("", "hit_ratio", m.hit_ratio);
        figure("", "sessions_lost", m.sessions_lost);
        figure("", "p50_s", m.latency_of_all.p50);
        figure("", "p90_s", m.latency_of_all.p90);
        figure("", "p95_s", m.latency_of_all.p95);
        figure("", "p99_s", m.latency_of_all.p99);
        figure("", "p999_s", m.latency_of_all.p999);
        latency("", m.latency);
        figure("", "max_over_mean", m.balance.max_over_mean);
        figure("", "cv", m.balance.cv);
        figure("", "jain", m.balance.jain);
        for (const auto& b : m.backends) backend(b);
    }
    void backend(const BackendResult& b) {
        count(b.name, "attempts", b.attempts);
        count(b.name, "failed", b.failed);
        figure(b.name, "share", b.share);
        if (b.expected_share) row(b.name, "expected_share", csv_number(*b.expected_share), "", "");
        figure(b.name, "utilization", b.utilization);
        figure(b.name, "demand", b.demand);
        figure(b.name, "in_flight_mean", b.in_flight_mean);
        count(b.name, "queue_max", b.queue_max);
        latency(b.name, b.latency);
        figure(b.name, "hit_ratio", b.hit_ratio);
        figure(b.name, "sessions_lost", b.sessions_lost);
        if (!b.verdicts) return;
        const auto& v = *b.verdicts;
        count(b.name, "exclusions", v.exclusions);
        count(b.name, "false_exclusions", v.false_exclusions);
        count(b.name, "flaps", v.flaps);
        count(b.name, "readmissions", v.readmissions);
        count(b.name, "failed_before_exclusion", v.failed_before_exclusion);
        count(b.name, "trials", v.trials);
        figure(b.name, "excluded", v.excluded);
        figure(b.name, "open", v.open);
        figure(b.name, "time_to_exclude_s", v.time_to_exclude);
        figure(b.name, "time_to_readmit_s", v.time_to_readmit);
        figure(b.name, "spared", v.spared);
    }
    void latency(std::string_view backend, const Latency& l) {
        figure(backend, "mean_s", l.mean);
        figure(backend, "p50_success_s", l.p50);
        figure(backend, "p90_success_s", l.p90);
        figure(backend, "p95_success_s", l.p95);
        figure(backend, "p99_success_s", l.p99);
        figure(backend, "p999_success_s", l.p999);
        if (l.max) row(backend, "max_s", csv_number(*l.max), "", "");
    }
    void figure(std::string_view backend, std::string_view metric, const Figure& f) {
        if (f.absent) return;
        row(backend, metric, csv_number(f.value), f.low ? csv_number(*f.low) : "",
            f.high ? csv_number(*f.high) : "");
    }
    void count(std::string_view backend, std::string_view metric, std::uint64_t n) {
        row(backend, metric, std::to_string(n), "", "");
    }
    void row(std::string_view backend, std::string_view metric, std::string_view value,
             std::string_view low, std::string_view high) {
        out_ += where_;
        out_ += csv_cell(backend);
        for (const auto cell : {metric, value, low, high}) (out_ += ',') += cell;
        out_ += '\n';
    }

    const Result& result_;
    std::string out_, where_;
};

}  // namespace

std::string csv_cell(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string csv_number(double x) {
    if (x == std::numeric_limits<double>::infinity()) return "inf";
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, x).ptr};
}

std::string to_csv(const Result& result) { return CsvWriter{result}.text(); }

}  // namespace lbsim
