#include "experiment/expectation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "experiment/membership.hpp"
#include "stats/counts.hpp"
#include "stats/estimate.hpp"

namespace lbsim {
namespace {

using Op = Expectation::Op;
using Unit = Metric::Unit;
using Kind = Reading::Kind;

constexpr std::string_view kEmpty = "the window is empty";
constexpr std::string_view kNothingOffered = "no request was offered in that time";
constexpr std::string_view kNotYet = "the backend had not been added yet";

// When the first of some backends joined.
Duration joined(const Scenario& scenario, const std::vector<std::string>& backends) {
    const auto among = [&](const std::vector<std::string>& members) {
        return std::any_of(members.begin(), members.end(), [&](const auto& m) {
            return std::find(backends.begin(), backends.end(), m) != backends.end();
        });
    };
    for (const auto& group : scenario.backends)
        if (among(group.members)) return Duration::min();
    auto first = Duration::max();
    for (const auto& entry : scenario.timeline)
        if (const auto* add = std::get_if<AddBackends>(&entry.change))
            if (among(add->members)) first = std::min(first, entry.at);
    return first;
}

std::vector<std::size_t> indices(const std::vector<std::string>& names,
                                 const std::vector<std::string>& wanted) {
    std::map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i != names.size(); ++i) index[names[i]] = i;
    std::vector<std::size_t> out;
    for (const auto& name : wanted)
        if (const auto found = index.find(name); found != index.end()) out.push_back(found->second);
    return out;
}

std::optional<Reading> look(const Side& side, const Variant& variant, std::size_t number,
                            const Replication& replication) {
    if (side.metric == nullptr || side.metric->of_keys || side.variant != number) return {};
    const auto& scenario = variant.scenario;
    const auto from = side.window ? side.window->from : Duration::zero();
    const auto to = std::min(side.window ? side.window->to : Duration::max(), replication.duration);
    if (from >= to) return Reading::absent(kEmpty);
    if (!side.backends.empty() && joined(scenario, side.backends) >= to)
        return Reading::absent(kNotYet);
    const auto tally = side.window ? replication.over(from, side.window->to) : replication.all();
    if (tally.outcomes.offered == 0) return Reading::absent(kNothingOffered);
    const auto backends = indices(replication.backends, side.backends);
    std::span<const std::uint32_t> picks;
    if (!side.window) picks = replication.picks;
    if (side.backends.empty())
        return side.metric->compute({tally, scenario, {}, &replication.series, picks});
    if (backends.empty()) return Reading::absent(kNotYet);
    return side.metric->compute({tally, scenario, backends, &replication.series, picks});
}

std::optional<Reading> look_at_keys(const Side& side, std::span<const Variant> variants) {
    if (side.metric == nullptr || !side.metric->of_keys) return {};
    const auto& scenario = variants[side.variant].scenario;
    const auto moved = move_keys(scenario, side.backends);
    constexpr std::size_t kSome[] = {0};
    Sample sample{.tally = {}, .scenario = scenario, .keys = &moved};
    if (!side.backends.empty()) sample.backends = kSome;
    return side.metric->compute(sample);
}

// The attempts of each backend of the first tier, and what is due to them.
Seen look_at_shares(const Expectation& expectation, const Replication& replication) {
    const auto& window = expectation.left.window;
    const auto tally = window ? replication.over(window->from, window->to) : replication.all();
    Seen out;
    for (const auto& b : tally.backends) {
        if (b.tier != 0) continue;
        out.counts.push_back(b.attempts);
        const bool due = b.expected_by_weight > 0;
        out.expected.push_back(expectation.uniform ? (due ? 1.0 : 0.0) : b.expected_by_weight);
    }
    return out;
}

// Where the picks first differ from what is expected, from 1; infinite if nowhere.
Seen look_at_picks(const Expectation& expectation, const Replication& replication) {
    const auto& picks = replication.picks;
    Seen out;
    for (std::size_t i = 0; i != expectation.sequence.size(); ++i) {
        if (i == picks.size()) {
            out.left = Reading::absent("there were fewer picks");
            return out;
        }
        const auto& picked = replication.backends[picks[i]];
        if (picked == expectation.sequence[i]) continue;
        out.left = Reading::number(static_cast<double>(i + 1));
        out.note = picked + " instead of " + expectation.sequence[i];
        return out;
    }
    out.left = Reading::beyond();
    return out;
}

// ---- What a person reads

// With as many digits as make a step of that size visible.
std::string decimal(double x, double step) {
    int places = 0;
    for (double unit = 1; places < 9 && step < unit; unit /= 10) ++places;
    char buffer[64];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::fixed, places).ptr;
    return {buffer, end};
}

