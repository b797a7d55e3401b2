#include "cli/session.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "cli/output.hpp"
#include "cli/pool.hpp"
#include "cli/progress.hpp"
#include "cli/until_argument.hpp"
#include "experiment/until.hpp"
#include "scenario/offered.hpp"
#include "scenario/problem.hpp"

namespace lbsim {

std::uint64_t expected_requests(const Experiment& experiment) {
    double sum = 0;
    for (const auto& [label, s] : experiment.variants) {
        double rate = 0;
        for (const auto& c : s.clients) {
            const double offered = rate_of(c.arrivals);
            if (offered == 0 && !s.requests) return 0;
            rate += offered;
        }
        const double each =
            s.requests ? static_cast<double>(*s.requests) : rate * lb::seconds(s.duration);
        sum += each * static_cast<double>(s.replications);
    }
    return sum < 1e18 ? static_cast<std::uint64_t>(sum) : 0;
}

ForEach for_each_of(const Options& options) {
    return [jobs = options.jobs](std::size_t n, const std::function<void(std::size_t)>& task) {
        in_parallel(jobs, n, task);
    };
}

Simulate watched(Control& control) {
    return [&control](const Scenario& scenario, std::uint64_t replication) {
        return simulate(scenario, replication, &control);
    };
}

Result simulate_all(const Experiment& experiment, const Options& options, RunOptions how) {
    how.version = LBSIM_VERSION;
    const StopSignals signals;
    Control control;
    const Progress progress{control, expected_requests(experiment), !options.quiet};
    return run(experiment, for_each_of(options), how, &control);
}

Result simulate_until(const Experiment& experiment, const Options& options) {
    auto until = until_argument(options.until);
    until.most = options.most_replications;
    const StopSignals signals;
    Control control;
    const Progress progress{control, 0, !options.quiet};
    return run_until(experiment, until, for_each_of(options), watched(control),
                     {.version = LBSIM_VERSION});
}

void warn_of(const std::vector<TraceNote>& traces) {
    for (const auto& [file, report] : traces) {
        if (report.malformed != 0) {
            std::cerr << file << ": warning: " << report.malformed << " of " << report.lines
                      << " lines are no requests and were left out\n";
            for (const auto& m : report.malformed_lines)
                std::cerr << file << ':' << m.line << ':' << m.column << ": warning: " << m.reason
                          << ": " << shortened(m.excerpt.text, 100) << '\n';
        }
        if (report.out_of_order != 0)
            std::cerr << file << ':' << report.first_out_of_order
                      << ":1: warning: " << report.out_of_order
                      << " requests from here on stand too far behind their arrival and were "
                         "replayed late\n";
    }
}

std::size_t terminal_width() {
    // A person's terminal may be wider, but lines of more than 100 columns read badly.
    const char* columns = std::getenv("COLUMNS");
    const long width = columns != nullptr ? std::strtol(columns, nullptr, 10) : 0;
    return width == 0 ? 80 : static_cast<std::size_t>(std::clamp(width, 60L, 100L));
}

bool colors() {
    const char* no_color = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

TableOptions table_options(const Options& options) {
    return {.width = terminal_width(), .color = options.out.empty() && colors()};
}

void write(const std::string& text, const Options& options) {
    if (options.out.empty())
        write_stdout(text);
    else
        write_file(options.out, text);
}

}  // namespace lbsim
