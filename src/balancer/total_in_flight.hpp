#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balancer/view.hpp"

namespace lb {

/// The requests in flight to all backends of a view together, kept up to date in O(1): what bounds
/// on the load of each are computed from.  Those of backends that left count until they end.
class TotalInFlight final : private LoadObserver {
public:
    TotalInFlight() = default;
    ~TotalInFlight() override {
        if (view_ != nullptr) view_->detach(*this);
    }
    TotalInFlight(const TotalInFlight&) = delete;
    TotalInFlight& operator=(const TotalInFlight&) = delete;

    /// To be called for each backend that joins.
    void on_added(BackendId id, const View& view) {
        if (view_ == nullptr) {
            view_ = &view;
            view.attach(*this);
        }
        on_in_flight(id, view.in_flight(id));
    }
    std::uint32_t value() const { return total_; }

private:
    void on_in_flight(BackendId id, std::uint32_t in_flight) override {
        // Of the view's members, and of those that left until their requests end.
        if (!view_->is_member(id) && (index(id) >= each_.size() || each_[index(id)] == 0)) return;
        if (index(id) >= each_.size()) each_.resize(index(id) + 1);
        total_ += in_flight - each_[index(id)];
        each_[index(id)] = in_flight;
    }

    const View* view_ = nullptr;  // The one it is attached to; outlives it.
    std::vector<std::uint32_t> each_;
    std::uint32_t total_ = 0;
};

}  // namespace lb
