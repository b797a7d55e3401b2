#include "model/backend_model.hpp"

#include <limits>

namespace lbsim {
namespace {

// Of time and of workers: no end.
constexpr double kEndless = std::numeric_limits<double>::infinity();

// Of what is not negative.
double floor_of(double x) {
    return x < 9e18 ? static_cast<double>(static_cast<std::int64_t>(x)) : x;
}

// Of a request that waits: when its service began.
constexpr Instant kNever = Instant::min();

Duration whole_ns(double ns) {
    return ns < 9e18 ? Duration{static_cast<Duration::rep>(ns + 0.5)} : Duration::max() / 2;
}

}  // namespace

BackendModel::BackendModel(std::uint32_t number, std::shared_ptr<const lb::Backend> who,
                           const Backends& config, std::uint32_t group_number,
                           EventQueue<Event>& queue, Instant now)
    : queue_{queue},
      since_{now},
      workers_{config.workers.none() ? kEndless : static_cast<double>(config.workers.value)},
      number_{number},
      discipline_{config.discipline},
      group{group_number},
      weight{config.weight},
      identity{std::move(who)},
      all_workers_{workers_},
      waiting_places_{config.queue},
      queue_timeout_{config.queue_timeout},
      slowly_since_{now} {
    if (discipline_ == Discipline::Ps) sharing_ = std::make_unique<Sharing>(now);
}

bool BackendModel::accept(RequestState& r, double service_ns, Instant now) {
    r.service_ns = service_ns;
    if (discipline_ == Discipline::Ps) return share(r, now);
    if (serving_ < workers_) {
        integrate(now);
        r.started = now;
        start(r, now);
        return true;
    }
    if (!waiting_places_.none() && waiting_ >= waiting_places_.value) return false;
    enqueue(r, now);
    return true;
}

void BackendModel::finish(RequestState& r, Instant now) {
    integrate(now);
    take_from_service(r, now);
    if (waiting_ != 0 && serving_ < workers_) start(dequeue(), now);
}

std::vector<RequestState*> BackendModel::evict(Instant now) {
    integrate(now);
    std::vector<RequestState*> out;
    while (in_service_ != nullptr) {
        out.push_back(in_service_);
        queue_.cancel(in_service_->finished);
        take_from_service(*in_service_, now);
    }
    while (waiting_ != 0) {
        out.push_back(&dequeue());
        out.back()->spent_ns = 0;
    }
    if (sharing_ == nullptr) return out;
    advance_sharing(now);
    auto& heap = sharing_->heap;
    std::sort(heap.begin(), heap.end(),
              [](const Sharer& a, const Sharer& b) { return a.order < b.order; });
    for (const auto& s : heap) {
        s.request->spent_ns = sharer_spent(s);
        out.push_back(s.request);
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
    for (auto* r = in_service_; r != nullptr; r = r->next) {
        if (factor_ == kEndless) break;
        r->left_ns = static_cast<double>((r->finish - now).count()) / factor_;
        queue_.cancel(r->finished);
    }
    factor_ = factor;
    for (auto* r = in_service_; r != nullptr; r = r->next)
        if (!r->held) schedule_finish(*r, now);
}

void BackendModel::set_part_of_workers(double part, Instant now) {
    double workers = all_workers_ * part;
    if (discipline_ != Discipline::Ps) workers = std::max(1.0, floor_of(workers));
    if (workers == workers_) return;
    integrate(now);
    integrate_slowly(now);
    if (discipline_ == Discipline::Ps) {
        advance_sharing(now);
        workers_ = workers;
        return schedule_sharing(now);
    }
    workers_ = workers;
    while (waiting_ != 0 && serving_ < workers_) start(dequeue(), now);
}

// What seldom changes.
void BackendModel::integrate_slowly(Instant now) {
    const auto dt = static_cast<double>((now - slowly_since_).count());
    if (dt > 0) {
        slowly_.worker_ns += dt * workers_;
        slowly_.excluded_ns += dt * excluded_by;
        slowly_.spared_ns += dt * spared_by;
        slowly_.open_ns += dt * open_by;
    }
    slowly_since_ = now;
}

BackendModel::Integrals BackendModel::take_integrals(Instant now) {
    integrate(now);
    integrate_slowly(now);
    auto out = std::exchange(
        slowly_, {.queue_max = waiting_, .in_flight_max = static_cast<std::uint64_t>(in_flight_)});
    out.busy_ns = std::exchange(busy_ns_, 0);
    out.in_flight_ns = std::exchange(in_flight_ns_, 0);
    return out;
}

Condition BackendModel::condition() const {
    if (!member) return Condition::Removed;
    if (crashed()) return Condition::Crashed;
    if (hung != 0) return Condition::Hung;
    if (drained) return Condition::Drained;
    if (excluded_by >= 0.5) return Condition::Excluded;
    if (befalling + networks != 0) return Condition::Faulty;
    return slow_factor != 1 || slow_add_ns != 0 ? Condition::Slow : Condition::Up;
}

void BackendModel::start(RequestState& r, Instant now) {
    r.previous = nullptr;
    r.next = in_service_;
    if (in_service_ != nullptr) in_service_->previous = &r;
    in_service_ = &r;
    ++serving_;
    busy_ += 1;
    if (now >= r.deadline) [[unlikely]] {  // Too late: it is only told so.
        r.service_ns = 0;
        r.end = lb::Response::End::Complete;
        r.status = r.started == kNever ? 503 : 504;
        r.begun = false;
        r.left_ns = 0;
        r.started = now;
        return schedule_finish(r, now);
    }
    if (slow_add_ns != 0)
        r.service_ns += slow_add_ns / slow_factor;  // The factor stretches it, so divide before.
    r.left_ns = r.service_ns;
    r.started = now;
    schedule_finish(r, now);
}

void BackendModel::schedule_finish(RequestState& r, Instant now) {
    if (factor_ == kEndless) return;
    r.finish = now + whole_ns(r.left_ns * factor_);
    r.finished = queue_.push(r.finish, {.index = r.slot, .kind = Event::Kind::Finished});
}

void BackendModel::take_from_service(RequestState& r, Instant now) {
    r.spent_ns = static_cast<double>((now - r.started).count());
    r.held = false;  // Whatever comes for it now comes too late.
    (r.previous == nullptr ? in_service_ : r.previous->next) = r.next;
    if (r.next != nullptr) r.next->previous = r.previous;
    --serving_;
    busy_ -= 1;
}

void BackendModel::enqueue(RequestState& r, Instant now) {
    r.started = kNever;
    if (queue_timeout_) r.deadline = std::min(r.deadline, now + *queue_timeout_);
    r.next = nullptr;
    r.previous = last_;
    (last_ == nullptr ? first_ : last_->next) = &r;
    last_ = &r;
    slowly_.queue_max = std::max<std::uint64_t>(slowly_.queue_max, ++waiting_);
}

RequestState& BackendModel::dequeue() {
    auto& r = discipline_ == Discipline::Lifo ? *last_ : *first_;
    leave_queue(r);
    return r;
}

void BackendModel::leave_queue(const RequestState& r) {
    --waiting_;
    (r.previous == nullptr ? first_ : r.previous->next) = r.next;
    (r.next == nullptr ? last_ : r.next->previous) = r.previous;
}

bool BackendModel::cancel(RequestState& r, bool served, Instant now) {
    if (sharing_ != nullptr) {
        if (!served) return false;
        integrate(now);
        advance_sharing(now);
        auto& heap = sharing_->heap;
        const auto at = std::find_if(heap.begin(), heap.end(),
                                     [&](const Sharer& s) { return s.request == &r; });
        r.spent_ns = sharer_spent(*at);
        *at = heap.back();
        heap.pop_back();
        std::make_heap(heap.begin(), heap.end(), finishes_later);
        schedule_sharing(now);
        return true;
    }
    if (r.started == kNever) {
        leave_queue(r);
        r.spent_ns = 0;
        return true;
    }
    if (!served) return false;
    integrate(now);
    queue_.cancel(r.finished);
    take_from_service(r, now);
    if (waiting_ != 0 && serving_ < workers_) start(dequeue(), now);
    return true;
}

// What was spent on it so far, reckoned at the present speed.
double BackendModel::sharer_spent(const Sharer& s) const {
    const double spent = s.request->service_ns - std::max(0.0, s.until - sharing_->virtual_ns);
    return factor_ == kEndless ? spent : spent * factor_;
}

// ---- Processor sharing: every sharer gets service at the same rate, so the one that needs the
// least more is the next to finish, and one event suffices for all of them.

bool BackendModel::share(RequestState& r, Instant now) {
    auto& heap = sharing_->heap;
    const bool room =
        waiting_places_.none() ||
        static_cast<double>(heap.size()) < workers_ + static_cast<double>(waiting_places_.value);
    if (!room) return false;
    integrate(now);
    advance_sharing(now);
    r.service_ns += slow_add_ns / slow_factor;  // As in start().
    if (now >= r.deadline) [[unlikely]] {
        r.service_ns = 0;
        r.status = 504;
    }
    heap.push_back({sharing_->virtual_ns + r.service_ns, sharing_->next_order++, &r});
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

RequestState& BackendModel::finish_sharer(Instant now) {
    integrate(now);
    advance_sharing(now);
    auto& heap = sharing_->heap;
    auto& r = *heap.front().request;
    std::pop_heap(heap.begin(), heap.end(), finishes_later);
    heap.pop_back();
    r.spent_ns = r.service_ns * factor_;
    schedule_sharing(now);
    return r;
}

std::size_t BackendModel::silent_probes() const {
    const auto is_probe = [](const RequestState* r) {
        return r->group == RequestState::kProbe ? std::size_t{1} : std::size_t{0};
    };
    const bool endless = factor_ == kEndless;
    std::size_t probes = 0;
    if (sharing_ != nullptr) {
        for (const auto& sharer : sharing_->heap) probes += is_probe(sharer.request);
        // The event is theirs if nobody else shares.
        const bool theirs = probes != 0 && probes == sharing_->heap.size() && !endless;
        return probes - (theirs ? 1 : 0);
    }
    for (const auto* r = first_; r != nullptr; r = r->next) probes += is_probe(r);
    for (const auto* r = in_service_; endless && r != nullptr; r = r->next) probes += is_probe(r);
    return probes;
}

}  // namespace lbsim
