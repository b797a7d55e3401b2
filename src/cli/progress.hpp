#pragma once

#include <signal.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "model/simulate.hpp"

namespace lbsim {

/// Watches a simulation from outside: passes on a wish to stop (SIGINT, SIGTERM), and shows how far
/// it is on the standard error if that is a terminal.
class Progress {
public:
    /// `expected` requests are to be simulated in all, as far as one can tell; 0: one cannot.
    Progress(Control& control, std::uint64_t expected, bool shown);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

private:
    void watch();
    void show(double elapsed_s);

    Control& control_;
    const std::uint64_t expected_;
    const bool shown_;
    std::mutex mutex_;
    std::condition_variable over_changed_;
    bool over_ = false;
    bool drawn_ = false;
    std::thread thread_;
};

/// Catches SIGINT and SIGTERM for as long as it lives, unless the process was started with them
/// ignored.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Whether one came.
    static bool caught();

private:
    static constexpr std::array kStopping{SIGINT, SIGTERM};
    std::array<struct sigaction, kStopping.size()> before_{};
};

}  // namespace lbsim
