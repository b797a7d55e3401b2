#include "trace/trace.hpp"

#include <algorithm>
#include <cmath>

#include "base/expects.hpp"
#include "trace/formats/alb.hpp"
#include "trace/formats/combined.hpp"
#include "trace/formats/csv.hpp"
#include "trace/formats/envoy.hpp"
#include "trace/formats/haproxy.hpp"
#include "trace/formats/jsonl.hpp"
#include "trace/formats/nginx.hpp"

namespace lbsim {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr std::size_t kLinesToDetectBy = 20;

constexpr const char* kFormatHint =
    "name the format: csv, jsonl, combined, nginx, haproxy, envoy or alb";
constexpr const char* kEmptyHint = "name a log with at least one request";

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

std::string_view name_of(TraceKind kind) {
    for (const auto& [name, known] : kTraceKinds)
        if (known == kind) return name;
    return "auto";
}

std::optional<TraceKind> trace_kind(std::string_view name) {
    for (const auto& [known, kind] : kTraceKinds)
        if (known == name) return kind;
    return std::nullopt;
}

TraceReader::TraceReader(const std::filesystem::path& path, TraceFormat format)
    : TraceReader{file_bytes(path), std::move(format)} {}

TraceReader::TraceReader(std::unique_ptr<ByteSource> bytes, TraceFormat format)
    : source_{std::move(bytes)}, format_{std::move(format)} {
    lb::expects(std::isfinite(format_.work_scale) && format_.work_scale >= 0);
    lb::expects(format_.window >= lb::Duration::zero() && format_.most_held > 0);
    format_.window = std::min(format_.window, lb::Duration{kLatest / 2});  // So that sums fit.
    choose_format();
}

void TraceReader::choose_format() {
    report_.kind = format_.kind == TraceKind::automatic ? detect() : format_.kind;
    if (report_.kind == TraceKind::csv) {
        const std::string_view names = header();
        lines_ = std::make_unique<Csv>(names, source_.line(), format_.columns, format_.time_unit);
    } else {
        lines_ = make_format(report_.kind);
    }
}

/// Every format but CSV, which begins with a header.
std::unique_ptr<LineFormat> TraceReader::make_format(TraceKind kind) const {
    switch (kind) {
        case TraceKind::combined: return std::make_unique<Combined>();
        case TraceKind::nginx: return std::make_unique<Nginx>();
        case TraceKind::haproxy: return std::make_unique<Haproxy>();
        case TraceKind::envoy: return std::make_unique<Envoy>();
        case TraceKind::alb: return std::make_unique<Alb>();
        default: return std::make_unique<JsonLines>(format_.columns, format_.time_unit);
    }
}

/// The format that can read most of the first lines.  JSON is told by its first brace and a table
/// by its header, so that mistakes in them are reported as such.
TraceKind TraceReader::detect() {
    std::vector<std::string_view> lines = source_.first_lines(kLinesToDetectBy);
    const auto first = std::find_if_not(lines.begin(), lines.end(), is_blank) - lines.begin() + 1;
    lines.erase(std::remove_if(lines.begin(), lines.end(), is_blank), lines.end());
    if (lines.empty()) {
        source_.next();  // Throws if there is nothing because the bytes are damaged.
        throw TraceError{1, 1, "the trace is empty", kEmptyHint};
    }
    if (lines.front().find_first_not_of(" \t") == lines.front().find('{')) return TraceKind::jsonl;
    TraceKind best = TraceKind::automatic;
    std::size_t most = 0;
    for (const TraceKind kind : {TraceKind::nginx, TraceKind::combined, TraceKind::haproxy,
                                 TraceKind::envoy, TraceKind::alb}) {
        const auto format = make_format(kind);
        const auto readable = static_cast<std::size_t>(
            std::count_if(lines.begin(), lines.end(), [&](std::string_view line) {
                LogLine ignored;
                return !format->read(line, ignored);
            }));
        if (readable <= most) continue;
        most = readable;
        best = kind;
    }
    if (best != TraceKind::automatic) return best;
    try {
        Csv{lines.front(), 1, format_.columns, format_.time_unit};
    } catch (const TraceError&) {
        if (format_.columns.time.empty())
            throw TraceError{static_cast<std::uint64_t>(first), 1,
                             "cannot tell the format of \"" + shortened(lines.front()) + '"',
                             kFormatHint, excerpt_of(lines.front(), 1)};
    }
    return TraceKind::csv;
}

std::string_view TraceReader::header() {
    while (const auto line = source_.next()) {
        if (is_blank(*line)) continue;
        ++report_.lines;
        return *line;
    }
    throw TraceError{1, 1, "the trace is empty", kEmptyHint};
}

bool TraceReader::next(TraceRecord& to) {
    if (given_out_) free_.push_back(*given_out_);
    given_out_.reset();
    for (;;) {
        if (arrival_is_due()) {
            emit(to);
            return true;
        }
        if (second_is_over()) {
            spread_second();
        } else if (!ended_) {
            read_line();
        } else {
            if (report_.records == 0) fail_without_records();
            return false;
        }
    }
}

bool TraceReader::arrival_is_due() const {
    if (arrivals_.empty()) return false;
    if (ended_ && seconds_.empty()) return true;
    if (held_.size() - free_.size() > format_.most_held) return true;
    return arrivals_clock_ - arrivals_.front().at > format_.window.count();
}

bool TraceReader::second_is_over() const {
    if (seconds_.empty()) return false;
    if (ended_ || held_.size() - free_.size() > format_.most_held) return true;
    return clock_ - seconds_.front().at > format_.window.count() + kSecond;
}

void TraceReader::read_line() {
    const auto line = source_.next();
    if (!line) {
        ended_ = true;
        return;
    }
    if (is_blank(*line)) return;
    ++report_.lines;
    if (source_.was_cut()) {
        reject(*line,
               Flaw{LineSource::kLongest,
                    "the line is longer than " + std::to_string(LineSource::kLongest) + " bytes"});
        return;
    }
    LogLine request;
    if (auto flaw = lines_->read(*line, request)) {
        reject(*line, std::move(*flaw));
        return;
    }
    const Nanos arrival = request.logged - request.took;
    if (std::max(arrival, request.logged) > kLatest || std::min(arrival, request.logged) < -kLatest)
        reject(*line, Flaw{1, "the request took longer than there is time"});
    else
        hold(request);
}

void TraceReader::reject(std::string_view line, Flaw flaw) {
    ++report_.malformed;
    if (report_.malformed_lines.size() == TraceReport::kMostKept) {
        if (report_.first_not_kept == 0) report_.first_not_kept = source_.line();
        return;
    }
    report_.malformed_lines.push_back(
        {source_.line(), flaw.column, std::move(flaw.reason), excerpt_of(line, flaw.column)});
}

void TraceReader::hold(const LogLine& request) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(held_.size()));
        held_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    Held& held = held_[slot];
    held.took = request.took;
    held.work = request.work;
    held.line = source_.line();
    held.text.assign(request.key);
    held.text.append(request.path).append(request.method);
    held.key = request.key.size();
    held.path = request.path.size();
    held.status = request.status;

    clock_ = std::max(clock_, request.logged);
    if (request.whole_second) {
        report_.whole_seconds = true;
        seconds_.push(request.logged, slot);
    } else {
        arrivals_clock_ = std::max(arrivals_clock_, request.logged);
        arrivals_.push(request.logged - request.took, slot);
    }
}

