#include "experiment/expectation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

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
    if (side.metric == nullptr || side.variant != number) return {};
    const auto& scenario = variant.scenario;
    const auto from = side.window ? side.window->from : Duration::zero();
    const auto to = std::min(side.window ? side.window->to : Duration::max(), replication.duration);
    if (from >= to) return Reading::absent(kEmpty);
    if (!side.backends.empty() && joined(scenario, side.backends) >= to)
        return Reading::absent(kNotYet);
    const auto tally = side.window ? replication.over(from, side.window->to) : replication.all();
    if (tally.outcomes.offered == 0) return Reading::absent(kNothingOffered);
    const auto backends = indices(replication.backends, side.backends);
    if (side.backends.empty())
        return side.metric->compute({tally, scenario, {}, &replication.series});
    if (backends.empty()) return Reading::absent(kNotYet);
    return side.metric->compute({tally, scenario, backends, &replication.series});
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
    if (side.metric->extreme && as_drawn) {
        out.value = *std::max_element(numbers.begin(), numbers.end());
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

ExpectOutcome judge_derived(const Expectation& expectation, std::span<const Reading> readings,
                            std::size_t suite, ExpectOutcome out) {
    const double rate = kFalseAlarm / static_cast<double>(std::max<std::size_t>(suite, 1));
    const auto seen = judge(expectation.left, readings, 1 - rate, false);
    if (!seen.vacuous.empty()) return vacuous(std::move(out), seen.vacuous);
    const auto unit = expectation.left.metric->unit;
    out.seen = told(seen.value, seen.half_width, unit);
    if (std::isinf(seen.value)) return out;
    if (!seen.half_width)
        return vacuous(std::move(out), "fewer than two replications have anything to say");
    const double low = seen.value - *seen.half_width, high = seen.value + *seen.half_width;
    const double x = expectation.right.value;
    out.passed = expectation.op == Op::Near
                     ? low >= x - expectation.rest && high <= x + expectation.rest
                     : low <= x && x <= high;
    out.seen += " at a false-alarm rate of 1e-6";
    if (suite > 1) out.seen += " over " + std::to_string(suite) + " assertions";
    return out;
}

}  // namespace

std::size_t Expectations::derived() const {
    return static_cast<std::size_t>(
        std::count_if(list.begin(), list.end(), [](const auto& e) { return e.derived(); }));
}

Seen look(const Expectation& expectation, const Variant& variant, std::size_t number,
          const Replication& replication) {
    return {look(expectation.left, variant, number, replication),
            look(expectation.right, variant, number, replication)};
}

ExpectOutcome evaluate(const Expectation& expectation, std::span<const Reading> left,
                       std::span<const Reading> right, std::size_t suite) {
    ExpectOutcome out;
    out.text = expectation.text;
    out.pointer = expectation.pointer;
    if (expectation.derived()) {
        out.kind = ExpectOutcome::Kind::Derived;
        return judge_derived(expectation, left, suite, std::move(out));
    }
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
