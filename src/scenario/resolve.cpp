#include "scenario/resolve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "scenario/check_balancers.hpp"
#include "scenario/offered.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

// Whether `name` is of the form `pattern`, where * stands for any letters, also none.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, from = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;  // Let the last star take one letter more.
            n = ++from;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// Six digits are enough for a message.
std::string rounded(double x) {
    double shift = 1;
    while (x / shift >= 1e6) shift *= 10;
    if (shift > 1) return text_of(std::floor(x / shift + 0.5) * shift);
    while (x * shift < 1e5 && shift < 1e12) shift *= 10;
    return text_of(std::floor(x * shift + 0.5) / shift);
}

// Of the classes of requests, by their shares; 1 if there are none.
double mean_work(const std::vector<RequestClass>& classes) {
    double work = 0, shares = 0;
    for (const auto& c : classes) {
        work += c.share * mean(c.work);
        shares += c.share;
    }
    return classes.empty() ? 1 : work / shares;
}

bool is_open(const Arrivals& arrivals) {
    return !std::holds_alternative<Closed>(arrivals) && !std::holds_alternative<Trace>(arrivals);
}

// Where the rate stands, below "arrivals".
std::string rate_pointer(const Arrivals& arrivals) {
    if (std::holds_alternative<Poisson>(arrivals)) return "/poisson/rate";
    if (std::holds_alternative<ConstantRate>(arrivals)) return "/constant/rate";
    if (std::holds_alternative<Mmpp>(arrivals)) return "/mmpp/rates";
    const auto* profile = std::get_if<Profile>(&arrivals);
    if (!profile) return "";
    const auto less = [](const auto& a, const auto& b) { return a.rate_per_s < b.rate_per_s; };
    const auto most = std::max_element(profile->steps.begin(), profile->steps.end(), less);
    return "/profile/" + std::to_string(most - profile->steps.begin()) + "/1";
}

/// Targets by what they have in common: how it is written, what it is called, and where it stands.
struct Kind {
    std::string_view prefix, word;
    std::string Backends::*of;
};
constexpr Kind kKinds[] = {{"group:", "group", &Backends::name},
                           {"pool:", "pool", &Backends::pool},
                           {"zone:", "zone", &Backends::zone}};

class Resolver {
public:
    Resolver(Written written, const Document& document, Budget& budget, Known& known,
             std::vector<Problem>& problems)
        : written_{std::move(written)},
          scenario_{std::move(written_.scenario)},
          document_{document},
          budget_{budget},
          known_{known},
          problems_{problems},
          first_problem_{problems.size()} {}

    Scenario resolve() {
        const bool clients = given("clients") && sound("/clients");
        const bool backends = given("backends") && sound("/backends");
        const bool timeline = sound("/timeline"), windows = sound("/windows");
        timed_ = !scenario_.requests && sound("/duration") && sound("/requests");
        if (clients) name_clients();
        bool named = backends && name_backends() && timeline;
        if (named) {
            place_tiers();
            named = add_backends();
            find_targets();
            if (clients) check_faults();
        }
        if (timeline) {
            name_entries();
            place_entries();
        }
        if (windows) place_windows();
        if (clients && backends && sound("/overload")) weigh();
        if (clients && backends && timeline) check_tier();
        known_.backends = known_.backends && named;
        known_.windows = known_.windows && timeline && windows;
        return std::move(scenario_);
    }

private:
    void check_tier() {
        for (std::size_t t = 0; t != scenario_.tiers(); ++t)
            check_balancers(
                scenario_, t, written_.groups, written_.timeline, tier_pointer(t),
                [this](std::string_view pointer) { return sound(pointer); },
                [this](auto pointer, auto message, auto hint) {
                    note(std::move(pointer), std::move(message), std::move(hint));
                });
    }
    bool sound(std::string_view pointer) const {
        return lbsim::sound(document_, std::span{problems_}.first(first_problem_), pointer);
    }
    bool given(std::string_view key) const {
        const auto* value = document_.root().find(key);
        return value != nullptr && !value->is(Value::Kind::Null);
    }
    void note(std::string pointer, std::string message, std::string hint = {},
              bool about_key = false) {
        const auto place = document_.locate(pointer, about_key);
        problems_.push_back(
            {std::move(pointer), std::move(message), std::move(hint), about_key, place});
    }
    // Whether so many more names may be made.
    bool spend(std::size_t n, const std::string& pointer) {
        if (n > budget_.names) {
            if (!budget_.exceeded)
                note(pointer, "all variants together have too many backends and targets of faults",
                     "compare fewer at a time");
            budget_.exceeded = true;
            return false;
        }
        budget_.names -= n;
        return true;
    }

