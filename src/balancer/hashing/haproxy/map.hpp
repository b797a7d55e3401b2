#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancer/fleet.hpp"

namespace lb::haproxy {

/// A server's part of a map.
struct Weighted {
    BackendId backend;
    std::uint32_t weight;
};

/// The map that HAProxy's static-rr walks and its map-based hashing looks up: as many slots as the
/// weights add up to, each server in as many of them as it weighs, and spread.
///
/// Slot by slot every score grows by the server's weight; the first of those whose score has passed
/// the most multiples of the total is placed, and its score falls by the total
/// (recalc_server_map() in src/lb_map.c, 2.6).
///
/// HAProxy scans all servers for each slot.  Here a server's rank, the multiples that its score has
/// passed, is followed from one change to the next: O(total log n).
/// Requires weights > 0; weights with a common divisor give the map in which all slots repeat.
std::vector<BackendId> server_map(std::span<const Weighted> servers);

}  // namespace lb::haproxy
