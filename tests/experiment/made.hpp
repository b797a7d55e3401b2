#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "experiment/run.hpp"

// Replications and experiments made by hand: what is in them is known to the last request.

namespace lbtest {

using namespace lbsim;
using namespace std::chrono_literals;

struct Counts {
    std::uint64_t succeeded = 0, failed = 0, timed_out = 0, rejected = 0, unfinished = 0;
};

/// One second in which `attempts` were sent to backends of one worker each.  Successes take 1 ms,
/// 2 ms, 3 ms … and are told of the backends in turn; half of them are good.
inline Tally tally(Counts c, const std::vector<std::uint64_t>& attempts) {
    Tally out;
    out.span = 1s;
    out.outcomes.offered = c.succeeded + c.failed + c.timed_out + c.rejected + c.unfinished;
    out.outcomes.succeeded = c.succeeded;
    out.outcomes.failed = c.failed;
    out.outcomes.timed_out = c.timed_out;
    out.outcomes.rejected = c.rejected;
    out.outcomes.unfinished = c.unfinished;
    out.outcomes.good = c.succeeded / 2;
    for (const auto n : attempts) {
        BackendTally backend;
        backend.attempts = n;
        backend.worker_ns = 1e9;
        out.outcomes.attempts += n;
        out.backends.push_back(backend);
    }
    for (std::uint64_t i = 0; i != c.succeeded; ++i) {
        const auto ns = static_cast<std::int64_t>(i + 1) * 1'000'000;
        out.latency.record(ns);
        if (!out.backends.empty()) out.backends[i % out.backends.size()].latency.record(ns);
    }
    return out;
}

/// A replication of one second for each tally, over backends b0, b1, …
inline Replication replication(std::vector<Tally> segments, std::uint64_t digest = 1) {
    Replication out;
    out.digest = digest;
    std::size_t backends = 0;
    for (const auto& s : segments) backends = std::max(backends, s.backends.size());
    for (std::size_t b = 0; b != backends; ++b)
        out.backends.push_back(std::string{"b"} += std::to_string(b));
    for (std::size_t i = 0; i != segments.size() + 1; ++i)
        out.edges.push_back(std::chrono::seconds{i});
    out.duration = std::chrono::seconds{segments.size()};
    out.segments = std::move(segments);
    return out;
}

/// Backends b0, b1 (group b) and c; b2 joins at 2 s.  Slow from 1 s to 2 s; the window "late" from
/// 2 s to 3 s.
inline Scenario scenario() {
    Scenario out;
    out.duration = 3s;
    out.backends.resize(2);
    out.backends[0].name = "b";
    out.backends[0].members = {"b0", "b1"};
    out.backends[1].name = "c";
    out.backends[1].members = {"c"};
    TimelineEntry more;
    more.name = "more";
    more.at = 2s;
    more.change = AddBackends{.group = 0, .members = {"b2"}};
    out.timeline.push_back(more);
    out.windows = {
        {"before:slow", 0s, 1s}, {"during:slow", 1s, 2s}, {"after:slow", 2s, 3s}, {"late", 2s, 3s}};
    out.slo = Slo{.latency = 300ms, .good = 0.5};
    return out;
}

/// With those variants and expectations.  The document is {"expect": […]}, one line, each string
/// as given: it may have escapes.
inline Experiment experiment(const std::vector<std::string>& expect,
                             const std::vector<std::string>& labels = {"p2c"}) {
    std::string text = "{\"expect\": [";
    for (std::size_t i = 0; i != expect.size(); ++i)
        text.append(i == 0 ? "\"" : ", \"").append(expect[i]).append("\"");
    text.append("]}");
    Experiment out{.document = Document::parse("made.json", text),
                   .name = "made",
                   .variants = {},
                   .compared = labels.size() > 1};
    for (const auto& label : labels) {
        out.variants.push_back({label, scenario()});
        auto& variant = out.variants.back().scenario;
        const auto* lines = out.document.root().find("expect");
        for (std::size_t i = 0; i != expect.size(); ++i)
            variant.expect.push_back({lines->elements()[i].string(), child("/expect", i)});
    }
    return out;
}

}  // namespace lbtest
