#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trace/trace.hpp"

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

/// A line can be shown with a caret under the column.
void must_hold(const lbsim::Excerpt& excerpt, std::size_t column) {
    must(column >= excerpt.column && column - excerpt.column <= excerpt.text.size());
}

/// The first byte chooses the format and how tightly the reader must hold back; the rest is the
/// text of a trace.
lbsim::TraceFormat format_of(std::uint8_t choice) {
    lbsim::TraceFormat format;
    format.kind = lbsim::kTraceKinds[choice % lbsim::kTraceKinds.size()].second;
    constexpr std::array<std::size_t, 4> held{1, 2, 5, 1000};
    format.most_held = held[(choice >> 3) % held.size()];
    if ((choice & 0x20) != 0) format.window = lb::Duration::zero();
    if ((choice & 0x40) != 0) format.window = lb::Duration::max();
    if ((choice & 0x80) != 0) format.columns.key = "hash_ids[1]";
    return format;
}

}  // namespace

/// Whatever the bytes: no crash, arrivals that never decrease, and every line accounted for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(bytes + 1), size - 1};
    try {
        lbsim::TraceReader reader{lbsim::memory_bytes(text), format_of(bytes[0])};
        lb::Duration last{0};
        std::size_t records = 0;
        for (lbsim::TraceRecord record; reader.next(record); ++records) {
            must(record.at >= last);
            must(records > 0 || record.at == lb::Duration::zero());
            must(!record.work || (std::isfinite(*record.work) && *record.work >= 0));
            must(record.key.size() + record.path.size() + record.method.size() <= size * 3);
            last = record.at;
        }
        const lbsim::TraceReport& report = reader.report();
        const std::size_t headers = report.kind == lbsim::TraceKind::csv ? 1 : 0;
        must(report.kind != lbsim::TraceKind::automatic && records == report.records);
        must(report.lines == report.records + report.malformed + headers);
        must(report.out_of_order <= report.records && report.span == last);
        must((report.first_not_kept == 0) == (report.malformed == report.malformed_lines.size()));
        for (const auto& line : report.malformed_lines) must_hold(line.excerpt, line.column);
    } catch (const lbsim::TraceError& error) {
        must(error.line >= 1 && error.column >= 1 && error.what()[0] != '\0');
        must_hold(error.excerpt, error.column);
    }
    return 0;
}
