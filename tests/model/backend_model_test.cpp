#include "model/backend_model.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using std::vector;

constexpr double kForever = std::numeric_limits<double>::infinity();

/// A backend alone with its queue of events.  Requests are numbered from 0 in order of arrival.
class Station {
public:
    Station(Discipline discipline, lb::Limit workers, lb::Limit queue = {})
        : config_{config(discipline, workers, queue)},
          model{0,       std::make_shared<const lb::Backend>(lb::Backend{"b0"}),
                config_, 0,
                events_, Instant{}} {}

    /// A request comes; false if it is turned away.
    bool come(Duration at, Duration service) {
        run(at);
        auto& r = requests_.take();
        ends.push_back(kNever);
        return model.accept(r, static_cast<double>(service.count()), Instant{at});
    }
    void factor(Duration at, double factor) {
        run(at);
        model.set_factor(factor, Instant{at});
    }
    vector<std::uint32_t> evict(Duration at) {
        run(at);
        vector<std::uint32_t> slots;
        for (const auto* r : model.evict(Instant{at})) slots.push_back(r->slot);
        return slots;
    }
    /// When each ended, or kNever.
    const vector<Duration>& run(Duration until = 1000s) {
        while (!events_.empty() && events_.next() <= Instant{until}) {
            const auto [now, event] = events_.pop();
            const bool shared = event.group == Event::kSharing;
            auto& r = shared ? model.finish_sharer(now) : requests_[event.index];
            if (!shared) model.finish(r, now);
            ends[r.slot] = now.time_since_epoch();
        }
        return ends;
    }

    static constexpr Duration kNever = Duration::max();

private:
    static Backends config(Discipline discipline, lb::Limit workers, lb::Limit queue) {
        Backends b;
        b.discipline = discipline;
        b.workers = workers;
        b.queue = queue;
        return b;
    }
    Backends config_;
    Requests requests_;
    EventQueue<Event> events_;

public:
    BackendModel model;
    vector<Duration> ends;
};

TEST(BackendModel, ServesFirstComeFirstServed) {
    Station s{Discipline::Fifo, {1}};
    s.come(0s, 3s), s.come(1s, 1s), s.come(2s, 2s), s.come(10s, 1s);
    EXPECT_EQ(s.run(), (vector<Duration>{3s, 4s, 6s, 11s}));
}

TEST(BackendModel, ServesTheLastToComeFirstButInterruptsNobody) {
    Station s{Discipline::Lifo, {1}};
    s.come(0s, 3s), s.come(1s, 1s), s.come(2s, 2s), s.come(4s, 5s);
    EXPECT_EQ(s.run(), (vector<Duration>{3s, 11s, 5s, 10s}));
}

TEST(BackendModel, ServesAsManyAtATimeAsItHasWorkers) {
    Station s{Discipline::Fifo, {2}};
    s.come(0s, 4s), s.come(0s, 1s), s.come(0s, 2s), s.come(0s, 2s);
    EXPECT_EQ(s.run(), (vector<Duration>{4s, 1s, 3s, 5s}));
}

TEST(BackendModel, OfUnlimitedWorkersMakesNobodyWait) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        Station s{discipline, {}};
        for (int i = 0; i != 100; ++i) EXPECT_TRUE(s.come(1s * i, 1s * (100 - i)));
        for (const auto end : s.run()) EXPECT_EQ(end, 100s);
        EXPECT_EQ(s.model.take_integrals(Instant{200s}).queue_max, 0u);
    }
}

// Alone until 1 s, two until 4 s (1.5 s each), alone again: the first has 2.5 s by then.
TEST(BackendModel, SharesItsProcessorEqually) {
    Station s{Discipline::Ps, {1}};
    s.come(0s, 4s), s.come(1s, 1500ms);
    EXPECT_EQ(s.run(), (vector<Duration>{5500ms, 4s}));
}

TEST(BackendModel, SharesNothingWhileThereAreWorkersForAll) {
    Station s{Discipline::Ps, {2}};
    // Two alone until 1 s; three at 2/3 speed until the second has had its other second, at 2.5 s.
    s.come(0s, 4s), s.come(0s, 2s), s.come(1s, 4s);
    EXPECT_EQ(s.run(), (vector<Duration>{4500ms, 2500ms, 5500ms}));
}

TEST(BackendModel, EndsEqualSharersOneByOneInOrderOfArrival) {
    Station s{Discipline::Ps, {1}};
    for (int i = 0; i != 4; ++i) s.come(0s, 1s);
    EXPECT_EQ(s.run(), (vector<Duration>(4, 4s)));
}

TEST(BackendModel, TurnsAwayWhoeverFindsNoWaitingPlace) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        Station s{discipline, {2}, {1}};
        EXPECT_TRUE(s.come(0s, 10s));
        EXPECT_TRUE(s.come(0s, 10s));
        EXPECT_TRUE(s.come(0s, 10s));
        EXPECT_FALSE(s.come(1s, 10s));
        EXPECT_TRUE(s.come(15s, 1s));  // Sharers have all ended; else the third is in service.
        s.run();
        EXPECT_EQ(s.ends[3], Station::kNever);
        EXPECT_NE(s.ends[4], Station::kNever);
    }
}

TEST(BackendModel, WithoutWaitingPlacesTurnsAwayWhoeverFindsNoWorker) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        Station s{discipline, {1}, {0}};
        EXPECT_TRUE(s.come(0s, 2s));
        EXPECT_FALSE(s.come(1s, 1s));
        EXPECT_TRUE(
            s.come(2s, 1s));  // The end of a service goes before an arrival that comes later.
        EXPECT_EQ(s.run()[2], 3s);
    }
}

