#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "balancer/hashing/lookups.hpp"
#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"
#include "balancer/weight_tree.hpp"

namespace lb {

/// Consistent hashing that sends nobody much more than its part: a key goes to the first backend on
/// its way through a ring or a Maglev table that holds less than its capacity.
///
/// Capacity is ceil(factor * (m + 1) * weight / W), where m requests are in flight to the eligible,
/// of weight W together: so somebody always has room, no backend holds more than `factor` times its
/// part of the load, rounded up, and a key leaves home only while home is full.  It follows the
/// weight for now, so that one that starts slowly fills slowly, while the table stays.
///
/// A pick costs as much as the table's look-up, and O(1 / (factor - 1)^2) steps more when all are
/// loaded evenly; a change of load O(1), of eligibility O(log n).
/// Source: Mirrokni, Thorup & Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018.  We
/// differ: weights, and requests are not moved again when others end.
class BoundedLoad final : public Policy, private LoadObserver {
public:
    static constexpr std::string_view kName = "bounded_load";
    static constexpr std::string_view kSummary =
        "Consistent hashing, but nobody holds much more than its part";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr std::string_view kCost =
        "O(1) on average if home has room, else a step for each place passed over";
    static constexpr std::string_view kSource =
        "Mirrokni, Thorup & Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018";
    static constexpr std::string_view kDiffers =
        "The next place on the way, as the paper and HAProxy; Envoy draws the others in an order "
        "of "
        "the key. HAProxy counts in whole slots, and Envoy lets a full one take one more.";

    enum class Over : std::uint8_t { Ring, Maglev };
    struct Config : RingLookup::Config, MaglevLookup::Config {
        Over over = Over::Ring;
        double factor = 1.25;
        void describe(Fields& f) {
            static constexpr std::array<std::string_view, 2> kWords{"ring", "maglev"};
            word(f, "over", over, kWords, "What leads a key from backend to backend");
            f.field("factor", factor, "How many times its part of the load a backend may hold",
                    {.low = 1, .high = 1e6});
            RingLookup::Config::describe(f);
            MaglevLookup::Config::describe(f);
        }
    };
    explicit BoundedLoad(const Config& config)
        : over_{config.over}, factor_{config.factor}, ring_{config}, maglev_{config} {}
    ~BoundedLoad() override {
        if (view_ != nullptr) view_->detach(*this);
    }
    BoundedLoad(const BoundedLoad&) = delete;
    BoundedLoad& operator=(const BoundedLoad&) = delete;

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        const auto hash = hash_of(c.request.key);
        const double most = factor_ * static_cast<double>(in_flight_ + 1);
        const auto full = [&](BackendId id) {
            const auto& seat = seats_[index(id)];
            return seat.in_flight >= std::ceil(most * seat.weight / weights_.total());
        };
        return over_ == Over::Ring ? found(c, ring_, hash, full) : found(c, maglev_, hash, full);
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        stale_ = true;
        if (view_ == nullptr) {
            view_ = &view;
            view.attach(*this);
        }
        if (index(id) >= seats_.size()) seats_.resize(index(id) + 1);
        weights_.resize(seats_.size());
        seats_[index(id)] = {view.weight(id, now), 0, false};
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant) override {
        auto& seat = seats_[index(id)];
        if (eligible) seat.in_flight = view.in_flight(id);
        seat.eligible = eligible;
        in_flight_ = eligible ? in_flight_ + seat.in_flight : in_flight_ - seat.in_flight;
        weights_.set(index(id), eligible ? seat.weight : 0);
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        stale_ = true;
        on_ramp(id, view, now);
    }
    void on_ramp(BackendId id, const View& view, Instant now) override {
        auto& seat = seats_[index(id)];
        seat.weight = view.weight(id, now);
        if (seat.eligible) weights_.set(index(id), seat.weight);
    }
    void on_removed(BackendId, const View&, Instant) override { stale_ = true; }
    std::vector<RingPoint> ring() const override { return ring_.ring().on_circle(); }

private:
    struct Seat {
        double weight = 0;  // For now.
        std::uint32_t in_flight = 0;
        bool eligible = false;
    };

    void on_in_flight(BackendId id, std::uint32_t in_flight) override {
        if (index(id) >= seats_.size() || !seats_[index(id)].eligible) return;
        in_flight_ = in_flight_ - seats_[index(id)].in_flight + in_flight;
        seats_[index(id)].in_flight = in_flight;
    }
    void build(const View& view) {
        if (over_ == Over::Ring)
            ring_.build(view);
        else
            maglev_.build(view);
        stale_ = false;
    }

    Over over_;
    double factor_;
    RingLookup ring_;
    MaglevLookup maglev_;
    bool stale_ = true;

    const View* view_ = nullptr;  // The one it is attached to; outlives it.
    std::vector<Seat> seats_;
    WeightTree weights_;           // Of the eligible; only their sum is wanted.
    std::uint64_t in_flight_ = 0;  // To the eligible.
};

}  // namespace lb
