#pragma once

#include <array>
#include <vector>

#include "balancer/hashing/haproxy/tree.hpp"
#include "balancer/policies/haproxy/servers.hpp"

namespace lb::haproxy {

/// Requests in the last second, as HAProxy's freq_ctr estimates them: those of this second, and of
/// the second before as large a part as is left of this one.
class LastSecond {
public:
    void count(Instant now) {
        turn(now);
        ++now_;
    }
    double at(Instant now) {
        turn(now);
        return static_cast<double>(now_) +
               static_cast<double>(before_) * (1 - seconds(now - since_));
    }

private:
    void turn(Instant now) {
        if (now - since_ < 1s) return;
        before_ = now - since_ < 2s ? now_ : 0;
        now_ = 0;
        since_ = Instant{std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())};
    }

    Instant since_{};
    std::uint32_t now_ = 0, before_ = 0;
};

/// HAProxy's `balance random(draws)`: draws servers at random and takes the least loaded by
/// in flight / weight, as HAProxy 2.6 (src/backend.c, get_server_rnd).
///
/// A draw is a random place in the consistent-hashing tree (see Tree), whose nodes are few, so that
/// one draw is visibly uneven: weights 5, 3, 2 get 53, 29 and 18 %.  A server may be drawn twice.
/// Among equals the one drawn last wins, so that idle servers are as uneven as one draw.
///
/// If the winner is full HAProxy puts the request in the backend's queue; there is none here, and
/// pick() declines.  A pick costs O(draws log nodes).
class Random final : public Servers {
public:
    static constexpr std::string_view kName = "haproxy/random";
    static constexpr std::string_view kSummary = "HAProxy's random: the less loaded of two draws";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(draws log nodes)";
    static constexpr std::string_view kSource = "HAProxy 2.6, get_server_rnd";
    static constexpr std::string_view kDiffers =
        "Draws with replacement, from a tree of nodes and not by exact weight, and the last of "
        "equals wins. Declines if the winner is full, where HAProxy queues.";
    static constexpr bool kDeclines = true;
    /// Who wins among equals.
    enum class Ties : std::uint8_t {
        Last,  ///< Whoever was drawn last, as 2.6.
        Rate,  ///< The fewest requests in the last second per weight, as 3.x; else the last.
    };
    struct Config {
        std::int64_t draws = 2;
        Ties ties = Ties::Last;
        void describe(Fields& f) {
            static constexpr std::string_view kTies[] = {"last", "rate"};
            f.field("draws", draws, "How many times a server is drawn", {.low = 1, .high = 1e6});
            word(f, "ties", ties, kTies,
                 "Of equals: the one drawn last (2.6), or of the lowest request rate (3.x)");
        }
    };
    explicit Random(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        settle(c.view);
        tree_.seal();
        c.explain([&](Explanation& why) {
            why.rule = config_.ties == Ties::Last
                           ? "the least loaded of those drawn; the one drawn last among equals"
                           : "the least loaded of those drawn; of equals the lowest request rate";
            why.score = "requests in flight per weight, in the order of drawing";
        });
        std::optional<BackendId> best;
        for (std::int64_t i = 0; i != config_.draws; ++i) {
            const auto drawn = draw(c);
            c.explain([&](Explanation& why) {
                const double load = 16.0 * c.view.in_flight(drawn) / server(drawn).weight;
                why.candidates.push_back({drawn, load, note(drawn, c)});
            });
            if (!best || !beats(*best, drawn, c)) best = drawn;
        }
        if (!best || !c.view.is_eligible(*best)) return std::nullopt;
        return best;
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        Servers::on_added(id, view, now);
        rates_.resize(slots());
        rates_[index(id)] = {};
    }
    void on_sent(BackendId id, Instant now) override { rates_[index(id)].count(now); }

private:
    void up(BackendId id) override { tree_.set(id, server(id).number, server(id).weight); }
    void down(BackendId id) override { tree_.set(id, server(id).number, 0); }
    void reweighed(BackendId id, std::uint32_t) override { up(id); }

    BackendId draw(const PickContext& c) {
        auto place = tree_.nearest(static_cast<std::uint32_t>(c.rng() >> 32));
        for (std::size_t i = 0; i != tree_.size(); ++i, place = tree_.after(place))
            if (tree_.owner(place) != avoided(c)) break;
        return tree_.owner(place);
    }
    /// Whether the earlier draw stays.
    bool beats(BackendId earlier, BackendId later, const PickContext& c) {
        const auto load = [&](BackendId id, BackendId other) {
            return std::uint64_t{c.view.in_flight(id)} * server(other).weight;
        };
        const auto of_later = load(later, earlier), of_earlier = load(earlier, later);
        if (of_later != of_earlier || config_.ties == Ties::Last) return of_later > of_earlier;
        const auto rate = [&](BackendId id, BackendId other) {
            return rates_[index(id)].at(c.now) * server(other).weight;
        };
        return rate(later, earlier) > rate(earlier, later);
    }

    Config config_;
    Tree tree_;
    std::vector<LastSecond> rates_;  // By backend.
};

}  // namespace lb::haproxy
