#include "experiment/comparison.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "stats/estimate.hpp"

namespace lbsim {
namespace {

constexpr double kAlpha = 0.05;  // Of Holm's correction, as the intervals are of 95 %.

using Replications = std::vector<Observation>;

std::vector<Reading> readings(const Replications& replications, std::string_view metric) {
    std::vector<Reading> out;
    for (const auto& r : replications) out.push_back(r.spans.front().of(metric));
    return out;
}

std::size_t count(std::span<const Reading> readings, Reading::Kind kind) {
    return static_cast<std::size_t>(
        std::count_if(readings.begin(), readings.end(), [&](const auto& r) { return r.is(kind); }));
}

// One of the two is infinite somewhere.  Student's t has nothing to say then, but always against
// never is as certain as the same difference each time.
void compare_infinite(Comparison& out, std::span<const Reading> a, std::span<const Reading> b) {
    const auto in_a = count(a, Reading::Kind::Beyond), in_b = count(b, Reading::Kind::Beyond);
    out.difference.absent = in_a != 0 && in_b != 0;
    if (out.difference.absent) return;
    out.difference.beyond = true;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    out.difference.value = in_a != 0 ? kInfinity : -kInfinity;
    const bool always = in_a + in_b == a.size();
    if (always && a.size() > 1) out.p_value = 0;
}

Comparison compare(std::string_view metric, const Variant& a, const Variant& b,
                   const Replications& of_a, const Replications& of_b) {
    Comparison out{.metric = column(*find_metric(metric)),
                   .a = a.label,
                   .b = b.label,
                   .difference = {},
                   .p_value = 1,
                   .distinguishable = false};
    const auto in_a = readings(of_a, metric), in_b = readings(of_b, metric);
    for (std::size_t i = 0; i != in_a.size(); ++i)
        out.difference.thin = out.difference.thin || in_a[i].thin || in_b[i].thin;
    if (count(in_a, Reading::Kind::Beyond) + count(in_b, Reading::Kind::Beyond) != 0) {
        compare_infinite(out, in_a, in_b);
        return out;
    }
    std::vector<double> x, y;  // Of the replications in which both have something to say.
    for (std::size_t i = 0; i != in_a.size(); ++i) {
        if (in_a[i].is(Reading::Kind::Absent) || in_b[i].is(Reading::Kind::Absent)) continue;
        x.push_back(in_a[i].value);
        y.push_back(in_b[i].value);
    }
    out.difference.absent = x.empty();
    if (x.empty()) return out;
    const auto pairs = compare_pairs(x, y);
    out.difference.value = pairs.difference.value;
    out.difference.low = pairs.difference.low();
    out.difference.high = pairs.difference.high();
    out.p_value = pairs.p_value;
    return out;
}

// The number that decides, smaller is better.
double demerit(const RunResult& run, bool by_good) {
    const auto& figure = by_good ? run.measures.good : run.measures.error_rate;
    if (figure.absent) return std::numeric_limits<double>::infinity();
    return by_good ? -figure.value : figure.value;
}

double tail(const RunResult& run) {
    const auto& p99 = run.measures.latency_of_all.p99;
    return p99.absent ? std::numeric_limits<double>::infinity() : p99.value;
}

using Order = std::vector<std::size_t>;

// Cuts a sorted list where an entry is told apart from the first of its piece.
std::vector<Order> cut(const Order& order,
                       const std::function<bool(std::size_t, std::size_t)>& apart) {
    std::vector<Order> pieces;
    for (const auto i : order) {
        if (pieces.empty() || apart(pieces.back().front(), i)) pieces.emplace_back();
        pieces.back().push_back(i);
    }
    return pieces;
}

}  // namespace

std::vector<Comparison> compare(std::span<const Variant> variants,
                                std::span<const std::vector<Observation>> replications) {
    const bool good = std::all_of(variants.begin(), variants.end(),
                                  [](const auto& v) { return v.scenario.slo.has_value(); });
    std::vector<std::string_view> names{"error_rate", "p50", "p99"};
    if (good) names.insert(names.begin(), "good");
    std::vector<Comparison> out;
    std::vector<double> p_values;
    for (const auto name : names)
        for (std::size_t a = 0; a != variants.size(); ++a)
            for (std::size_t b = a + 1; b != variants.size(); ++b) {
                if (replications[a].size() != replications[b].size() ||
                    variants[a].scenario.seed != variants[b].scenario.seed)
                    continue;
                out.push_back(
                    compare(name, variants[a], variants[b], replications[a], replications[b]));
                p_values.push_back(out.back().p_value);
            }
    const auto rejected = holm(p_values, kAlpha);
    for (std::size_t i = 0; i != out.size(); ++i) out[i].distinguishable = rejected[i];
    return out;
}

std::vector<std::vector<std::size_t>> rank(std::span<const RunResult> runs,
                                           std::span<const Comparison> comparison) {
    const bool by_good =
        std::all_of(runs.begin(), runs.end(), [](const auto& run) { return run.slo.has_value(); });
    using Pair = std::pair<std::string_view, std::string_view>;
    std::map<std::string_view, std::set<Pair>> told_apart;  // By metric.
    for (const auto& c : comparison)
        if (c.distinguishable) told_apart[c.metric].insert({c.a, c.b});
    const auto apart = [&](std::string_view metric) {
        const auto& pairs = told_apart[metric];
        return [&runs, &pairs](std::size_t i, std::size_t j) {
            return pairs.contains({runs[i].variant, runs[j].variant}) ||
                   pairs.contains({runs[j].variant, runs[i].variant});
        };
    };

    Order order(runs.size());
    for (std::size_t i = 0; i != order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
        return std::pair{demerit(runs[i], by_good), tail(runs[i])} <
               std::pair{demerit(runs[j], by_good), tail(runs[j])};
    });
    const bool one =
        std::all_of(runs.begin(), runs.end(), [](const auto& run) { return run.replications < 2; });
    if (one) return {order};

    std::vector<Order> places;
    for (auto& piece : cut(order, apart(by_good ? "good" : "error_rate"))) {
        std::stable_sort(piece.begin(), piece.end(), [&](std::size_t i, std::size_t j) {
            return tail(runs[i]) < tail(runs[j]);
        });
        for (auto& place : cut(piece, apart("p99_s"))) places.push_back(std::move(place));
    }
    return places;
}

}  // namespace lbsim
