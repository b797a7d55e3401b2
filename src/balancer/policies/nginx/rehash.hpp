#pragma once

#include "balancer/policies/nginx/peers.hpp"

namespace lb::nginx {

/// Walks the values of a hash, value(0), value(1), …, until one modulo the sum of the weights falls
/// in the stretch of a usable peer; null after more than `most` that did not.
///
/// nginx goes on from the step where it was when a request is tried again.  Here the walk starts
/// anew and passes the tried in the order in which they were found, without counting them: the same
/// peers come.
template <class Value>
const Peer* rehash(const Peers& peers, const PickContext& c, int most, Value value) {
    c.explain([](Explanation& why) {
        why = {"The first usable backend as the key is hashed again and again",
               "hash modulo the sum of the weights",
               {}};
    });
    auto tried = c.request.tried;
    for (int step = 0, missed = 0; missed <= most; ++step) {
        const auto point = value(step) % peers.total_weight();
        const Peer& p = peers.at(point);
        const bool usable = peers.usable(p, c);
        c.explain([&](Explanation& why) {
            why.candidates.push_back(
                {p.id, static_cast<double>(point), usable ? "" : "passed over"});
        });
        if (usable) return &p;
        if (!tried.empty() && tried.front() == p.id)
            tried = tried.subspan(1);
        else
            ++missed;
    }
    return nullptr;
}

}  // namespace lb::nginx
