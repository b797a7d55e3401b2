#pragma once

#include <algorithm>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// The eligible with the least (requests in flight + 1) / weight, drawn uniformly among equals;
/// all weigh the same if not `weighted`.
///
/// They are kept in buckets by requests in flight, one row of buckets for each distinct weight, so
/// that nobody is scanned: a pick costs O(distinct weights), a change of load O(1).
class LeastInFlight : public Policy, private LoadObserver {
public:
    ~LeastInFlight() override {
        if (view_ != nullptr) view_->detach(*this);
    }
    LeastInFlight(const LeastInFlight&) = delete;
    LeastInFlight& operator=(const LeastInFlight&) = delete;

    std::optional<BackendId> pick(const PickContext& c) override {
        double least = 0;
        std::size_t ties = 0;
        for (const auto& row : rows_) {
            if (row.members == 0) continue;
            const double load = static_cast<double>(row.lowest + 1) / row.weight;
            if (ties != 0 && load > least) continue;
            if (load < least) ties = 0;
            least = load;
            ties += row.buckets[row.lowest].size();
        }
        expects(ties != 0);
        c.explain([&](Explanation& why) {
            why.rule = "the least wins, drawn uniformly among equals";
            why.score = weighted_ ? "(requests in flight + 1) / weight" : "requests in flight + 1";
            for (const auto id : c.view.eligible())
                why.candidates.push_back(
                    {id, (c.view.in_flight(id) + 1.0) / weight(id, c.view, c.now)});
        });
        std::size_t drawn = ties == 1 ? 0 : c.rng.below(ties);
        for (const auto& row : rows_) {
            if (row.members == 0 || static_cast<double>(row.lowest + 1) / row.weight != least)
                continue;
            const auto& bucket = row.buckets[row.lowest];
            if (drawn < bucket.size()) return bucket[drawn];
            drawn -= bucket.size();
        }
        return std::nullopt;
    }

    void on_added(BackendId id, const View& view, Instant) override {
        if (view_ == nullptr) {
            view_ = &view;
            view.attach(*this);
        }
        if (index(id) >= seats_.size()) seats_.resize(index(id) + 1, Seat{kNowhere, 0, 0});
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant now) override {
        if (eligible)
            seat(id, weight(id, view, now), view.in_flight(id));
        else
            unseat(id);
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        if (!view.is_eligible(id)) return;
        unseat(id);
        seat(id, weight(id, view, now), view.in_flight(id));
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }

protected:
    explicit LeastInFlight(bool weighted) : weighted_{weighted} {}

private:
    static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
    struct Row {
        double weight;
        std::vector<std::vector<BackendId>> buckets{};  // By requests in flight.
        std::size_t lowest = 0;                         // The first that is not empty.
        std::size_t members = 0;
    };
    struct Seat {
        std::uint32_t row;  // Or kNowhere: not eligible.
        std::uint32_t in_flight;
        std::uint32_t place;  // In its bucket.
    };

    double weight(BackendId id, const View& view, Instant now) const {
        return weighted_ ? view.weight(id, now) : 1;
    }
    void on_in_flight(BackendId id, std::uint32_t in_flight) override {
        if (index(id) >= seats_.size() || seats_[index(id)].row == kNowhere) return;
        const auto row = seats_[index(id)].row;
        take_out(id);
        put_in(id, row, in_flight);
        settle(rows_[row]);
    }
    void seat(BackendId id, double weight, std::uint32_t in_flight) {
        auto row = std::find_if(rows_.begin(), rows_.end(),
                                [&](const Row& r) { return r.weight == weight; });
        if (row == rows_.end())  // A row that nobody sits in serves again for another weight.
            row = std::find_if(rows_.begin(), rows_.end(),
                               [](const Row& r) { return r.members == 0; });
        if (row == rows_.end()) row = rows_.insert(row, Row{.weight = weight});
        row->weight = weight;
        put_in(id, static_cast<std::uint32_t>(row - rows_.begin()), in_flight);
    }
    void unseat(BackendId id) {
        auto& row = rows_[seats_[index(id)].row];
        take_out(id);
        seats_[index(id)].row = kNowhere;
        settle(row);
    }
    void put_in(BackendId id, std::uint32_t at, std::uint32_t in_flight) {
        Row& row = rows_[at];
        if (in_flight >= row.buckets.size()) row.buckets.resize(in_flight + 1);
        auto& bucket = row.buckets[in_flight];
        seats_[index(id)] = {at, in_flight, static_cast<std::uint32_t>(bucket.size())};
        bucket.push_back(id);
        row.lowest = row.members++ == 0 ? in_flight : std::min<std::size_t>(row.lowest, in_flight);
    }
    void take_out(BackendId id) {
        const Seat seat = seats_[index(id)];
        auto& bucket = rows_[seat.row].buckets[seat.in_flight];
        seats_[index(bucket.back())].place = seat.place;
        bucket[seat.place] = bucket.back();
        bucket.pop_back();
        --rows_[seat.row].members;
    }
    /// Loads change by one, so the lowest bucket is never far.
    static void settle(Row& row) {
        while (row.members != 0 && row.buckets[row.lowest].empty()) ++row.lowest;
    }

    bool weighted_;
    const View* view_ = nullptr;  // The one it is attached to; outlives it.
    std::vector<Row> rows_;
    std::vector<Seat> seats_;
};

/// The backend with the least (requests in flight + 1) / weight, uniformly among equals: the load
/// it would have with this request, so that a heavy idle backend comes before a light one.
///
/// nginx's least_conn compares in flight / weight and breaks ties by smooth weighted round robin;
/// HAProxy's leastconn takes idle servers in turn.
class LeastConnections final : public LeastInFlight {
public:
    static constexpr std::string_view kName = "least_connections";
    static constexpr std::string_view kSummary = "The fewest requests in flight per unit of weight";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr std::string_view kCost = "O(distinct weights)";
    static constexpr std::string_view kSource =
        "Join the shortest queue: Winston, Journal of Applied Probability 14(1), 1977";
    static constexpr std::string_view kDiffers =
        "It counts the request to be sent, so that a heavy idle backend comes before a light one, "
        "and draws among equals, where the programs take them in turn or the first.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit LeastConnections(const Config&) : LeastInFlight{true} {}
};

}  // namespace lb
