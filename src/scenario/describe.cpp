#include "scenario/describe.hpp"

#include <algorithm>
#include <array>

#include "scenario/describe_parts.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using lb::at_least;
using lb::kNotNegative;
using lb::kPositive;
using lb::Unit;
using lb::word;
using Body = Blocks::Body;
using Case = Blocks::Case;
using Choice = Blocks::Choice;
using Shape = Blocks::Shape;
using Words = std::span<const std::string_view>;

// Bounds that no sensible scenario meets, so that a slip of the finger is told and not simulated.
constexpr lb::Range kRate{.low = 0, .high = 1e9, .low_included = false};
constexpr lb::Range kRateOrNone{.low = 0, .high = 1e9};
constexpr lb::Range kCount{.low = 1, .high = 1e12};
constexpr std::size_t kMostCompared = 100;

void rate(Blocks& b, double& to) {
    to = demanded(b, "rate", 1.0, "Arrivals per time", kRate, Unit::PerSecond);
}

void mmpp(Blocks& b, Mmpp& law) {
    std::vector<Duration> dwells;
    double most = 0;
    b.required("rates");
    b.list("rates", "The rate in each state; a state is followed by the next", {.least = 1},
           [&](Blocks& element) {
               double r = 1;
               element.field(kItself, r, "Arrivals per time", kRateOrNone, Unit::PerSecond);
               law.states.push_back({r, {}});
               most = std::max(most, r);
           });
    b.required("dwell");
    one_or_more(b, "dwell", "The mean stay in a state, of all or of each", [&](Blocks& v) {
        Duration d = std::chrono::seconds{1};
        v.field(kItself, d, "The mean stay");
        dwells.push_back(d);
    });
    if (!b.sound() || dwells.empty()) return;
    if (dwells.size() != 1 && dwells.size() != law.states.size()) {
        b.problem("dwell",
                  "expected one duration or as many as there are rates, " +
                      std::to_string(law.states.size()) + ", found " +
                      std::to_string(dwells.size()),
                  {});
        return;
    }
    if (!(most > 0)) b.problem("rates", "at least one rate must be greater than 0", {});
    for (std::size_t i = 0; i != law.states.size(); ++i)
        law.states[i].dwell = dwells[dwells.size() == 1 ? 0 : i];
}

void profile(Blocks& b, Profile& law) {
    double most = 0;
    b.list(kItself, "Steps of time and rate; each rate holds until the next", {.least = 1},
           [&](Blocks& element) {
               Profile::Step step{{}, 0};
               const std::array<Body, 2> parts{
                   {[&](Blocks& v) { v.field(kItself, step.at, "From when", kNotNegative); },
                    [&](Blocks& v) {
                        v.field(kItself, step.rate_per_s, "Arrivals per time", kRateOrNone,
                                Unit::PerSecond);
                    }}};
               element.tuple(kItself, "A time and the rate from then on", parts);
               if (element.sound() && !law.steps.empty() && step.at <= law.steps.back().at)
                   element.problem(
                       kItself,
                       "must be later than the step before it, at " + text_of(law.steps.back().at),
                       {});
               most = std::max(most, step.rate_per_s);
               law.steps.push_back(step);
           });
    if (b.sound() && !law.steps.empty() && !(most > 0))
        b.problem(kItself, "at least one rate must be greater than 0", {});
}

void trace(Blocks& b, Trace& trace) {
    static constexpr std::array<std::string_view, 8> kFormats{
        "auto", "csv", "jsonl", "combined", "nginx", "haproxy", "envoy", "alb"};
    static constexpr std::array<std::string_view, 5> kUnits{"auto", "s", "ms", "us", "ns"};
    static constexpr std::array<std::string_view, 2> kMalformed{"refuse", "report"};
    b.required("file");
    b.file("file", trace.file, "The log to replay; may be compressed by gzip");
    std::size_t format = 0, unit = 0;
    b.word("format", format, kFormats, "How it is written; auto finds out");
    trace.format = kFormats[format];
    b.word("time_unit", unit, kUnits, "Of times without a unit, in csv and jsonl");
    trace.time_unit = kUnits[unit];
    b.object("columns", "Names of columns, in csv and jsonl; \"\" is the usual one",
             [&](Blocks& o) {
                 o.field("time", trace.time, "When the request arrived");
                 o.field("key", trace.key, "Its key, for policies that hash");
                 o.field("work", trace.work, "What it takes");
                 o.field("path", trace.path, "What it asked for");
             });
    word(b, "malformed", trace.malformed, kMalformed,
         "A line that is no request is a mistake, or is left out, counted and reported; by "
         "default refuse in csv and jsonl, report in access logs");
    b.field("work_scale", trace.work_scale, "Work is what the log says times this", kFactor);
    b.field("speed", trace.speed, "2 replays an hour in half an hour", kFactor);
}

