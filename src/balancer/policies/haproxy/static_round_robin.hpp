#pragma once

#include <string>

#include "balancer/policies/haproxy/map.hpp"
#include "balancer/policies/haproxy/servers.hpp"

namespace lb::haproxy {

/// HAProxy's `balance static-rr`: round and round over a map in which each server has as many slots
/// as it weighs, as HAProxy 2.6 (src/lb_map.c).  Weights 5, 1, 1 give a a a b a a c.
///
/// The map is made anew when a server goes or comes back, and the walk goes on at the same place of
/// it.  A full server is passed over.  The weights are those with which servers joined: HAProxy
/// refuses to change them, and there is no slow start.  A pick costs O(1), and a step for each slot
/// of a full server; a change of the usable servers O(total weight log n).
class StaticRoundRobin final : public Servers {
public:
    static constexpr std::string_view kName = "haproxy/static-rr";
    static constexpr std::string_view kSummary =
        "HAProxy's static-rr: round a map of fixed weights";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(1); a change O(total weight log n)";
    static constexpr std::string_view kSource = "HAProxy 2.6, map_get_server_rr";
    static constexpr std::string_view kDiffers =
        "Cheaper than haproxy/roundrobin while nothing changes, but weights cannot change at run "
        "time: such changes are ignored.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit StaticRoundRobin(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        settle(c.view);
        if (map_.outdated()) map_.make(parts());
        c.explain([&](Explanation& why) { tell(why, c); });
        return map_.next(c.view, avoided(c));
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        Servers::on_added(id, view, now);
        map_.outdate();
    }
    void on_removed(BackendId id, const View& view, Instant now) override {
        Servers::on_removed(id, view, now);
        map_.outdate();
    }

private:
    void up(BackendId) override { map_.outdate(); }
    void down(BackendId) override { map_.outdate(); }
    void reweighed(BackendId, std::uint32_t) override {}

    void tell(Explanation& why, const PickContext& c) const {
        why.rule = "the next slot of the map whose server is not full";
        why.score = "slots from here";
        const auto from = map_.place() % map_.size();
        for (std::size_t i = 0; i != map_.size(); ++i) {
            const auto id = map_.at(static_cast<std::uint32_t>((from + i) % map_.size()));
            why.candidates.push_back({id, static_cast<double>(i), note(id, c)});
        }
    }

    Map map_;
};

}  // namespace lb::haproxy
