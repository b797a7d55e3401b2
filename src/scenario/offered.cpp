#include "scenario/offered.hpp"

#include <algorithm>

#include "base/expects.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {

double rate_of(const Arrivals& arrivals) {
    if (const auto* poisson = std::get_if<Poisson>(&arrivals)) return poisson->rate_per_s;
    if (const auto* constant = std::get_if<ConstantRate>(&arrivals)) return constant->rate_per_s;
    if (const auto* mmpp = std::get_if<Mmpp>(&arrivals)) {
        double arrived = 0, time = 0;
        for (const auto& state : mmpp->states) {
            arrived += state.rate_per_s * exact_seconds(state.dwell);
            time += exact_seconds(state.dwell);
        }
        return time > 0 ? arrived / time : 0;
    }
    double most = 0;
    if (const auto* profile = std::get_if<Profile>(&arrivals))
        for (const auto& step : profile->steps) most = std::max(most, step.rate_per_s);
    return most;
}

double offered_per_s(const Scenario& scenario) {
    double sum = 0;
    for (const auto& clients : scenario.clients) sum += rate_of(clients.arrivals);
    return sum;
}

Scenario with_load(Scenario scenario, double factor) {
    lb::expects(factor > 0);
    scenario.overload = true;
    for (auto& clients : scenario.clients) {
        auto& arrivals = clients.arrivals;
        if (auto* poisson = std::get_if<Poisson>(&arrivals)) poisson->rate_per_s *= factor;
        if (auto* constant = std::get_if<ConstantRate>(&arrivals)) constant->rate_per_s *= factor;
        if (auto* trace = std::get_if<Trace>(&arrivals)) trace->speed *= factor;
        if (auto* mmpp = std::get_if<Mmpp>(&arrivals))
            for (auto& state : mmpp->states) state.rate_per_s *= factor;
        if (auto* profile = std::get_if<Profile>(&arrivals))
            for (auto& step : profile->steps) step.rate_per_s *= factor;
    }
    return scenario;
}

}  // namespace lbsim
