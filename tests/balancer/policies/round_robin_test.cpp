#include "balancer/policies/round_robin.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::RoundRobin;
using lbtest::Every;
using lbtest::make;
using lbtest::Pool;

/// Who gets the next requests, as the place in the list of weights.
std::vector<int> picks(const std::vector<double>& weights, std::size_t count) {
    Pool pool{make<RoundRobin>()};
    for (const double weight : weights) pool.add(weight);
    std::vector<int> out(count);
    for (auto& place : out) place = static_cast<int>(index(pool.pick()));
    return out;
}

std::string letters(const std::vector<double>& weights, std::size_t count) {
    std::string out;
    for (const int place : picks(weights, count)) out += static_cast<char>('a' + place);
    return out;
}

// The first line is from nginx's commit 52327e0627f4, which brought the rule.
TEST(RoundRobin, SpreadsTheTurnsOfTheHeavyAsEvenlyAsCanBe) {
    EXPECT_EQ(letters({5, 1, 1}, 7), "aabacaa");
    EXPECT_EQ(letters({3, 3, 1}, 7), "abcabab");
    EXPECT_EQ(letters({4, 2, 1}, 7), "abacaba");
    EXPECT_EQ(letters({1, 1, 1}, 7), "abcabca");
    EXPECT_EQ(letters({2}, 3), "aaa");
}

TEST(RoundRobin, PicksAsNginxDid) {
    std::ifstream file{LBSIM_SOURCE "/tests/vectors/public-nginx-smooth-wrr.json"};
    ASSERT_TRUE(file);
    const auto vectors = nlohmann::json::parse(file);
    ASSERT_GE(vectors["cases"].size(), 7u);
    for (const auto& c : vectors["cases"]) {
        const auto expected = c["picks"].get<std::vector<int>>();
        EXPECT_EQ(picks(c["weights"].get<std::vector<double>>(), expected.size()), expected)
            << c["weights"];
    }
}

TEST(RoundRobin, GivesEachItsWeightInEveryCycle) {
    for (Every e; e.next();) {
        std::vector<double> weights(static_cast<std::size_t>(1 + e.below(4)));
        std::size_t total = 0;
        for (auto& weight : weights) {
            const auto whole = 1 + e.below(std::size_t{6});
            weight = static_cast<double>(whole);
            total += whole;
        }
        const auto sequence = picks(weights, 3 * total);
        for (std::size_t cycle = 0; cycle != 3; ++cycle) {
            std::vector<double> counts(weights.size());
            for (std::size_t i = 0; i != total; ++i)
                ++counts[static_cast<std::size_t>(sequence[cycle * total + i])];
            ASSERT_EQ(counts, weights);
        }
    }
}

TEST(RoundRobin, TurnsTheSameWheelWhateverTheUnitOfWeight) {
    for (const double unit : {0.125, 2.0, 1024.0})
        EXPECT_EQ(letters({5 * unit, unit, unit}, 70), letters({5, 1, 1}, 70));
}

// ---- Against nginx's own way: a scan of all backends, in whole numbers.

class Scan {
public:
    void add(BackendId id, std::int64_t weight) { peers_.push_back({id, weight, 0, true}); }
    void remove(BackendId id) {
        std::erase_if(peers_, [&](const Peer& p) { return p.id == id; });
    }
    void set_eligible(BackendId id, bool eligible) { find(id).eligible = eligible; }
    void reweigh(BackendId id, std::int64_t weight) { find(id).weight = weight; }
    bool any() const {
        return std::any_of(peers_.begin(), peers_.end(), [](const Peer& p) { return p.eligible; });
    }
    BackendId pick() {
        Peer* best = nullptr;
        std::int64_t total = 0;
        for (auto& p : peers_) {
            if (!p.eligible) continue;
            p.current += p.weight;
            total += p.weight;
            if (best == nullptr || p.current > best->current) best = &p;
        }
        best->current -= total;
        return best->id;
    }

private:
    struct Peer {
        BackendId id;
        std::int64_t weight, current;
        bool eligible;
    };
    Peer& find(BackendId id) {
        return *std::find_if(peers_.begin(), peers_.end(),
                             [&](const Peer& p) { return p.id == id; });
    }
    std::vector<Peer> peers_;  // In the order of configuration.
};

