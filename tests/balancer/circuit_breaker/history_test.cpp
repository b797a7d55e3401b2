#include "balancer/circuit_breaker/history.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "balancer/circuit_breaker/naive.hpp"
#include "base/rng.hpp"
#include "support/every.hpp"

namespace {

using lb::Duration;
using lb::Instant;
using lb::breaker::History;
using lb::breaker::Mark;
using lb::breaker::Tally;
using lb::breaker::Trip;
using lb::breaker::Window;
using lbtest::NaiveHistory;
using Kind = Window::Kind;
using Align = Window::Align;
using Attribute = Window::Attribute;
using Denominator = Trip::Denominator;
using namespace std::chrono_literals;

struct Shape {
    Window window;
    Trip trip;
};

std::string text(const Shape& shape) {
    const auto number = [](auto e) { return std::to_string(static_cast<int>(e)); };
    return "kind " + number(shape.window.kind) + ", align " + number(shape.window.align) +
           ", attribute " + number(shape.window.attribute) + ", denominator " +
           number(shape.trip.denominator) + ", evaluate " + number(shape.trip.evaluate) +
           ", calls " + std::to_string(shape.window.calls) + ", span " +
           std::to_string(shape.window.span.count()) + ", buckets " +
           std::to_string(shape.window.buckets);
}

/// Every kind of window, with every way to count in it.
std::vector<Shape> shapes(std::int64_t calls, Duration span, std::int64_t buckets) {
    std::vector<Shape> out;
    for (lbtest::Every e; e.next();) {
        Shape s;
        s.window = {.kind = static_cast<Kind>(e.below(5)),
                    .calls = calls,
                    .span = span,
                    .buckets = buckets};
        const bool counted = s.window.kind == Kind::Count || s.window.kind == Kind::Ewma;
        if (s.window.kind == Kind::Time || s.window.kind == Kind::Tumbling)
            s.window.align = static_cast<Align>(e.below(3));
        if (!counted) {
            s.window.attribute = static_cast<Attribute>(e.below(2));
            s.trip.denominator = static_cast<Denominator>(e.below(3));
        }
        if ((s.window.kind == Kind::Time || s.window.kind == Kind::Tumbling) &&
            s.window.align != Align::OnDemand && e.below(2) == 1)
            s.trip.evaluate = Trip::Evaluate::Periodic;
        out.push_back(s);
    }
    return out;
}

/// A history and a list of everything that happened, driven alike.
class Twins {
public:
    Twins(const Shape& shape, Instant start)
        : now_{start},
          history_{shape.window, shape.trip, start},
          naive_{shape.window, shape.trip, start} {}

    void pass(Duration d) {
        now_ += d;
        naive_.look(now_);
        history_.advance(now_);
    }
    void send() { out_.push_back({history_.on_sent(now_), naive_.on_sent(now_)}); }
    void refuse() {
        history_.on_refused(now_);
        naive_.on_refused(now_);
    }
    void finish(std::size_t which, Mark mark) {
        history_.on_result(mark, out_[which].place, now_);
        naive_.on_result(mark, out_[which].naive, now_);
        forget(which);
    }
    void ignore(std::size_t which) {
        history_.on_ignored(out_[which].place);
        naive_.on_ignored(out_[which].naive);
        forget(which);
    }
    void reset() {
        history_.reset(now_);
        naive_.reset(now_);
    }
    std::size_t out() const { return out_.size(); }

    testing::AssertionResult agree() const {
        const auto a = history_.tally(), b = naive_.tally(now_);
        if (a != b)
            return testing::AssertionFailure()
                   << a.calls << '/' << a.failed << '/' << a.slow << ", but in truth " << b.calls
                   << '/' << b.failed << '/' << b.slow;
        const auto rates = history_.rates(now_), truth = naive_.rates(now_);
        if (rates.has_value() != truth.has_value())
            return testing::AssertionFailure() << "rates, or none";
        if (!rates) return testing::AssertionSuccess();
        const auto same = [](double x, double y) {
            return x == y || (x != x && y != y) || std::abs(x - y) < 1e-12;
        };
        if (rates->calls != truth->calls || !same(rates->failed, truth->failed) ||
            !same(rates->slow, truth->slow))
            return testing::AssertionFailure()
                   << "rates of " << rates->calls << " calls: " << rates->failed << ", "
                   << rates->slow << ", but in truth " << truth->calls << ": " << truth->failed
                   << ", " << truth->slow;
        return testing::AssertionSuccess();
    }

private:
    struct Sent {
        std::uint64_t place;
        NaiveHistory::Place naive;
    };
    void forget(std::size_t which) {
        out_.erase(out_.begin() + static_cast<std::ptrdiff_t>(which));
    }