// How a number of that size is best told.
struct Scale {
    double factor = 1;
    std::string_view unit;
};

Scale scale(double x, Unit unit) {
    x = std::abs(x);
    switch (unit) {
        case Unit::Seconds:
            if (x >= 1 || x == 0) return {1, " s"};
            if (x >= 1e-3) return {1e3, " ms"};
            return {1e6, " us"};
        case Unit::Fraction: return {100, " %"};
        case Unit::PerSecond: return {1, "/s"};
        case Unit::Count:
        case Unit::Ratio: return {1, ""};
    }
    return {};
}

// A step that leaves three digits of x, or two of the half width if that is less.
double step_of(double x, double half_width) {
    if (x == std::round(x) && half_width == 0) return 1;
    const double three = std::abs(x) / 100, two = half_width / 10;
    if (x == 0 || half_width == 0) return std::max(three, two);
    return std::min(three, two);
}

std::string told(double value, std::optional<double> half_width, Unit unit) {
    if (std::isinf(value)) return unit == Unit::Seconds ? "never" : "infinite";
    const auto [factor, name] = scale(value, unit);
    const double x = value * factor, width = half_width.value_or(0) * factor;
    const double step = step_of(x, width);
    std::string out = decimal(x, step) + std::string{name};
    if (half_width) out += " [" + decimal(x - width, step) + ", " + decimal(x + width, step) + "]";
    return out;
}

// ---- Judging

struct Judged {
    double value = 0;  // Infinity if beyond.
    std::optional<double> half_width{};
    std::string_view vacuous{};  // Why, if it is.
};

// `as_drawn`: the runs are judged as they are, and not as a sample.
Judged judge(const Side& side, std::span<const Reading> readings, double confidence,
             bool as_drawn) {
    if (side.metric == nullptr) return {.value = side.value};
    Judged out;
    std::vector<double> numbers;
    std::string_view why = kEmpty;
    bool beyond = false;
    for (const auto& reading : readings) {
        beyond = beyond || reading.is(Kind::Beyond);
        if (reading.is(Kind::Number)) numbers.push_back(reading.value);
        if (reading.is(Kind::Absent)) why = reading.why;
    }
    out.value = std::numeric_limits<double>::infinity();
    if (beyond) return out;
    if (numbers.empty()) {
        out.vacuous = why;
        return out;
    }
    const auto mean = estimate(numbers, confidence);
    out.value = mean.value;
    out.half_width = mean.half_width;
    using Summary = Metric::Summary;
    if (side.metric->summary != Summary::Mean && as_drawn) {
        const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
        out.value = side.metric->summary == Summary::Largest ? *most : *least;
        out.half_width.reset();
    }
    return out;
}

bool holds(Op op, double left, double right, double rest) {
    switch (op) {
        case Op::Less: return left < right;
        case Op::AtMost: return left <= right;
        case Op::More: return left > right;
        case Op::AtLeast: return left >= right;
        case Op::Equal: return left == right;
        case Op::Within: return left >= right && left <= rest;
        default: return false;
    }
}

ExpectOutcome vacuous(ExpectOutcome out, std::string_view why) {
    out.vacuous = true;
    out.passed = false;
    out.seen = "never exercised: " + std::string{why};
    return out;
}

std::string at_the_rate(std::size_t suite) {
    std::string out = " at a false-alarm rate of 1e-6";
    if (suite > 1) out += " over " + std::to_string(suite) + " assertions";
    return out;
}

// A share of independent picks: all of them together, and no allowance for what is not so.
std::optional<ExpectOutcome> judge_binomial(const Expectation& expectation,
                                            std::span<const Reading> readings, double rate,
                                            ExpectOutcome out) {
    double hits = 0, draws = 0;
    for (const auto& r : readings) {
        if (r.is(Kind::Beyond)) return {};
        draws += r.draws;
        hits += r.draws * r.value;
    }
    if (draws < 1) return {};
    const auto interval =
        binomial_interval(static_cast<std::uint64_t>(std::round(hits)),
                          static_cast<std::uint64_t>(std::round(draws)), 1 - rate);
    const double x = expectation.right.value, half = (interval.high - interval.low) / 2;
    out.value = hits / draws;
    out.half_width = half;
    out.unit = Unit::Fraction;
    out.passed = expectation.op == Op::Near
                     ? interval.low >= x - expectation.rest && interval.high <= x + expectation.rest
                     : interval.low <= x && x <= interval.high;
    const double step = step_of(100 * hits / draws, 100 * half);
    out.seen = decimal(100 * hits / draws, step) + " % [" + decimal(100 * interval.low, step) +
               ", " + decimal(100 * interval.high, step) + "], binomial, of " + decimal(draws, 1) +
               " picks";
    return out;
}

