#include "model/load_meter.hpp"

#include <algorithm>
#include <utility>

namespace lbsim {

void LoadMeter::advance(double busy, Instant now) {
    const auto window = config_.window;
    while (now - began_ >= window) {
        const Instant end = began_ + window;
        open_.ended = end;
        open_.busy_ns += busy * static_cast<double>((end - until_).count());
        closed_.push_back(std::exchange(open_, {}));
        began_ = until_ = end;
        // Of those to come none can be told that ends before another one that can.
        const auto silent = now - config_.delay - began_;
        if (silent < 2 * window) continue;
        closed_.clear();
        began_ = until_ = began_ + (silent / window - 1) * window;
    }
    open_.busy_ns += busy * static_cast<double>((now - until_).count());
    until_ = now;
    while (closed_.size() > 1 && closed_[1].ended + config_.delay <= now) closed_.pop_front();
}

void LoadMeter::ended(bool failed, std::uint32_t found, Duration latency) {
    open_.requests += 1;
    open_.errors += failed ? 1 : 0;
    if (!failed) completions_[completed_++ % kKept] = {found, latency, until_};
}

void LoadMeter::tell(lb::LoadReport& report, Instant now) {
    if (closed_.empty() || closed_.front().ended + config_.delay > now) return;
    const auto& window = closed_.front();
    const double span_s = lb::seconds(config_.window);
    report.utilization = window.busy_ns * 1e-9 / span_s / workers_;
    report.rate_per_s = window.requests / span_s;
    report.errors_per_s = window.errors / span_s;
}

Duration LoadMeter::latency_at(std::uint32_t held, Instant now) const {
    struct Candidate {
        std::uint32_t off;
        std::size_t age;
        Duration latency;
    };
    std::array<Candidate, kKept> all;
    const auto kept = std::min(completed_, kKept);
    std::size_t known = 0;
    const auto note = [&](std::size_t age) {
        const auto& c = completions_[(completed_ - 1 - age) % kKept];
        const auto off = c.found < held ? held - c.found : c.found - held;
        const double ns = static_cast<double>(c.latency.count()) * sharers(held) / sharers(c.found);
        all[known++] = {off, age, Duration{static_cast<Duration::rep>(ns)}};
    };
    const auto recent = [&](std::size_t age) {
        return now - completions_[(completed_ - 1 - age) % kKept].at <= config_.window;
    };
    while (known != kept && recent(known)) note(known);
    if (known == 0 && held != 0)
        while (known != kept) note(known);
    if (known == 0) return Duration::zero();

    const auto begin = all.begin();
    const auto compared = static_cast<std::ptrdiff_t>(std::min(known, kCompared));
    std::nth_element(begin, begin + (compared - 1), begin + static_cast<std::ptrdiff_t>(known),
                     [](const Candidate& a, const Candidate& b) {
                         return a.off != b.off ? a.off < b.off : a.age < b.age;
                     });
    const auto middle = begin + compared / 2;
    std::nth_element(begin, middle, begin + compared,
                     [](const Candidate& a, const Candidate& b) { return a.latency < b.latency; });
    return middle->latency;
}

}  // namespace lbsim
