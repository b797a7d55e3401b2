#include "model/backend_model.hpp"

#include <limits>

namespace lbsim {
namespace {

// Of time and of workers: no end.
constexpr double kEndless = std::numeric_limits<double>::infinity();

Duration whole_ns(double ns) {
    return ns < 9e18 ? Duration{static_cast<Duration::rep>(ns + 0.5)} : Duration::max() / 2;
}

}  // namespace

BackendModel::BackendModel(std::uint32_t number, std::shared_ptr<const lb::Backend> who,
                           const Backends& config, std::size_t group_number, Requests& requests,
                           EventQueue<Event>& queue, Instant now)
    : requests_{requests},
      queue_{queue},
      since_{now},
      workers_{config.workers.none() ? kEndless : static_cast<double>(config.workers.value)},
      waiting_places_{config.queue},
      number_{number},
      discipline_{config.discipline},
      weight{config.weight},
      group{group_number},
      identity{std::move(who)} {
    if (discipline_ == Discipline::Ps) sharing_ = std::make_unique<Sharing>(now);
}

bool BackendModel::accept(std::uint32_t slot, double service_ns, Instant now) {
    requests_[slot].service_ns = service_ns;
    if (discipline_ == Discipline::Ps) return share(slot, now);
    if (serving_ < workers_) {
        integrate(now);
        start(slot, now);
        return true;
    }
    if (!waiting_places_.none() && waiting_ >= waiting_places_.value) return false;
    enqueue(slot);
    return true;
}

std::uint32_t BackendModel::finish(std::uint32_t event_index, Instant now) {
    integrate(now);
    if (discipline_ == Discipline::Ps) return finish_sharer(now);
    take_from_service(event_index, now);
    if (waiting_ != 0 && serving_ < workers_) start(dequeue(), now);
    return event_index;
}

std::vector<std::uint32_t> BackendModel::evict(Instant now) {
    integrate(now);
    std::vector<std::uint32_t> out;
    while (in_service_ != RequestState::kNone) {
        out.push_back(in_service_);
        queue_.cancel(requests_[in_service_].finished);
        take_from_service(in_service_, now);
    }
    while (waiting_ != 0) {
        out.push_back(dequeue());
        requests_[out.back()].spent_ns = 0;
    }
    if (sharing_ == nullptr) return out;
    advance_sharing(now);
    auto& heap = sharing_->heap;
    std::sort(heap.begin(), heap.end(),
              [](const Sharer& a, const Sharer& b) { return a.order < b.order; });
    for (const auto& s : heap) {
        auto& r = requests_[s.slot];
        r.spent_ns = r.service_ns - std::max(0.0, s.until - sharing_->virtual_ns);
        if (factor_ != kEndless) r.spent_ns *= factor_;
        out.push_back(s.slot);
    }
    heap.clear();
    schedule_sharing(now);
    return out;
}

void BackendModel::set_factor(double factor, Instant now) {
    if (factor == factor_) return;
    integrate(now);
    if (discipline_ == Discipline::Ps) {
        advance_sharing(now);
        factor_ = factor;
        return schedule_sharing(now);
    }
    for (auto slot = in_service_; slot != RequestState::kNone; slot = requests_[slot].next) {
        if (factor_ == kEndless) break;
        auto& r = requests_[slot];
        r.left_ns = static_cast<double>((r.finish - now).count()) / factor_;
        queue_.cancel(r.finished);
    }
    factor_ = factor;
    for (auto slot = in_service_; slot != RequestState::kNone; slot = requests_[slot].next)
        schedule_finish(slot, now);
}

BackendModel::Integrals BackendModel::take_integrals(Instant now) {
    integrate(now);
    return std::exchange(integrals_, {.queue_max = waiting_});
}

Condition BackendModel::condition() const {
    if (!member) return Condition::Removed;
    if (crashed()) return Condition::Crashed;
    if (hung != 0) return Condition::Hung;
    if (drained) return Condition::Drained;
    return slow_factor != 1 || slow_add_ns != 0 ? Condition::Slow : Condition::Up;
}

void BackendModel::start(std::uint32_t slot, Instant now) {
    auto& r = requests_[slot];
    r.previous = RequestState::kNone;
    r.next = in_service_;
    if (in_service_ != RequestState::kNone) requests_[in_service_].previous = slot;
    in_service_ = slot;
    ++serving_;
    busy_ += 1;
    r.service_ns += slow_add_ns / slow_factor;  // The factor stretches it, so divide before.
    r.left_ns = r.service_ns;
    r.started = now;
    schedule_finish(slot, now);
}

void BackendModel::schedule_finish(std::uint32_t slot, Instant now) {
    if (factor_ == kEndless) return;
    auto& r = requests_[slot];
    r.finish = now + whole_ns(r.left_ns * factor_);
    r.finished = queue_.push(r.finish, {.index = slot, .kind = Event::Kind::Finished});
}

void BackendModel::take_from_service(std::uint32_t slot, Instant now) {
    auto& r = requests_[slot];
    r.spent_ns = static_cast<double>((now - r.started).count());
    (r.previous == RequestState::kNone ? in_service_ : requests_[r.previous].next) = r.next;
    if (r.next != RequestState::kNone) requests_[r.next].previous = r.previous;
    --serving_;
    busy_ -= 1;
}

void BackendModel::enqueue(std::uint32_t slot) {
    requests_[slot].next = RequestState::kNone;
    requests_[slot].previous = last_;
    (last_ == RequestState::kNone ? first_ : requests_[last_].next) = slot;
    last_ = slot;
    integrals_.queue_max = std::max<std::uint64_t>(integrals_.queue_max, ++waiting_);
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

bool BackendModel::share(std::uint32_t slot, Instant now) {
    auto& heap = sharing_->heap;
    const bool room =
        waiting_places_.none() ||
        static_cast<double>(heap.size()) < workers_ + static_cast<double>(waiting_places_.value);
    if (!room) return false;
    integrate(now);
    advance_sharing(now);
    auto& r = requests_[slot];
    r.service_ns += slow_add_ns / slow_factor;  // As in start().
    heap.push_back({sharing_->virtual_ns + r.service_ns, sharing_->next_order++, slot});
    std::push_heap(heap.begin(), heap.end(), finishes_later);
    schedule_sharing(now);
    return true;
}

double BackendModel::share_rate() const {
    const auto k = static_cast<double>(sharing_->heap.size());
    return (k <= workers_ ? 1.0 : workers_ / k) / factor_;
}

void BackendModel::advance_sharing(Instant now) {
    auto& s = *sharing_;
    if (s.heap.empty())
        s.virtual_ns = 0;  // Nobody's finish refers to it: start afresh, and keep it precise.
    else
        s.virtual_ns += static_cast<double>((now - s.until).count()) * share_rate();
    s.until = now;
}

void BackendModel::schedule_sharing(Instant now) {
    auto& s = *sharing_;
    queue_.cancel(s.next_finish);
    busy_ = std::min(static_cast<double>(s.heap.size()), workers_);
    if (s.heap.empty() || factor_ == kEndless) return;
    const double left = std::max(0.0, s.heap.front().until - s.virtual_ns) / share_rate();
    s.next_finish =
        queue_.push(now + whole_ns(left),
                    {.index = number_, .group = Event::kSharing, .kind = Event::Kind::Finished});
}

std::uint32_t BackendModel::finish_sharer(Instant now) {
    advance_sharing(now);
    auto& heap = sharing_->heap;
    const auto slot = heap.front().slot;
    std::pop_heap(heap.begin(), heap.end(), finishes_later);
    heap.pop_back();
    requests_[slot].spent_ns = requests_[slot].service_ns * factor_;
    schedule_sharing(now);
    return slot;
}

}  // namespace lbsim
