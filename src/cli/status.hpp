#pragma once

#include <stdexcept>
#include <string>

namespace lbsim {

/// What the process returns (README, "Exit status").
enum class Status : int {
    Done = 0,
    NotHeld = 1,  ///< An assertion did not hold.
    Mistake = 2,  ///< The user's; nothing was run.
    Bug = 70,     ///< Ours.
    NoOutput = 74,
    Interrupted = 130,
};

/// A mistake on the command line: what() is the message, without "lbsim: error: ".
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Output that could not be written: what() says which and why.
class OutputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace lbsim
