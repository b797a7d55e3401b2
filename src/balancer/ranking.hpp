#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "balancer/least_tree.hpp"
#include "balancer/view.hpp"
#include "base/time.hpp"

namespace lb {

/// The member of a view with the least key, of equals the one that joined first: whom a walk over
/// them all would find, without the walk.
///
/// Keys are the policy's: may(id) says whether one may be picked now, and key_of(id) what its key
/// is.  Before a pick they are asked of those to whom something happened since the one before:
/// whose requests in flight changed, by whichever balancer of the fleet; whose alarm rang; who
/// starts slowly; and whom the policy touched.
///
/// A pick costs O(log n) for each of these, and O(n) after a member left.  Few members are walked
/// over, which costs less than to keep books.
template <class Key>
class Ranking final : private LoadObserver {
public:
    /// Where the two cost about the same.
    static constexpr std::size_t kFew = 16;

    /// Up to `few` members are walked over.
    explicit Ranking(std::size_t few = kFew) : few_{few} {}
    ~Ranking() {
        if (attached_) view_->detach(*this);
    }
    Ranking(const Ranking&) = delete;
    Ranking& operator=(const Ranking&) = delete;

    /// In the order of joining.
    std::span<const BackendId> all() const { return all_; }

    void on_added(BackendId id, const View& view) {
        view_ = &view;
        all_.push_back(id);
        if (indexed_) take_in(all_.size() - 1);
    }
    void on_removed(BackendId id) {
        std::erase(all_, id);
        touched_.erase(id);
        indexed_ = false;  // Those behind it moved up.
    }
    /// Its key may be another from now on, if it is a member,
    void touch(BackendId id) {
        if (indexed_ && view_->is_member(id)) touched_.insert(id);
    }
    /// and from then on, if nothing happens to it before.  Of several alarms the earliest rings.
    void wake(BackendId id, Instant when) {
        if (!indexed_) return;
        const auto place = place_[index(id)];
        alarms_.resize(all_.size());
        if (!alarms_.has(place) || when < alarms_.key(place)) alarms_.set(place, when);
    }

    /// The first, and the least key of the others.
    struct Two {
        BackendId first{};
        Key least{};
        Key second{};
        int found = 0;  ///< 0: there is nobody; 1: there are no others.
    };
    template <class May, class KeyOf>
    Two first_two(Instant now, May may, KeyOf key_of) {
        if (all_.size() <= few_) return two_walked(may, key_of);
        settle(now, may, key_of);
        Two out;
        if (tree_.empty()) return out;
        out.first = all_[tree_.first()];
        out.least = tree_.least();
        out.found = tree_.second(out.second) ? 2 : 1;
        return out;
    }
    /// Only the first, if there is one.  No key is less than `lowest`: a walk ends where it is met.
    template <class May, class KeyOf>
    std::optional<BackendId> first(Instant now, May may, KeyOf key_of,
                                   std::optional<Key> lowest = {}) {
        if (all_.size() <= few_) return walked(may, key_of, lowest);
        settle(now, may, key_of);
        return tree_.empty() ? std::nullopt : std::optional{all_[tree_.first()]};
    }

private:
    void on_in_flight(BackendId id, std::uint32_t) override { touch(id); }

    template <class May, class KeyOf>
    std::optional<BackendId> walked(May may, KeyOf key_of, const std::optional<Key>& lowest) const {
        std::optional<BackendId> best;
        Key least{};
        for (const auto id : all_) {
            if (!may(id)) continue;
            const Key key = key_of(id);
            if (best && !(key < least)) continue;
            best = id;
            least = key;
            if (lowest && !(*lowest < key)) break;
        }
        return best;
    }
    template <class May, class KeyOf>
    Two two_walked(May may, KeyOf key_of) const {
        Two out;
        for (const auto id : all_) {
            if (!may(id)) continue;
            const Key key = key_of(id);
            if (out.found == 0 || key < out.least) {
                out.second = out.least;
                out.least = key;
                out.first = id;
            } else if (out.found == 1 || key < out.second) {
                out.second = key;
            }
            out.found = std::min(out.found + 1, 2);
        }
        return out;
    }

    void take_in_all() {
        if (!attached_) view_->attach(*this);
        attached_ = indexed_ = true;
        tree_ = {};
        alarms_ = {};
        for (std::size_t place = 0; place != all_.size(); ++place) take_in(place);
    }
    void take_in(std::size_t place) {
        const auto id = all_[place];
        if (index(id) >= place_.size()) place_.resize(index(id) + 1);
        place_[index(id)] = static_cast<std::uint32_t>(place);
        tree_.resize(place + 1);
        touched_.insert(id);
    }
    template <class May, class KeyOf>
    void settle(Instant now, May may, KeyOf key_of) {
        if (!indexed_) take_in_all();
        while (!alarms_.empty() && alarms_.least() <= now) {
            touched_.insert(all_[alarms_.first()]);
            alarms_.clear(alarms_.first());
        }
        // Backwards: whoever goes is replaced by the last, who was looked at already.
        for (std::size_t i = touched_.all().size(); i-- != 0;) {
            const auto id = touched_.all()[i];
            if (may(id))
                tree_.set(place_[index(id)], key_of(id));
            else
                tree_.clear(place_[index(id)]);
            if (!view_->starts_slowly(id)) touched_.erase(id);
        }
    }

    std::size_t few_;
    const View* view_ = nullptr;  // Outlives it, once there is one.
    bool attached_ = false;       // To the view.
    std::vector<BackendId> all_;

    // Kept while there are more than a few:
    bool indexed_ = false;
    std::vector<std::uint32_t> place_;  // In all_, by slot.
    LeastTree<Key> tree_;               // By place, as the next two.
    LeastTree<Instant> alarms_;
    BackendSet touched_;
};

}  // namespace lb
