#pragma once

#include <cstdint>

/// What chance and arithmetic say of failures, and of what answers them.
namespace lbsim::theory {

/// How many attempts a request takes on average if each fails with that chance, on its own, and
/// there are at most `most`.
double attempts(double failure, std::uint64_t most);

/// The chance that at least one of n independent things happens: a fan-out of n leaves that is as
/// slow as its slowest (Dean and Barroso, The Tail at Scale, CACM 56(2), 2013).
double any_of(double chance, double n);

/// A second attempt elsewhere after `after`, the first answer wins; services are exponential with
/// mean 1, and no backend has a queue.
struct Hedged {
    double after = 1;

    double extra() const;  ///< Second attempts per request.
    double mean() const;
    double quantile(double p) const;
};

/// How many trials it takes on average until `in_a_row` of them in a row came out, each with that
/// chance.  Requires a chance above 0.
double until_in_a_row(double chance, std::uint64_t in_a_row);

/// A breaker that opens after failures in a row, stays open for a time, then lets one request
/// through on trial, whose success closes it.  Answers come at once.
struct Breaker {
    double failure = 0.5;        ///< The chance of each.
    std::uint64_t in_a_row = 5;  ///< Failures that open it.
    double rate = 10, open = 5;  ///< Requests per unit of time; how long it stays open.

    /// The share of requests that it lets through.
    double admitted() const;
};

/// How long it takes on average to see that a backend went down at a random time between checks:
/// every `interval` one, each of which fails with that chance, and `fall` in a row are wanted.
double detection(double interval, std::uint64_t fall, double failure = 1);

/// The share of checks at which a backend counts as up, if each check fails with that chance on its
/// own: `fall` failures in a row bring it down, `rise` successes up again.
double up(double failure, std::uint64_t fall, std::uint64_t rise);

}  // namespace lbsim::theory
