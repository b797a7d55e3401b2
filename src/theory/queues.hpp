#pragma once

#include <cstdint>

/// What queueing theory knows exactly about the systems that the simulator can be set up as.
///
/// The unit of time is the mean service time, unless said otherwise; a load is work offered per
/// worker, and the response is wait and service together.  All need a load below 1 where a queue
/// has no bound.
namespace lbsim::theory {

/// The share of requests lost by `workers` workers without a queue (Erlang, 1917), whatever the law
/// of service.  `offered` is the mean work offered at a time: load times workers.  O(workers).
double erlang_b(std::uint64_t workers, double offered);

/// The share of requests that waits for one of `workers` workers with an endless queue, if services
/// are exponential.  Requires offered < workers.  O(workers).
double erlang_c(std::uint64_t workers, double offered);

/// One queue for several workers, exponential gaps and services: M/M/c.
struct Mmc {
    std::uint64_t workers = 1;
    double load = 0.5;

    double mean() const;
    /// The share of responses longer than t.
    double beyond(double t) const;
    /// The response that a share p does not exceed.  Requires 0 < p < 1.
    double quantile(double p) const;
};

/// The mean response of one worker with exponential gaps and any service whose squared coefficient
/// of variation is `cv2` (Pollaczek 1930, Khinchine 1932): M/G/1.
double mg1_mean(double load, double cv2);

/// The mean response of one queue for several workers that all take exactly 1 (Crommelin, 1932):
/// M/D/c.  So it is for that many backends in turn, as the first come is then the first served.
double mdc_mean(std::uint64_t workers, double load);

/// Each of n single workers, exponential, that are served in turn from one Poisson stream: to each
/// the gaps are sums of n, Erlang's law, E_n/M/1.
struct InTurn {
    std::uint64_t backends = 2;
    double load = 0.5;

    /// The share of requests that has to wait: the root of s = A(1 - s), A the transform of gaps.
    double waits() const;
    double mean() const;
    double quantile(double p) const;  ///< Responses are exponential.
};

/// What a full system turns away, and the mean response of the others.
struct Loss {
    double lost = 0, mean = 0;
};

/// `workers` workers and at most `places` requests, served or waiting: M/M/c/K.  Requires
/// places >= workers >= 1.  O(places).
Loss mmck(std::uint64_t workers, std::uint64_t places, double offered);

/// Clients that ask, get their answer, think, and ask again.
struct Loop {
    double throughput = 0, mean = 0;  ///< Of responses.
};

/// `clients` over one queue for several workers, exponential services, any law of thinking: the
/// machine repair model.  O(clients).
Loop closed_loop(std::uint64_t clients, double think, std::uint64_t workers);

/// The same over n single workers, each request sent to a random one: mean value analysis (Reiser
/// and Lavenberg, JACM 27(2), 1980).  O(clients).
Loop closed_split(std::uint64_t clients, double think, std::uint64_t backends);

}  // namespace lbsim::theory
