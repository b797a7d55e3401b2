#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "balancer/policies.hpp"

namespace lbsim {

/// A number that theory gives.
struct TheoryQuantity {
    std::string label;   ///< "mean".
    std::string metric;  ///< As in an assertion: "share(b0)".
    double expected = 0;
    std::string source;  ///< "Erlang C".
    double bias = 0;     ///< See TheoryCheck.
};

/// A system that theory solves, as a scenario.
struct TheoryCase {
    std::string system;
    std::string scenario;        ///< JSON, with an assertion for each quantity, in order.
    std::uint64_t requests = 0;  ///< In each replication.
    bool fixed = false;          ///< What is asked depends on their number: never more of them.
    std::vector<TheoryQuantity> quantities;
};
std::vector<TheoryCase> theory_cases();

/// Keys on backends, without a clock.
struct KeyCase {
    std::string system;
    std::vector<TheoryQuantity> quantities;
    /// What they are for the backends of one replication.
    std::function<std::vector<double>(std::uint64_t seed, std::uint64_t replication)> measure;
};
std::vector<KeyCase> key_cases(const lb::Policies& policies);

}  // namespace lbsim
