#include "balancer/circuit_breaker/config.hpp"

#include <algorithm>
#include <limits>

namespace lb::breaker {
namespace {

constexpr Range kCounts{.low = 1, .high = 1e6};
constexpr std::string_view kOps[] = {">=", ">"};

}  // namespace

void Overload::describe(Fields& f) {
    static constexpr std::string_view kAs[] = {"failure", "success"};
    word(f, "in_rate", in_rate, kAs, "What \"too many requests\" counts as in rates");
    word(f, "in_consecutive", in_consecutive, kAs, "And among failures in a row");
    word(f, "in_trial", in_trial, kAs, "And as a trial");
}

void Window::describe(Fields& f) {
    static constexpr std::string_view kKinds[] = {"count", "time", "tumbling", "unbounded", "ewma"};
    static constexpr std::string_view kAligns[] = {"epoch", "creation", "on_demand"};
    static constexpr std::string_view kAttributes[] = {"completion", "admission"};
    word(f, "kind", kind, kKinds,
         "The last calls, the last span, the present interval of span, all, or all forgotten "
         "exponentially");
    f.field("calls", calls, "Of count: how many", kCounts);
    f.field("span", span, "Of time and tumbling: how long; of ewma: the mean lifetime of a result");
    f.field("buckets", buckets, "Of time: in how many parts it is forgotten",
            {.low = 1, .high = 1000});
    word(f, "align", align, kAligns,
         "Where buckets and intervals begin: at multiples of their length, with the window, or "
         "when something happens");
    word(f, "attribute", attribute, kAttributes,
         "Results are filed under when they came, or when their request was sent");
    f.field("roll_starts_epoch", roll_starts_epoch,
            "Of tumbling: results of requests sent in an interval before come late");
    if (kind == Kind::Time && span.count() < buckets)
        f.problem("buckets", "more buckets than nanoseconds", "make the span longer");
}

void Threshold::describe(Fields& f) {
    word(f, "op", op, kOps, "Whether the rate itself trips, or only more");
    f.field("value", value, "The rate", kProbability, Unit::Fraction);
}

void Trip::describe(Fields& f) {
    static constexpr std::string_view kEvaluate[] = {"every_result", "failures", "periodic"};
    static constexpr std::string_view kDenominators[] = {"completed", "admitted", "offered"};
    word(f, "evaluate", evaluate, kEvaluate,
         "When it is decided: with each result, with failures, or every period by buckets that "
         "have ended");
    f.field("period", period, "Of periodic: how often");
    f.field("min_calls", min_calls, "So many calls there must be before rates count",
            {.low = 0, .high = 1e9});
    word(f, "denominator", denominator, kDenominators,
         "What rates are of: what ended, also what is in flight, also what was turned away");
    f.field("consecutive_failures", consecutive_failures, "never",
            "So many failures in a row trip");
}

void Backoff::describe(Fields& f) {
    static constexpr std::string_view kKinds[] = {"constant", "exponential", "linear", "list"};
    word(f, "kind", kind, kKinds, "How the wait grows each time that a trial fails");
    f.field("multiplier", multiplier, "Of exponential: by what", {.low = 1, .high = 1000});
    f.field("max", max, "No wait is longer");
    f.field("jitter", jitter, "Each wait is longer by up to this part of it, at random",
            kProbability, Unit::Fraction);
    f.field("waits", waits, "Of list: one after the other");
    f.field("then", then, "Of list: after these; 0s: the last of them", kNotNegative);
    if (kind != Kind::List) return;
    if (waits.empty()) f.problem("waits", "a list of no waits", "write for example [\"5s\"]");
    if (then > max || std::any_of(waits.begin(), waits.end(), [&](auto w) { return w > max; }))
        f.problem("max", "a wait is longer than the longest", "make max longer");
}

void Open::describe(Fields& f) {
    static constexpr std::string_view kLeave[] = {"timer", "lazy"};
    f.field("wait", wait, "For how long, the first time");
    word(f, "elapsed", elapsed, kOps, "Whether the wait is over with its last instant, or after");
    word(f, "leave", leave, kLeave,
         "By itself, or when after the wait a request asks to be let through");
    f.field("reset_window", reset_window, "Forgets all results when it opens");
}

void HalfOpen::describe(Fields& f) {
    static constexpr std::string_view kDecide[] = {"first_result", "all_successes", "trial_rate"};
    static constexpr std::string_view kJudge[] = {"failure", "slow", "failure_or_slow"};
    static constexpr std::string_view kOnIgnored[] = {"release", "reopen"};
    static constexpr std::string_view kWaitFrom[] = {"entry", "trial"};
    static constexpr std::string_view kOnMaxWait[] = {"open", "closed"};
    f.field("max_trials", max_trials, "Requests let through in one visit; 0: it closes at once",
            {.low = 0, .high = 1e6});
    word(f, "decide", decide, kDecide,
         "The first result decides, so many successes in a row close, or rates as in trip");
    word(f, "judge", judge, kJudge, "Not of trial_rate: what makes a trial fail");
    word(f, "on_ignored", on_ignored, kOnIgnored,
         "A trial whose result is ignored gives its place back, or opens the circuit");
    f.field("max_wait", max_wait, "So long without a verdict, and it is over; 0s: never",
            kNotNegative);
    word(f, "wait_from", wait_from, kWaitFrom,
         "From becoming half-open, or as long as a trial is out, from the last that was sent or "
         "came back");
    word(f, "on_max_wait", on_max_wait, kOnMaxWait, "What it becomes then");
    f.field("record_in_window", record_in_window, "Trials count in the window, too");
}

void LateResults::describe(Fields& f) {
    static constexpr std::string_view kRules[] = {"ignore", "count", "count_while_trial_in_flight"};
    word(f, "in_open", in_open, kRules,
         "What becomes, while it is open, of results of requests sent before");
    word(f, "in_half_open", in_half_open, kRules, "And while it is half-open");
    word(f, "in_closed", in_closed, kRules, "And while it is closed again");
}

void Close::describe(Fields& f) {
    f.field("reset_window", reset_window, "Forgets all results when it closes");
}

void Ramp::describe(Fields& f) {
    f.field("duration", duration,
            "For so long after closing only a growing share is let through; 0s: none",
            kNotNegative);
}

void Config::describe(Fields& f) {
    static constexpr std::string_view kScopes[] = {"backend", "backend_route", "cluster"};
    static constexpr std::string_view kIgnored[] = {"drop", "success"};
    static constexpr std::string_view kModes[] = {"normal", "disabled", "metrics_only",
                                                  "forced_open"};
    word(f, "scope", scope, kScopes, "One for each backend, for each route to it, or for all");
    f.field("slow_call", slow_call, "Slow is what takes longer than this; 0s: nothing is",
            kNotNegative);
    word(f, "ignored", ignored, kIgnored,
         "What cancelled requests and the like do: nothing, or count as successes");
    word(f, "mode", mode, kModes, "Whether it breaks at all");
}

void Config::check(Fields& f) const {
    const bool slow_matters =
        trip.slow_rate.has_value() || half_open.judge != HalfOpen::Judge::Failure;
    if (slow_matters && slow_call == 0s)
        f.problem("slow_call", "slow calls matter, but nothing is slow",
                  "write for example \"1s\"");
    const bool rates = trip.failure_rate || trip.slow_rate;
    if (mode == Mode::Normal && !rates && trip.consecutive_failures.none())
        f.problem("trip", "nothing ever trips", "give it a failure_rate or consecutive_failures");
    if (!rates && half_open.decide == HalfOpen::Decide::TrialRate)
        f.problem("trip", "trials are judged by rates, but there are none",
                  "give it a failure_rate");
    const bool counts_completed =
        window.kind == Window::Kind::Count || window.kind == Window::Kind::Ewma;
    if (counts_completed && trip.denominator != Trip::Denominator::Completed)
        f.problem("trip", "this kind of window knows of completed calls only",
                  "let denominator be completed, or take another window");
    if (trip.evaluate == Trip::Evaluate::Periodic && window.kind != Window::Kind::Time)
        f.problem("trip", "periodic looks at buckets, which only windows of time have",
                  "let window be of kind time");
    if (open.backoff.kind != Backoff::Kind::List && open.wait > open.backoff.max)
        f.problem("open", "the first wait is longer than the longest", "make backoff.max longer");
}

}  // namespace lb::breaker