    void name_clients() {
        std::set<std::string> taken;
        auto& clients = scenario_.clients;
        for (std::size_t i = 0; i != clients.size(); ++i) {
            auto& name = clients[i].name;
            if (name.empty())
                name = clients.size() == 1 ? "clients" : "clients" + std::to_string(i);
            if (!taken.insert(name).second)
                note(child(child("/clients", i), "name"),
                     "the name " + in_quotes(name) + " is taken by other clients");
        }
    }

    // Returns whether all have names.
    bool name_backends() {
        std::int64_t total = 0;
        const auto before = problems_.size();
        for (std::size_t i = 0; i != written_.groups.size(); ++i) {
            auto& [group, count, calls] = written_.groups[i];
            const auto where = child("/backends", i);
            total += count.value_or(1);
            if (total > kMostBackends) {
                note(child(where, "count"),
                     "more than " + std::to_string(kMostBackends) + " backends");
                return false;
            }
            if (!spend(static_cast<std::size_t>(count.value_or(1)), where)) return false;
            if (!groups_.try_emplace(group.name, i).second) {
                note(child(where, "name"),
                     "the name " + in_quotes(group.name) + " is taken by another group",
                     "give each group a name of its own");
                continue;
            }
            for (std::int64_t k = 0; k != count.value_or(1); ++k)
                take(count ? group.name + std::to_string(k) : group.name, i, child(where, "name"),
                     group.members);
            next_.push_back(count.value_or(1));
            scenario_.backends.push_back(group);
        }
        backends_ = total;
        no_group_is_called_as_a_backend();
        return problems_.size() == before;
    }

    std::string tier_pointer(std::size_t tier) const {
        const auto* tiers = document_.root().find("balancers");
        const bool many = tiers != nullptr && tiers->is(Value::Kind::Array);
        return many ? child("/balancers", tier) : "/balancers";
    }

    // Which tier sends to which group, and which is asked by whose cache.
    void place_tiers() {
        std::map<std::string_view, std::size_t> tiers;
        std::vector<bool> placed(written_.groups.size());
        for (std::size_t t = 0; t != scenario_.tiers(); ++t) {
            const auto& tier = scenario_.tier(t);
            const auto where = tier_pointer(t);
            if (!tiers.try_emplace(tier.name, t).second)
                note(child(where, "name"),
                     "the name " + in_quotes(tier.name) + " is taken by another tier",
                     "give each tier a name of its own");
            if (t != 0 && tier.to.empty())
                note(where, "only the first tier may leave open to whom it sends",
                     "\"to\": the name of a group of backends");
            for (const auto& name : tier.to) {
                const auto group = groups_.find(name);
                if (group == groups_.end())
                    note(child(where, "to"), "no group " + in_quotes(name) + " of backends",
                         suggestion(name, group_names()));
                else if (placed[group->second])
                    note(child(where, "to"), in_quotes(name) + " is another tier's already");
                else
                    placed[group->second] = true, scenario_.backends[group->second].tier = t;
            }
        }
        for (std::size_t i = 0; i != scenario_.backends.size(); ++i) {
            if (!placed[i] && !scenario_.balancers.to.empty())
                note(child("/backends", i), "no tier sends to these backends",
                     "name them in \"to\"");
            auto& group = scenario_.backends[i];
            const auto where = child("/backends", i);
            if (group.cache) place_cache(group, where + "/cache", tiers);
            for (std::size_t c = 0; c != group.calls.size(); ++c)
                place_asked(group.calls[c].to, group.calls[c].tier, group,
                            written_.groups[i].calls[c] + "/to", tiers);
        }
    }

    // The tier that backends ask, by its name.
    void place_asked(const std::string& name, std::size_t& number, const Backends& group,
                     const std::string& where,
                     const std::map<std::string_view, std::size_t>& tiers) {
        const auto tier = tiers.find(name);
        if (tier != tiers.end() && tier->second > group.tier) {
            number = tier->second;
        } else if (tier != tiers.end()) {
            note(where, "a tier that comes before, or is the backends' own",
                 "name one that comes later");
        } else {
            std::vector<std::string_view> later;
            for (const auto& [other, t] : tiers)
                if (t > group.tier) later.push_back(other);
            note(where, "no tier " + in_quotes(name) + " of balancers",
                 later.empty() ? "\"balancers\": [{}, { \"name\": \"origin\", \"to\": \"db\" }]"
                               : suggestion(name, later));
        }
    }

