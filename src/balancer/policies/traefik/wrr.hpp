#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::traefik {

/// Earliest deadline first: the server with the earliest deadline gets the request, and its next
/// deadline is 1 / weight later.
///
/// Nothing decides between equal deadlines but how they happen to lie in the heap.  So the heap
/// here is that of Go's container/heap, step by step; weights 1, 1, 1 give a c b c b a b a c.
///
/// A server that is excluded is taken from the heap and put back like any other, until one comes up
/// that is not: its deadlines go on, so that it does not come back with a burst.
///
/// A change of membership or weight is a change of configuration, for which Traefik makes a new
/// balancer: all deadlines start over.
///
/// Source: nextServer, AddService in pkg/server/service/loadbalancer/wrr/wrr.go; Go,
/// container/heap.
class Wrr final : public Policy {
public:
    static constexpr std::string_view kName = "traefik/wrr";
    static constexpr std::string_view kSummary = "Traefik: in turn by deadlines of 1 / weight";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole};
    static constexpr std::string_view kCost =
        "O(log n) a pick, and as much for each turn of an excluded backend";
    static constexpr std::string_view kSource =
        "Traefik v3 at fd5a576, loadbalancer/wrr/wrr.go: nextServer; Go's container/heap";
    static constexpr std::string_view kDiffers =
        "5, 1, 1 give a a a a c a b; equal deadlines go by their places in the heap, and excluded "
        "backends use up their turns. A change of membership or weight starts it over.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Wrr(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) configure(c.view);
        c.explain([&](Explanation& why) {
            why.rule = "The earliest deadline; equal ones as they lie in the heap.";
            why.score = "deadline, in turns of weight 1";
            for (const auto& server : heap_)
                if (c.view.is_eligible(server.id))
                    why.candidates.push_back({server.id, server.deadline});
        });
        for (;;) {
            auto server = pop();
            server.deadline += 1 / c.view.weight(server.id, c.now);
            push(server);
            if (c.view.is_eligible(server.id)) return server.id;
        }
    }
    void on_added(BackendId id, const View&, Instant) override {
        servers_.push_back(id);
        stale_ = true;
    }
    void on_removed(BackendId id, const View&, Instant) override {
        std::erase(servers_, id);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }

private:
    struct Server {
        BackendId id;
        double deadline;
    };

    void configure(const View& view) {
        heap_.clear();
        for (const auto id : servers_) push({id, 1 / view.weight(id)});
        stale_ = false;
    }
    bool less(std::size_t a, std::size_t b) const { return heap_[a].deadline < heap_[b].deadline; }

    /// heap.Push: up from the end while earlier than the parent.
    void push(Server server) {
        heap_.push_back(server);
        for (std::size_t at = heap_.size() - 1; at != 0;) {
            const std::size_t parent = (at - 1) / 2;
            if (!less(at, parent)) break;
            std::swap(heap_[at], heap_[parent]);
            at = parent;
        }
    }
    /// heap.Pop: the last takes the place of the first, and goes down while later than a child; of
    /// two children it prefers the left one, unless the right one is earlier.
    Server pop() {
        std::swap(heap_.front(), heap_.back());
        const Server first = heap_.back();
        heap_.pop_back();
        for (std::size_t at = 0, child; (child = 2 * at + 1) < heap_.size(); at = child) {
            if (child + 1 < heap_.size() && less(child + 1, child)) ++child;
            if (!less(child, at)) break;
            std::swap(heap_[at], heap_[child]);
        }
        return first;
    }

    std::vector<BackendId> servers_;  // In the order of configuration.
    std::vector<Server> heap_;
    bool stale_ = true;
};

}  // namespace lb::traefik
