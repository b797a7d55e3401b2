#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/requests.hpp"
#include "model/tally.hpp"

namespace lbsim {

/// Notes what happens to measured requests: in the segment in which they arrived, and in the
/// series.
class Recorder {
public:
    /// Steps are doubled in length until at most this many are needed.
    static constexpr std::size_t kMostSteps = 256;

    Recorder(Duration step, Duration good_within, std::size_t most_picks)
        : good_within_{good_within}, most_picks_{most_picks} {
        series_.step = step;
    }

    /// A segment begins; from now on arrivals belong to it.
    void open_segment(Instant now, std::size_t backends) {
        edges.push_back(now.time_since_epoch());
        segments.emplace_back().backends.resize(backends);
        segments.back().begins = now.time_since_epoch();
    }
    /// There are more backends now; requests of any segment may go to them.
    void resize(std::size_t backends) {
        for (auto& s : segments) s.backends.resize(backends);
    }
    bool open() const { return !segments.empty(); }

    void offered(RequestState& r) {
        r.segment = static_cast<std::uint32_t>(segments.size() - 1);
        r.step = static_cast<std::uint16_t>(series_.steps.size() - 1);
        r.doublings = doublings_;
        ++segments.back().outcomes.offered;
        ++series_.steps.back().offered;
    }
    void attempted(const RequestState& r) {
        auto& segment = segments[r.segment];
        if (!r.inner) ++segment.outcomes.attempts;
        ++tally(segment, r.backend).attempts;
        if (picks.size() < most_picks_ && !r.inner) picks.push_back(r.backend);
        if (r.backend >= Series::kMostBackends) return;
        auto& attempts = step_of(r).attempts;
        if (r.backend >= attempts.size()) attempts.resize(r.backend + 1);
        ++attempts[r.backend];
    }
    void attempt_failed(const RequestState& r) {
        auto& t = tally(segments[r.segment], r.backend);
        ++t.failed;
        if (t.verdicts.first_excluded == Duration::max()) ++t.verdicts.failed_before;
    }
    void looked_up(const RequestState& r, bool hit) {
        auto& t = tally(segments[r.segment], r.backend);
        auto& step = step_of(r);
        ++(hit ? t.hits : t.misses);
        ++(hit ? step.hits : step.misses);
    }
    void session_lost(const RequestState& r) {
        ++tally(segments[r.segment], r.backend).sessions_lost;
    }
    void tried(const RequestState& r) { ++tally(segments[r.segment], r.backend).verdicts.trials; }
    void left_zone(const RequestState& r) { ++segments[r.segment].outcomes.left_zone; }
    void degraded(const RequestState& r) { ++segments[r.segment].outcomes.degraded; }
    /// A balancer's verdict takes a backend out, or lets it back in.
    void excluded(std::uint32_t backend, bool founded, bool again, Instant now) {
        auto& v = tally(segments.back(), backend).verdicts;
        ++v.exclusions;
        v.unfounded += !founded;
        v.repeated += again;
        v.first_excluded = std::min(v.first_excluded, now.time_since_epoch());
    }
    void readmitted(std::uint32_t backend, Instant now) {
        auto& v = tally(segments.back(), backend).verdicts;
        ++v.readmissions;
        v.last_readmitted = std::max(v.last_readmitted, now.time_since_epoch());
    }
    void demanded(const RequestState& r, double worker_ns) {
        tally(segments[r.segment], r.backend).demand_ns += worker_ns;
    }
    /// A backend has spent r.spent_ns on it, and no more will follow.
    void served(const RequestState& r, bool wasted) {
        auto& outcomes = segments[r.segment].outcomes;
        outcomes.service_ns += r.spent_ns;
        if (wasted) outcomes.wasted_ns += r.spent_ns;
    }
    void completed(const RequestState& r, Outcome outcome, Duration latency) {
        auto& segment = segments[r.segment];
        segment.outcomes.count(outcome);
        if (outcome == Outcome::Rejected)
            ++segment.outcomes.rejections[static_cast<std::size_t>(r.rejection)];
        if (outcome != Outcome::Succeeded) return;
        segment.latency.record(latency.count());
        record_late({latency.count(), r.backend, r.segment});
        auto& step = step_of(r);
        step.latency.record(latency.count());
        if (latency > good_within_) return;
        ++segment.outcomes.good;
        ++step.good;
    }

    /// It was waited for when all was over.
    void unfinished(const RequestState& r) {
        ++segments[r.segment].outcomes.unfinished;
        ++step_of(r).unfinished;
    }

    /// What a backend asked for came, after so long.
    void fetched(const RequestState& r, Duration latency) {
        record_late({latency.count(), r.backend, r.segment});
    }

    /// Whether a step ends at or before `now`; then the world calls next_steps().
    bool step_over(Instant now) const { return now >= step_end_; }
    void start_series(Instant now, Instant end) {
        series_end_ = end;
        step_end_ = now + series_.step;
        series_.steps.emplace_back();
    }
    /// Closes steps up to `now`; `conditions` are those at their end.
    void next_steps(Instant now, std::uint64_t in_flight, const std::vector<Condition>& conditions);
    /// Closes the step in progress, if there is one.
    void end_series(std::uint64_t in_flight, std::vector<Condition> conditions);

    /// What was measured, complete.  Call once, at the end.
    Series take_series() { return std::move(series_); }
    std::vector<Tally> take_segments() {
        write_late();
        return std::move(segments);
    }

    std::vector<Duration> edges;
    std::vector<Tally> segments;
    std::vector<std::uint32_t> picks;  ///< The first: backends, by their places in tallies.

private:
    /// A latency on its way into the histogram of its backend.
    struct Late {
        std::int64_t ns;
        std::uint32_t backend;
        std::uint32_t segment;
    };
    /// With thousands of backends their histograms do not fit the cache.  Written one by one, each
    /// request would wait for memory; written many in a row, the processor overlaps the waiting.
    void record_late(const Late& late) {
        late_[late_size_++] = late;
        if (late_size_ == late_.size()) write_late();
    }
    void write_late() {
        for (std::size_t i = 0; i != late_size_; ++i)
            tally(segments[late_[i].segment], late_[i].backend).latency.record(late_[i].ns);
        late_size_ = 0;
    }

    static BackendTally& tally(Tally& segment, std::uint32_t backend) {
        return segment.backends[backend];
    }
    Series::Step& step_of(const RequestState& r) {
        return series_.steps[r.step >> (doublings_ - r.doublings)];
    }

    Duration good_within_;
    std::size_t most_picks_;
    Series series_;
    std::array<Late, 1024> late_;
    std::size_t late_size_ = 0;
    Instant step_end_ = Instant::max();  // No step in progress: max().
    Instant series_end_ = Instant::max();
    std::uint8_t doublings_ = 0;
};

}  // namespace lbsim