ExpectOutcome judge_derived(const Expectation& expectation, std::span<const Reading> readings,
                            std::size_t suite, ExpectOutcome out) {
    const double rate = kFalseAlarm / static_cast<double>(std::max<std::size_t>(suite, 1));
    if (expectation.binomial)
        if (auto judged = judge_binomial(expectation, readings, rate, out)) {
            judged->seen += at_the_rate(suite);
            return *std::move(judged);
        }
    const auto seen = judge(expectation.left, readings, 1 - rate, false);
    if (!seen.vacuous.empty()) return vacuous(std::move(out), seen.vacuous);
    const auto unit = expectation.left.metric->unit;
    out.seen = told(seen.value, seen.half_width, unit);
    if (std::isinf(seen.value)) return out;
    if (!seen.half_width)
        return vacuous(std::move(out), "fewer than two replications have anything to say");
    out.value = seen.value;
    out.half_width = seen.half_width;
    out.unit = unit;
    const double low = seen.value - *seen.half_width, high = seen.value + *seen.half_width;
    const double x = expectation.right.value;
    out.passed = expectation.op == Op::Near
                     ? low >= x - expectation.rest && high <= x + expectation.rest
                     : low <= x && x <= high;
    out.seen += at_the_rate(suite);
    return out;
}

// All shares of independent picks at once.
ExpectOutcome judge_shares(std::span<const Seen> seen, std::size_t suite, ExpectOutcome out) {
    std::vector<std::uint64_t> counts;
    std::vector<double> expected;
    for (const auto& replication : seen) {
        counts.resize(std::max(counts.size(), replication.counts.size()));
        expected.resize(counts.size());
        for (std::size_t b = 0; b != replication.counts.size(); ++b) {
            counts[b] += replication.counts[b];
            expected[b] += replication.expected[b];
        }
    }
    double sent = 0, due = 0, least = std::numeric_limits<double>::infinity();
    for (const auto n : counts) sent += static_cast<double>(n);
    for (const double e : expected) due += e;
    if (sent == 0 || due == 0) return vacuous(std::move(out), "no request was sent to a backend");
    double largest = 0;  // Shift of a share.
    for (std::size_t b = 0; b != counts.size(); ++b) {
        if (expected[b] > 0) least = std::min(least, expected[b] / due * sent);
        const double shift = static_cast<double>(counts[b]) / sent - expected[b] / due;
        if (std::abs(shift) > std::abs(largest)) largest = shift;
    }
    constexpr double kEnough = 10;
    if (least < kEnough)
        return vacuous(std::move(out), "fewer than 10 picks are due to some backend");
    const double p = g_test(counts, expected);
    out.passed = p >= kFalseAlarm / static_cast<double>(std::max<std::size_t>(suite, 1));
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), p,
                                   std::chars_format::general, 2)
                         .ptr;
    out.seen = "G-test p = " + std::string{digits.data(), end} + ", largest shift " +
               (largest < 0 ? "" : "+") + decimal(100 * largest, std::abs(largest) * 10 + 1e-6) +
               " points, of " + decimal(sent, 1) + " picks" + at_the_rate(suite);
    return out;
}

ExpectOutcome judge_sequence(const Expectation& expectation, std::span<const Seen> seen,
                             ExpectOutcome out) {
    out.passed = true;
    out.seen = "the first " + std::to_string(expectation.sequence.size()) + " picks are these";
    std::size_t number = 0;  // Of the replication, among those of the variant.
    for (const auto& replication : seen) {
        if (!replication.left) continue;
        if (replication.left->is(Kind::Absent))
            return vacuous(std::move(out), replication.left->why);
        const auto at = number++;
        if (!replication.left->is(Kind::Number)) continue;
        out.passed = false;
        out.seen = "first divergent decision: pick " + decimal(replication.left->value, 1) + ", " +
                   replication.note + ", in replication " + std::to_string(at);
        return out;
    }
    return out;
}

// Of two variants the replications in pairs, which meet the same requests.
ExpectOutcome judge_digest(const Expectation& expectation, std::span<const Seen> seen,
                           ExpectOutcome out) {
    std::vector<std::uint64_t> left, right;
    for (const auto& replication : seen) {
        if (replication.left_digest) left.push_back(*replication.left_digest);
        if (replication.right_digest) right.push_back(*replication.right_digest);
    }
    out.seen = digest_of(left) + " of " + std::to_string(left.size()) + " replications";
    if (!expectation.digest.empty()) {
        out.passed = digest_of(left) == expectation.digest;
        return out;
    }
    out.passed = left == right;
    if (out.passed) return out;
    const auto at = std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first;
    out.seen += " against " + digest_of(right) + ", first different in replication " +
                std::to_string(at - left.begin());
    return out;
}

}  // namespace