    Instant now_;
    History history_;
    NaiveHistory naive_;
    std::vector<Sent> out_;
};

/// Something happens, by choice; all is forgotten only if it may.
template <class Below>
void step(Twins& twins, Below below, bool resets) {
    switch (below(8)) {
        case 0: return twins.send();
        case 1: return twins.refuse();
        case 2: return twins.pass(1ns);
        case 3: return twins.pass(Duration{static_cast<std::int64_t>(below(3)) + 2});
        case 4:
            if (resets) twins.reset();
            return;
        case 5:
            if (twins.out() != 0) twins.ignore(below(twins.out()));
            return;
        default: break;
    }
    if (twins.out() == 0) return twins.send();
    const auto which = below(twins.out());
    twins.finish(which, {.failed = below(2) == 1, .slow = false});
}

TEST(History, AgreesWithAListOfEverythingInEveryShortScript) {
    for (const auto& shape : shapes(2, 3ns, 2)) {
        for (lbtest::Every e; e.next();) {
            Twins twins{shape, Instant{-2ns}};
            for (int i = 0; i != 5; ++i) {
                step(
                    twins, [&](std::size_t n) { return e.below(n); }, true);
                ASSERT_TRUE(twins.agree()) << text(shape);
            }
        }
    }
}

TEST(History, AgreesWithAListOfEverythingInLongRandomScripts) {
    lb::Rng rng{1};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(rng.below(n)); };
    for (int repetition = 0; repetition != 20; ++repetition) {
        const auto buckets = 1 + static_cast<std::int64_t>(below(12));
        const Duration span{buckets * (1 + static_cast<std::int64_t>(below(40))) +
                            static_cast<std::int64_t>(below(3))};
        for (const auto& shape : shapes(1 + static_cast<std::int64_t>(below(20)), span, buckets)) {
            Twins twins{shape, Instant{-500ns}};
            for (int i = 0; i != 300; ++i) {
                switch (below(40)) {
                    case 0: twins.pass(span / buckets); break;
                    case 1: twins.pass(span); break;
                    case 2: twins.pass(span + 1ns); break;
                    case 3: twins.pass(10 * span); break;
                    default: step(twins, below, below(20) == 0);
                }
                ASSERT_TRUE(twins.agree()) << text(shape) << ", step " << i;
            }
        }
    }
}

// ---- By hand, in milliseconds

Tally after(const Window& window, std::vector<std::pair<Duration, bool>> results, Duration at) {
    History history{window, Trip{}, Instant{}};
    for (const auto& [when, failed] : results)
        history.on_result({.failed = failed}, 0, Instant{when});
    history.advance(Instant{at});
    return history.tally();
}

TEST(History, OfCountsForgetsTheOldestForEachNewOne) {
    const Window two{.kind = Kind::Count, .calls = 2};
    EXPECT_EQ(after(two, {{0s, true}}, 1h), (Tally{1, 1, 0}));
    EXPECT_EQ(after(two, {{0s, true}, {0s, false}}, 1h), (Tally{2, 1, 0}));
    EXPECT_EQ(after(two, {{0s, true}, {0s, false}, {0s, false}}, 1h), (Tally{2, 0, 0}));
}

