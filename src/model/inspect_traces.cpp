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
        try {
            TraceReader reader{trace.file, TraceArrivals::format_of(trace)};
            for (TraceRecord record; reader.next(record);) continue;
            notes_.push_back({trace.file, reader.report()});
        } catch (const TraceError& error) {
            note({.line = error.line,
                  .column = error.column,
                  .reason = error.what(),
                  .excerpt = error.excerpt},
                 error.hint, trace.file, pointer);
        }
    }

    std::vector<TraceNote> notes() { return std::move(notes_); }

private:
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
