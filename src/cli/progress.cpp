#include "cli/progress.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace lbsim {
namespace {

// A signal handler may touch nothing else.
volatile sig_atomic_t g_signal = 0;

void on_signal(int) { g_signal = 1; }

}  // namespace

StopSignals::StopSignals() {
    g_signal = 0;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // A second one ends the process at once.
    for (std::size_t i = 0; i < kStopping.size(); ++i) {
        ::sigaction(kStopping[i], nullptr, &before_[i]);
        // Whoever started us with the signal ignored (nohup, a shell's &) does not want it caught.
        if (before_[i].sa_handler != SIG_IGN) ::sigaction(kStopping[i], &action, nullptr);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t i = 0; i < kStopping.size(); ++i)
        ::sigaction(kStopping[i], &before_[i], nullptr);
}

bool StopSignals::caught() { return g_signal != 0; }

Progress::Progress(Control& control, std::uint64_t expected, bool shown)
    : control_{control},
      expected_{expected},
      shown_{shown && ::isatty(STDERR_FILENO) == 1},
      thread_{[this] { watch(); }} {}

Progress::~Progress() {
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
    }
    over_changed_.notify_one();
    thread_.join();
    if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::watch() {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    std::unique_lock lock{mutex_};
    while (!over_changed_.wait_for(lock, std::chrono::milliseconds{50}, [this] { return over_; })) {
        if (StopSignals::caught()) control_.stop = true;
        const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
        if (shown_ && elapsed > 0.5) show(elapsed);  // Shorter runs need no bar.
    }
}

void Progress::show(double elapsed_s) {
    const auto done = static_cast<double>(control_.done.load(std::memory_order_relaxed));
    drawn_ = true;
    if (expected_ == 0) {
        std::fprintf(stderr, "\r\033[K%.1f M requests, %.0f s", done * 1e-6, elapsed_s);
        return;
    }
    const double share =
        done < static_cast<double>(expected_) ? done / static_cast<double>(expected_) : 1.0;
    const double left = share > 0 ? elapsed_s * (1 - share) / share : 0;
    std::fprintf(stderr, "\r\033[K%3.0f %%  %.1f M requests, %.0f s, about %.0f s left",
                 100 * share, done * 1e-6, elapsed_s, left);
}

}  // namespace lbsim