TEST(History, OfTimeForgetsABucketAtATime) {
    const Window ten{.kind = Kind::Time, .span = 10s, .buckets = 10};
    EXPECT_EQ(after(ten, {{999ms, true}, {1s, true}}, 9'999ms), (Tally{2, 2, 0}));
    EXPECT_EQ(after(ten, {{999ms, true}, {1s, true}}, 10s), (Tally{1, 1, 0}))
        << "nine seconds later the first is gone";
    EXPECT_EQ(after(ten, {{0s, true}}, 9'999ms), (Tally{1, 1, 0})) << "it may be ten";
}

TEST(History, OnDemandRemembersALonelyResultForTheWholeSpan) {
    const Window ten{.kind = Kind::Time, .span = 10s, .buckets = 10, .align = Align::OnDemand};
    EXPECT_EQ(after(ten, {{999ms, true}}, 10'998ms), (Tally{1, 1, 0}));
    EXPECT_EQ(after(ten, {{999ms, true}}, 10'999ms), (Tally{0, 0, 0}));
    EXPECT_EQ(after(ten, {{999ms, true}, {1'998ms, true}}, 10'999ms), (Tally{0, 0, 0}))
        << "the second was in the bucket of the first";
    EXPECT_EQ(after(ten, {{999ms, true}, {1'999ms, true}}, 10'999ms), (Tally{1, 1, 0}));
}

TEST(History, TumblingForgetsEverythingAtOnce) {
    const Window clock{.kind = Kind::Tumbling, .span = 1s, .align = Align::Epoch};
    EXPECT_EQ(after(clock, {{100ms, true}, {999ms, true}}, 999ms), (Tally{2, 2, 0}));
    EXPECT_EQ(after(clock, {{100ms, true}, {999ms, true}}, 1s), (Tally{}));
}

TEST(History, OfIntervalsOnDemandRollsAfterTheSpanAndFromWhenItIsNoticed) {
    const Window window{.kind = Kind::Tumbling, .span = 1s, .align = Align::OnDemand};
    EXPECT_EQ(after(window, {{0s, true}}, 1s), (Tally{1, 1, 0})) << "not at its end";
    EXPECT_EQ(after(window, {{0s, true}}, 1s + 1ns), (Tally{}));
    EXPECT_EQ(after(window, {{0s, true}, {1'500ms, true}}, 2'500ms), (Tally{1, 1, 0}));
}

TEST(History, ForgottenExponentiallyHalvesWithEachLn2OfTheSpan) {
    History history{{.kind = Kind::Ewma, .span = 100s}, Trip{}, Instant{}};
    history.on_result({.failed = true}, 0, Instant{0s});
    history.on_result({.failed = false}, 0, Instant{69'314'718'056ns});
    EXPECT_FALSE(history.rates(Instant{100s - 1ns}));
    ASSERT_TRUE(history.rates(Instant{100s}));
    EXPECT_NEAR(history.rates(Instant{100s})->failed, 0.5, 1e-10);
}

TEST(History, FilesAResultWhereItsRequestWasSentOrNowhere) {
    const Window by_sending{
        .kind = Kind::Time, .span = 10s, .buckets = 10, .attribute = Attribute::Admission};
    History history{by_sending, Trip{}, Instant{}};
    const auto first = history.on_sent(Instant{500ms}), second = history.on_sent(Instant{5s});
    history.on_result({.failed = true}, first, Instant{10s});
    EXPECT_EQ(history.tally(), Tally{}) << "its bucket is gone";
    history.on_result({.failed = true}, second, Instant{14s});
    EXPECT_EQ(history.tally(), (Tally{1, 1, 0}));
    history.advance(Instant{15s});
    EXPECT_EQ(history.tally(), Tally{}) << "as old as its request";
}

TEST(History, CountsTheCallsThatRatesAreOf) {
    const auto calls = [](Denominator denominator) {
        Trip trip;
        trip.denominator = denominator;
        History history{Window{}, trip, Instant{}};
        history.on_refused(Instant{});
        const auto ignored = history.on_sent(Instant{}), done = history.on_sent(Instant{});
        history.on_sent(Instant{});
        history.on_ignored(ignored);
        history.on_result({}, done, Instant{});
        return history.tally().calls;
    };
    EXPECT_EQ(calls(Denominator::Completed), 1);
    EXPECT_EQ(calls(Denominator::Admitted), 2);
    EXPECT_EQ(calls(Denominator::Offered), 4);
}

TEST(History, HasAnInfiniteRateOfFailuresThatOutlivedTheirRequests) {
    Trip trip;
    trip.denominator = Denominator::Offered;
    History history{Window{}, trip, Instant{}};
    const auto place = history.on_sent(Instant{});
    history.on_result({.failed = true}, place, Instant{1h});
    EXPECT_EQ(history.rates(Instant{1h})->failed, std::numeric_limits<double>::infinity());
}

TEST(History, LooksOnlyAtBucketsThatHaveEndedIfAskedPeriodically) {
    Trip trip;
    trip.evaluate = Trip::Evaluate::Periodic;
    History history{{.kind = Kind::Time, .span = 2s, .buckets = 2}, trip, Instant{}};
    history.on_result({.failed = true}, 0, Instant{500ms});
    EXPECT_EQ(history.rates(Instant{500ms})->calls, 0);
    EXPECT_EQ(history.tally().calls, 1);
    for (const auto at : {1s, 2s}) {
        history.advance(Instant{at});
        EXPECT_EQ(history.rates(Instant{at})->calls, 1);
    }
    EXPECT_FALSE(history.empty());
    EXPECT_EQ(history.tally().calls, 0) << "it is no more among the two newest";
    history.advance(Instant{3s});
    EXPECT_TRUE(history.empty());
}

}  // namespace
