#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "balancer/balancer.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// One connection while it is open, from a client to a balancer's worker.
struct Link {
    std::uint32_t worker = 0;
    lb::Ticket ticket{};  ///< At layer 4, where the whole of it went,
    bool pinned = false;  ///< once it has gone anywhere.
    std::uint32_t backend = 0;
    std::int64_t left = 0;         ///< Requests that it will still take.
    lb::Instant closes{};          ///< When it will take no more.
    std::uint32_t under_way = 0;   ///< Requests on it that have not ended.
    std::uint32_t connection = 0;  ///< Of its group.
    std::uint64_t number = 0;      ///< Among all that the group opens.
    lb::Response::End end{};       ///< How it ended: Complete, unless it broke.
    bool open = false;             ///< Takes requests.
};

/// The connections of a group of clients: so many, each opened anew when it has carried enough
/// requests, has lived long enough, or has broken.  One that closes still serves what is under way
/// on it, beside the new one, as HTTP/2's GOAWAY has it.
///
/// What is drawn for a connection is addressed by its number and how often it was opened before, so
/// that all policies meet the same.
class Links {
public:
    /// Named by its slot, which is reused when all of it has ended.
    using Id = std::uint32_t;

    /// Workers are those of all balancers of the tier.
    Links(const Connections& config, std::size_t count, std::uint64_t workers, lb::Stream stream)
        : config_{config}, workers_{workers}, stream_{stream}, connections_(count) {}

    std::size_t count() const { return connections_.size(); }
    Link& operator[](Id id) { return links_[id]; }
    const Link& operator[](Id id) const { return links_[id]; }

    /// The link that carries the next request of a connection, and whether it was opened for it.
    struct Taken {
        Id id;
        bool opened;
    };
    /// `broken` tells of one that has led somewhere whether it no longer does.
    template <class Broken>
    Taken take(std::uint32_t connection, lb::Instant now, Broken broken) {
        auto& c = connections_[connection];
        bool opened = false;
        if (!c.link || is_over(links_[*c.link], now) ||
            (links_[*c.link].pinned && broken(links_[*c.link]))) {
            if (c.link) links_[*c.link].open = false;
            retired_ = c.link;
            c.link = open(connection, now);
            opened = true;
        }
        auto& link = links_[*c.link];
        --link.left;
        ++link.under_way;
        return {*c.link, opened};
    }
    /// What take() replaced, if nothing is under way on it any more: the caller returns its ticket
    /// and calls free().
    std::optional<Id> retired() {
        const auto id = std::exchange(retired_, std::nullopt);
        return id && links_[*id].under_way == 0 ? id : std::nullopt;
    }
    /// A request on it ended.  True if that was the last of a link that takes no more: then
    /// likewise.  One whose time runs out while it is idle is noticed when it is next asked for.
    bool ended(Id id, lb::Instant now) {
        return --links_[id].under_way == 0 && is_over(links_[id], now);
    }
    /// It broke, and takes no more requests.
    void close(Id id, lb::Response::End end) {
        links_[id].open = false;
        links_[id].end = end;
    }
    void free(Id id) {
        auto& c = connections_[links_[id].connection];
        if (c.link == id) c.link.reset();
        free_.push_back(id);
    }

private:
    struct Connection {
        std::optional<Id> link;
        std::uint64_t opened = 0;  // So often.
    };

    static bool is_over(const Link& link, lb::Instant now) {
        return !link.open || link.left == 0 || now >= link.closes;
    }
    Id open(std::uint32_t connection, lb::Instant now) {
        if (free_.empty()) {
            free_.push_back(static_cast<Id>(links_.size()));
            links_.emplace_back();
        }
        const Id id = free_.back();
        free_.pop_back();
        auto& c = connections_[connection];
        const auto number = c.opened++ * connections_.size() + connection;
        auto rng = stream_.at(number);
        Link link{.connection = connection, .number = number, .open = true};
        link.worker = static_cast<std::uint32_t>(rng.below(workers_));
        link.left = config_.requests.value;
        link.closes = lb::Instant::max();
        if (config_.lifetime) {
            const double spread = 1 + config_.jitter * (2 * rng.unit() - 1);
            link.closes = now + lb::duration_of(lb::seconds(*config_.lifetime) * spread);
        }
        links_[id] = link;
        return id;
    }

    Connections config_;
    std::uint64_t workers_;
    lb::Stream stream_;
    std::vector<Connection> connections_;
    std::vector<Link> links_;
    std::vector<Id> free_;
    std::optional<Id> retired_;
};

}  // namespace lbsim
