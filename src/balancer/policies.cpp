#include "balancer/policies.hpp"

#include "balancer/policies/join_idle_queue.hpp"
#include "balancer/policies/least_connections.hpp"
#include "balancer/policies/power_of_choices.hpp"
#include "balancer/policies/random.hpp"
#include "balancer/policies/ring_hash.hpp"
#include "balancer/policies/round_robin.hpp"

namespace lb {

std::string_view words(Equalises e) {
    switch (e) {
        case Equalises::Requests: return "requests";
        case Equalises::InFlight: return "in flight";
        case Equalises::InFlightOfFew: return "in flight, of few";
        case Equalises::LatencyTimesInFlight: return "latency x in flight";
        case Equalises::Idleness: return "idleness";
        case Equalises::Keys: return "keys";
        case Equalises::Nothing: break;
    }
    return "nothing";
}

std::string_view words(Evidence e) {
    switch (e) {
        case Evidence::Own: return "own";
        case Evidence::Recorded: return "recorded";
        case Evidence::Source: return "source";
        case Evidence::Documented: break;
    }
    return "documented";
}

Policies builtin_policies() {
    Policies policies;
    policies.add<JoinIdleQueue>();
    policies.add<LeastConnections>();
    policies.add<P2c>();
    policies.add<PeakEwma>();
    policies.add<Random>();
    policies.add<RingHash>();
    policies.add<RoundRobin>();
    return policies;
}

}  // namespace lb
