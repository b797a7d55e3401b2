#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/trace.hpp"

namespace lbsim {

/// A record that owns its texts.
struct ReadRecord {
    double at_s = 0;
    std::optional<double> work;
    std::string key, path, method;
    std::int32_t status = 0;
};

struct Reading {
    std::vector<ReadRecord> records;
    TraceReport report;
};

inline Reading read_trace(TraceReader reader) {
    Reading reading;
    for (TraceRecord record; reader.next(record);)
        reading.records.push_back({lb::seconds(record.at), record.work, std::string{record.key},
                                   std::string{record.path}, std::string{record.method},
                                   record.status});
    reading.report = reader.report();
    return reading;
}

inline Reading read_text(std::string_view text, TraceFormat format = {}) {
    return read_trace(TraceReader{memory_bytes(text), std::move(format)});
}

inline Reading read_text(std::string_view text, TraceKind kind) {
    TraceFormat format;
    format.kind = kind;
    return read_text(text, std::move(format));
}

/// A line read, with the text its fields lie in.
struct OwnedLine : LogLine {
    std::shared_ptr<const std::string> text;
};

/// One line through one format, without detection, order or spreading.
template <class Format>
OwnedLine read_line(std::string_view line) {
    Format format;
    OwnedLine to{{}, std::make_shared<const std::string>(line)};
    const auto flaw = format.read(*to.text, to);
    if (flaw) to.key = "flawed";
    return to;
}

/// "column: reason" of the flaw of a line; empty if it has none.
template <class Format>
std::string flaw_of(std::string_view line) {
    Format format;
    LogLine to;
    const auto flaw = format.read(line, to);
    return flaw ? std::to_string(flaw->column) + ": " + flaw->reason : std::string{};
}

/// "line:column: message" of the TraceError that reading a text throws; empty if it throws none.
inline std::string error_of(std::string_view text, TraceFormat format = {}) {
    try {
        read_text(text, std::move(format));
    } catch (const TraceError& error) {
        return std::to_string(error.line) + ':' + std::to_string(error.column) + ": " +
               error.what();
    }
    return {};
}

}  // namespace lbsim
