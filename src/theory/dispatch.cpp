#include "theory/dispatch.hpp"

#include <Eigen/Sparse>
#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "theory/falls_to.hpp"

namespace lbsim::theory {
namespace {

using Queues = std::vector<std::uint16_t>;  // The longest first.

// All of them, with their numbers.
std::map<Queues, int> states_of(std::uint64_t backends, std::uint64_t places) {
    std::map<Queues, int> states;
    Queues queues(backends, 0);
    for (;;) {
        states.emplace(queues, static_cast<int>(states.size()));
        // The next, in the order of the last place that can grow.
        auto i = backends;
        while (i-- != 0)
            if (queues[i] < (i == 0 ? places : queues[i - 1])) break;
        if (i == static_cast<std::uint64_t>(-1)) return states;
        ++queues[i];
        std::fill(queues.begin() + static_cast<std::ptrdiff_t>(i) + 1, queues.end(),
                  std::uint16_t{0});
    }
}

// How likely a request goes to the i-th longest queue.
std::vector<double> chances(Rule rule, const Queues& queues) {
    const auto n = queues.size();
    const auto count = static_cast<double>(n);
    std::vector<double> out(n, 0);
    const auto idle = static_cast<double>(std::count(queues.begin(), queues.end(), 0));
    for (std::size_t i = 0; i != n; ++i) {
        const auto after = static_cast<double>(n - 1 - i), before = static_cast<double>(i);
        switch (rule) {
            case Rule::JoinShortest: out[i] = i + 1 == n ? 1 : 0; break;
            // The later of two places has the shorter queue.
            case Rule::TwoDistinct: out[i] = 2 * before / (count * (count - 1)); break;
            case Rule::JoinIdle:
                out[i] = idle == 0 ? 1 / count : (after < idle ? 1 / idle : 0);
                break;
        }
    }
    return out;
}

Queues sorted(Queues queues) {
    std::sort(queues.begin(), queues.end(), std::greater<>{});
    return queues;
}

}  // namespace

double dispatch_mean(Rule rule, std::uint64_t backends, double load, std::uint64_t places) {
    lb::expects(backends >= 2 && load > 0 && places >= 1 && places < 256);
    const auto states = states_of(backends, places);
    const auto count = static_cast<int>(states.size());
    const double arrivals = load * static_cast<double>(backends);

    // Of the balance of flows, state by state, all but the empty one's, which the others imply.
    using Entry = Eigen::Triplet<double>;
    std::vector<Entry> entries;
    Eigen::VectorXd from_empty = Eigen::VectorXd::Zero(count - 1);
    std::vector<double> left(states.size(), 0), joins(states.size(), 0);
    const auto flow = [&](int from, int to, double rate) {
        left[static_cast<std::size_t>(from)] += rate;
        if (to == 0) return;
        if (from == 0)
            from_empty[to - 1] -= rate;
        else
            entries.emplace_back(to - 1, from - 1, rate);
    };
    for (const auto& [queues, number] : states) {
        const auto chance = chances(rule, queues);
        for (std::size_t i = 0; i != queues.size(); ++i) {
            auto next = queues;
            if (chance[i] > 0 && queues[i] < places) {
                ++next[i];
                flow(number, states.at(sorted(next)), arrivals * chance[i]);
                joins[static_cast<std::size_t>(number)] += chance[i];
                --next[i];
            }
            if (queues[i] == 0) continue;
            --next[i];
            flow(number, states.at(sorted(next)), 1);
        }
    }
    for (int s = 1; s != count; ++s)
        entries.emplace_back(s - 1, s - 1, -left[static_cast<std::size_t>(s)]);
    Eigen::SparseMatrix<double> balance(count - 1, count - 1);
    balance.setFromTriplets(entries.begin(), entries.end());
    Eigen::SparseLU<Eigen::SparseMatrix<double>> solver;
    solver.compute(balance);
    lb::expects(solver.info() == Eigen::Success);
    const Eigen::VectorXd weights = solver.solve(from_empty);

    double present = 0, joined = joins.front();
    for (const auto& [queues, number] : states) {
        if (number == 0) continue;
        double waiting = 0;
        for (const auto q : queues) waiting += q;
        present += waiting * weights[number - 1];
        joined += joins[static_cast<std::size_t>(number)] * weights[number - 1];
    }
    return present / (arrivals * joined);  // Little's law.
}

double Supermarket::at_least(std::uint64_t k) const {
    const auto d = static_cast<double>(choices);
    return lb::pow(load, (lb::pow(d, static_cast<double>(k)) - 1) / (d - 1));
}

double Supermarket::mean() const {
    const auto d = static_cast<double>(choices);
    double mean = 0;
    for (std::uint64_t k = 0;; ++k) {
        const double term = lb::pow(at_least(k), d);  // Finds at least k there.
        mean += term;
        if (term < 1e-17) return mean;
    }
}

double Supermarket::beyond(double t) const {
    const auto d = static_cast<double>(choices);
    // Who finds k there takes k + 1 services: Erlang's law, longer than t if at most k end by then.
    double out = 0, ended = lb::exp(-t), at_most = 0;
    for (std::uint64_t k = 0;; ++k) {
        at_most += ended;
        ended *= t / static_cast<double>(k + 1);
        const double here = lb::pow(at_least(k), d), more = lb::pow(at_least(k + 1), d);
        out += (here - more) * at_most;
        if (more < 1e-17) return out;
    }
}

double Supermarket::quantile(double p) const {
    return falls_to(1 - p, [&](double t) { return beyond(t); });
}

}  // namespace lbsim::theory
