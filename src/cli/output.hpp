#pragma once

#include <string>
#include <string_view>

namespace lbsim {

/// Writes a file whole or not at all: beside it first, then in its place in one step.  An
/// interrupted or failed call leaves what was there before.  A device such as /dev/stdout is
/// written to directly.  Throws OutputError.
void write_file(const std::string& path, std::string_view text);

/// Adds to the end of a file that is there.  What was there stays, whatever happens; of the text a
/// part may arrive.  Throws OutputError.
void append_file(const std::string& path, std::string_view text);

/// Writes to the standard output and makes sure that it arrived.  Throws OutputError.
void write_stdout(std::string_view text);

}  // namespace lbsim
