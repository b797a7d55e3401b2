#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trace/decimal.hpp"

namespace lbsim {

/// One request as its line tells it.  The texts lie in the line, or in the format that read it, and
/// are valid until it reads the next.
struct LogLine {
    Nanos logged = 0;           ///< What the log's clock showed when the request was over.
    Nanos took = 0;             ///< How long before `logged` it arrived.
    bool whole_second = false;  ///< `logged` lost its fraction.
    std::optional<double> work;
    std::string_view key, path, method;
    std::int32_t status = 0;
};

/// Why a line is no request: the column (from 1) and what is wrong there.
struct Flaw {
    std::size_t column = 1;
    std::string reason;
};

/// Reads the lines of one format.
class LineFormat {
public:
    virtual ~LineFormat() = default;

    /// The request of a line to `to`, which comes fresh; or what is wrong with the line.
    virtual std::optional<Flaw> read(std::string_view line, LogLine& to) = 0;

    /// What was taken for what, for formats that had to choose: "time from TIMESTAMP".
    virtual std::string choices() const { return {}; }
};

/// A text of the file as a message may quote it: printable, and at most `longest` bytes of it.
inline std::string shortened(std::string_view text, std::size_t longest = 40) {
    std::size_t end = std::min(text.size(), longest);
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; };
    while (end > 0 && end < text.size() && continues(text[end])) --end;
    std::string quoted{text.substr(0, end)};
    for (char& c : quoted)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return end < text.size() ? quoted + "..." : quoted;
}

}  // namespace lbsim
