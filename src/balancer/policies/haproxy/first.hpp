#pragma once

#include <vector>

#include "balancer/policies/haproxy/servers.hpp"

namespace lb::haproxy {

/// HAProxy's `balance first`: the server of the lowest id (Backend::number) that is not full, as
/// HAProxy 2.6 (src/lb_fas.c), so that the last ones can be switched off when there is little to
/// do.
///
/// Without max_in_flight the first gets everything.  Weights are of no meaning.  A pick costs O(1),
/// and a step for each full server passed over.
class First final : public Servers {
public:
    static constexpr std::string_view kName = "haproxy/first";
    static constexpr std::string_view kSummary = "HAProxy's first: fill one server after the other";
    static constexpr Equalises kEqualises = Equalises::Nothing;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(full servers)";
    static constexpr std::string_view kSource = "HAProxy 2.6, fas_get_next_server";
    static constexpr std::string_view kDiffers =
        "The only one that fills servers up; needs max_in_flight to go beyond the first.";
    static constexpr bool kStarves = true;
    struct Config {
        void describe(Fields&) {}
    };
    explicit First(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        settle(c.view);
        c.explain([&](Explanation& why) {
            why.rule = "the lowest id that is not full";
            why.score = "id";
            tell(why, queue_, c);
        });
        return front(queue_, c);
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        Servers::on_added(id, view, now);
        seats_.resize(slots());
    }

private:
    void up(BackendId id) override { seats_[index(id)].sit(queue_, server(id).number, id); }
    void down(BackendId id) override { seats_[index(id)].rise(); }
    void reweighed(BackendId, std::uint32_t) override {}

    Queue queue_;  // By id.
    std::vector<Seat> seats_;
};

}  // namespace lb::haproxy