TEST(BackendModel, StretchesWhatIsInServiceWhenItBecomesSlow) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        Station s{discipline, {1}};
        s.come(0s, 4s);
        s.factor(1s, 4);    // 3 s left at full speed,
        s.factor(5s, 0.5);  // 2 s left, at twice the speed.
        EXPECT_EQ(s.run(), (vector<Duration>{6s}));
    }
}

TEST(BackendModel, StretchesAllThatAreInServiceAndAllThatFollow) {
    Station s{Discipline::Fifo, {2}};
    s.come(0s, 2s), s.come(0s, 3s), s.come(0s, 1s);
    s.factor(1s, 2);
    EXPECT_EQ(s.run(), (vector<Duration>{3s, 5s, 5s}));
}

TEST(BackendModel, GoesOnWhereItWasAfterItHung) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        Station s{discipline, {1}};
        s.come(0s, 4s);
        s.factor(1s, kForever);
        EXPECT_EQ(s.run(100s)[0], Station::kNever);
        s.factor(100s, 1);
        EXPECT_EQ(s.run(), (vector<Duration>{103s}));
    }
}

TEST(BackendModel, TakesRequestsWhileItHangs) {
    Station s{Discipline::Fifo, {1}, {1}};
    s.factor(1s, kForever);
    EXPECT_TRUE(s.come(2s, 1s));
    EXPECT_TRUE(s.come(3s, 1s));
    EXPECT_FALSE(s.come(4s, 1s));
    s.factor(5s, 2);
    EXPECT_EQ(s.run(), (vector<Duration>{7s, 9s, Station::kNever}));
}

TEST(BackendModel, KeepsItsPlaceThroughAChangeOfSpeedWhileItHangs) {
    Station s{Discipline::Fifo, {1}};
    s.come(0s, 4s);
    s.factor(1s, 3);
    s.factor(4s, kForever);  // 2 s left at full speed.
    s.factor(9s, 3);
    EXPECT_EQ(s.run(), (vector<Duration>{15s}));
}

TEST(BackendModel, AddsTheExtraTimeToServicesThatBeginOnTopOfTheFactor) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Ps}) {
        Station s{discipline, {1}};
        s.come(0s, 1s);
        s.run(1s);
        s.model.slow_factor = 3;
        s.model.slow_add_ns = 5e8;
        s.factor(2s, 3);
        s.come(2s, 1s);
        EXPECT_EQ(s.run(), (vector<Duration>{1s, 5500ms}));
    }
}

TEST(BackendModel, AddsTheExtraTimeByWhenAServiceBeginsNotByWhenItsRequestCame) {
    Station s{Discipline::Fifo, {1}};
    s.come(0s, 2s), s.come(1s, 1s), s.come(1s, 1s);
    s.run(1500ms);
    s.model.slow_add_ns = 1e9;
    s.run(3s);
    s.model.slow_add_ns = 0;
    EXPECT_EQ(s.run(), (vector<Duration>{2s, 4s, 5s}));
}

TEST(BackendModel, GivesUpAllItHoldsAndStartsAfresh) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        Station s{discipline, {2}};
        for (int i = 0; i != 4; ++i) s.come(0s, 2s);
        auto out = s.evict(1s);
        std::sort(out.begin(), out.end());
        EXPECT_EQ(out, (vector<std::uint32_t>{0, 1, 2, 3}));
        EXPECT_TRUE(s.model.idle());
        s.come(5s, 2s);
        EXPECT_EQ(s.run().back(), 7s);
        for (int i = 0; i != 4; ++i)
            EXPECT_EQ(s.ends[static_cast<std::size_t>(i)], Station::kNever);
    }
}

TEST(BackendModel, KnowsHowBusyItWasAndHowLongItsQueue) {
    Station s{Discipline::Fifo, {2}};
    s.come(0s, 1s), s.come(0s, 1s), s.come(0s, 1s), s.come(0s, 3s);
    s.run();
    const auto seen = s.model.take_integrals(Instant{10s});
    EXPECT_EQ(seen.busy_ns, 6e9);
    EXPECT_EQ(seen.queue_max, 2u);
    EXPECT_EQ(s.model.take_integrals(Instant{20s}).busy_ns, 0);
}

TEST(BackendModel, NotesTheMostInFlight) {
    Station s{Discipline::Fifo, {1}};
    const auto tickets = [&](int out, int back) {
        for (int i = 0; i != out; ++i) s.model.ticket_out(Instant{1s}), s.model.note_in_flight();
        for (int i = 0; i != back; ++i) s.model.ticket_back(Instant{1s});
    };
    tickets(3, 2), tickets(1, 0);
    EXPECT_EQ(s.model.take_integrals(Instant{2s}).in_flight_max, 3u);
    EXPECT_EQ(s.model.take_integrals(Instant{3s}).in_flight_max, 2u);  // Which were there already.
    tickets(0, 2), tickets(1, 0);
    EXPECT_EQ(s.model.take_integrals(Instant{4s}).in_flight_max, 2u);
    EXPECT_EQ(s.model.take_integrals(Instant{5s}).in_flight_max, 1u);
}

TEST(BackendModel, ServesRandomRequestsAsTheRecursionOfLindleySays) {
    lb::Rng rng{7};
    Station s{Discipline::Fifo, {1}};
    Duration at{}, free{};
    vector<Duration> expected;
    for (int i = 0; i != 20'000; ++i) {
        at += 1ns * static_cast<int>(rng.below(10));
        const auto service = 1ns * static_cast<int>(rng.below(9));
        s.come(at, service);
        free = std::max(at, free) + service;
        expected.push_back(free);
    }
    EXPECT_EQ(s.run(), expected);
}

}  // namespace
