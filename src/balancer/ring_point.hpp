#pragma once

#include "balancer/request.hpp"

namespace lb {

/// A point on a circle of keys, for those who draw it: a key belongs to the first point clockwise.
struct RingPoint {
    double at;  ///< On the way round, of 1.
    BackendId backend;
};

}  // namespace lb
