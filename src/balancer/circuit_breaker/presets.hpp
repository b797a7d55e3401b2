#pragma once

#include <span>
#include <string_view>

#include "balancer/circuit_breaker/config.hpp"

namespace lb::breaker {

/// A configuration that a scenario may name: what a program does unless it is told otherwise.
struct Preset {
    std::string_view name;
    std::string_view summary;  ///< One line.
    std::string_view source;   ///< The program, its version, and the file.
    std::string_view differs;  ///< From its source; "" if in nothing that we know.
    Config (*config)();
};

/// All of them, ours first.
std::span<const Preset> presets();
/// Null if there is none of that name.
const Preset* find_preset(std::string_view name);

}  // namespace lb::breaker
