#include "balancer/circuit_breaker/history.hpp"

#include "base/expects.hpp"

namespace lb::breaker {

using Denominator = Trip::Denominator;
using Attribute = Window::Attribute;

History::Windows History::windows(const Window& config, const Trip& trip, Instant now) {
    expects(config.calls > 0 && config.span > 0s && config.buckets > 0);
    const bool tumbling = config.kind == Window::Kind::Tumbling;
    const auto n = tumbling ? 1 : static_cast<std::size_t>(config.buckets);
    switch (config.kind) {
        case Window::Kind::Unbounded: return IntervalWindow{IntervalWindow::kForEver, now};
        case Window::Kind::Count: return CountWindow{config.calls};
        case Window::Kind::Ewma: return EwmaWindow{config.span, now};
        case Window::Kind::Time:
        case Window::Kind::Tumbling: break;
    }
    if (config.align == Window::Align::OnDemand) {
        if (tumbling) return IntervalWindow{config.span, now};
        return OnDemandWindow{config.span, n};
    }
    return GridWindow{config.span / static_cast<Duration::rep>(n), n,
                      config.align == Window::Align::Epoch,
                      trip.evaluate == Trip::Evaluate::Periodic, now};
}

History::History(const Window& config, const Trip& trip, Instant now)
    : denominator_{trip.denominator},
      attribute_{config.attribute},
      window_{windows(config, trip, now)} {}

void History::advance(Instant now) {
    std::visit([&](auto& window) { window.advance(now); }, window_);
}

void History::reset(Instant now) {
    std::visit([&](auto& window) { window.reset(now); }, window_);
}

std::uint64_t History::on_sent(Instant now) {
    const bool counts = denominator_ != Denominator::Completed;
    return std::visit(
        [&](auto& window) {
            window.advance(now);
            if (!counts && attribute_ == Attribute::Completion) return std::uint64_t{0};
            const std::uint64_t place = window.place(now);
            if (counts) window.call(place, 1);
            return place;
        },
        window_);
}

void History::on_refused(Instant now) {
    std::visit(
        [&](auto& window) {
            window.advance(now);
            if (denominator_ == Denominator::Offered) window.call(window.place(now), 1);
        },
        window_);
}

void History::on_result(Mark mark, std::uint64_t place, Instant now) {
    std::visit(
        [&](auto& window) {
            window.advance(now);
            if (attribute_ == Attribute::Completion) place = window.place(now);
            if (denominator_ == Denominator::Completed) window.call(place, 1);
            window.record(mark, place, now);
        },
        window_);
}

void History::on_ignored(std::uint64_t place) {
    if (denominator_ != Denominator::Admitted) return;
    std::visit([&](auto& window) { window.call(place, -1); }, window_);
}

std::optional<Rates> History::rates(Instant now) const {
    return std::visit([&](const auto& window) { return window.rates(now); }, window_);
}

Tally History::tally() const {
    return std::visit([](const auto& window) { return window.tally(); }, window_);
}

std::uint64_t History::interval() const {
    return std::visit([](const auto& window) { return window.interval(); }, window_);
}

bool History::empty() const {
    if (const auto* grid = std::get_if<GridWindow>(&window_)) return grid->empty();
    return tally() == Tally{};
}

}  // namespace lb::breaker
