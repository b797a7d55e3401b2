#include "conformance/families.hpp"

namespace conformance {

std::span<const Family> haproxy_families() { return {}; }

}  // namespace conformance
