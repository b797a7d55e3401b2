#include "cli/cli.hpp"

#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/status.hpp"
#include "model/simulate.hpp"
#include "model/trace_arrivals.hpp"
#include "scenario/problem.hpp"

namespace lbsim {
namespace {

Status guarded(const Options& options, const lb::Policies& policies) {
    try {
        return execute(options, policies);
    } catch (const ScenarioError& e) {
        std::cerr << e.what();
        return Status::Mistake;
    } catch (const ReplayError& e) {
        std::cerr << e.file << ':' << e.line << ':' << e.column << ": error: " << e.what() << '\n';
        if (!e.hint.empty()) std::cerr << "  hint: " << e.hint << '\n';
        return Status::Mistake;
    } catch (const UsageError& e) {
        std::cerr << "lbsim: error: " << e.what() << '\n';
        return Status::Mistake;
    } catch (const OutputError& e) {
        std::cerr << "lbsim: error: " << e.what() << '\n';
        return Status::NoOutput;
    } catch (const Interrupted&) {
        std::cerr << "lbsim: interrupted; nothing was written\n";
        return Status::Interrupted;
    } catch (const std::exception& e) {
        std::cerr << "lbsim: this is a bug of lbsim: " << e.what() << '\n';
        return Status::Bug;
    }
}

}  // namespace

int cli(int argc, char** argv, const lb::Policies& policies) {
    // A broken expectation says where and aborts; that is a bug of ours, and has its own status.
    std::signal(SIGABRT, [](int) { ::_exit(static_cast<int>(Status::Bug)); });
    // A file that may not grow is output that could not be written, like a full disk.
    std::signal(SIGXFSZ, SIG_IGN);
    const auto parsed = parse_options(argc, argv);
    if (parsed.exit_status) return *parsed.exit_status;
    return static_cast<int>(guarded(parsed.options, policies));
}

}  // namespace lbsim
