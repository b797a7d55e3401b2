#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lbsim {

/// A piece of a line around a mistake, byte by byte as the file has it.
struct Excerpt {
    std::string text;
    std::size_t column = 1;  ///< Of its first byte, in the line.
};

/// At most a thousand bytes before and behind a column, so that there is enough to show however
/// long the line is.
Excerpt excerpt_of(std::string_view line, std::size_t column);

/// A trace cannot be read, or not be read on.  `line` and `column` count from 1; a file that could
/// not be opened is at 1:1.  `message` is a lower-case sentence without a full stop; `hint`, if
/// any, says what to do.  what() is the message.
class TraceError : public std::runtime_error {
public:
    TraceError(std::uint64_t line_, std::size_t column_, const std::string& message,
               std::string hint_ = {}, Excerpt excerpt_ = {})
        : std::runtime_error{message},
          line{line_},
          column{column_},
          hint{std::move(hint_)},
          excerpt{std::move(excerpt_)} {}

    std::uint64_t line;
    std::size_t column;
    std::string hint;
    Excerpt excerpt;  ///< Of the line; without text if there is none.
};

/// Where bytes come from.
class ByteSource {
public:
    virtual ~ByteSource() = default;

    /// Up to `size` bytes to `to`; 0 at the end.  Throws std::runtime_error if the bytes are
    /// damaged or cut short.
    virtual std::size_t read(char* to, std::size_t size) = 0;
};

/// A file, plain or gzip (told by its first bytes, not by its name; several members are one text).
/// Throws TraceError at 1:1 if it cannot be opened.
std::unique_ptr<ByteSource> file_bytes(const std::filesystem::path&);

/// Bytes in memory, which must outlive it.
std::unique_ptr<ByteSource> memory_bytes(std::string_view);

/// The lines of a text, one after the other, through one buffer of fixed size.
class LineSource {
public:
    /// A line must be shorter than this, or it is given out cut.
    static constexpr std::size_t kLongest = std::size_t{1} << 18;

    explicit LineSource(std::unique_ptr<ByteSource> bytes);

    /// The next line without its end (LF or CR LF; the last line may lack one), valid until the
    /// next call; none at the end.  A byte order mark before the first is skipped.
    ///
    /// Throws TraceError if the bytes are damaged or cut short, after all lines before that point
    /// have been given out; its position is where the text breaks off.
    std::optional<std::string_view> next();

    /// The number of the line last given out, from 1.
    std::uint64_t line() const { return line_; }

    /// The line last given out was too long, and lost its end.
    bool was_cut() const { return was_cut_; }

    /// The whole lines at the beginning, as many as the first fill of the buffer has, at most
    /// `count`; not what damage left of a line.  Requires that next() was not called yet.
    std::vector<std::string_view> first_lines(std::size_t count);

private:
    bool fill();
    std::string_view give(std::size_t length, std::size_t skip);

    std::unique_ptr<ByteSource> bytes_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t line_ = 0;
    bool ended_ = false;
    bool was_cut_ = false;
    std::string damage_;  // What the bytes threw, kept until the lines before it are out.
};

}  // namespace lbsim
