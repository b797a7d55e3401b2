#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/expects.hpp"
#include "base/time.hpp"

namespace lb {

/// A backend's slot in its fleet.  Dense from zero, so that it indexes plain arrays.  A slot is
/// given to another backend only after the last ticket to the old one came back.
enum class BackendId : std::uint32_t {};
constexpr std::size_t index(BackendId id) { return static_cast<std::size_t>(id); }

/// Who a backend is, whichever balancer looks at it.  Held once and shared, not copied into every
/// pair of balancer and backend.
struct Backend {
    std::string name;  ///< What hashing policies place on their rings.
};

/// Why a backend may not be picked now.  Reasons add up; it is eligible when none is left.
enum class Exclusion : std::uint8_t { Draining = 1 };

/// Hears of what changes in a fleet, after it changed.
class FleetObserver {
public:
    virtual ~FleetObserver() = default;
    virtual void on_added(BackendId, Instant now) = 0;
    virtual void on_eligible(BackendId, bool eligible, Instant now) = 0;
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
        members_[index(id)] = {std::move(backend), weight, 0, 0, true};
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
        const bool was = is_eligible(id);
        member(id).excluded |= static_cast<std::uint8_t>(why);
        if (was)
            for (auto* o : observers_) o->on_eligible(id, false, now);
    }

    void admit(BackendId id, Exclusion why, Instant now) {
        const bool was = is_eligible(id);
        auto& excluded = member(id).excluded;
        excluded = static_cast<std::uint8_t>(excluded & ~static_cast<unsigned>(why));
        if (!was && excluded == 0)
            for (auto* o : observers_) o->on_eligible(id, true, now);
    }

    /// Requires weight > 0.
    void set_weight(BackendId id, double weight, Instant now) {
        expects(weight > 0);
        member(id).weight = weight;
        for (auto* o : observers_) o->on_weight(id, now);
    }

    /// A request goes there, or came back.
    void sent(BackendId id) { changed(id, ++members_[index(id)].in_flight); }
    void done(BackendId id) {
        auto& m = members_[index(id)];
        expects(m.in_flight > 0);
        changed(id, --m.in_flight);
        if (m.in_flight == 0 && !m.member) recycle(id);
    }

    bool is_member(BackendId id) const { return members_[index(id)].member; }
    bool is_eligible(BackendId id) const {
        const auto& m = members_[index(id)];
        return m.member && m.excluded == 0;
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
        std::uint8_t excluded = 0;  // A set of Exclusions.
        bool member = false;        // False: free, or removed with tickets still out.
    };

    Member& member(BackendId id) {
        expects(is_member(id));
        return members_[index(id)];
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
