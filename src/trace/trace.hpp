#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "trace/arrival_order.hpp"
#include "trace/columns.hpp"
#include "trace/line_format.hpp"
#include "trace/line_source.hpp"

namespace lbsim {

/// The formats a trace may have; one header each under formats/.
enum class TraceKind { automatic, csv, jsonl, combined, nginx, haproxy, envoy, alb };

inline constexpr std::array<std::pair<std::string_view, TraceKind>, 8> kTraceKinds{
    {{"auto", TraceKind::automatic},
     {"csv", TraceKind::csv},
     {"jsonl", TraceKind::jsonl},
     {"combined", TraceKind::combined},
     {"nginx", TraceKind::nginx},
     {"haproxy", TraceKind::haproxy},
     {"envoy", TraceKind::envoy},
     {"alb", TraceKind::alb}}};

std::string_view name_of(TraceKind);
std::optional<TraceKind> trace_kind(std::string_view name);

/// How to read a trace.  The defaults find out by themselves.
struct TraceFormat {
    TraceKind kind = TraceKind::automatic;
    TraceColumns columns;                      ///< CSV and JSON lines only.
    TimeUnit time_unit = TimeUnit::automatic;  ///< CSV and JSON lines only.
    double work_scale = 1;                     ///< What the trace calls work, times this.

    /// How far, in the log's own time, a request may stand behind one that arrived after it.  Logs
    /// are in order of completion, so this must be as long as the longest request.
    lb::Duration window = std::chrono::seconds{60};

    /// The most requests to hold back for the sake of order; beyond it the window gets shorter.
    std::size_t most_held = std::size_t{1} << 18;
};

/// One request as the trace tells it.
struct TraceRecord {
    lb::Duration at{};  ///< Arrival, since the first arrival of the trace; never decreases.

    /// What the trace says of its size, times the format's work_scale: seconds of service in access
    /// logs; in CSV and JSON lines whatever the work column holds, such as tokens.  None if it does
    /// not say, or no backend served it.
    std::optional<double> work;

    /// The key column, or the client's address; valid until the next call of next(), as are path
    /// and method.  Empty if the trace has none.
    std::string_view key, path, method;
    std::int32_t status = 0;  ///< 0 if the trace has none.
};

/// A line that is no request.
struct MalformedLine {
    std::uint64_t line = 0;
    std::size_t column = 0;
    std::string reason;
    Excerpt excerpt;
};

/// What was read so far, and what of it one should know before believing the replay.
struct TraceReport {
    static constexpr std::size_t kMostKept = 10;

    TraceKind kind = TraceKind::automatic;  ///< Which it is: never automatic.
    std::string choices;                    ///< Which columns were taken for what.
    std::uint64_t lines = 0;                ///< All but blank ones, with the header.
    std::uint64_t records = 0;              ///< Given out by next().
    std::uint64_t malformed = 0;
    std::vector<MalformedLine> malformed_lines;  ///< The first kMostKept of them.
    std::uint64_t first_not_kept = 0;            ///< The line of the next; 0 if there is none.

    /// Requests that stood further behind than the window: given out at the arrival of the one
    /// before them, so none is lost, but later than they came.
    std::uint64_t out_of_order = 0;
    std::uint64_t first_out_of_order = 0;  ///< Its line; 0 if there is none.

    std::uint64_t without_work = 0;
    bool whole_seconds = false;  ///< The log has no fractions of seconds; arrivals were spread.
    lb::Duration span{};         ///< The arrival of the last record.
};

/// Reads the requests of a trace in order of arrival, however long it is, in bounded memory.
///
/// Access logs are written when requests end, so each is moved back to when it arrived, and held
/// until the log's clock is `window` past it.  A log that only has whole seconds is spread: the n
/// requests of a second are taken to have ended at (k + 1/2)/n of it, in the order of the log.
/// Equal arrivals keep the order of the log.  Dates count by UTC, so the hour that a clock change
/// repeats is not confused; HAProxy's have no zone and would be.
///
/// Malformed lines do not stop it; whether a trace with some of them is good enough is the caller's
/// choice, from report().  Each record costs O(1) if the log is in order of arrival, O(log of those
/// held) if not, and no allocation once the buffers have grown to their size.
class TraceReader {
public:
    /// Opens a file, plain or gzip, and finds out its format if that is automatic.  Throws
    /// TraceError if it cannot be opened, is empty, or its format cannot be told.
    explicit TraceReader(const std::filesystem::path&, TraceFormat = {});
    explicit TraceReader(std::unique_ptr<ByteSource>, TraceFormat = {});

    /// The next request to `to`; false at the end.  Throws TraceError if the file turns out to be
    /// damaged or cut short, or at the end if no line of it was a request.
    bool next(TraceRecord& to);

    /// Complete when next() has returned false.
    const TraceReport& report() const { return report_; }

private:
    /// A request that waits for its turn.
    struct Held {
        Nanos took = 0;
        std::optional<double> work;
        std::uint64_t line = 0;
        std::string text;  // Key, path and method, one after the other.
        std::size_t key = 0;
        std::size_t path = 0;
        std::int32_t status = 0;
    };

    void choose_format();
    TraceKind detect();
    std::unique_ptr<LineFormat> make_format(TraceKind) const;
    std::string_view header();
    void read_line();
    void reject(std::string_view line, Flaw);
    void hold(const LogLine&);
    bool second_is_over() const;
    bool arrival_is_due() const;
    void spread_second();
    void emit(TraceRecord&);
    [[noreturn]] void fail_without_records() const;

    LineSource source_;
    TraceFormat format_;
    std::unique_ptr<LineFormat> lines_;
    TraceReport report_;

    std::vector<Held> held_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> same_second_;
    ArrivalOrder seconds_;             // Known to the second only, by that second.
    ArrivalOrder arrivals_;            // By arrival.
    Nanos clock_ = -kLatest;           // The latest time logged in a line,
    Nanos arrivals_clock_ = -kLatest;  // and in a line whose arrival is settled.
    Nanos origin_ = 0;
    Nanos last_ = -kLatest;
    std::optional<std::uint32_t> given_out_;
    bool ended_ = false;
};

}  // namespace lbsim
