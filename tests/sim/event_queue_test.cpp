#include "sim/event_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"

namespace {

using lb::Duration;
using lb::Instant;
using lbsim::EventId;
using lbsim::EventQueue;
using lbtest::Every;

Instant at(std::int64_t ns) { return Instant{Duration{ns}}; }

/// The events left, in the order in which they come.
std::vector<int> drained(EventQueue<int>& queue) {
    std::vector<int> out;
    while (!queue.empty()) out.push_back(queue.pop().second);
    return out;
}

// ---- The contract, case by case

TEST(EventQueue, HandsOutTheEarliestFirst) {
    EventQueue<int> queue;
    for (const int when : {5, 1, 4, 2, 3}) queue.push(at(when), when);
    EXPECT_EQ(drained(queue), (std::vector{1, 2, 3, 4, 5}));
}

TEST(EventQueue, KeepsTheOrderOfSchedulingAtOneInstant) {
    EventQueue<int> queue;
    std::vector<int> expected;
    for (int i = 0; i != 1000; ++i) {
        queue.push(at(i % 3), i);
        expected.push_back(i);
    }
    std::stable_sort(expected.begin(), expected.end(), [](int a, int b) { return a % 3 < b % 3; });
    EXPECT_EQ(drained(queue), expected);
}

TEST(EventQueue, PutsWhatIsScheduledForNowAfterWhatIsAlreadyDueNow) {
    EventQueue<int> queue;
    queue.push(at(1), 1);
    queue.push(at(1), 2);
    EXPECT_EQ(queue.pop().second, 1);
    queue.push(at(1), 3);
    EXPECT_EQ(drained(queue), (std::vector{2, 3}));
}

TEST(EventQueue, KnowsInstantsOnBothSidesOfZeroToTheEndsOfTime) {
    EventQueue<int> queue;
    const Instant ends[] = {Instant::max(), at(1), at(0), at(-1), Instant::min()};
    for (const auto when : ends) queue.push(when, 0);
    for (auto end = std::rbegin(ends); end != std::rend(ends); ++end) {
        EXPECT_EQ(queue.next(), *end);
        EXPECT_EQ(queue.pop().first, *end);
    }
    EXPECT_EQ(queue.next(), Instant::max());
}

TEST(EventQueue, CancelsAnEventOnceAndOnlyBeforeItHappens) {
    EventQueue<int> queue;
    const auto first = queue.push(at(1), 1), second = queue.push(at(2), 2);
    queue.push(at(3), 3);
    EXPECT_TRUE(queue.cancel(second));
    EXPECT_FALSE(queue.cancel(second));
    EXPECT_EQ(queue.size(), 2u);
    queue.pop();
    EXPECT_FALSE(queue.cancel(first));
    EXPECT_EQ(drained(queue), std::vector{3});
}

TEST(EventQueue, TakesTheNameOfNoEventForNone) {
    EventQueue<int> queue;
    EXPECT_FALSE(queue.cancel({}));
    queue.push(at(1), 1);
    EXPECT_FALSE(queue.cancel({}));
    EXPECT_FALSE(queue.cancel({.slot = 7, .order = 0}));
    EXPECT_EQ(queue.size(), 1u);
}

TEST(EventQueue, NeverCancelsAnothersEventByAnOldName) {
    EventQueue<int> queue;
    std::vector<EventId> old;
    lb::Rng rng{1};
    for (int i = 0; i != 2000; ++i) {
        const auto id = queue.push(at(i), i);
        if (rng.below(2) == 0)
            queue.cancel(id);
        else
            queue.pop();
        old.push_back(id);  // All in the same slot.
        queue.push(at(i), i);
        for (const auto& name : old) ASSERT_FALSE(queue.cancel(name));
        queue.pop();
    }
}

TEST(EventQueue, CountsWhatIsToComeAlsoRightAfterAPop) {
    EventQueue<int> queue;
    EXPECT_TRUE(queue.empty());
    queue.push(at(1), 1);
    queue.push(at(2), 2);
    queue.pop();
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_FALSE(queue.empty());
    queue.pop();
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_TRUE(queue.empty());
    queue.push(at(2), 3);
    EXPECT_EQ(queue.size(), 1u);
}

TEST(EventQueueDeathTest, RefusesToScheduleThePast) {
    EventQueue<int> queue;
    queue.push(at(5), 1);
    queue.pop();
    queue.push(at(5), 2);
    EXPECT_DEATH(queue.push(at(4), 3), "broken expectation");
}

TEST(EventQueueDeathTest, HasNothingToHandOutWhenEmpty) {
    EventQueue<int> queue;
    EXPECT_DEATH(queue.pop(), "broken expectation");
    queue.push(at(5), 1);
    queue.pop();
    EXPECT_DEATH(queue.pop(), "broken expectation");
}

// ---- Against a list that is searched

class List {
public:
    void push(Instant when, int event) { events_.push_back({when, event}); }
    bool cancel(int event) {
        return std::erase_if(events_, [&](const Entry& e) { return e.event == event; }) != 0;
    }
    std::size_t size() const { return events_.size(); }
    Instant next() const { return events_.empty() ? Instant::max() : first()->when; }
    int pop() {
        const auto taken = first();
        now = taken->when;
        const int event = taken->event;
        events_.erase(taken);
        return event;
    }
    Instant now = Instant::min();

private:
    struct Entry {
        Instant when;
        int event;
    };
    std::vector<Entry>::const_iterator first() const {
        return std::min_element(events_.begin(), events_.end(), [](const Entry& a, const Entry& b) {
            return a.when < b.when;
        });  // The first of equals.
    }
    std::vector<Entry> events_;  // In the order of scheduling.
};

/// The queue and the list, side by side.
struct Duel {
    EventQueue<int> queue;
    List list;
    std::vector<EventId> names;