void closed(Blocks& b, Closed& law) {
    law.concurrency = demanded(b, "concurrency", std::int64_t{1}, "How many clients",
                               lb::Range{.low = 1, .high = 1e6});
    describe(b, "think", law.think, Measure::Delay, "From an answer to the next request");
}

void describe_arrivals(Blocks& b, Arrivals& to) {
    const auto fill = [&to](auto law, auto describe_law) {
        return [&to, law, describe_law](Blocks& v) {
            auto made = law;
            describe_law(v, made);
            to = std::move(made);
        };
    };
    const std::array<Choice, 6> choices{
        {object("poisson", "One by one at random",
                fill(Poisson{}, [](Blocks& v, Poisson& p) { rate(v, p.rate_per_s); })),
         object("constant", "At equal distances",
                fill(ConstantRate{}, [](Blocks& v, ConstantRate& c) { rate(v, c.rate_per_s); })),
         object("mmpp", "Bursts: at random, at a rate that jumps between states",
                fill(Mmpp{}, mmpp)),
         {"profile", "At random, at a rate that is given over time", fill(Profile{}, profile)},
         object("closed", "A number of clients that wait for each answer and think",
                fill(Closed{}, closed)),
         object("trace", "As recorded in a log", fill(Trace{}, trace))}};
    b.object("arrivals", "When requests come", [&](Blocks& o) { o.one_of(choices); });
}

void describe_keys(Blocks& b, Keys& to) {
    const auto count = [](Blocks& o) {
        return demanded(o, "count", std::int64_t{1}, "How many keys there are", kCount);
    };
    const std::array<Choice, 4> choices{
        {object("uniform", "All equally often", [&](Blocks& o) { to = UniformKeys{count(o)}; }),
         object("zipf", "Key number k in proportion to k^-s",
                [&](Blocks& o) {
                    ZipfKeys zipf{count(o), 1};
                    o.field("s", zipf.s, "How uneven they are", lb::Range{.low = 0, .high = 100});
                    to = zipf;
                }),
         object("ips", "Addresses of clients, some of whom share that of a gateway",
                [&](Blocks& o) {
                    IpKeys ips;
                    ips.clients = demanded(o, "clients", std::int64_t{1}, "How many clients",
                                           lb::Range{.low = 1, .high = 1e9});
                    o.field("gateways", ips.gateways, "How many gateways (NAT)",
                            lb::Range{.low = 0, .high = 1e6});
                    o.field("behind", ips.behind, "The part of the requests that they pass on",
                            lb::kProbability, Unit::Fraction);
                    if (o.sound() && (ips.behind > 0) != (ips.gateways > 0))
                        o.problem(kItself, "gateways and the part behind them go together",
                                  "give both, or neither");
                    to = ips;
                }),
         object("sessions", "So many at any time; when one ends another begins", [&](Blocks& o) {
             SessionKeys sessions{count(o), {}};
             o.required("lasts");
             describe(o, "lasts", sessions.lasts, Measure::Service, "How long one lasts");
             to = sessions;
         })}};
    if (!b.optional("keys")) return;
    b.object("keys", "The keys that policies hash; without, each request has its own",
             [&](Blocks& o) { o.one_of(choices); });
}

void describe_fields(Blocks& b, std::string_view name, std::vector<RequestClass::Field>& to,
                     std::string_view meaning) {
    b.map(name, meaning, [&](Blocks& v, const std::string& key) {
        to.push_back({key, {}});
        v.field(kItself, to.back().value, "Its value; {key} stands for the request's key");
    });
}

