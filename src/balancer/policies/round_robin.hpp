#pragma once

#include <algorithm>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// Each in turn, in proportion to the weights and as evenly spread as can be: smooth weighted round
/// robin, as nginx 1.22 (ngx_http_upstream_get_peer).  Weights 5, 1, 1 give a a b a c a a.
///
/// The rule: before each pick every eligible backend's current value grows by its weight; the
/// largest wins, the earlier configured among equals; the winner's value drops by the sum of the
/// eligible weights.  An excluded backend keeps its value.
///
/// nginx scans all backends for that.  Here those of one weight form a class: the values of a class
/// grow alike, so its members stay sorted by themselves and the winner goes to the back.  A pick
/// costs O(distinct weights), a change of eligibility O(n).
class RoundRobin final : public Policy {
public:
    static constexpr std::string_view kName = "round_robin";
    static constexpr std::string_view kSummary = "Each in turn, smoothly in proportion to weight";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(distinct weights)";
    static constexpr std::string_view kSource =
        "nginx 1.22, ngx_http_upstream_get_peer, without its failures";
    static constexpr std::string_view kDiffers =
        "The order of nginx, for any weights and without a scan. It counts no failures as "
        "nginx/round_robin does: who may be picked is decided elsewhere.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit RoundRobin(const Config&) {}

    std::optional<BackendId> pick(const PickContext& context) override {
        Class* best = nullptr;
        double most = 0;
        for (auto& c : classes_) {
            if (c.turns.empty()) continue;
            ++c.clock;
            const double value = c.turns[c.head].value + c.clock * c.weight;
            const bool wins =
                best == nullptr || value > most ||
                (value == most && c.turns[c.head].order < best->turns[best->head].order);
            if (wins) best = &c, most = value;
        }
        expects(best != nullptr);
        const BackendId winner = best->turns[best->head].backend;
        context.explain([&](Explanation& why) { tell(why); });
        best->serve(total_);
        return winner;
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        seats_.resize(std::max(seats_.size(), view.slots()));
        seats_[index(id)] = {0, next_order_++, view.weight(id, now)};
    }
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        if (eligible)
            seat(id);
        else
            unseat(id);
        add_up();
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        const bool seated = view.is_eligible(id);
        if (seated) unseat(id);
        seats_[index(id)].weight = view.weight(id, now);
        if (seated) seat(id);
        add_up();
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }

private:
    struct Turn {
        double value;         // The current value less what the class grew by.
        std::uint32_t order;  // Of configuration.
        BackendId backend;
        bool before(const Turn& other) const {
            return value != other.value ? value > other.value : order < other.order;
        }
    };
    /// The backends of one weight, sorted by turn, in a circle that starts at `head`.
    struct Class {
        double weight;
        double clock = 0;  // Picks so far: each gave every member `weight`.
        std::vector<Turn> turns{};
        std::size_t head = 0;

        void serve(double price) {
            // The place of the first becomes the place of the last; it moves up from there.
            const auto n = turns.size();
            std::size_t at = head;
            turns[at].value -= price;
            head = head + 1 == n ? 0 : head + 1;
            for (std::size_t i = 1; i != n; ++i) {
                const std::size_t ahead = at == 0 ? n - 1 : at - 1;
                if (!turns[at].before(turns[ahead])) break;
                std::swap(turns[at], turns[ahead]);
                at = ahead;
            }
        }
        void straighten() {
            std::rotate(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(head),
                        turns.end());
            head = 0;
        }
    };
    struct Seat {
        double value;  // The current value while not in a class.
        std::uint32_t order;
        double weight;
    };

    void seat(BackendId id) {
        const Seat& s = seats_[index(id)];
        auto c = std::find_if(classes_.begin(), classes_.end(),
                              [&](const Class& k) { return k.weight == s.weight; });
        if (c == classes_.end()) c = classes_.insert(c, Class{.weight = s.weight});
        c->straighten();
        const Turn turn{s.value - c->clock * c->weight, s.order, id};
        const auto at = std::upper_bound(c->turns.begin(), c->turns.end(), turn,
                                         [](const Turn& a, const Turn& b) { return a.before(b); });
        c->turns.insert(at, turn);
    }
    void unseat(BackendId id) {
        Seat& s = seats_[index(id)];
        const auto c = std::find_if(classes_.begin(), classes_.end(),
                                    [&](const Class& k) { return k.weight == s.weight; });
        expects(c != classes_.end());
        c->straighten();
        const auto at = std::find_if(c->turns.begin(), c->turns.end(),
                                     [&](const Turn& t) { return t.backend == id; });
        expects(at != c->turns.end());
        s.value = at->value + c->clock * c->weight;
        c->turns.erase(at);
        if (c->turns.empty()) classes_.erase(c);
    }
    /// After each value grew, before the winner's drops.
    void tell(Explanation& why) const {
        why.rule = "each grew by its weight, the largest wins, the first to join among equals";
        why.score = "current value, larger is better";
        for (const auto& c : classes_)
            for (const auto& turn : c.turns)
                why.candidates.push_back({turn.backend, turn.value + c.clock * c.weight});
    }
    void add_up() {
        total_ = 0;
        for (const auto& c : classes_) total_ += c.weight * static_cast<double>(c.turns.size());
    }

    std::vector<Class> classes_;
    std::vector<Seat> seats_;
    std::uint32_t next_order_ = 0;
    double total_ = 0;  // Of the eligible weights.
};

}  // namespace lb