    void push(Instant when) {
        const int event = static_cast<int>(names.size());
        names.push_back(queue.push(when, event));
        list.push(when, event);
    }
    void pop() {
        if (list.size() == 0) return;
        const int expected = list.pop();
        const auto [when, event] = queue.pop();
        ASSERT_EQ(event, expected);
        ASSERT_EQ(when, list.now);
    }
    /// Any event that ever was.
    void cancel(std::size_t which) {
        ASSERT_EQ(queue.cancel(names[which]), list.cancel(static_cast<int>(which)));
    }
    void look() {
        ASSERT_EQ(queue.next(), list.next());
        ASSERT_EQ(queue.size(), list.size());
    }
    void drain() {
        while (list.size() != 0) ASSERT_NO_FATAL_FAILURE(pop());
        ASSERT_TRUE(queue.empty());
    }
};

// Looking is a choice of its own, since it fills the hole that a pop leaves.
TEST(EventQueue, AgreesWithAListAfterEveryShortHistory) {
    std::uint64_t histories = 0;
    for (Every e; e.next(); ++histories) {
        Duel duel;
        for (int step = 0; step != 6; ++step) {
            const auto from = duel.list.now == Instant::min() ? at(-1) : duel.list.now;
            switch (e.below(4)) {
                case 0: duel.push(from + Duration{e.below(3)}); break;
                case 1: ASSERT_NO_FATAL_FAILURE(duel.pop()); break;
                case 2:
                    if (duel.names.empty()) break;
                    ASSERT_NO_FATAL_FAILURE(duel.cancel(e.below(duel.names.size())));
                    break;
                default: ASSERT_NO_FATAL_FAILURE(duel.look());
            }
            ASSERT_EQ(duel.queue.size(), duel.list.size());
        }
        ASSERT_NO_FATAL_FAILURE(duel.drain());
    }
    EXPECT_GT(histories, 50'000u);
}

// Short histories never build a deep heap: fill it first, so that cancelling reaches the inside.
TEST(EventQueue, AgreesWithAListAfterEveryPairOfCancellationsInADeepHeap) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        for (Every e; e.next();) {
            constexpr std::size_t kEvents = 40;
            lb::Rng rng{seed};
            Duel duel;
            for (std::size_t i = 0; i != kEvents; ++i)
                duel.push(at(static_cast<std::int64_t>(rng.below(30))));
            for (int pops = e.below(2); pops != 0; --pops) ASSERT_NO_FATAL_FAILURE(duel.pop());
            for (int i = 0; i != 2; ++i) ASSERT_NO_FATAL_FAILURE(duel.cancel(e.below(kEvents)));
            ASSERT_NO_FATAL_FAILURE(duel.drain());
        }
    }
}