void describe_classes(Blocks& b, std::vector<RequestClass>& to) {
    b.list("classes", "Kinds of requests, for routes and keys that look into them", {.most = 1000},
           [&](Blocks& element) {
               to.emplace_back();
               element.object(kItself, "A class of requests", [&](Blocks& o) {
                   auto& c = to.back();
                   o.required("name");
                   o.identifier("name", c.name, "What it is called");
                   o.field("share", c.share, "How many are of this class, relative to others",
                           kPositive);
                   o.field("method", c.method, "Of HTTP");
                   o.field("host", c.host, "As in the Host header");
                   o.field("path", c.path, "With the query; {key} stands for the request's key");
                   describe_fields(o, "headers", c.headers, "Headers: names and values");
                   describe_fields(o, "cookies", c.cookies, "Cookies: names and values");
                   describe(o, "work", c.work, Measure::Factor,
                            "A factor more of its service time (default 1)");
               });
           });
}

void describe_connections(Blocks& b, std::optional<Connections>& to, bool closed) {
    if (!b.optional("connections")) return;
    b.object("connections", "Connections that carry one request after the other", [&](Blocks& o) {
        Connections c;
        if (!closed) o.required("count");
        o.field("count", c.count, "How many are open; closed clients have one each",
                lb::Range{.low = 1, .high = 1e6});
        if (closed && o.given("count"))
            o.problem("count", "closed clients have a connection each", "leave \"count\" out");
        o.field("requests", c.requests, "unlimited", "After so many it is opened anew",
                lb::Range{.low = 1, .high = 1e12});
        o.optional_field("lifetime", c.lifetime, "After about that time it is opened anew");
        o.field("jitter", c.jitter, "The lifetime is longer or shorter by this part, at random",
                lb::kProbability, Unit::Fraction);
        to = c;
    });
}

void saturation(Blocks& b, std::optional<Saturation>& to) {
    if (!b.optional("saturation")) return;
    b.object("saturation", "The more requests it serves at the same time, the longer each takes",
             [&](Blocks& o) {
                 Saturation s;
                 o.field("beyond", s.beyond, "More requests than this slow it down",
                         lb::Range{.low = 0, .high = 1e9});
                 o.field("factor", s.factor,
                         "Each of those makes a service that begins so much longer", kFactor);
                 to = s;
             });
}

void warm_up(Blocks& b, std::optional<WarmUp>& to) {
    if (!b.optional("warm_up")) return;
    b.object("warm_up", "A process that has just started, not that of the beginning, is slow",
             [&](Blocks& o) {
                 WarmUp w;
                 w.factor = demanded(o, "factor", 10.0,
                                     "Services take so many times as long at first", kFactor);
                 o.optional_field("requests", w.requests, "Over so many requests less and less",
                                  kCount);
                 o.optional_field("over", w.over, "Or over so long", kPositive);
                 o.optional_field("half_life", w.half_life,
                                  "Or what it is slower by halves in this time, again and again",
                                  kPositive);
                 if (o.sound() &&
                     w.requests.has_value() + w.over.has_value() + w.half_life.has_value() != 1)
                     o.problem(kItself, "expected one of \"requests\", \"over\" and \"half_life\"",
                               "say over how many requests or how long it warms up");
                 to = w;
             });
}

void report(Blocks& b, Reporting& report) {
    constexpr int kMostKept = 1000;
    b.field("window", report.window,
            "Utilization and rates are those of the last whole window of time, latencies those of "
            "the last so long");
    b.field("delay", report.delay,
            "So long after the end of a window its utilization and rates are known", kNotNegative);
    if (b.sound() && report.delay / kMostKept > report.window)
        b.problem("delay", "is more than " + std::to_string(kMostKept) + " windows",
                  "choose a longer window");
}

