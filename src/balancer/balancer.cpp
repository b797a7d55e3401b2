#include "balancer/balancer.hpp"

namespace lb {

Balancer::Balancer(Fleet& fleet, std::unique_ptr<Policy> policy, const Rng& rng, Instant now)
    : fleet_{fleet}, view_{fleet}, policy_{std::move(policy)}, rng_{rng.stream("pick")} {
    expects(policy_ != nullptr);
    for (std::uint32_t slot = 0; slot != fleet.slots(); ++slot) {
        const BackendId id{slot};
        if (!fleet.is_member(id)) continue;
        on_added(id, now);
        if (fleet.is_eligible(id)) on_eligible(id, true, now);
    }
    fleet.attach(*this);
}

Balancer::~Balancer() { fleet_.detach(*this); }

void Balancer::on_added(BackendId id, Instant now) {
    view_.insert(id);
    policy_->on_added(id, view_, now);
}

void Balancer::on_eligible(BackendId id, bool eligible, Instant now) {
    view_.set_eligible(id, eligible);
    policy_->on_eligible(id, eligible, view_, now);
}

void Balancer::on_weight(BackendId id, Instant now) {
    view_.reweigh();
    policy_->on_weight(id, view_, now);
}

void Balancer::on_removed(BackendId id, Instant now) {
    view_.erase(id);
    policy_->on_removed(id, view_, now);
}

}  // namespace lb
