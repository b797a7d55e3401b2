#include "trace/line_source.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace lbsim {
namespace {

struct Close {
    void operator()(gzFile file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, Close>;

class FileBytes final : public ByteSource {
public:
    explicit FileBytes(const std::filesystem::path& path)
        : path_{path}, file_{gzopen(path.c_str(), "rb")} {
        if (file_ == nullptr)
            throw TraceError{1, 1, "cannot open the trace: " + std::string{std::strerror(errno)}};
        gzbuffer(file_.get(), 1u << 17);
    }

    std::size_t read(char* to, std::size_t size) override {
        errno = 0;
        const int count = gzread(file_.get(), to, static_cast<unsigned>(size));
        if (count > 0) {
            given_ += count;
            return static_cast<std::size_t>(count);
        }
        int error = Z_OK;
        std::string_view text = gzerror(file_.get(), &error);
        if (error == Z_OK || error == Z_STREAM_END) return 0;
        if (error == Z_BUF_ERROR) throw std::runtime_error{"the gzip file is cut short"};
        if (error == Z_ERRNO)
            throw std::runtime_error{"cannot read the trace: " + std::string{std::strerror(errno)}};
        if (const std::size_t saved = salvage(to, size)) return saved;
        text.remove_prefix(std::min(text.size(), path_.native().size() + 2));  // "PATH: "
        throw std::runtime_error{"the gzip file is damaged: " + std::string{text}};
    }

private:
    /// What zlib had decoded in the call that met the damage, and dropped; only once.  Decoded
    /// again in the smallest steps there are, it brings the lines before the damage, and so tells
    /// where that is.
    std::size_t salvage(char* to, std::size_t size) {
        if (salvaged_) return 0;
        salvaged_ = true;
        const File again{gzopen(path_.c_str(), "rb")};
        if (again == nullptr) return 0;
        gzbuffer(again.get(), 8);
        if (gzseek(again.get(), given_, SEEK_SET) < 0) return 0;
        std::size_t count = 0;
        while (count < size && gzread(again.get(), to + count, 1) == 1) ++count;
        return count;
    }

    std::filesystem::path path_;
    File file_;
    z_off_t given_ = 0;  // How many bytes were; gztell() counts also those that were dropped.
    bool salvaged_ = false;
};

class MemoryBytes final : public ByteSource {
public:
    explicit MemoryBytes(std::string_view text) : rest_{text} {}

    std::size_t read(char* to, std::size_t size) override {
        const std::size_t count = rest_.copy(to, size);
        rest_.remove_prefix(count);
        return count;
    }

private:
    std::string_view rest_;
};

}  // namespace

Excerpt excerpt_of(std::string_view line, std::size_t column) {
    constexpr std::size_t kAround = 1000;
    const std::size_t at = std::min(column - 1, line.size());
    const std::size_t begin = at - std::min(at, kAround);
    return {std::string{line.substr(begin, at - begin + kAround)}, begin + 1};
}

std::unique_ptr<ByteSource> file_bytes(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw TraceError{1, 1, "the trace is a folder", "name the file inside it"};
    return std::make_unique<FileBytes>(path);
}

std::unique_ptr<ByteSource> memory_bytes(std::string_view text) {
    return std::make_unique<MemoryBytes>(text);
}

LineSource::LineSource(std::unique_ptr<ByteSource> bytes)
    : bytes_{std::move(bytes)}, buffer_(kLongest) {
    while (end_ < 3 && fill()) continue;
    if (std::string_view{buffer_.data(), end_}.starts_with("\xef\xbb\xbf")) begin_ = 3;
}

bool LineSource::fill() {
    if (ended_) return false;
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    std::size_t count = 0;
    try {
        count = bytes_->read(buffer_.data() + end_, buffer_.size() - end_);
    } catch (const TraceError&) { throw; } catch (const std::runtime_error& error) {
        damage_ = error.what();
    }
    end_ += count;
    ended_ = count == 0;
    return !ended_;
}

std::string_view LineSource::give(std::size_t length, std::size_t skip) {
    std::string_view line{buffer_.data() + begin_, length};
    begin_ += length + skip;
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

std::optional<std::string_view> LineSource::next() {
    if (was_cut_) {  // Its beginning was given out; drop the rest of it now.
        for (bool more = true; more;) {
            const char* from = buffer_.data() + begin_;
            const void* feed = std::memchr(from, '\n', end_ - begin_);
            begin_ =
                feed != nullptr
                    ? static_cast<std::size_t>(static_cast<const char*>(feed) - buffer_.data()) + 1
                    : end_;
            more = feed == nullptr && fill();
        }
        was_cut_ = false;
    }
    for (std::size_t searched = 0;;) {
        const char* from = buffer_.data() + begin_;
        if (const void* feed = std::memchr(from + searched, '\n', end_ - begin_ - searched))
            return give(static_cast<std::size_t>(static_cast<const char*>(feed) - from), 1);
        searched = end_ - begin_;
        if (searched == buffer_.size()) {
            was_cut_ = true;
            return give(searched, 0);
        }
        if (fill()) continue;
        if (!damage_.empty()) {
            // What stands before the damage is half a line: not a record, but a position.
            const std::string_view half{buffer_.data() + begin_, end_ - begin_};
            throw TraceError{line_ + 1, half.size() + 1, damage_,
                             "fetch or compress the file again", excerpt_of(half, half.size() + 1)};
        }
        if (begin_ == end_) return std::nullopt;
        return give(end_ - begin_, 0);
    }
}

std::vector<std::string_view> LineSource::first_lines(std::size_t count) {
    while (end_ < buffer_.size() && fill()) continue;
    std::vector<std::string_view> lines;
    std::string_view rest{buffer_.data() + begin_, end_ - begin_};
    while (lines.size() < count && !rest.empty()) {
        if (!damage_.empty() && rest.find('\n') == rest.npos) break;
        const std::size_t feed = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, feed);
        rest.remove_prefix(std::min(feed + 1, rest.size()));
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        lines.push_back(line);
    }
    return lines;
}

}  // namespace lbsim
