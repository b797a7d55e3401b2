#include "model/inspect_traces.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "model/trace_arrivals.hpp"

namespace lbsim {
namespace {

// How the pass meets a trace: speed and scale change nothing of what is wrong with it.
Trace as_read(Trace trace) {
    trace.speed = trace.work_scale = 1;
    return trace;
}

class Inspection {
public:
    explicit Inspection(Draft& draft) : draft_{draft} {}

    void inspect(const Trace& trace, const std::string& pointer) {
        if (std::find(seen_.begin(), seen_.end(), trace) != seen_.end()) return;
        seen_.push_back(trace);
        std::optional<TraceReader> reader;
        try {
            reader.emplace(trace.file, TraceArrivals::format_of(trace));
            for (TraceRecord record; reader->next(record);) continue;
        } catch (const TraceError& error) {
            if (reader && !tells_of_all(error, reader->report()))
                refuse(trace, reader->report(), pointer);
            note({.line = error.line,
                  .column = error.column,
                  .reason = error.what(),
                  .excerpt = error.excerpt},
                 error.hint, trace.file, pointer);
            return;
        }
        refuse(trace, reader->report(), pointer);
        notes_.push_back({trace.file, reader->report()});
    }

    std::vector<TraceNote> notes() { return std::move(notes_); }

private:
    // Whether no line is a request; then that is the mistake, and not each of them.
    static bool tells_of_all(const TraceError& error, const TraceReport& report) {
        return !report.malformed_lines.empty() && error.line == report.malformed_lines[0].line;
    }

    // Notes the lines that are no requests, if the trace may have none.
    void refuse(const Trace& trace, const TraceReport& report, const std::string& pointer) {
        if (!refuses_malformed(trace, report.kind)) return;
        constexpr auto kHint = "mend the line, or leave it out with \"malformed\": \"report\"";
        for (const auto& line : report.malformed_lines) note(line, kHint, trace.file, pointer);
        if (report.first_not_kept == 0) return;
        const auto more = report.malformed - report.malformed_lines.size();
        note({.line = report.first_not_kept,
              .column = 1,
              .reason = "and " + std::to_string(more) + " more from here on",
              .excerpt = {}},
             kHint, trace.file, pointer);
    }

    void note(MalformedLine at, std::string hint, const std::string& file,
              const std::string& pointer) {
        auto& [text, begin] = at.excerpt;
        const auto place =
            draft_.experiment.document.quote({.name = file,
                                              .text = std::move(text),
                                              .pointer = {},
                                              .line = static_cast<std::size_t>(at.line),
                                              .column = begin},
                                             at.column - begin);
        draft_.problems.push_back({pointer, std::move(at.reason), std::move(hint), false, place});
    }

    Draft& draft_;
    std::vector<Trace> seen_;
    std::vector<TraceNote> notes_;
};

}  // namespace

std::vector<TraceNote> inspect_traces(Draft& draft) {
    Inspection inspection{draft};
    for (const auto& [label, scenario] : draft.experiment.variants)
        for (std::size_t i = 0; i != scenario.clients.size(); ++i) {
            const auto* trace = std::get_if<Trace>(&scenario.clients[i].arrivals);
            const auto arrivals = child("/clients", i) + "/arrivals";
            if (trace != nullptr && !trace->file.empty() && !draft.has_problem_at(arrivals))
                inspection.inspect(as_read(*trace), arrivals + "/trace/file");
        }
    return inspection.notes();
}

}  // namespace lbsim
