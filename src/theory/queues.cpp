#include "theory/queues.hpp"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <utility>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "theory/falls_to.hpp"

namespace lbsim::theory {

double erlang_b(std::uint64_t workers, double offered) {
    lb::expects(offered > 0);
    double lost = 1;
    for (std::uint64_t c = 1; c <= workers; ++c)
        lost = offered * lost / (static_cast<double>(c) + offered * lost);
    return lost;
}

double erlang_c(std::uint64_t workers, double offered) {
    const auto c = static_cast<double>(workers);
    lb::expects(offered < c);
    const double lost = erlang_b(workers, offered);
    return c * lost / (c - offered * (1 - lost));
}

double Mmc::mean() const {
    const auto c = static_cast<double>(workers);
    return 1 + erlang_c(workers, c * load) / (c * (1 - load));
}

double Mmc::beyond(double t) const {
    const auto c = static_cast<double>(workers);
    const double waits = erlang_c(workers, c * load), rate = c * (1 - load);
    const double served = lb::exp(-t);
    // A wait of rate `rate` and a service of rate 1, one after the other.
    const double both =
        rate == 1 ? (1 + t) * served : (rate * served - lb::exp(-rate * t)) / (rate - 1);
    return (1 - waits) * served + waits * both;
}

double Mmc::quantile(double p) const {
    return falls_to(1 - p, [&](double t) { return beyond(t); });
}

double mg1_mean(double load, double cv2) {
    lb::expects(load < 1);
    return 1 + load * (1 + cv2) / (2 * (1 - load));
}

double mdc_mean(std::uint64_t workers, double load) {
    lb::expects(load < 1);
    const auto c = static_cast<double>(workers);
    // By how much arrivals in m service times exceed what is served in them, summed over m.
    double wait = 0;
    for (double m = 1;; ++m) {
        const double sent = m * c * load, served = m * c;
        const double term =
            boost::math::gamma_p(served, sent) - boost::math::gamma_p(served + 1, sent) / load;
        wait += term;
        if (std::abs(term) < 1e-15 * (1 + wait)) return 1 + wait;
    }
}

double InTurn::waits() const {
    const auto n = static_cast<double>(backends);
    double waits = 0;
    // The map is increasing and convex, so from 0 it climbs to the root.
    for (double before = -1; waits - before > 1e-16;)
        before = std::exchange(waits, lb::pow(n * load / (n * load + 1 - waits), n));
    return waits;
}

double InTurn::mean() const { return 1 / (1 - waits()); }

double InTurn::quantile(double p) const { return -lb::log(1 - p) * mean(); }

Loss mmck(std::uint64_t workers, std::uint64_t places, double offered) {
    lb::expects(workers >= 1 && places >= workers);
    double weight = 1, sum = 0, present = 0;
    for (std::uint64_t k = 0;; ++k) {
        sum += weight;
        present += static_cast<double>(k) * weight;
        if (k == places) break;
        weight *= offered / static_cast<double>(std::min(k + 1, workers));
    }
    const double lost = weight / sum;
    return {lost, present / sum / (offered * (1 - lost))};
}

Loop closed_loop(std::uint64_t clients, double think, std::uint64_t workers) {
    double weight = 1, sum = 0, served = 0;
    for (std::uint64_t k = 0;; ++k) {
        sum += weight;
        served += static_cast<double>(std::min(k, workers)) * weight;
        if (k == clients) break;
        weight *= static_cast<double>(clients - k) / think /
                  static_cast<double>(std::min(k + 1, workers));
    }
    const double throughput = served / sum;
    return {throughput, static_cast<double>(clients) / throughput - think};
}

Loop closed_split(std::uint64_t clients, double think, std::uint64_t backends) {
    double queue = 0;  // At one of them, as the one more who comes finds it.
    Loop loop;
    for (std::uint64_t c = 1; c <= clients; ++c) {
        loop.mean = 1 + queue;
        loop.throughput = static_cast<double>(c) / (think + loop.mean);
        queue = loop.throughput / static_cast<double>(backends) * loop.mean;
    }
    return loop;
}

}  // namespace lbsim::theory