    void place_cache(Backends& group, const std::string& where,
                     const std::map<std::string_view, std::size_t>& tiers) {
        place_asked(group.cache->on_miss, group.cache->tier, group, where + "/on_miss", tiers);
        const bool known =
            std::none_of(scenario_.clients.begin(), scenario_.clients.end(), [](const Clients& c) {
                return std::holds_alternative<UniqueKeys>(c.keys) ||
                       std::holds_alternative<SessionKeys>(c.keys) ||
                       std::holds_alternative<Trace>(c.arrivals);
            });
        if (group.cache->prefill && !known)
            note(where + "/prefill", "which keys there will be is not known before",
                 "give all clients uniform or zipf keys, or \"prefill\": false and a warmup");
    }

    void take(std::string name, std::size_t group, const std::string& pointer,
              std::vector<std::string>& members) {
        const auto [at, is_new] = owners_.try_emplace(name, group);
        if (!is_new && at->second != group && clashes_.insert(group).second)
            note(pointer,
                 "the backend " + in_quotes(name) + " exists already, in the group " +
                     in_quotes(written_.groups[at->second].backends.name),
                 "choose another name");
        if (is_new) names_.push_back(name);
        members.push_back(std::move(name));
    }

    // Assertions name both, so one name must not mean two things.
    void no_group_is_called_as_a_backend() {
        for (const auto& [name, group] : groups_) {
            const auto owner = owners_.find(name);
            if (owner == owners_.end() || owner->second == group || clashes_.contains(group))
                continue;
            note(child(child("/backends", group), "name"),
                 "the name " + in_quotes(name) + " is taken by a backend of the group " +
                     in_quotes(written_.groups[owner->second].backends.name),
                 "choose another name");
        }
    }

