#include "cli/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/status.hpp"

namespace lbsim {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
    throw OutputError{"cannot write " + what + ": " + std::strerror(error)};
}

// 0, or the errno.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

}  // namespace

void write_file(const std::string& path, std::string_view text) {
    struct stat there {};
    const bool exists = ::stat(path.c_str(), &there) == 0;
    if (exists && !S_ISREG(there.st_mode)) {  // A device or a pipe: there is nothing to replace.
        const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (fd < 0) fail(path, errno);
        const int error = write_all(fd, text);
        if (::close(fd) != 0 || error != 0) fail(path, error != 0 ? error : errno);
        return;
    }
    std::string beside = path + ".XXXXXX";
    const int fd = ::mkstemp(beside.data());
    if (fd < 0) fail(path, errno);
    int error = write_all(fd, text);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (error == 0 && ::fchmod(fd, exists ? there.st_mode & 07777 : 0666 & ~mask) != 0)
        error = errno;
    if (error == 0 && ::fsync(fd) != 0) error = errno;
    if (::close(fd) != 0 && error == 0) error = errno;
    if (error == 0 && ::rename(beside.c_str(), path.c_str()) != 0) error = errno;
    if (error == 0) return;
    ::unlink(beside.c_str());
    fail(path, error);
}

void append_file(const std::string& path, std::string_view text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) fail(path, errno);
    const int error = write_all(fd, text);
    if (::close(fd) != 0 || error != 0) fail(path, error != 0 ? error : errno);
}

void write_stdout(std::string_view text) {
    if (const int error = write_all(STDOUT_FILENO, text)) fail("the standard output", error);
}

}  // namespace lbsim
