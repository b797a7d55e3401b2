#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/pool.hpp"

namespace lbtest {

// For policies that send a key where it always goes.

/// Who gets each of the first `keys` keys, by name.
inline std::vector<std::string> owners(Pool& pool, std::uint64_t keys = 20'000) {
    std::vector<std::string> out;
    for (std::uint64_t k = 0; k != keys; ++k)
        out.push_back(pool.fleet.backend(pool.pick(numbered("key-", k))).name);
    return out;
}

/// What part of the keys has another owner.
inline double moved(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    double changed = 0;
    for (std::size_t k = 0; k != before.size(); ++k) changed += before[k] != after[k];
    return changed / static_cast<double>(before.size());
}
/// What part of the keys moved although neither their old nor their new owner is `who`.
inline double disturbed(const std::vector<std::string>& before,
                        const std::vector<std::string>& after, std::string_view who) {
    double changed = 0;
    for (std::size_t k = 0; k != before.size(); ++k)
        changed += before[k] != after[k] && before[k] != who && after[k] != who;
    return changed / static_cast<double>(before.size());
}
/// What part each name has.
inline std::map<std::string, double> parts(const std::vector<std::string>& owners) {
    std::map<std::string, double> out;
    for (const auto& name : owners) out[name] += 1 / static_cast<double>(owners.size());
    return out;
}

/// Half the width of an interval that a binomial share of n leaves with probability 1e-6 if it is
/// about normal.
inline double half_width(double share, double n) {
    return 4.9 * std::sqrt(share * (1 - share) / n);
}

}  // namespace lbtest
