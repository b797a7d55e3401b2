#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"
#include "scenario/scenario.hpp"
#include "trace/trace.hpp"

namespace lbsim {

/// Whether lines that are no requests are mistakes in a trace of that kind.
inline bool refuses_malformed(const Trace& trace, TraceKind kind) {
    if (trace.malformed != Trace::Malformed::ByFormat)
        return trace.malformed == Trace::Malformed::Refuse;
    return kind == TraceKind::csv || kind == TraceKind::jsonl;
}

/// A trace turned out to be damaged.  what() is the message; the rest says where.
class ReplayError : public std::runtime_error {
public:
    ReplayError(std::string file_, const TraceError& error)
        : std::runtime_error{error.what()},
          file{std::move(file_)},
          hint{error.hint},
          line{error.line},
          column{error.column} {}

    std::string file, hint;
    std::uint64_t line;
    std::size_t column;
};

/// The requests of a recorded trace as the arrivals of a group of clients: one record ahead.
class TraceArrivals {
public:
    /// Throws ReplayError if the file cannot be read or nothing in it is a request.
    explicit TraceArrivals(const Trace& config) : file_{config.file}, speed_{config.speed} {
        guarded([&] { reader_.emplace(config.file, format_of(config)); });
        refuses_ = refuses_malformed(config, report().kind);
        advance();
    }

    /// When the next request arrives; Instant::max() after the last.
    Instant next_at() const { return at_; }
    /// Throws ReplayError if the file is damaged from here on, or a line is no request and that is
    /// refused.
    void advance() {
        at_ = Instant::max();
        guarded([&] {
            const bool more = reader_->next(record_);
            if (refuses_ && report().malformed != 0) {
                const auto& first = report().malformed_lines.front();
                throw TraceError{first.line, first.column, first.reason};
            }
            if (!more) return;
            if (record_.work) {
                work_sum_ += *record_.work;
                ++work_count_;
            }
            const double scaled = lb::seconds(record_.at) / speed_;
            at_ = Instant{speed_ == 1 ? record_.at : lb::duration_of(scaled)};
        });
    }
    /// The size of the next request.  One of which the log does not tell it (nobody served it, or
    /// not to the end) is as large as those so far were on average; 1 if none told.
    double work() const {
        if (record_.work) return *record_.work;
        return work_count_ == 0 ? 1 : work_sum_ / static_cast<double>(work_count_);
    }
    std::string_view key() const { return record_.key; }
    const std::string& file() const { return file_; }
    const TraceReport& report() const { return reader_->report(); }

    /// How a scenario's words map to the reader's.
    static TraceFormat format_of(const Trace& config) {
        TraceFormat format;
        format.kind = trace_kind(config.format).value_or(TraceKind::automatic);
        format.columns.time = config.time;
        format.columns.key = config.key;
        format.columns.work = config.work;
        format.columns.path = config.path;
        format.time_unit = unit_of(config.time_unit);
        format.work_scale = config.work_scale;
        return format;
    }

private:
    static TimeUnit unit_of(const std::string& name) {
        using Named = std::pair<std::string_view, TimeUnit>;
        for (const auto& [known, unit] : {Named{"s", TimeUnit::s}, Named{"ms", TimeUnit::ms},
                                          Named{"us", TimeUnit::us}, Named{"ns", TimeUnit::ns}})
            if (name == known) return unit;
        return TimeUnit::automatic;
    }
    template <class F>
    void guarded(F read) {
        try {
            read();
        } catch (const TraceError& error) { throw ReplayError{file_, error}; }
    }

    std::string file_;
    std::optional<TraceReader> reader_;
    double speed_;
    bool refuses_ = false;
    TraceRecord record_;
    double work_sum_ = 0;
    std::uint64_t work_count_ = 0;
    Instant at_ = Instant::max();
};

}  // namespace lbsim