void describe_compared(Blocks& b, std::vector<Written::Compared>& to,
                       const lb::Policies& policies) {
    const auto read_policy = [&](Blocks& v, std::string_view name, Written::Compared& one) {
        Balancers balancers;
        balancers.policy.clear();  // So that an unknown one gives no label.
        v.anything(name, one.policy, "The policy of this variant");
        describe_policy(v, name, balancers, policies);
        one.label = balancers.policy;
    };
    const Body variant = [&](Blocks& o) {
        auto& one = to.back();
        if (o.optional("policy")) read_policy(o, "policy", one);
        if (!o.given("policy")) one.label.clear();
        if (o.optional("label"))
            o.field("label", one.label, "What results call it; by default, its policy");
        if (o.optional("set"))
            o.map("set", "Fields that it changes, as --set does: a path and its value",
                  [&](Blocks& v, const std::string& path) {
                      Blocks::Raw raw;
                      v.anything(kItself, raw, "The value");
                      one.set.emplace_back(path, std::move(raw));
                  });
        if (one.label.find_first_of(",():\"") != std::string::npos)
            o.problem("label", "a label has none of , ( ) : and quotes",
                      "assertions name variants by it");
        if (o.sound() && one.label.empty())
            o.problem(kItself, "a variant without policy needs a label",
                      "write for example \"label\": \"patient\"");
    };
    const Body element = [&](Blocks& v) {
        to.push_back({v.where(), {}, {}, {}});
        const std::array<Case, 2> cases{
            {{Shape::Scalar, [&](Blocks& s) { read_policy(s, kItself, to.back()); }},
             {Shape::Object, [&](Blocks& s) { s.object(kItself, "A variant", variant); }}}};
        v.either(kItself, "A policy, or a variant that may change any field", cases);
    };
    b.list("compare", "What is compared, under the same requests", {.most = kMostCompared},
           element);
}

void describe_windows(Blocks& b, std::vector<Window>& to) {
    b.map("windows", "Parts of the run to be looked at by themselves: from, to",
          [&](Blocks& v, const std::string& name) {
              Window window{name, {}, std::chrono::seconds{1}};
              const std::array<Body, 2> parts{
                  {[&](Blocks& e) { e.field(kItself, window.from, "From", kNotNegative); },
                   [&](Blocks& e) { e.field(kItself, window.to, "To", kPositive); }}};
              v.tuple(kItself, "From and to", parts);
              if (!is_identifier(name))
                  v.problem(kItself, "expected a name, found \"" + name + '"',
                            "letters, digits, _ and -, and first a letter or _");
              if (!v.sound()) return;
              if (window.to <= window.from) v.problem(kItself, "must end after it begins", {});
              to.push_back(std::move(window));
          });
}

void describe_run(Blocks& b, Scenario& s) {
    auto seed = static_cast<std::int64_t>(s.seed);
    b.field("seed", seed, "The same seed gives the same results", kNotNegative);
    s.seed = static_cast<std::uint64_t>(seed);
    b.field("replications", s.replications, "Independent repetitions",
            lb::Range{.low = 1, .high = 1e5});
    std::optional<Duration> warmup = s.warmup;
    b.field("warmup", warmup, "auto",
            "Simulated before measuring begins, at t = 0; auto: as long as MSER-5 finds in a pilot "
            "run",
            kNotNegative);
    s.detect_warmup = !warmup;
    s.warmup = warmup.value_or(Duration::zero());
    b.field("duration", s.duration,
            "Arrivals in [0, duration) are measured; if all clients replay "
            "traces, by default all are");
    b.optional_field("requests", s.requests, "Instead of duration: so many arrivals are measured",
                     kCount);
    if (b.given("requests") && b.given("duration"))
        b.problem("requests", "\"requests\" and \"duration\" exclude each other",
                  "leave one of them out, or set it to null");
    b.optional_field("drain", s.drain,
                     "How long after the end the rest may take; by default, the largest timeout",
                     kNotNegative);
    b.field("series_step", s.series_step, "The step of series over time");
    b.field("overload", s.overload, "More load than the backends can bear is meant");
    if (b.optional("slo"))
        b.object("slo", "What is good enough", [&](Blocks& o) {
            Slo slo;
            slo.latency = demanded(o, "latency", Duration{std::chrono::seconds{1}},
                                   "A good request succeeds within this");
            o.field("good", slo.good, "So many are to be good",
                    lb::Range{.low = 0, .high = 1, .low_included = false}, Unit::Fraction);
            s.slo = slo;
        });
}

}  // namespace

