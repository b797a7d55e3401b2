#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancer/request.hpp"
#include "base/expects.hpp"
#include "base/time.hpp"

namespace lb {

/// Who a backend is, whichever balancer looks at it.  Held once and shared, not copied into every
/// pair of balancer and backend.
struct Backend {
    std::string name;  ///< What hashing policies place on their rings.
    std::string pool{}, zone{};
    std::uint32_t priority = 0;  ///< 0 is used first; 1 is the backup of 0, and so on.
    /// What HAProxy calls its id; 0 stands for its place among those that joined, from 1.
    std::uint32_t number = 0;
    /// More it is not sent at the same time: nginx's max_conns, HAProxy's maxconn.  Not heeded in
    /// panic.
    std::uint32_t max_in_flight = std::numeric_limits<std::uint32_t>::max();
    /// Of the policies that count failures as nginx does: instead of what the policy says of all.
    std::optional<std::int64_t> max_fails{};
    std::optional<Duration> fail_timeout{};
};

/// Why a backend may not be picked now.  Reasons add up; it is eligible when none is left.
enum class Exclusion : std::uint8_t {
    Draining = 1,  ///< No new clients; those that stick to it may still come.
    Down = 2,      ///< In maintenance.
    Full = 4,      ///< It holds max_in_flight requests.  The fleet sees to this one.
    // What a Guard finds.
    Unhealthy = 8,  ///< By its health checks.
    Failing = 16,   ///< Too many requests to it failed.
    Ejected = 32,   ///< It is an outlier among the others.
    Open = 64,      ///< Its circuit is open, or its trials are out.
};

inline constexpr std::array kExclusions{
    Exclusion::Draining, Exclusion::Down,    Exclusion::Full, Exclusion::Unhealthy,
    Exclusion::Failing,  Exclusion::Ejected, Exclusion::Open};

/// Those that are a Guard's.
inline constexpr std::array kVerdicts{Exclusion::Unhealthy, Exclusion::Failing, Exclusion::Ejected,
                                      Exclusion::Open};

/// One word for each.
constexpr std::string_view words(Exclusion why) {
    switch (why) {
        case Exclusion::Draining: return "draining";
        case Exclusion::Down: return "down";
        case Exclusion::Full: return "full";
        case Exclusion::Unhealthy: return "unhealthy";
        case Exclusion::Failing: return "failing";
        case Exclusion::Ejected: return "ejected";
        case Exclusion::Open: break;
    }
    return "circuit open";
}

/// Hears of what changes in a fleet, after it changed.
class FleetObserver {
public:
    virtual ~FleetObserver() = default;
    virtual void on_added(BackendId, Instant now) = 0;
    virtual void on_eligible(BackendId, bool eligible, Instant now) = 0;
    /// It is excluded for another reason than being full, or no longer so, or it is withdrawn now,
    /// or no longer.
    virtual void on_healthy(BackendId, bool healthy, Instant now) = 0;
    virtual void on_weight(BackendId, Instant now) = 0;
    virtual void on_removed(BackendId, Instant now) = 0;
};

/// Hears of every change of a backend's requests in flight, by whichever balancer of the fleet.
class LoadObserver {
public:
    virtual ~LoadObserver() = default;
    virtual void on_in_flight(BackendId, std::uint32_t in_flight) = 0;
};

/// The backends there are, and what is known of each: the state that all balancers looking at this
/// fleet share.
///
/// Systems differ in what their workers share (nginx with a zone: all; without: nothing), so fleet
/// and balancer are two things: n balancers look at as many fleets as they really have.
/// One thread at a time.
class Fleet {
public:
    /// O(1), and on_added then on_eligible(true) for each observer.  Requires weight > 0.
    BackendId add(std::shared_ptr<const Backend> backend, double weight, Instant now) {
        expects(weight > 0 && backend != nullptr);
        BackendId id{static_cast<std::uint32_t>(members_.size())};
        if (free_.empty()) {
            members_.emplace_back();
        } else {
            id = free_.back();
            free_.pop_back();
        }
        const auto most = backend->max_in_flight;
        expects(most > 0);
        members_[index(id)] = {std::move(backend), weight, 0, most, 0, true};
        for (auto* o : observers_) o->on_added(id, now);
        for (auto* o : observers_) o->on_eligible(id, true, now);
        return id;
    }

    /// It is picked no more; tickets to it that are still out come back as before.
    void remove(BackendId id, Instant now) {
        expects(is_member(id));
        if (is_eligible(id))
            for (auto* o : observers_) o->on_eligible(id, false, now);
        members_[index(id)].member = false;
        for (auto* o : observers_) o->on_removed(id, now);
        if (members_[index(id)].in_flight == 0) recycle(id);
    }

    void exclude(BackendId id, Exclusion why, Instant now) {
        set_excluded(id, member(id).excluded | static_cast<unsigned>(why), now);
    }
    void admit(BackendId id, Exclusion why, Instant now) {
        set_excluded(id, member(id).excluded & ~static_cast<unsigned>(why), now);
    }