    // In order of time, so that the numbers of a group grow.  Returns whether all have names.
    bool add_backends() {
        const auto before = problems_.size();
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i != written_.timeline.size(); ++i)
            if (std::holds_alternative<AddBackends>(written_.timeline[i].entry.change))
                order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return written_.timeline[a].entry.at < written_.timeline[b].entry.at;
        });
        for (const auto i : order) {
            auto& written = written_.timeline[i];
            const auto where = child("/timeline", i) + "/add";
            const auto group = groups_.find(written.group);
            if (group == groups_.end()) {
                note(where + "/group", "no group " + in_quotes(written.group) + " of backends",
                     suggestion(written.group, group_names()));
                continue;
            }
            backends_ += written.count;
            if (backends_ > kMostBackends) {
                note(where + "/count", "more than " + std::to_string(kMostBackends) + " backends");
                return false;
            }
            if (!spend(static_cast<std::size_t>(written.count), where)) return false;
            AddBackends add{group->second, {}};
            for (std::int64_t k = 0; k != written.count; ++k)
                take(written.group + std::to_string(next_[add.group]++), add.group,
                     where + "/group", add.members);
            written.entry.change = std::move(add);
        }
        return problems_.size() == before;
    }

    void find_targets() {
        for (std::size_t i = 0; i != written_.timeline.size(); ++i) {
            auto& targets = written_.timeline[i].entry.targets;
            const auto where = child("/timeline", i) + "/target";
            const auto* value = document_.root().find("timeline");
            const auto* target = value->elements()[i].find("target");
            const bool many = target && target->is(Value::Kind::Array);
            std::set<std::size_t> found;  // Of names_: in their order, each once.
            for (std::size_t k = 0; k != targets.size(); ++k)
                find_target(targets[k], many ? child(where, k) : where, found);
            targets.clear();
            if (!spend(found.size(), where)) return;
            for (const auto at : found) targets.push_back(names_[at]);
        }
    }

    void find_target(const std::string& text, const std::string& pointer,
                     std::set<std::size_t>& found) {
        for (const auto& [prefix, word, of] : kKinds)
            if (text.starts_with(prefix))
                return find_kind(text.substr(prefix.size()), word, of, pointer, found);
        if (text.find('*') == std::string::npos && !owners_.contains(text))
            return note(pointer, "no backend " + in_quotes(text), suggestion(text, names()));
        add_targets(text, pointer, found, [&](std::size_t i) { return matches(text, names_[i]); });
    }

    // All that are of one group, zone or pool.
    void find_kind(const std::string& name, std::string_view word, std::string Backends::*of,
                   const std::string& pointer, std::set<std::size_t>& found) {
        std::vector<std::string_view> known;
        for (const auto& group : written_.groups)
            if (!(group.backends.*of).empty()) known.push_back(group.backends.*of);
        if (std::find(known.begin(), known.end(), name) == known.end())
            return note(pointer, "no " + std::string{word} + ' ' + in_quotes(name) + " of backends",
                        suggestion(name, known));
        add_targets(name, pointer, found, [&](std::size_t i) {
            return written_.groups[owners_.at(names_[i])].backends.*of == name;
        });
    }

    template <class Is>
    void add_targets(const std::string& text, const std::string& pointer,
                     std::set<std::size_t>& found, const Is& is) {
        bool any = false;
        for (std::size_t i = 0; i != names_.size(); ++i)
            if (is(i)) any = true, found.insert(i);
        if (!any) note(pointer, "no backend matches " + in_quotes(text), suggestion(text, names()));
    }

    std::vector<std::string_view> names() const {
        return std::vector<std::string_view>(names_.begin(), names_.end());
    }
    std::vector<std::string_view> group_names() const {
        std::vector<std::string_view> out;
        for (const auto& group : written_.groups) out.push_back(group.backends.name);
        return out;
    }
    static std::string suggestion(std::string_view word,
                                  const std::vector<std::string_view>& known) {
        constexpr std::size_t kMost = 10;
        if (const auto meant = nearest(word, known); !meant.empty())
            return "did you mean " + in_quotes(meant) + "?";
        std::string out;
        for (std::size_t i = 0; i != std::min(known.size(), kMost); ++i)
            out += (i == 0 ? "known here: " : ", ") + in_quotes(known[i]);
        return known.size() > kMost ? out + ", …" : out;
    }

    // By default, what happens: "slow", or "slow0", "slow1", … if several are without a name.
    void name_entries() {
        std::set<std::string> taken;
        std::map<std::string_view, std::size_t> unnamed, next;
        for (std::size_t i = 0; i != written_.timeline.size(); ++i) {
            const auto& [entry, group, count, change] = written_.timeline[i];
            if (entry.name.empty()) {
                ++unnamed[change];
            } else if (!taken.insert(entry.name).second) {
                note(child(child("/timeline", i), "name"),
                     "the name " + in_quotes(entry.name) + " is taken by another entry");
            }
        }
        for (auto& [entry, group, count, change] : written_.timeline) {
            if (entry.name.empty()) {
                std::string name{change};
                if (unnamed[change] > 1) name += std::to_string(next[change]++);
                while (!taken.insert(name).second)
                    name = std::string{change} + std::to_string(next[change]++);
                entry.name = std::move(name);
            }
        }
    }

    // When the run is over, as far as is known beforehand.
    Duration end() const { return timed_ ? scenario_.duration : Duration::max(); }

    void place_entries() {
        for (std::size_t i = 0; i != written_.timeline.size(); ++i) {
            auto& entry = written_.timeline[i].entry;
            if (const auto* restart = std::get_if<Restart>(&entry.change))
                entry.lasts = span_of(*restart, entry.targets.size());
            if (entry.at >= end())
                note(child(child("/timeline", i), "at"),
                     "begins at " + text_of(entry.at) + ", when the run is over: its duration is " +
                         text_of(scenario_.duration));
            const auto begin = std::min(entry.at, end());
            const auto over = entry.lasts ? std::min(entry.at + *entry.lasts, end()) : end();
            automatic_.push_back({"before:" + entry.name, Duration::zero(), begin});
            automatic_.push_back({"during:" + entry.name, begin, std::max(begin, over)});
            automatic_.push_back({"after:" + entry.name, std::max(begin, over), end()});
            scenario_.timeline.push_back(std::move(entry));
        }
    }

    // From the first to the last.
    static Duration span_of(const Restart& restart, std::size_t targets) {
        const auto most = static_cast<std::size_t>(restart.batch);
        const auto batches = (std::max<std::size_t>(targets, 1) + most - 1) / most;
        return lb::duration_of(static_cast<double>(batches - 1) *
                                   exact_seconds(restart.until_next()) +
                               exact_seconds(restart.one()));
    }

    // What a fault needs of those that it befalls.
    void check_faults() {
        for (std::size_t i = 0; i != written_.timeline.size(); ++i) {
            const auto& entry = written_.timeline[i].entry;
            const auto where = child("/timeline", i);
            if (std::holds_alternative<Capacity>(entry.change))
                for (const auto& name : entry.targets)
                    if (written_.groups[owners_.at(name)].backends.workers.none()) {
                        note(where + "/capacity", "has unlimited workers: " + in_quotes(name),
                             "give its group \"workers\"");
                        break;
                    }
            if (const auto* network = std::get_if<NetworkFault>(&entry.change))
                for (const auto number : network->balancers)
                    if (number >= scenario_.balancers.count)
                        note(where + "/network/balancers",
                             "no balancer \"lb" + std::to_string(number) + "\": there are " +
                                 std::to_string(scenario_.balancers.count),
                             "\"balancers\": { \"count\": " + std::to_string(number + 1) + " }");
            if (entry.request_class.empty()) continue;
            std::vector<std::string_view> known;
            for (const auto& clients : scenario_.clients)
                for (const auto& c : clients.classes) known.push_back(c.name);
            if (std::find(known.begin(), known.end(), entry.request_class) == known.end())
                note(where + "/when/class",
                     "no class " + in_quotes(entry.request_class) + " of requests",
                     known.empty() ? "give clients \"classes\""
                                   : suggestion(entry.request_class, known));
        }
    }

    void place_windows() {
        for (auto& window : scenario_.windows) {
            if (window.from >= end())
                note(child("/windows", window.name),
                     "begins at " + text_of(window.from) +
                         ", when the run is over: its duration is " + text_of(scenario_.duration));
            window.to = std::min(window.to, end());
        }
        std::move(scenario_.windows.begin(), scenario_.windows.end(),
                  std::back_inserter(automatic_));
        scenario_.windows = std::move(automatic_);
    }

    // Infinite if there is no bound.
    double capacity() {
        double sum = 0;
        for (std::size_t i = 0; i != written_.groups.size(); ++i) {
            const auto& [group, count, calls] = written_.groups[i];
            const double each = mean(group.service);
            if (i < scenario_.backends.size() && scenario_.backends[i].tier != 0) continue;
            if (group.workers.none()) return std::numeric_limits<double>::infinity();
            if (std::isinf(each)) infinite(child(child("/backends", i), "service"));
            sum += static_cast<double>(count.value_or(1)) *
                   static_cast<double>(group.workers.value) / each;
        }
        return sum;
    }

    void infinite(std::string pointer) {
        note(std::move(pointer), "its mean is infinite, and so is the load",
             "give it a max, an alpha above 1, or say \"overload\": true");
    }

    void weigh() {
        if (scenario_.overload) return;
        double offered = 0;
        bool by_work = false;
        std::string first;
        const auto before = problems_.size();
        for (std::size_t i = 0; i != scenario_.clients.size(); ++i) {
            const auto& clients = scenario_.clients[i];
            if (!is_open(clients.arrivals)) continue;
            const auto where = child("/clients", i);
            if (first.empty()) first = where + "/arrivals" + rate_pointer(clients.arrivals);
            const double work = mean(clients.work) * mean_work(clients.classes);
            if (std::isinf(work)) infinite(where + "/work");
            by_work = by_work || work != 1;
            offered += rate_of(clients.arrivals) * work;
        }
        if (first.empty()) return;
        const double most = capacity();
        // A sum of rounded quotients may end just above what it should equal.
        constexpr double kRounding = 1 - 1e-12;
        if (problems_.size() != before || offered < most * kRounding) return;
        note(first,
             "the offered load, " + rounded(offered) + "/s" + (by_work ? " of work 1" : "") +
                 ", is not below the capacity of all backends, " + rounded(most) + "/s",
             "lower the rate, add backends, or say \"overload\": true if it is meant");
    }

    Written written_;
    Scenario scenario_;
    const Document& document_;
    Budget& budget_;
    Known& known_;
    std::vector<Problem>& problems_;
    std::size_t first_problem_;
    bool timed_ = true;  // Whether the run ends at a time that is known.

    std::map<std::string, std::size_t> groups_, owners_;  // Groups, and those of backends, by name.
    std::vector<std::string> names_;                      // Of backends, in order of appearance.
    std::set<std::size_t> clashes_;                       // Groups whose names are no good.
    std::vector<std::int64_t> next_;                      // The next number of each group.
    std::int64_t backends_ = 0;
    std::vector<Window> automatic_;
};

}  // namespace

bool sound(const Document& document, std::span<const Problem> problems, std::string_view pointer) {
    const auto part = pointer.substr(1);
    const auto wrong = [&](const Problem& p) {
        if (p.pointer.starts_with(pointer)) return true;
        return p.about_key &&
               !nearest(p.pointer.substr(p.pointer.find('/') + 1), std::span{&part, 1}).empty();
    };
    return document.root().is(Value::Kind::Object) &&
           std::none_of(problems.begin(), problems.end(), wrong);
}

Scenario resolve(Written written, const Document& document, Budget& budget, Known& known,
                 std::vector<Problem>& problems) {
    return Resolver{std::move(written), document, budget, known, problems}.resolve();
}

}  // namespace lbsim