bool is_identifier(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), inner);
}

void describe(Blocks& b, Clients& to) {
    if (b.optional("name")) b.identifier("name", to.name, "The name of the group");
    b.required("arrivals");
    describe_arrivals(b, to.arrivals);
    describe(b, "work", to.work, Measure::Factor,
             "A factor of its service time, the same on every attempt (default 1)");
    describe_keys(b, to.keys);
    describe_classes(b, to.classes);
    describe_connections(b, to.connections, std::holds_alternative<Closed>(to.arrivals));
    b.optional_field("timeout", to.timeout, "The client's patience, over everything");
    b.field("deadline", to.deadline,
            "Its end travels with the request: who finds it over drops the request");
    if (b.sound() && to.deadline && !to.timeout)
        b.problem("deadline", "there is no end to travel", "give the clients a \"timeout\"");
    describe_attempts(b, to.attempts, nullptr);
    if (b.optional("throttle"))
        b.object("throttle", "They turn requests away themselves once too few are accepted",
                 [&](Blocks& o) {
                     lb::ClientThrottle::Config throttle;
                     throttle.describe(o);
                     to.throttle = throttle;
                 });
    describe(b, "network", to.network, Measure::Delay,
             "One way between client and balancer (default 0s)");
}

void describe_cache(Blocks& b, std::optional<Cache>& to) {
    if (!b.optional("cache")) return;
    b.object("cache", "What it keeps of what was asked for, by keys", [&](Blocks& o) {
        Cache cache;
        cache.entries = demanded(o, "entries", std::int64_t{1000},
                                 "So many; the one not asked for longest makes room (LRU)",
                                 lb::Range{.low = 1, .high = 1e8});
        o.field("prefill", cache.prefill, "It begins full of what would have been sent to it");
        o.required("on_miss");
        o.identifier("on_miss", cache.on_miss, "The tier of balancers that is asked then");
        o.optional_field("timeout", cache.timeout,
                         "How long it waits for that; then, as for an error, it answers 502");
        to = cache;
    });
}

void describe_calls(Blocks& b, Written::Group& to) {
    if (!b.optional("calls")) return;
    const Blocks::Body one = [&](Blocks& v) {
        v.object(kItself, "Requests to another tier of balancers", [&](Blocks& o) {
            Call call;
            o.required("to");
            o.identifier("to", call.to, "The tier that is asked");
            o.field("count", call.count, "So many requests, all at once",
                    lb::Range{.low = 1, .high = 1000});
            o.optional_field("timeout", call.timeout,
                             "How long it waits for each; then, as for an error, it answers 502");
            to.backends.calls.push_back(call);
            to.calls.push_back(o.where());
        });
    };
    const std::array<Blocks::Case, 2> cases{
        {{Shape::Object, one}, {Shape::List, [&](Blocks& list) {
                                    list.list(kItself, "Of several tiers", {.least = 1}, one);
                                }}}};
    b.either("calls", "What a request makes elsewhere once it was served", cases);
}

