#include <array>
#include <charconv>

#include "scenario/describe.hpp"
#include "scenario/describe_parts.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using lb::kNotNegative;
using lb::kPositive;
using lb::kProbability;
using lb::Unit;
using lb::word;
using Body = Blocks::Body;
using Choice = Blocks::Choice;

constexpr lb::Range kSome{.low = 0, .high = 1, .low_included = false};

void part(Blocks& b, std::string_view name, double& to, std::string_view meaning) {
    b.field(name, to, meaning, kSome, Unit::Fraction);
}

void slow(Blocks& b, Slow& slow) {
    b.field("factor", slow.factor, "Services take so many times as long", kFactor);
    describe(b, "add", slow.add, Measure::Delay,
             "And so much longer, if they begin during the fault (default 0s)");
    if (b.sound() && slow.factor == 1 && mean(slow.add) == 0)
        b.problem(kItself, "a slow that changes nothing", "give it a factor or something to add");
}

void crash(Blocks& b, Crash& crash) {
    static constexpr std::array<std::string_view, 2> kAnswers{"refuse", "drop"};
    static constexpr std::array<std::string_view, 3> kInFlight{"reset", "lost", "finish"};
    word(b, "answer", crash.answer, kAnswers, "New requests fail at once, or get no answer at all");
    word(b, "in_flight", crash.in_flight, kInFlight,
         "What it had fails at once, gets no answer at all, or is served to the end");
}

void hang(Blocks& b, Hang& hang) {
    static constexpr std::array<std::string_view, 2> kScopes{"all", "new"};
    word(b, "scope", hang.scope, kScopes,
         "It stands still, and later goes on where it was; or only new requests are swallowed");
    b.optional_field("close_after", hang.close_after,
                     "Connections of those that are swallowed are closed so long after; without, "
                     "they stay open",
                     kPositive);
}

void statuses(Blocks& b, std::vector<Error::Status>& to) {
    static constexpr lb::Range kErrors{.low = 400, .high = 599};
    std::vector<Error::Status> several;
    const std::array<Blocks::Case, 2> cases{
        {{Blocks::Shape::Scalar,
          [&](Blocks& v) { v.field(kItself, to.front().status, "Always this one", kErrors); }},
         {Blocks::Shape::List, [&](Blocks& list) {
              list.list(kItself, "One of these", {.least = 1}, [&](Blocks& element) {
                  element.object(kItself, "A status", [&](Blocks& o) {
                      Error::Status s;
                      s.status =
                          demanded(o, "status", s.status, "What they are answered with", kErrors);
                      o.field("share", s.share, "How many, relative to the others", kWeight);
                      several.push_back(s);
                  });
              });
          }}}};
    b.either("status", "What they are answered with: a status, or a list of them", cases);
    if (!several.empty()) to = std::move(several);
}

void cut(Blocks& b, Cut& cut) {
    part(b, "after", cut.after, "How much of the service is done before the connection breaks");
    b.optional_field("after_time", cut.after_time, "Or how long it took; what takes less is served",
                     kPositive);
    if (b.sound() && b.given("after") && cut.after_time)
        b.problem("after_time", "expected either \"after\" or \"after_time\"", "leave one out");
}

void capacity(Blocks& b, Capacity& capacity) {
    capacity.factor = demanded(b, "factor", 0.5, "It has so many times as many workers",
                               lb::Range{.low = 0, .high = 1, .low_included = false});
}

void brownout(Blocks& b, Brownout& brownout) {
    part(b, "dimmer", brownout.dimmer, "The part of the requests whose optional work is left out");
    part(b, "saves", brownout.saves, "The part of their service that this is");
}

void leak(Blocks& b, Leak& leak) {
    b.field("requests", leak.requests, "So many fill it", lb::Range{.low = 1, .high = 1e12});
    b.field("factor", leak.factor, "Shortly before, services take so many times as long",
            lb::Range{.low = 1, .high = 1e6});
    static constexpr std::array<std::string_view, 2> kAtLimit{"crash", "slow"};
    word(b, "at_limit", leak.at_limit, kAtLimit,
         "The process dies then, or lives on and stays that slow");
    b.field("restart", leak.restart, "How long it is gone if it dies");
    if (b.sound() && leak.at_limit == Leak::AtLimit::Slow) {
        if (b.given("restart"))
            b.problem("restart", "it does not die at its limit", "leave \"restart\" out");
        if (leak.factor == 1) b.problem(kItself, "a leak that changes nothing", "give it a factor");
    }
}

// Of "lb3": 3.
std::optional<std::uint32_t> balancer_number(std::string_view name) {
    std::uint32_t number = 0;
    if (!name.starts_with("lb")) return std::nullopt;
    const char* const end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data() + 2, end, number);
    if (error != std::errc{} || at != end || "lb" + std::to_string(number) != name)
        return std::nullopt;
    return number;
}

