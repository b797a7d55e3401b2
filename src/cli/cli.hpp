#pragma once

#include "balancer/policies.hpp"

namespace lbsim {

/// The lbsim command, with these policies; returns the exit status (README, "Exit status").
///
/// A program of your own with one more policy is:
///
///     int main(int argc, char** argv) {
///         auto policies = lb::builtin_policies();
///         policies.add<Mine>();
///         return lbsim::cli(argc, argv, policies);
///     }
///
/// Catches SIGINT and SIGTERM while it simulates.
int cli(int argc, char** argv, const lb::Policies& policies);

}  // namespace lbsim
