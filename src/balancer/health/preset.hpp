#pragma once

#include <span>
#include <string_view>

namespace lb {

/// A configuration with a name: what a program does unless it is told otherwise.
template <class Config>
struct Preset {
    std::string_view name;
    std::string_view summary;  ///< One line.
    std::string_view source;   ///< The program, its version, and where it says so.
    Config config;
};

/// Null if there is none of that name.
template <class Config>
const Preset<Config>* find_preset(std::span<const Preset<Config>> presets, std::string_view name) {
    for (const auto& preset : presets)
        if (preset.name == name) return &preset;
    return nullptr;
}

}  // namespace lb
