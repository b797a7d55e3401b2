#include "balancer/load.hpp"

#include <gtest/gtest.h>

#include "balancer/fleet.hpp"
#include "balancer/view.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::InFlight;
using lb::Instant;
using lb::PeakLatency;
using lb::Response;
using End = lb::Response::End;
using namespace std::chrono_literals;

static_assert(lb::LoadMetric<InFlight> && lb::LoadMetric<PeakLatency>);

/// A metric and backends for it to look at.
template <class Load>
struct Scale {
    lb::Fleet fleet;
    lb::View view{fleet};
    Load load;

    explicit Scale(typename Load::Config config = {}) : load{config} {}
    BackendId add(double weight = 1) {
        const auto id = lbtest::join(fleet, "b", weight);
        view.insert(id);
        load.on_added(id, {});
        return id;
    }
    void sent(BackendId id, int times) {
        for (int i = 0; i != times; ++i) fleet.sent(id, {});
    }
    double of(BackendId id, Instant now = {}) const { return load.of(id, view, now); }
};

Response ok(lb::Duration latency) { return {End::Complete, 200, latency}; }
Instant at(lb::Duration since) { return Instant{since}; }

// ---- InFlight

TEST(InFlight, CountsTheRequestAboutToBeSent) {
    Scale<InFlight> s;
    const auto a = s.add();
    EXPECT_EQ(s.of(a), 1);
    s.sent(a, 3);
    EXPECT_EQ(s.of(a), 4);
}

TEST(InFlight, CountsPerUnitOfWeight) {
    Scale<InFlight> s;
    const auto light = s.add(1), heavy = s.add(4);
    s.sent(heavy, 3);
    EXPECT_EQ(s.of(heavy), s.of(light));
    s.sent(light, 1);
    EXPECT_LT(s.of(heavy), s.of(light));
}

TEST(InFlight, MeansTheSameOrderWhateverTheCommonWeight) {
    Scale<InFlight> s;
    const auto a = s.add(3), b = s.add(3);
    s.sent(b, 1);
    EXPECT_LT(s.of(a), s.of(b));
}

// ---- PeakLatency

TEST(PeakLatency, LeapsUpAtOnceAndComesDownByTheDecay) {
    Scale<PeakLatency> s{{.decay = 10s}};
    const auto a = s.add();
    s.load.on_done(a, ok(20ms), at(0s));
    s.load.on_done(a, ok(100ms), at(0s));
    s.load.on_done(a, ok(20ms), at(0s));
    EXPECT_DOUBLE_EQ(s.of(a, at(0s)), 0.100);
    EXPECT_DOUBLE_EQ(s.of(a, at(10s)), 0.100 * 0.36787944117144233);
    s.load.on_done(a, ok(50ms), at(10s));
    EXPECT_DOUBLE_EQ(s.of(a, at(10s)), 0.050);
}

TEST(PeakLatency, DoesNotChangeByBeingLookedAt) {
    Scale<PeakLatency> looked, left;
    const auto a = looked.add();
    left.add();
    for (auto* s : {&looked, &left}) s->load.on_done(a, ok(100ms), at(0s));
    for (int ms = 0; ms != 5000; ++ms) looked.of(a, at(std::chrono::milliseconds{ms}));
    for (auto* s : {&looked, &left}) s->load.on_done(a, ok(20ms), at(5s));
    EXPECT_EQ(looked.of(a, at(6s)), left.of(a, at(6s)));
}

TEST(PeakLatency, GrowsWithTheRequestsInFlightAndShrinksWithWeight) {
    Scale<PeakLatency> s;
    const auto a = s.add(1), b = s.add(4);
    for (const auto id : {a, b}) s.load.on_done(id, ok(100ms), at(0s));
    EXPECT_DOUBLE_EQ(s.of(a), 0.1);
    EXPECT_DOUBLE_EQ(s.of(b), 0.025);
    s.sent(b, 3);
    EXPECT_DOUBLE_EQ(s.of(b), 0.1);
}

TEST(PeakLatency, ProbesABackendNotHeardFromWithOneRequestAtATime) {
    Scale<PeakLatency> s;
    const auto known = s.add(), unknown = s.add();
    s.load.on_done(known, ok(1ns), at(0s));
    s.sent(known, 1000);
    EXPECT_LT(s.of(unknown), s.of(known));
    s.sent(unknown, 1);
    EXPECT_GT(s.of(unknown), s.of(known));
    const double one = s.of(unknown);
    s.sent(unknown, 1);
    EXPECT_GT(s.of(unknown), one);  // If all are unknown, then the one with fewer probes.
}

TEST(PeakLatency, DoesNotFadeWhileTheBackendFailsFast) {
    for (const Response failure : {Response{End::Refused, 0, 0ns}, Response{End::Reset, 0, 1ms},
                                   Response{End::Complete, 503, 1ms}}) {
        Scale<PeakLatency> s{{.decay = 10s}};
        const auto a = s.add();
        s.load.on_done(a, ok(100ms), at(0s));
        for (int i = 1; i != 6; ++i) s.load.on_done(a, failure, at(std::chrono::seconds{i}));
        EXPECT_DOUBLE_EQ(s.of(a, at(5s)), 0.1);
        EXPECT_NEAR(s.of(a, at(10s)), 0.1 * 0.60653065971263342, 1e-12);  // And then it does.
    }
}

TEST(PeakLatency, IsRaisedBySlowFailures) {
    for (const Response failure :
         {Response{End::Timeout, 0, 2s}, Response{End::Complete, 500, 2s}}) {
        Scale<PeakLatency> s;
        const auto a = s.add();
        s.load.on_done(a, ok(100ms), at(0s));
        s.load.on_done(a, failure, at(0s));
        EXPECT_DOUBLE_EQ(s.of(a), 2);
    }
}

TEST(PeakLatency, KnowsThatACancelledRequestTookAtLeastSoLong) {
    Scale<PeakLatency> s;
    const auto known = s.add(), unknown = s.add(), slower = s.add();
    s.load.on_done(known, ok(100ms), at(0s));
    s.load.on_done(slower, ok(10s), at(0s));
    for (const auto id : {known, unknown, slower})
        s.load.on_done(id, {End::Cancelled, 0, 9s}, at(0s));
    EXPECT_DOUBLE_EQ(s.of(known), 9);
    EXPECT_DOUBLE_EQ(s.of(unknown), 9);
    EXPECT_DOUBLE_EQ(s.of(slower), 10);
}

TEST(PeakLatency, ForgetsWhoHadTheSlotBefore) {
    Scale<PeakLatency> s;
    const auto old = s.add();
    s.load.on_done(old, ok(5s), at(0s));
    s.view.erase(old);
    s.fleet.remove(old, {});
    EXPECT_EQ(s.add(), old);
    EXPECT_EQ(s.of(old), 0);
}

}  // namespace
