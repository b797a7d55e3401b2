#pragma once

#include "conformance/report.hpp"

namespace conformance {

// What nginx does with what it reads of a request: cookies, hosts and paths.
void nginx_sticky_cookie(const Json& file, Report& report);
void nginx_routing(const Json& file, Report& report);

}  // namespace conformance