void describe(Blocks& b, Written::Group& to) {
    static constexpr std::array<std::string_view, 3> kDisciplines{"fifo", "ps", "lifo"};
    static constexpr std::array<std::string_view, 3> kCancellations{"none", "waiting", "all"};
    auto& group = to.backends;
    group.name = "b";
    b.identifier("name", group.name, "The name of the group");
    b.optional_field("count", to.count, "They are NAME0, NAME1, …; without it there is one, NAME",
                     lb::Range{.low = 1, .high = double{kMostBackends}});
    if (b.optional("pool")) b.identifier("pool", group.pool, "The pool that routes know it by");
    if (b.optional("zone")) b.identifier("zone", group.zone, "Where it is");
    b.field("priority", group.priority, "0 is used first; 1 is its backup, and so on",
            lb::Range{.low = 0, .high = 100});
    b.field("weight", group.weight, "Its share of requests, relative to others", kWeight);
    b.field("max_in_flight", group.max_in_flight, "unlimited",
            "More requests a balancer does not send it at the same time",
            lb::Range{.low = 1, .high = 1e9});
    b.field("workers", group.workers, "unlimited", "How many requests are served at the same time",
            lb::Range{.low = 1, .high = 1e9});
    b.field("queue", group.queue, "unlimited", "Waiting places beyond the workers",
            lb::Range{.low = 0, .high = 1e9});
    word(b, "discipline", group.discipline, kDisciplines,
         "First come first served, processor sharing, or last come first served");
    b.optional_field("queue_timeout", group.queue_timeout,
                     "Who has waited longer is answered 503 when its turn comes");
    word(b, "cancellation", group.cancellation, kCancellations,
         "Whether it notices that whoever asked gave up: not, of what waits, or of all");
    b.required("service");
    describe(b, "service", group.service, Measure::Service,
             "How long it takes to serve a request of work 1");
    describe(b, "network", group.network, Measure::Delay,
             "One way between balancer and backend (default 0s)");
    describe(b, "connect", group.connect, Measure::Delay,
             "What each attempt takes to open its connection (default 0s)");
    if (b.optional("errors"))
        b.object("errors", "Some requests fail at any time, as under the fault error",
                 [&](Blocks& o) { describe(o, group.errors.emplace()); });
    saturation(b, group.saturation);
    warm_up(b, group.warm_up);
    b.object("probes", "How it answers health checks", [&](Blocks& o) {
        o.field("queues", group.probes.queues,
                "Whether they wait and take a worker, as requests do");
        describe(o, "service", group.probes.service, Measure::Delay,
                 "How long one takes (default 0s)");
    });
    b.object("report", "What it tells policies that live on reports, such as orca_weighted",
             [&](Blocks& o) { report(o, group.report); });
    describe_cache(b, group.cache);
    describe_calls(b, to);
    b.field("sessions", group.sessions,
            "What a key asks for lives on the backend that had it first, and is lost with it");
    const bool asks = group.cache || !group.calls.empty();
    if (asks && group.discipline == Discipline::Ps)
        b.problem(group.cache ? "cache" : "calls",
                  "a worker waits for what is not there, and ps has none that could",
                  "\"discipline\": \"fifo\"");
    if (group.cache && !group.calls.empty())
        b.problem("calls", "a cache calls for what it misses, and for nothing else",
                  "leave out one of them");
}

void describe(Blocks& b, Written& to, const lb::Policies& policies) {
    auto& s = to.scenario;
    std::string ignored;
    b.field("$schema", ignored, "For editors");
    b.field("question", s.question, "What the experiment asks");
    b.field("lesson", s.lesson, "What it answers");
    if (b.optional("source"))
        one_or_more(b, "source", "Where the question or its numbers come from", [&](Blocks& v) {
            std::string text;
            v.field(kItself, text, "A title or an address");
            s.source.push_back(std::move(text));
        });
    describe_run(b, s);
    b.required("clients");
    b.list("clients", "Groups of like clients", {.least = 1}, [&](Blocks& v) {
        s.clients.emplace_back();
        v.object(kItself, "Like clients", [&](Blocks& o) { describe(o, s.clients.back()); });
    });
    const auto replays = [](const Clients& c) { return std::holds_alternative<Trace>(c.arrivals); };
    if (!b.given("duration") && !s.requests &&
        std::all_of(s.clients.begin(), s.clients.end(), replays))
        s.requests = Scenario::kAllOfThem;
    describe_tiers(b, s, policies);
    b.required("backends");
    b.list("backends", "Groups of like backends", {.least = 1}, [&](Blocks& v) {
        to.groups.emplace_back();
        v.object(kItself, "Like backends", [&](Blocks& o) { describe(o, to.groups.back()); });
    });
    b.list("timeline", "Faults and changes of membership", {}, [&](Blocks& v) {
        to.timeline.emplace_back();
        v.object(kItself, "One of them", [&](Blocks& o) { describe(o, to.timeline.back()); });
    });
    describe_windows(b, s.windows);
    describe_compared(b, to.compare, policies);
    b.list("expect", "Assertions about the result", {}, [&](Blocks& v) {
        Expect expect{{}, v.where()};
        v.field(kItself, expect.text, "For example: p99 < 300ms");
        s.expect.push_back(std::move(expect));
    });
}

}  // namespace lbsim