void TraceReader::spread_second() {
    const Nanos second = seconds_.front().at;
    same_second_.clear();
    while (!seconds_.empty() && seconds_.front().at == second)
        same_second_.push_back(seconds_.pop().slot);
    const auto n = static_cast<Nanos>(same_second_.size());
    for (Nanos k = 0; k < n; ++k) {
        const std::uint32_t slot = same_second_[static_cast<std::size_t>(k)];
        const Nanos ended = second + (2 * k + 1) * kSecond / (2 * n);
        arrivals_clock_ = std::max(arrivals_clock_, ended);
        arrivals_.push(ended - held_[slot].took, slot);
    }
}

void TraceReader::emit(TraceRecord& to) {
    const ArrivalOrder::Entry due = arrivals_.pop();
    const Held& held = held_[due.slot];
    if (report_.records == 0) {
        origin_ = last_ = due.at;
        report_.choices = lines_->choices();
    }
    if (due.at < last_ && report_.out_of_order++ == 0) report_.first_out_of_order = held.line;
    last_ = std::max(last_, due.at);
    to.at = lb::Duration{last_ - origin_};
    to.work = held.work;
    if (to.work) *to.work *= format_.work_scale;
    const std::string_view text = held.text;
    to.key = text.substr(0, held.key);
    to.path = text.substr(held.key, held.path);
    to.method = text.substr(held.key + held.path);
    to.status = held.status;
    given_out_ = due.slot;
    ++report_.records;
    report_.without_work += to.work ? 0 : 1;
    report_.span = to.at;
}

void TraceReader::fail_without_records() const {
    if (!report_.malformed_lines.empty()) {
        const MalformedLine& first = report_.malformed_lines.front();
        throw TraceError{first.line, first.column,
                         "no line of the trace is a request: " + first.reason, kFormatHint,
                         first.excerpt};
    }
    if (report_.lines == 0) throw TraceError{1, 1, "the trace is empty", kEmptyHint};
    throw TraceError{source_.line() + 1, 1, "the trace ends after its header", kEmptyHint};
}

}  // namespace lbsim
