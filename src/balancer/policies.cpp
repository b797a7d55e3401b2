#include "balancer/policies.hpp"

#include "balancer/policies/alb/least_outstanding.hpp"
#include "balancer/policies/alb/weighted_random.hpp"
#include "balancer/policies/bounded_load.hpp"
#include "balancer/policies/c3.hpp"
#include "balancer/policies/envoy/least_request.hpp"
#include "balancer/policies/envoy/maglev.hpp"
#include "balancer/policies/envoy/random.hpp"
#include "balancer/policies/envoy/rendezvous_hash.hpp"
#include "balancer/policies/envoy/ring_hash.hpp"
#include "balancer/policies/envoy/round_robin.hpp"
#include "balancer/policies/finagle/aperture.hpp"
#include "balancer/policies/finagle/p2c.hpp"
#include "balancer/policies/finagle/peak_ewma.hpp"
#include "balancer/policies/first.hpp"
#include "balancer/policies/flow_hash.hpp"
#include "balancer/policies/grpc/least_request.hpp"
#include "balancer/policies/grpc/ring_hash.hpp"
#include "balancer/policies/grpc/weighted_round_robin.hpp"
#include "balancer/policies/haproxy/first.hpp"
#include "balancer/policies/haproxy/hash.hpp"
#include "balancer/policies/haproxy/least_connections.hpp"
#include "balancer/policies/haproxy/random.hpp"
#include "balancer/policies/haproxy/round_robin.hpp"
#include "balancer/policies/haproxy/source.hpp"
#include "balancer/policies/haproxy/static_round_robin.hpp"
#include "balancer/policies/haproxy/uri.hpp"
#include "balancer/policies/hash_mod.hpp"
#include "balancer/policies/ip_hash.hpp"
#include "balancer/policies/ipvs/failover.hpp"
#include "balancer/policies/ipvs/least.hpp"
#include "balancer/policies/ipvs/mh.hpp"
#include "balancer/policies/ipvs/rr.hpp"
#include "balancer/policies/ipvs/wrr.hpp"
#include "balancer/policies/join_idle_queue.hpp"
#include "balancer/policies/jump.hpp"
#include "balancer/policies/katran/maglev.hpp"
#include "balancer/policies/ketama/ketama.hpp"
#include "balancer/policies/least_connections.hpp"
#include "balancer/policies/least_response_time.hpp"
#include "balancer/policies/maglev.hpp"
#include "balancer/policies/multi_probe.hpp"
#include "balancer/policies/nginx/hash.hpp"
#include "balancer/policies/nginx/hash_consistent.hpp"
#include "balancer/policies/nginx/ip_hash.hpp"
#include "balancer/policies/nginx/least_conn.hpp"
#include "balancer/policies/nginx/least_time.hpp"
#include "balancer/policies/nginx/random.hpp"
#include "balancer/policies/nginx/random_two.hpp"
#include "balancer/policies/nginx/round_robin.hpp"
#include "balancer/policies/nlb/flow_hash.hpp"
#include "balancer/policies/orca_weighted.hpp"
#include "balancer/policies/power_of_choices.hpp"
#include "balancer/policies/prequal.hpp"
#include "balancer/policies/random.hpp"
#include "balancer/policies/rendezvous.hpp"
#include "balancer/policies/ribbon/best_available.hpp"
#include "balancer/policies/ribbon/weighted_response_time.hpp"
#include "balancer/policies/ribbon/zone_avoidance.hpp"
#include "balancer/policies/ring_hash.hpp"
#include "balancer/policies/round_robin.hpp"
#include "balancer/policies/tower/peak_ewma.hpp"
#include "balancer/policies/traefik/hrw.hpp"
#include "balancer/policies/traefik/leasttime.hpp"
#include "balancer/policies/traefik/p2c.hpp"
#include "balancer/policies/traefik/wrr.hpp"
#include "balancer/policies/weighted_response_time.hpp"

namespace lb {

std::string_view words(Equalises e) {
    switch (e) {
        case Equalises::Requests: return "requests";
        case Equalises::InFlight: return "in flight";
        case Equalises::InFlightOfFew: return "in flight, of few";
        case Equalises::LatencyTimesInFlight: return "latency x in flight";
        case Equalises::RequestsTimesLatency: return "requests x latency";
        case Equalises::Utilization: return "utilization";
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
    policies.add<BoundedLoad>();
    policies.add<C3>();
    policies.add<First>();
    policies.add<FlowHash>();
    policies.add<HashMod>();
    policies.add<IpHash>();
    policies.add<JoinIdleQueue>();
    policies.add<Jump>();
    policies.add<LeastConnections>();
    policies.add<LeastResponseTime>();
    policies.add<Maglev>();
    policies.add<MultiProbe>();
    policies.add<OrcaWeighted>();
    policies.add<P2c>();
    policies.add<PeakEwma>();
    policies.add<Prequal>();
    policies.add<Random>();
    policies.add<Rendezvous>();
    policies.add<RingHash>();
    policies.add<RoundRobin>();
    policies.add<WeightedResponseTime>();
    policies.add<alb::LeastOutstanding>();
    policies.add<alb::WeightedRandom>();
    policies.add<envoy::LeastRequest>();
    policies.add<envoy::Maglev>();
    policies.add<envoy::Random>();
    policies.add<envoy::RendezvousHash>();
    policies.add<envoy::RingHash>();
    policies.add<envoy::RoundRobin>();
    policies.add<finagle::Aperture>();
    policies.add<finagle::P2c>();
    policies.add<finagle::PeakEwma>();
    policies.add<grpc::LeastRequest>();
    policies.add<grpc::RingHash>();
    policies.add<grpc::WeightedRoundRobin>();
    policies.add<haproxy::First>();
    policies.add<haproxy::Hash>();
    policies.add<haproxy::LeastConnections>();
    policies.add<haproxy::Random>();
    policies.add<haproxy::RoundRobin>();
    policies.add<haproxy::Source>();
    policies.add<haproxy::StaticRoundRobin>();
    policies.add<haproxy::Uri>();
    policies.add<ipvs::Fo>();
    policies.add<ipvs::Lc>();
    policies.add<ipvs::Mh>();
    policies.add<ipvs::Nq>();
    policies.add<ipvs::Ovf>();
    policies.add<ipvs::Rr>();
    policies.add<ipvs::Sed>();
    policies.add<ipvs::Wlc>();
    policies.add<ipvs::Wrr>();
    policies.add<katran::Maglev>();
    policies.add<ketama::Ketama>();
    policies.add<nginx::Hash>();
    policies.add<nginx::HashConsistent>();
    policies.add<nginx::IpHash>();
    policies.add<nginx::LeastConn>();
    policies.add<nginx::LeastTime>();
    policies.add<nginx::Random>();
    policies.add<nginx::RandomTwo>();
    policies.add<nginx::RoundRobin>();
    policies.add<nlb::FlowHash>();
    policies.add<ribbon::BestAvailable>();
    policies.add<ribbon::WeightedResponseTime>();
    policies.add<ribbon::ZoneAvoidance>();
    policies.add<tower::PeakEwma>();
    policies.add<traefik::Hrw>();
    policies.add<traefik::LeastTime>();
    policies.add<traefik::P2c>();
    policies.add<traefik::Wrr>();
    return policies;
}

}  // namespace lb
