#include "model/backend_model.hpp"

#include <limits>

namespace lbsim {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

Duration whole_ns(double ns) {
    return ns < 9e18 ? Duration{static_cast<Duration::rep>(ns + 0.5)} : Duration::max() / 2;
}

}  // namespace

bool BackendModel::accept(std::uint32_t slot, double service_ns, Instant now) {
    requests_[slot].service_ns = service_ns;
    if (discipline_ == Discipline::Ps) {
        const bool room =
            waiting_places_.none() || static_cast<double>(sharing_.size()) <
                                          workers_ + static_cast<double>(waiting_places_.value);
        if (!room) return false;
        integrate(now);
        advance_sharing(now);
        sharing_.push_back({virtual_ns_ + service_ns, next_order_++, slot});
        std::push_heap(sharing_.begin(), sharing_.end(),
                       [](const Sharer& a, const Sharer& b) { return b.before(a); });
        schedule_sharing(now);
        return true;
    }
    if (static_cast<double>(serving_.size()) < workers_) {
        integrate(now);
        start(slot, now);
        return true;
    }
    if (!waiting_places_.none() && waiting_ >= static_cast<std::size_t>(waiting_places_.value))
        return false;
    enqueue(slot);
    return true;
}

std::uint32_t BackendModel::finish(std::uint32_t event_index, Instant now) {
    integrate(now);
    if (discipline_ == Discipline::Ps) return finish_sharer(now);
    take_from_service(event_index);
    start_next(now);
    return event_index;
}

std::vector<std::uint32_t> BackendModel::evict(Instant now) {
    integrate(now);
    std::vector<std::uint32_t> out = serving_;
    for (const auto slot : serving_) queue_.cancel(requests_[slot].finished);
    serving_.clear();
    std::sort(sharing_.begin(), sharing_.end(),
              [](const Sharer& a, const Sharer& b) { return a.order < b.order; });
    for (const auto& s : sharing_) out.push_back(s.slot);
    sharing_.clear();
    queue_.cancel(next_share_);
    busy_ = 0;
    while (waiting_ != 0) out.push_back(dequeue());
    return out;
}

void BackendModel::set_factor(double factor, Instant now) {
    if (factor == factor_) return;
    integrate(now);
    if (discipline_ == Discipline::Ps) {
        advance_sharing(now);
        factor_ = factor;
        schedule_sharing(now);
        return;
    }
    for (const auto slot : serving_) {
        auto& r = requests_[slot];
        if (factor_ == kForever) continue;
        r.left_ns = static_cast<double>((r.finish - now).count()) / factor_;
        queue_.cancel(r.finished);
    }
    factor_ = factor;
    for (const auto slot : serving_) schedule_finish(slot, now);
}

void BackendModel::start(std::uint32_t slot, Instant now) {
    auto& r = requests_[slot];
    r.place = static_cast<std::uint32_t>(serving_.size());
    r.left_ns = r.service_ns;
    serving_.push_back(slot);
    busy_ += 1;
    schedule_finish(slot, now);
}

void BackendModel::start_next(Instant now) {
    if (waiting_ != 0 && static_cast<double>(serving_.size()) < workers_) start(dequeue(), now);
}

void BackendModel::schedule_finish(std::uint32_t slot, Instant now) {
    if (factor_ == kForever) return;
    auto& r = requests_[slot];
    r.finish = now + whole_ns(r.left_ns * factor_);
    r.finished = queue_.push(r.finish, {.index = slot, .kind = Event::Kind::Finished});
}

void BackendModel::take_from_service(std::uint32_t slot) {
    const auto place = requests_[slot].place;
    serving_[place] = serving_.back();
    requests_[serving_[place]].place = place;
    serving_.pop_back();
    busy_ -= 1;
}

void BackendModel::enqueue(std::uint32_t slot) {
    requests_[slot].next = RequestState::kNone;
    requests_[slot].previous = last_;
    (last_ == RequestState::kNone ? first_ : requests_[last_].next) = slot;
    last_ = slot;
    queue_max = std::max<std::uint64_t>(queue_max, ++waiting_);
}

std::uint32_t BackendModel::dequeue() {
    --waiting_;
    if (discipline_ == Discipline::Lifo) {
        const auto slot = last_;
        last_ = requests_[slot].previous;
        (last_ == RequestState::kNone ? first_ : requests_[last_].next) = RequestState::kNone;
        return slot;
    }
    const auto slot = first_;
    first_ = requests_[slot].next;
    (first_ == RequestState::kNone ? last_ : requests_[first_].previous) = RequestState::kNone;
    return slot;
}

// ---- Processor sharing: every sharer gets service at the same rate, so the one that needs the
// least more is the next to finish, and one event suffices for all of them.

double BackendModel::share_rate() const {
    const auto k = static_cast<double>(sharing_.size());
    return (k <= workers_ ? 1.0 : workers_ / k) / factor_;
}

void BackendModel::advance_sharing(Instant now) {
    if (!sharing_.empty())
        virtual_ns_ += static_cast<double>((now - shared_until_).count()) * share_rate();
    else
        virtual_ns_ = 0;  // Nobody's finish refers to it: start afresh, and keep it precise.
    shared_until_ = now;
}

void BackendModel::schedule_sharing(Instant now) {
    queue_.cancel(next_share_);
    busy_ = std::min(static_cast<double>(sharing_.size()), workers_);
    if (sharing_.empty() || factor_ == kForever) return;
    const double left = std::max(0.0, sharing_.front().until - virtual_ns_) / share_rate();
    next_share_ =
        queue_.push(now + whole_ns(left),
                    {.index = number_, .group = Event::kSharing, .kind = Event::Kind::Finished});
}

std::uint32_t BackendModel::finish_sharer(Instant now) {
    advance_sharing(now);
    const auto slot = sharing_.front().slot;
    std::pop_heap(sharing_.begin(), sharing_.end(),
                  [](const Sharer& a, const Sharer& b) { return b.before(a); });
    sharing_.pop_back();
    schedule_sharing(now);
    return slot;
}

}  // namespace lbsim