void network(Blocks& b, NetworkFault& fault) {
    static constexpr std::array<std::string_view, 3> kDirections{"both", "to_backend",
                                                                 "from_backend"};
    word(b, "direction", fault.direction, kDirections, "Which way");
    describe(b, "latency", fault.latency, Measure::Delay, "So much more, one way (default 0s)");
    b.field("loss", fault.loss,
            "The part of messages that are lost and sent again, later and later; 1: all, for ever",
            kProbability, Unit::Fraction);
    if (b.optional("balancers"))
        one_or_more(b, "balancers", "Only between these and the target; without, all: lb0, lb1, …",
                    [&](Blocks& v) {
                        std::string name = "lb0";
                        v.field(kItself, name, "lb0, lb1, …");
                        const auto number = balancer_number(name);
                        if (!number)
                            v.problem(kItself, "no balancer \"" + name + '"',
                                      "they are called lb0, lb1, …");
                        fault.balancers.push_back(number.value_or(0));
                    });
    if (b.sound() && fault.loss == 0 && mean(fault.latency) == 0)
        b.problem(kItself, "a network that changes nothing", "give it a latency or a loss");
}

void probe_lie(Blocks& b, ProbeLie& lie) {
    lie.pass = demanded(b, "pass", 1.0, "The part of probes that pass, whatever the backend does",
                        kProbability, Unit::Fraction);
    b.optional_field("latency", lie.latency, "Until the answer; without, at once", kNotNegative);
}

void restart(Blocks& b, Restart& restart) {
    b.field("drain", restart.drain, "They get no new requests, before they stop", kNotNegative);
    b.field("down", restart.down, "And are gone so long", kPositive);
    b.field("batch", restart.batch, "So many at the same time", lb::Range{.low = 1, .high = 1e6});
    b.optional_field("every", restart.every,
                     "The next ones so long after them; without, when they are back", kPositive);
}

void describe_change(Blocks& b, Written::Entry& to) {
    constexpr std::string_view kAdd = "add";
    auto& change = to.entry.change;
    const auto chosen = [&](std::string_view key, std::string_view meaning, Body members) {
        auto out = object(key, meaning, [&to, key, members = std::move(members)](Blocks& o) {
            to.change = key;
            members(o);
        });
        if (key != kAdd) out.demands = "target";
        return out;
    };
    const auto of = [&](std::string_view key, std::string_view meaning, auto kind,
                        void (*members)(Blocks&, decltype(kind)&)) {
        return chosen(key, meaning, [&change, kind, members](Blocks& o) {
            auto& made = change.emplace<decltype(kind)>(kind);
            if (members != nullptr) members(o, made);
        });
    };
    const std::array<Choice, 15> choices{
        {of("slow", "Services take longer, also those in progress", Slow{}, slow),
         of("crash", "The process is gone; with repeat, it flaps", Crash{}, crash),
         of("hang", "It takes requests and works on none; with repeat, it pauses", Hang{}, hang),
         of("error", "Requests are answered with an error; with repeat, in bursts", Error{},
            [](Blocks& v, Error& error) { describe(v, error); }),
         of("cut", "The connection breaks in the middle of the answer", Cut{}, cut),
         of("capacity", "It has fewer workers, as beside a noisy neighbour", Capacity{}, capacity),
         of("brownout", "Optional work is left out: answers are degraded, and cheaper", Brownout{},
            brownout),
         of("leak", "Every request leaves something behind, until the process dies of it", Leak{},
            leak),
         of("network", "Latency, loss or a partition between balancers and backend", NetworkFault{},
            network),
         of("probe_lie", "Probes are answered whatever the backend does", ProbeLie{}, probe_lie),
         chosen(kAdd, "More backends of a group join",
                [&](Blocks& o) {
                    change.emplace<AddBackends>();
                    o.required("group");
                    o.identifier("group", to.group, "The group that grows");
                    o.field("count", to.count, "By how many",
                            lb::Range{.low = 1, .high = double{kMostBackends}});
                }),
         of("remove", "They leave, and serve to the end what they have", RemoveBackends{}, nullptr),
         of("drain", "They get no new requests, but keep their place", DrainBackends{}, nullptr),
         chosen("reweight", "Another weight",
                [&](Blocks& o) {
                    Reweight weight;
                    weight.weight = demanded(o, "weight", 1.0, "The new weight", kWeight);
                    change = weight;
                }),
         of("restart", "They are drained, stopped and started, some at a time", Restart{},
            restart)}};
    b.one_of(choices);
}

