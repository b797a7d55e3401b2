#pragma once

#include <vector>

#include "balancer/policies/haproxy/servers.hpp"

namespace lb::haproxy {

/// HAProxy's `balance leastconn`: the least (requests in flight + 1) / weight, but of idle servers
/// the one that has waited longest whatever it weighs, as HAProxy 2.6 (src/lb_fwlc.c).
///
/// All idle servers have key 0.  A server queues behind those of the same key each time its key
/// changes: when it takes a request and when it gives one back.  So weights are felt under load
/// only, and a server that comes up takes all new requests until it is as loaded as the others:
/// give it a slow start.  A pick costs O(log n), and a step for each full server passed over.
class LeastConnections final : public Servers, private LoadObserver {
public:
    static constexpr std::string_view kName = "haproxy/leastconn";
    static constexpr std::string_view kSummary = "HAProxy's leastconn: idle servers in turn";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource = "HAProxy 2.6, fwlc_get_next_server";
    static constexpr std::string_view kDiffers =
        "Idle servers take turns without regard to weight, where nginx's go by weight. 3.x takes "
        "those of one key in an order that is partly random.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit LeastConnections(const Config&) {}
    ~LeastConnections() override {
        if (view_ != nullptr) view_->detach(*this);
    }
    LeastConnections(const LeastConnections&) = delete;
    LeastConnections& operator=(const LeastConnections&) = delete;

    std::optional<BackendId> pick(const PickContext& c) override {
        settle(c.view);
        c.explain([&](Explanation& why) {
            why.rule = "the least key; the longest unmoved among equals";
            why.score = "4096 (requests in flight + 1) / (16 weight); 0 if idle";
            tell(why, queue_, c);
        });
        return front(queue_, c);
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        if (view_ == nullptr) {
            view_ = &view;
            view.attach(*this);
        }
        Servers::on_added(id, view, now);
        seats_.resize(slots());
    }

private:
    void up(BackendId id) override { sit(id); }
    void down(BackendId id) override { seats_[index(id)].rise(); }
    void reweighed(BackendId id, std::uint32_t) override { sit(id); }
    /// The key changes with every change of the load.
    void on_in_flight(BackendId id, std::uint32_t) override {
        if (index(id) < seats_.size() && seats_[index(id)].in() != nullptr) sit(id);
    }

    std::uint32_t key(BackendId id) const {
        const auto in_flight = view_->in_flight(id);
        return in_flight == 0 ? 0 : (in_flight + 1) * 4096 / server(id).weight;
    }
    void sit(BackendId id) {
        seats_[index(id)].rise();
        seats_[index(id)].sit(queue_, key(id), id);
    }

    const View* view_ = nullptr;  // The one it is attached to; outlives it.
    Queue queue_;
    std::vector<Seat> seats_;  // By backend.
};

}  // namespace lb::haproxy