/// Our policy and the scan, side by side.
struct Duel {
    Pool pool{make<RoundRobin>()};
    Scan scan;
    struct Member {
        BackendId id;
        std::int64_t weight;
        bool eligible;
    };
    std::vector<Member> members;

    void add(std::int64_t weight) {
        const auto id = pool.add(static_cast<double>(weight));
        scan.add(id, weight);
        members.push_back({id, weight, true});
    }
    void remove(std::size_t i) {
        pool.remove(members[i].id);
        scan.remove(members[i].id);
        members.erase(members.begin() + static_cast<long>(i));
    }
    void toggle(std::size_t i) {
        auto& m = members[i];
        m.eligible = !m.eligible;
        if (m.eligible)
            pool.admit(m.id);
        else
            pool.exclude(m.id);
        scan.set_eligible(m.id, m.eligible);
    }
    void reweigh(std::size_t i, std::int64_t weight) {
        members[i].weight = weight;
        pool.reweigh(members[i].id, static_cast<double>(weight));
        scan.reweigh(members[i].id, weight);
    }
    bool agree(int times = 1) {
        for (; times != 0 && scan.any(); --times)
            if (pool.pick() != scan.pick()) return false;
        return true;
    }
};

TEST(RoundRobin, PicksAsAScanWouldAfterEveryShortHistory) {
    for (Every e; e.next();) {
        Duel duel;
        for (int i = 0; i != 3; ++i) duel.add(1 + e.below(3));
        for (int step = 0; step != 4; ++step) {
            const auto what = e.below(std::size_t{8});
            const auto i = what % 3;
            if (what < 3) duel.toggle(i);
            if (3 <= what && what < 6) duel.reweigh(i, 1 + duel.members[i].weight % 3);
            if (what == 6) {
                const auto weight = duel.members[0].weight;
                duel.remove(0);
                duel.add(weight);
            }
            ASSERT_TRUE(duel.agree());
        }
        ASSERT_TRUE(duel.agree(10));
    }
}

void play(Duel& duel, lb::Rng& rng, std::size_t most, std::uint64_t heaviest, int steps) {
    const auto weight = [&] { return static_cast<std::int64_t>(1 + rng.below(heaviest)); };
    for (int step = 0; step != steps; ++step) {
        const auto what = rng.below(12);
        const std::size_t n = duel.members.size();
        if (what == 0 && n < most) duel.add(weight());
        if (what == 1 && n > 0) duel.remove(rng.below(n));
        if ((what == 2 || what == 3) && n > 0) duel.toggle(rng.below(n));
        if (what == 4 && n > 0) duel.reweigh(rng.below(n), weight());
        ASSERT_TRUE(duel.agree(static_cast<int>(rng.below(4)))) << "in step " << step;
    }
}

TEST(RoundRobin, PicksAsAScanWouldThroughRandomHistories) {
    for (std::uint64_t seed = 0; seed != 5000; ++seed) {
        lb::Rng rng{seed};
        Duel duel;
        const auto most = 1 + rng.below(9);
        const auto heaviest = seed % 7 == 0 ? std::uint64_t{1} << 40 : 1 + rng.below(5);
        ASSERT_NO_FATAL_FAILURE(play(duel, rng, most, heaviest, 100)) << "seed " << seed;
    }
}

TEST(RoundRobin, PicksAsAScanWouldAmongManyBackends) {
    for (std::uint64_t seed = 0; seed != 10; ++seed) {
        lb::Rng rng{seed};
        Duel duel;
        for (int i = 0; i != 150; ++i) duel.add(static_cast<std::int64_t>(1 + rng.below(4)));
        ASSERT_NO_FATAL_FAILURE(play(duel, rng, 200, 4, 5000)) << "seed " << seed;
    }
}

}  // namespace