bool Expectations::need_replications() const {
    return std::any_of(list.begin(), list.end(),
                       [](const auto& e) { return e.needs_replications(); });
}

std::size_t Expectations::derived() const {
    return static_cast<std::size_t>(
        std::count_if(list.begin(), list.end(), [](const auto& e) { return e.derived(); }));
}

Scenario Expectations::shown_by(Scenario scenario, std::size_t variant) const {
    for (const auto& expectation : list) {
        if (expectation.op == Op::Sequence && expectation.left.variant == variant)
            scenario.picks = kPicksKept;
        for (const auto* side : {&expectation.left, &expectation.right}) {
            if (side->variant != variant) continue;
            if (side->own_window) scenario.windows.push_back(*side->window);
            if (side->metric == nullptr) continue;
            const auto name = side->metric->name;
            if (name == "first_pick" || name == "max_run" || name == "discrepancy")
                scenario.picks = kPicksKept;
            if (name == "in_flight_max") scenario.most_in_flight = true;
        }
    }
    return scenario;
}

bool independent_picks(const Scenario& scenario) {
    const auto& balancers = scenario.balancers;
    const auto& pool = balancers.around.pool;
    const bool keys = balancers.equalises == lb::Equalises::Keys;
    const auto remembers = [&](const Clients& c) {
        return c.connections || c.attempts.any() ||
               (keys && !std::holds_alternative<UniqueKeys>(c.keys));
    };
    const auto& clients = scenario.clients;
    const auto& groups = scenario.backends;
    return balancers.independent && balancers.layer == 7 && !balancers.attempts.any() &&
           !balancers.guard.any() && !pool.sticky && !pool.priorities && !pool.slow_start &&
           std::none_of(clients.begin(), clients.end(), remembers) &&
           std::none_of(groups.begin(), groups.end(), [](const Backends& b) {
               return b.priority != 0 || !b.max_in_flight.none();
           });
}

Seen look(const Expectation& expectation, const Variant& variant, std::size_t number,
          const Replication& replication) {
    const bool mine = expectation.left.variant == number;
    if (expectation.op == Op::Fits) return mine ? look_at_shares(expectation, replication) : Seen{};
    if (expectation.op == Op::Sequence)
        return mine ? look_at_picks(expectation, replication) : Seen{};
    if (expectation.op == Op::Digest) {
        Seen out;
        if (mine) out.left_digest = replication.digest;
        if (expectation.right.variant == number) out.right_digest = replication.digest;
        return out;
    }
    return {look(expectation.left, variant, number, replication),
            look(expectation.right, variant, number, replication)};
}

Seen look_at_keys(const Expectation& expectation, std::span<const Variant> variants) {
    return {look_at_keys(expectation.left, variants), look_at_keys(expectation.right, variants)};
}

ExpectOutcome evaluate(const Expectation& expectation, std::span<const Seen> seen,
                       std::size_t suite) {
    ExpectOutcome out;
    out.text = expectation.text;
    out.pointer = expectation.pointer;
    if (expectation.op == Op::Sequence) return judge_sequence(expectation, seen, std::move(out));
    if (expectation.op == Op::Digest) return judge_digest(expectation, seen, std::move(out));
    if (expectation.derived()) out.kind = ExpectOutcome::Kind::Derived;
    if (expectation.op == Op::Fits) return judge_shares(seen, suite, std::move(out));
    std::vector<Reading> left, right;
    for (const auto& replication : seen) {
        if (replication.left) left.push_back(*replication.left);
        if (replication.right) right.push_back(*replication.right);
    }
    if (expectation.derived()) return judge_derived(expectation, left, suite, std::move(out));
    const auto a = judge(expectation.left, left, 0.95, true);
    const auto b = judge(expectation.right, right, 0.95, true);
    if (!a.vacuous.empty()) return vacuous(std::move(out), a.vacuous);
    if (!b.vacuous.empty()) return vacuous(std::move(out), b.vacuous);
    out.passed = holds(expectation.op, a.value, b.value, expectation.rest);
    const auto* metric =
        expectation.left.metric != nullptr ? expectation.left.metric : expectation.right.metric;
    if (expectation.left.metric != nullptr) out.seen = told(a.value, a.half_width, metric->unit);
    if (expectation.left.metric != nullptr && expectation.right.metric != nullptr)
        out.seen += " against ";
    if (expectation.right.metric != nullptr) out.seen += told(b.value, b.half_width, metric->unit);
    return out;
}

}  // namespace lbsim
