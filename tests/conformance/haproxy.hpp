#pragma once

#include <memory>

#include "balancer/policy.hpp"
#include "conformance/report.hpp"

namespace conformance {

template <class P>
std::unique_ptr<lb::Policy> haproxy_policy(typename P::Config config = {}) {
    return std::make_unique<P>(config);
}

// Where HAProxy sends a key, an address or a path, or what it draws.
void haproxy_hash(const Json& file, Report& report);
void haproxy_bounded_load(const Json& file, Report& report);
void haproxy_random(const Json& file, Report& report);

// What it does with what it reads of a request, and with connections that fail.
void haproxy_cookie(const Json& file, Report& report);
void haproxy_routing(const Json& file, Report& report);
void haproxy_retry_redispatch(const Json& file, Report& report);

}  // namespace conformance