void describe_repeat(Blocks& b, TimelineEntry& entry) {
    if (!b.optional("repeat")) return;
    b.object("repeat", "It comes and goes", [&](Blocks& o) {
        Repeat repeat;
        o.required("between");
        describe(o, "between", repeat.between, Measure::Service,
                 "From the end of one, or from the start, to the next");
        o.required("lasts");
        describe(o, "lasts", repeat.lasts, Measure::Service, "How long one lasts");
        o.field("together", repeat.together,
                "All targets at the same times; without, each by itself");
        entry.repeat = std::move(repeat);
    });
}

void describe_ramp(Blocks& b, TimelineEntry& entry) {
    const std::array<Blocks::Case, 2> cases{
        {{Blocks::Shape::Scalar,
          [&](Blocks& v) {
              v.field(kItself, entry.ramp.in, "It grows so long from nothing", kNotNegative);
          }},
         {Blocks::Shape::Object, [&](Blocks& v) {
              v.object(kItself, "How it grows and shrinks", [&](Blocks& o) {
                  o.field("in", entry.ramp.in, "It grows so long from nothing", kNotNegative);
                  o.field("out", entry.ramp.out, "And shrinks so long before it ends",
                          kNotNegative);
              });
          }}}};
    b.either("ramp", "How long it grows from nothing to its full strength", cases);
    if (!b.sound()) return;
    if (entry.ramp.out > Duration::zero() && !entry.lasts)
        b.problem("ramp", "what lasts to the end does not shrink before", "give it \"for\"");
    else if (entry.ramp.any() && entry.lasts && entry.ramp.in + entry.ramp.out > *entry.lasts)
        b.problem("ramp", "it grows and shrinks for longer than it lasts",
                  "make \"for\" at least " + text_of(entry.ramp.in + entry.ramp.out));
}

// Which faults can be what the envelope says.
void check_envelope(Blocks& b, const TimelineEntry& entry) {
    const auto& change = entry.change;
    const auto is_a = [&](auto... kind) {
        return (std::holds_alternative<decltype(kind)>(change) || ...);
    };
    const bool fault = is_fault(change);
    const auto only = [&](std::string_view key, bool may, std::string message, std::string hint) {
        if (!may && b.given(key)) b.problem(key, std::move(message), std::move(hint));
    };
    only("for", fault, "a change of membership does not end by itself",
         "leave \"for\" out, and undo it with an entry of its own");
    only("repeat", fault && !is_a(Leak{}), "this does not come and go", "leave \"repeat\" out");
    only("ramp", is_a(Slow{}, Error{}, Capacity{}, Brownout{}) || is_a(NetworkFault{}),
         "only slow, error, capacity, brownout and network grow", "leave \"ramp\" out");
    const bool some = is_a(Slow{}, Hang{}, Cut{}, NetworkFault{});
    only("probability", some,
         is_a(Error{}) ? "an error has a rate of its own" : "this befalls the whole backend",
         is_a(Error{}) ? "write \"error\": { \"rate\": \"20%\" }" : "leave \"probability\" out");
    only("when", some || is_a(Error{}, Brownout{}), "this befalls the whole backend",
         "leave \"when\" out");
}

}  // namespace

void describe(Blocks& b, Error& error) {
    part(b, "rate", error.rate, "The part of the requests that fail, each by itself");
    statuses(b, error.statuses);
    b.optional_field("latency", error.latency,
                     "What one takes instead of its service; without, as much as a success",
                     kNotNegative);
    b.field("probes", error.probes,
            "Whether probes of kind http fail likewise; those of kind app always do");
}

void describe(Blocks& b, Written::Entry& to) {
    auto& entry = to.entry;
    if (b.optional("name"))
        b.identifier("name", entry.name, "What windows call it; by default, what happens");
    entry.at = demanded(b, "at", Duration{}, "When it begins", kNotNegative);
    b.optional_field("for", entry.lasts, "How long it lasts; without it, to the end");
    describe_change(b, to);
    describe_repeat(b, entry);
    describe_ramp(b, entry);
    part(b, "probability", entry.probability, "The part of the requests that it befalls");
    if (b.optional("when"))
        b.object("when", "Which requests it befalls, on whatever backend", [&](Blocks& o) {
            o.required("class");
            o.identifier("class", entry.request_class, "Those of this class");
        });
    check_envelope(b, entry);
    if (std::holds_alternative<AddBackends>(entry.change) && b.given("target"))
        b.problem("target", "what is added has no target", "name a group in \"add\"");
    if (!b.optional("target")) return;
    one_or_more(b, "target",
                "Names of backends, with * for any letters, or group:, pool: or zone:NAME",
                [&](Blocks& v) {
                    std::string text;
                    v.field(kItself, text, "A name, b*, group:NAME, pool:NAME or zone:NAME");
                    entry.targets.push_back(std::move(text));
                });
}

}  // namespace lbsim
