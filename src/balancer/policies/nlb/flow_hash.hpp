#pragma once

#include <map>

#include "balancer/hashing/ring.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::nlb {

/// The target that the client's connection hashes to, for as long as the connection lives: NLB.
///
/// A flow is told by protocol, addresses and ports, of which only the client's address and port
/// differ between the connections of one listener (Request::client).  The first request of a flow
/// fixes its target among the eligible, by rendezvous hashing over their slots; it stays there
/// whoever comes or returns, until the target is excluded or removed, or the flow was idle for
/// `idle_timeout`.  A request whose client is not known is a flow of its own, and goes anywhere,
/// uniformly.
///
/// What is documented: the fields that are hashed, that a connection keeps its target, and the
/// timeouts.  The hash itself is not published.  The TCP sequence number is hashed as well, so a
/// port that is used again may lead elsewhere; here it does once the first use has timed out.
/// Targets have no weights.  Each zone's node uses its own zone's targets unless told otherwise,
/// which is a matter of the view.
///
/// A pick costs O(log flows), of a new flow O(n).  A flow takes some 80 bytes until it has been
/// idle for one to two timeouts.
class FlowHash final : public Policy {
public:
    static constexpr std::string_view kName = "nlb/flow_hash";
    static constexpr std::string_view kSummary =
        "As NLB: by the connection, which keeps its target";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(log flows), O(n) for a new flow";
    static constexpr std::string_view kSource =
        "Elastic Load Balancing, Network Load Balancers: flow hash, connection idle timeout";
    static constexpr std::string_view kDiffers =
        "A flow keeps its target when others come or return, where hashing policies move some "
        "keys. "
        "The hash is ours, as NLB's is not published, and knows no TCP sequence number.";
    struct Config {
        Duration idle_timeout = 350s;
        void describe(Fields& f) {
            f.field("idle_timeout", idle_timeout, "After so long without a request a flow is new",
                    Range{.low = 60, .high = 6000});
        }
    };
    explicit FlowHash(const Config& config) : idle_timeout_{config.idle_timeout} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (c.request.client.size == 0) return any(c);
        forget(c.now);
        const auto flow = flow_of(c.request.client);
        auto& pin = pin_of(flow);
        const bool pinned = pin.joined == joined(pin.target) && c.view.is_eligible(pin.target) &&
                            c.now - pin.used < idle_timeout_;
        if (!pinned) {
            pin.target = highest(flow, c);
            pin.joined = joined(pin.target);
        }
        pin.used = c.now;
        c.explain([&](Explanation& why) { tell(why, flow, pin.target, pinned, c); });
        return pin.target;
    }
    void on_added(BackendId id, const View& view, Instant) override {
        joined_.resize(std::max(joined_.size(), view.slots()));
        joined_[index(id)] = ++joins_;
    }

private:
    using Flow = std::uint64_t;
    struct Pin {
        BackendId target{};
        std::uint64_t joined = 0;  // Whose slot it was; 0: nobody's.
        Instant used{};
    };

    static Flow flow_of(const Address& client) {
        const auto octets = client.octets();
        return hash_of({reinterpret_cast<const char*>(octets.data()), octets.size()}, client.port);
    }
    static std::uint64_t score(Flow flow, BackendId id) {
        std::uint64_t state = flow ^ (static_cast<std::uint64_t>(index(id)) + 1) << 32;
        return splitmix(state);
    }
    static BackendId highest(Flow flow, const PickContext& c) {
        BackendId best = c.view.eligible().front();
        for (const auto id : c.view.eligible())
            if (score(flow, id) > score(flow, best)) best = id;
        return best;
    }
    static std::optional<BackendId> any(const PickContext& c) {
        const auto pool = c.view.eligible();
        c.explain([&](Explanation& why) {
            why.rule = "any: the client's address is not known";
            why.score = "nothing";
            for (const auto id : pool) why.candidates.push_back({id, 0});
        });
        return pool[c.rng.below(pool.size())];
    }
    static void tell(Explanation& why, Flow flow, BackendId target, bool pinned,
                     const PickContext& c) {
        why.rule = pinned ? "where the flow went before" : "the highest hash of flow and target";
        why.score = "hash of flow and target, from 0 to 1";
        for (const auto id : c.view.eligible())
            if (!pinned || id == target)
                why.candidates.push_back({id, static_cast<double>(score(flow, id)) * 0x1p-64});
    }
    std::uint64_t joined(BackendId id) const {
        return index(id) < joined_.size() ? joined_[index(id)] : 0;
    }

    /// A flow that was used in the last timeout is in one of the two maps.
    Pin& pin_of(Flow flow) {
        auto [at, fresh] = recent_.try_emplace(flow);
        if (const auto old = older_.find(flow); fresh && old != older_.end()) {
            at->second = old->second;
            older_.erase(old);
        }
        return at->second;
    }
    void forget(Instant now) {
        if (now - turned_ < idle_timeout_) return;
        older_ = std::move(recent_);
        recent_.clear();
        turned_ = now;
    }

    Duration idle_timeout_;
    std::map<Flow, Pin> recent_, older_;
    Instant turned_{};
    std::vector<std::uint64_t> joined_;  // By slot: a number for each that joined, from 1.
    std::uint64_t joins_ = 0;
};

}  // namespace lb::nlb