void play(lb::Rng& rng, std::size_t most, int steps) {
    Duel duel;
    std::int64_t now = -1000;  // From negative instants on.
    for (int step = 0; step != steps; ++step) {
        now = std::max(now, static_cast<std::int64_t>(duel.list.now.time_since_epoch().count()));
        const auto what = rng.below(10);
        if (what < 5 && duel.list.size() < most) {
            duel.push(at(now + static_cast<std::int64_t>(rng.below(50))));
        } else if (what < 8) {
            ASSERT_NO_FATAL_FAILURE(duel.pop());
        } else if (what == 8 && !duel.names.empty()) {
            const auto n = duel.names.size();  // Mostly of late, when it is still to come.
            ASSERT_NO_FATAL_FAILURE(duel.cancel(n - 1 - rng.below(std::min(n, 2 * most))));
        } else {
            ASSERT_NO_FATAL_FAILURE(duel.look());
        }
        ASSERT_EQ(duel.queue.size(), duel.list.size());
    }
    ASSERT_NO_FATAL_FAILURE(duel.drain());
}

TEST(EventQueue, AgreesWithAListThroughLongRandomHistories) {
    for (std::uint64_t seed = 0; seed != 300; ++seed) {
        lb::Rng rng{seed};
        ASSERT_NO_FATAL_FAILURE(play(rng, 1 + rng.below(100), 2000)) << "seed " << seed;
    }
}

TEST(EventQueue, SortsAMillionInstants) {
    EventQueue<int> queue;
    lb::Rng rng{1};
    for (int i = 0; i != 1'000'000; ++i)
        queue.push(at(static_cast<std::int64_t>(rng.below(1 << 20))), i);
    Instant last = Instant::min();
    int last_event = -1;
    while (!queue.empty()) {
        const auto [when, event] = queue.pop();
        ASSERT_TRUE(when > last || (when == last && event > last_event));
        last = when;
        last_event = event;
    }
}

// ---- run()

struct Countdown {
    EventQueue<int> queue{};
    std::vector<int> handled{};
    std::size_t enough = 100;
    bool over() const { return handled.size() == enough; }
    void handle(int event, Instant now) {
        handled.push_back(event);
        if (event > 0) queue.push(now + Duration{1}, event - 1);
    }
};

TEST(Run, HandsTheWorldItsEventsUntilNoneIsLeft) {
    Countdown world;
    world.queue.push(at(0), 3);
    lbsim::run(world);
    EXPECT_EQ(world.handled, (std::vector{3, 2, 1, 0}));
}

TEST(Run, StopsWhenTheWorldIsOver) {
    Countdown world;
    world.enough = 2;
    world.queue.push(at(0), 3);
    lbsim::run(world);
    EXPECT_EQ(world.handled, (std::vector{3, 2}));
    EXPECT_EQ(world.queue.size(), 1u);
}

TEST(Run, TellsThePaceTheTimeBeforeEachEvent) {
    Countdown world;
    world.queue.push(at(5), 2);
    std::vector<std::int64_t> times;
    lbsim::run(world, [&](Instant now) {
        EXPECT_EQ(world.handled.size(), times.size());
        times.push_back(now.time_since_epoch().count());
    });
    EXPECT_EQ(times, (std::vector<std::int64_t>{5, 6, 7}));
}

}  // namespace
