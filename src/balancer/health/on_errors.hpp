#pragma once

#include <cstdint>
#include <string_view>

#include "base/fields.hpp"

namespace lb {

/// What happens to the health check of a backend when so many requests to it failed in a row.  All
/// of them hurry the next probe.
///
/// Source: HAProxy 2.6, check.c (__health_adjust), its `on-error`.
enum class OnErrors : std::uint8_t {
    FailCheck,    ///< As if a probe had failed.
    SuddenDeath,  ///< The same, and the next failure takes it down.
    MarkDown,     ///< It is down.
    FastProbe,    ///< Nothing else.
};

inline void describe_on_errors(Fields& f, OnErrors& to) {
    static constexpr std::string_view kWords[] = {"fail_check", "sudden_death", "mark_down",
                                                  "fast_probe"};
    word(f, "on_error", to, kWords,
         "What so many errors do to its health check: a failed probe, one that leaves it one from "
         "down, down, or just the next probe sooner");
}

/// Counts the errors of one backend in a row.
class ErrorRun {
public:
    /// Whether that was the last of `limit` errors in a row; then it starts over.
    bool add(bool error, std::int64_t limit) {
        run_ = error ? run_ + 1 : 0;
        if (run_ < limit) return false;
        run_ = 0;
        return true;
    }
    void clear() { run_ = 0; }
    std::int64_t length() const { return run_; }

private:
    std::int64_t run_ = 0;
};

}  // namespace lb