    /// Requires weight > 0.
    void set_weight(BackendId id, double weight, Instant now) {
        expects(weight > 0);
        member(id).weight = weight;
        for (auto* o : observers_) o->on_weight(id, now);
    }

    /// A request goes there, or came back.
    void sent(BackendId id, Instant now) {
        auto& m = members_[index(id)];
        changed(id, ++m.in_flight);
        if (m.in_flight == m.most && m.member) [[unlikely]]
            exclude(id, Exclusion::Full, now);
    }
    void done(BackendId id, Instant now) {
        auto& m = members_[index(id)];
        expects(m.in_flight > 0);
        changed(id, --m.in_flight);
        if (m.in_flight + 1 == m.most && m.member) [[unlikely]]
            admit(id, Exclusion::Full, now);
        if (m.in_flight == 0 && !m.member) recycle(id);
    }

    bool is_member(BackendId id) const { return members_[index(id)].member; }
    bool is_eligible(BackendId id) const {
        const auto& m = members_[index(id)];
        return m.member && m.excluded == 0;
    }
    /// Whether nothing but Full excludes it.
    bool is_healthy(BackendId id) const {
        const auto& m = members_[index(id)];
        return m.member && (m.excluded & ~static_cast<unsigned>(Exclusion::Full)) == 0;
    }
    /// Whether somebody takes it out, and no verdict: it drains or is in maintenance.
    bool is_withdrawn(BackendId id) const {
        return is_excluded(id, Exclusion::Draining) || is_excluded(id, Exclusion::Down);
    }
    /// Whether those that stick to it may still come: nothing but Draining excludes it.
    bool takes_its_own(BackendId id) const {
        const auto& m = members_[index(id)];
        return m.member && (m.excluded & ~static_cast<unsigned>(Exclusion::Draining)) == 0;
    }
    /// Whether that reason is among those that exclude it.
    bool is_excluded(BackendId id, Exclusion why) const {
        return (members_[index(id)].excluded & static_cast<unsigned>(why)) != 0;
    }
    bool is_only_full(BackendId id) const {
        const auto& m = members_[index(id)];
        return m.member && m.excluded == static_cast<std::uint8_t>(Exclusion::Full);
    }
    double weight(BackendId id) const { return members_[index(id)].weight; }
    std::uint32_t in_flight(BackendId id) const { return members_[index(id)].in_flight; }
    const Backend& backend(BackendId id) const { return *members_[index(id)].backend; }

    /// One more than the largest slot in use so far: how long an array indexed by BackendId is.
    std::size_t slots() const { return members_.size(); }

    /// Observers are called in the order they came.  They outlive the fleet or leave it.
    void attach(FleetObserver& observer) { observers_.push_back(&observer); }
    void detach(FleetObserver& observer) { std::erase(observers_, &observer); }
    /// Costs nothing per request while nobody is attached.
    void attach(LoadObserver& observer) { load_observers_.push_back(&observer); }
    void detach(LoadObserver& observer) { std::erase(load_observers_, &observer); }

private:
    struct Member {
        std::shared_ptr<const Backend> backend;
        double weight = 0;
        std::uint32_t in_flight = 0;
        std::uint32_t most = 0;     // In flight.
        std::uint8_t excluded = 0;  // A set of Exclusions.
        bool member = false;        // False: free, or removed with tickets still out.
    };

    Member& member(BackendId id) {
        expects(is_member(id));
        return members_[index(id)];
    }
    void set_excluded(BackendId id, unsigned reasons, Instant now) {
        auto& excluded = members_[index(id)].excluded;
        const unsigned before = std::exchange(excluded, static_cast<std::uint8_t>(reasons));
        constexpr auto kFull = static_cast<unsigned>(Exclusion::Full);
        constexpr auto kWithdrawn =
            static_cast<unsigned>(Exclusion::Draining) | static_cast<unsigned>(Exclusion::Down);
        const bool healthy = (reasons & ~kFull) == 0;
        if (healthy != ((before & ~kFull) == 0) ||
            ((reasons & kWithdrawn) == 0) != ((before & kWithdrawn) == 0))
            for (auto* o : observers_) o->on_healthy(id, healthy, now);
        if ((reasons == 0) != (before == 0))
            for (auto* o : observers_) o->on_eligible(id, reasons == 0, now);
    }
    void recycle(BackendId id) {
        members_[index(id)].backend.reset();
        free_.push_back(id);
    }
    void changed(BackendId id, std::uint32_t in_flight) {
        for (auto* o : load_observers_) o->on_in_flight(id, in_flight);
    }

    std::vector<Member> members_;
    std::vector<BackendId> free_;
    std::vector<FleetObserver*> observers_;
    std::vector<LoadObserver*> load_observers_;
};

}  // namespace lb
