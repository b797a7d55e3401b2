#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "balancer/view.hpp"

namespace lb {

/// A backend's part of a ring or table, and the name that places it there.
struct NamedShare {
    std::string_view name;  ///< Lives as long as the backend is a member.
    BackendId backend;
    double share;  ///< Of all weights: those of one table add up to 1.
};

/// The shares of these backends by their configured weights, in the same order.  O(n).
inline std::vector<NamedShare> shares_of(std::span<const BackendId> backends, const View& view) {
    double sum = 0;
    for (const auto id : backends) sum += view.weight(id);
    std::vector<NamedShare> shares;
    for (const auto id : backends) shares.push_back({view.name(id), id, view.weight(id) / sum});
    return shares;
}

}  // namespace lb
