#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lb {

// Which of many backends one of many clients talks to, so that not each keeps a connection to all.
// Functions of numbers and names only: what is subsetted, and when anew, is the caller's business.

/// The backends 0 ... n - 1 as they are shuffled for one round of sre_subset().  O(n).
///
/// Source: Site Reliability Engineering (Beyer et al., 2016), chapter 20, whose lists come from
/// Python 2's random.seed(round) and random.shuffle(): MT19937, and from the last place downwards
/// each changes places with one drawn at or before it.
std::vector<std::size_t> sre_order(std::size_t backends, std::uint64_t round);

/// The `size` of n backends that a client talks to: deterministic subsetting (Site Reliability
/// Engineering, 2016, chapter 20).  O(n).
///
/// Clients come in rounds of floor(n / size); those of one round share out one shuffled list, so
/// that each backend has as many of them as any other, but for a remainder that the round leaves
/// out.  Clients are to be numbered from 0 without gaps.  Requires size > 0.  We differ: where the
/// book's code divides by zero, as size exceeds n, a client gets all of them.
std::vector<std::size_t> sre_subset(std::size_t backends, std::uint64_t client, std::size_t size);

/// The `size` addresses whose XXH64 under the client's own seed is lowest, the lowest first; all of
/// them if there are fewer.  Equal hashes stay in order.  O(n log n).
///
/// When an address comes or goes, at most one of the subset changes.  Shares are even only on
/// average.  Source: gRFC A68, random_subsetting.
std::vector<std::size_t> random_subset(std::span<const std::string_view> addresses,
                                       std::uint64_t seed, std::size_t size);

/// A stretch of a ring of length 1, from `offset` onwards; it may go over the end.
struct Arc {
    double offset = 0, width = 1;
};

/// Which part of the ring of all endpoints one of several peers looks at: Finagle's deterministic
/// aperture.
///
/// Peer number i of p starts at i / p.  Its width is the smallest multiple of 1 / p that covers
/// min(`least`, endpoints) of them on average: so the arcs of all peers together go around the ring
/// a whole number of times, and every endpoint is covered alike.  Requires endpoints > 0,
/// instance < peers and least > 0.
///
/// Source: Finagle, loadbalancer/aperture/DeterministicAperture.scala (dApertureWidth) and
/// ProcessCoordinate.scala.
Arc aperture_arc(std::size_t endpoints, std::uint64_t instance, std::uint64_t peers,
                 std::uint64_t least);

/// How much of each endpoint lies within the arc, if they stand around the ring in order, each as
/// wide as its part of all weights.  0: outside.  Rounding may leave a crumb of 1e-16 of the next,
/// and as in Finagle that one is then inside.  O(n).  Requires positive weights.
///
/// Source: Finagle, loadbalancer/aperture/WeightedAperture.scala (adjustWeights), in the same order
/// of operations.
std::vector<double> aperture_weights(std::span<const double> weights, Arc arc);

/// The endpoints within the arc, in order: those whose aperture_weights() are not 0.
std::vector<std::size_t> aperture_subset(std::span<const double> weights, Arc arc);

}  // namespace lb
