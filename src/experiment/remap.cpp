#include "experiment/remap.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>

#include "balancer/balancer.hpp"
#include "balancer/hashing/ring.hpp"
#include "base/expects.hpp"
#include "base/math.hpp"
#include "base/rng.hpp"
#include "stats/estimate.hpp"

namespace lbsim {
namespace {

using Owners = std::vector<std::uint32_t>;  // By key: the number of its backend, by Names.

/// One policy's balancer over a fleet that changes.
class Mapper {
public:
    Mapper(const lb::Policies::Factory& make, const RemapFleet& fleet)
        : balancer_{fleet_, make({}), lb::Rng{1}, lb::Instant{}} {
        for (const auto& b : fleet) join(b);
    }

    void change(const RemapFleet& to) {
        for (const auto& member : std::vector<Member>{members_})
            if (find(to, member.name) == nullptr) leave(member);
        for (const auto& b : to) {
            const auto member = std::find_if(members_.begin(), members_.end(),
                                             [&](const auto& m) { return m.name == b.name; });
            if (member == members_.end())
                join(b);
            else if (fleet_.weight(member->id) != b.weight)
                fleet_.set_weight(member->id, b.weight, {});
        }
    }

    /// Who has each key; `number` numbers the backends by name.
    template <class Number>
    Owners map(const RemapKeys& keys, std::uint64_t most, const Number& number) {
        std::vector<std::uint32_t> of(fleet_.slots());
        for (const auto& m : members_) of[index(m.id)] = number(m.name);
        Owners out(most);
        // One ticket of each backend stands for all: they differ in nothing that is looked at.
        std::vector<lb::Ticket> tickets(fleet_.slots());
        std::vector<std::uint64_t> held(fleet_.slots());
        keys.each(most, [&](std::uint64_t i, std::string_view key) {
            const auto hash = static_cast<std::uint32_t>(lb::hash_of(key));
            const auto decision = balancer_.pick({.key = key, .client = lb::Address::v4(hash)}, {});
            const auto& ticket = std::get<lb::Ticket>(decision);
            out[i] = of[index(ticket.backend)];
            tickets[index(ticket.backend)] = ticket;
            ++held[index(ticket.backend)];
        });
        for (std::size_t b = 0; b != held.size(); ++b)
            for (auto n = held[b]; n != 0; --n) balancer_.done(tickets[b], {}, {});
        return out;
    }

    /// The points of the policy's ring; `fleet` is the one that it is of now.
    std::vector<RemapRow::Point> ring(const RemapFleet& fleet) const {
        std::vector<std::uint32_t> place(fleet_.slots());
        for (const auto& m : members_)
            place[index(m.id)] = static_cast<std::uint32_t>(
                std::find_if(fleet.begin(), fleet.end(),
                             [&](const auto& b) { return b.name == m.name; }) -
                fleet.begin());
        std::vector<RemapRow::Point> out;
        for (const auto& point : balancer_.policy().ring())
            out.push_back({point.at, place[index(point.backend)]});
        return out;
    }

private:
    struct Member {
        std::string name;
        lb::BackendId id;
    };
    static const RemapBackend* find(const RemapFleet& fleet, const std::string& name) {
        const auto found =
            std::find_if(fleet.begin(), fleet.end(), [&](const auto& b) { return b.name == name; });
        return found == fleet.end() ? nullptr : &*found;
    }
    void join(const RemapBackend& b) {
        members_.push_back(
            {b.name, fleet_.add(std::make_shared<const lb::Backend>(lb::Backend{.name = b.name}),
                                b.weight, {})});
    }
    void leave(const Member& member) {
        fleet_.remove(member.id, {});
        std::erase_if(members_, [&](const auto& m) { return m.id == member.id; });
    }

    lb::Fleet fleet_;
    lb::Balancer balancer_;
    std::vector<Member> members_;
};

double total(const RemapFleet& fleet) {
    return std::accumulate(fleet.begin(), fleet.end(), 0.0,
                           [](double sum, const auto& b) { return sum + b.weight; });
}

bool same_members(const RemapFleet& from, const RemapFleet& to, std::size_t n) {
    return std::equal(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(n), to.begin());
}

bool uniform(const RemapFleet& fleet) {
    return std::all_of(fleet.begin(), fleet.end(),
                       [&](const auto& b) { return b.weight == fleet.front().weight; });
}

/// Whether all of `few` are among `many`, with the same weights.
bool within(const RemapFleet& few, const RemapFleet& many) {
    return std::all_of(few.begin(), few.end(), [&](const auto& b) {
        return std::find(many.begin(), many.end(), b) != many.end();
    });
}

/// Where backends of one weight join or leave at the end of the list.
std::optional<double> theory(std::string_view policy, const RemapFleet& from, const RemapFleet& to,
                             double least) {
    const auto few = std::min(from.size(), to.size());
    const bool at_end = uniform(from) && uniform(to) && same_members(from, to, few);
    // A residue stays if it is the same by both numbers: one of each lcm / few.
    if (policy == "hash_mod" && at_end)
        return 1 - static_cast<double>(few) / static_cast<double>(std::lcm(from.size(), to.size()));
    if (policy == "rendezvous" && (within(from, to) || within(to, from))) return least;
    if (policy == "jump" && at_end) return least;
    return std::nullopt;
}

void judge_balance(RemapRow& row, const RemapFleet& to, std::uint64_t keys) {
    const double weights = total(to);
    double squares = 0;
    for (std::size_t b = 0; b != to.size(); ++b) {
        std::uint64_t has = 0;
        for (const auto& line : row.matrix) has += line[b];
        const double due = static_cast<double>(keys) * to[b].weight / weights;
        const double x = static_cast<double>(has) / due;
        row.max_over_mean = std::max(row.max_over_mean, x);
        squares += (x - 1) * (x - 1) * to[b].weight / weights;
    }
    row.cv = lb::sqrt(squares);
}

/// The mean of the largest of `n` shares, over their mean, whose coefficient of variation is `cv`:
/// of gamma laws, which the parts of a ring follow, by Wilson & Hilferty's cube of a normal law
/// (PNAS 17(12), 1931).  Within 1 % also of n exponential ones.
double peak_of(std::size_t n, double cv) {
    constexpr int kSlices = 512;
    constexpr double kNormal = 1e9;  // So many degrees of freedom.
    const double shape = 1 / (cv * cv);
    double sum = 0;
    for (int i = 0; i != kSlices; ++i) {
        const double u = lb::pow((i + 0.5) / kSlices, 1 / static_cast<double>(n));
        const double x =
            1 - 1 / (9 * shape) + student_t_quantile(u, kNormal) / (3 * lb::sqrt(shape));
        sum += x * x * x;
    }
    return sum / kSlices;
}

/// Of equal backends: keys fall on them by chance, and on the parts of a ring that chance made.
void expect_balance(RemapRow& row, std::string_view policy, const RemapStep& step,
                    std::size_t points) {
    const auto n = static_cast<double>(step.to.size());
    if (!uniform(step.to) || n < 2) return;
    // Some bound the load; and of several probes a key is not where chance put it.
    static constexpr std::string_view kEven[] = {"hash_mod", "jump", "rendezvous", "maglev"};
    static constexpr std::string_view kRings[] = {"ring_hash", "ketama/ketama", "envoy/ring_hash",
                                                  "grpc/ring_hash"};
    const auto is = [&](auto& names) {
        return std::find(std::begin(names), std::end(names), policy) != std::end(names);
    };
    double variance = (n - 1) / step.independent;
    if (is(kRings))
        variance += (n - 1) / (static_cast<double>(points) + 1);
    else if (!is(kEven))
        return;
    row.cv_theory = lb::sqrt(variance);
    row.max_over_mean_theory = peak_of(step.to.size(), *row.cv_theory);
}

}  // namespace

RemapKeys::RemapKeys(std::vector<std::string> keys) : count_{keys.size()}, keys_{std::move(keys)} {
    std::map<std::string_view, double> asked;
    for (const auto& key : keys_) ++asked[key];
    double squares = 0;
    for (const auto& [key, n] : asked) squares += n * n;
    const auto all = static_cast<double>(count_);
    independent_ = all * all / squares;
}

RemapKeys RemapKeys::zipf(std::uint64_t count, double s) {
    RemapKeys out{count};
    out.zipf_ = std::make_shared<const ZipfSampler>(count, s);
    double sum = 0, squares = 0;
    for (std::uint64_t k = count; k != 0; --k) {
        const double p = lb::pow(static_cast<double>(k), -s);
        sum += p;
        squares += p * p;
    }
    const double repeats = squares / (sum * sum);
    out.independent_ = 1 / (repeats + (1 - repeats) / static_cast<double>(count));
    return out;
}

void RemapKeys::each(std::uint64_t most,
                     const std::function<void(std::uint64_t, std::string_view)>& take) const {
    if (!keys_.empty()) {
        for (std::uint64_t i = 0; i != most; ++i) take(i, keys_[i]);
        return;
    }
    char text[24];
    const lb::Stream draws = lb::Rng{1}.numbered("zipf keys", 0);
    for (std::uint64_t i = 0; i != most; ++i) {
        auto number = i;
        if (zipf_) {
            auto rng = draws.at(i);
            number = (*zipf_)(rng);
        }
        const auto end = std::to_chars(text, text + sizeof text, number).ptr;
        take(i, {text, static_cast<std::size_t>(end - text)});
    }
}

double moved_least(const RemapFleet& from, const RemapFleet& to) {
    const double before = total(from), after = total(to);
    double gained = 0;
    for (const auto& b : to) {
        const auto was =
            std::find_if(from.begin(), from.end(), [&](const auto& f) { return f.name == b.name; });
        const double share = was == from.end() ? 0 : was->weight / before;
        gained += std::max(0.0, b.weight / after - share);
    }
    return gained;
}

namespace {

/// The numbers by which maps tell the backends of all fleets.
class Names {
public:
    explicit Names(std::span<const RemapFleet> fleets) {
        for (const auto& fleet : fleets)
            for (const auto& b : fleet)
                numbers_.try_emplace(b.name, static_cast<std::uint32_t>(numbers_.size()));
    }
    std::uint32_t operator()(const std::string& name) const { return numbers_.at(name); }
    /// By number: the place in a fleet, or its size.
    std::vector<std::size_t> places(const RemapFleet& fleet) const {
        std::vector<std::size_t> out(numbers_.size(), fleet.size());
        for (std::size_t b = 0; b != fleet.size(); ++b) out[numbers_.at(fleet[b].name)] = b;
        return out;
    }

private:
    std::map<std::string, std::uint32_t> numbers_;
};

/// How many of the first keys have another owner.
std::uint64_t differ(const Owners& all, const Owners& some) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i != some.size(); ++i) out += all[i] != some[i];
    return out;
}

/// What a step moved.
void count_moves(RemapRow& row, const RemapStep& step, const Names& names, const Owners& before,
                 const Owners& after) {
    const auto rows = names.places(step.from), columns = names.places(step.to);
    row.matrix.assign(step.from.size(), std::vector<std::uint64_t>(step.to.size()));
    for (std::size_t i = 0; i != before.size(); ++i) {
        ++row.matrix[rows[before[i]]][columns[after[i]]];
        if (before[i] == after[i]) continue;
        ++row.moved;
        row.needless += columns[before[i]] != step.to.size() && rows[after[i]] != step.from.size();
    }
}

}  // namespace

std::vector<RemapStep> remap(std::span<const RemapPolicy> policies, const RemapKeys& keys,
                             std::span<const RemapFleet> fleets, const RemapMeters& meters) {
    lb::expects(fleets.size() > 1 && keys.count() != 0);
    std::vector<RemapStep> steps;
    const auto add = [&](const RemapFleet& from, const RemapFleet& to) {
        lb::expects(!from.empty() && !to.empty());
        steps.push_back({from, to, keys.count(), keys.independent(), moved_least(from, to), {}});
    };
    for (std::size_t k = 1; k != fleets.size(); ++k) add(fleets[k - 1], fleets[k]);
    const bool whole = steps.size() > 1;
    if (whole) add(fleets.front(), fleets.back());
    const Names names{fleets};
    const auto tried = std::min(keys.count(), RemapRow::kTried);

    for (const auto& [label, name, make] : policies) {
        const auto held = meters.memory ? meters.memory() : 0;
        const double start = meters.clock ? meters.clock() : 0;
        Mapper mapper{make, fleets.front()};
        mapper.map(keys, 1, names);
        const double built = meters.clock ? meters.clock() : 0;
        const auto holds = meters.memory ? meters.memory() : 0;
        const auto first = mapper.map(keys, keys.count(), names);
        const double mapped = meters.clock ? meters.clock() : 0;

        Owners before = first;
        auto ring = meters.rings ? mapper.ring(fleets.front()) : std::vector<RemapRow::Point>{};
        for (std::size_t k = 0; k != steps.size(); ++k) {
            const bool all = whole && k + 1 == steps.size();
            auto& step = steps[k];
            auto& row = step.rows.emplace_back();
            row.policy = label;
            if (!all) mapper.change(step.to);
            const auto after = all ? before : mapper.map(keys, keys.count(), names);
            const auto& was = all ? first : before;
            count_moves(row, step, names, was, after);
            row.moved_theory = theory(name, step.from, step.to, step.moved_least);
            judge_balance(row, step.to, keys.count());
            const auto points = mapper.ring(step.to);
            expect_balance(row, name, step, points.size());
            if (meters.rings) {
                row.ring_from = all ? steps.front().rows.back().ring_from : ring;
                row.ring_to = ring = points;
            }
            // Elsewhere, so that no history is left behind: the way here, and one step back.
            Mapper back{make, fleets.front()};
            for (std::size_t i = 0; !all && i <= k; ++i) back.change(steps[i].to);
            if (all) back.change(step.to);
            back.map(keys, 1, names);
            back.change(step.from);
            row.unrestored = differ(was, back.map(keys, tried, names));
            const RemapFleet reversed{step.to.rbegin(), step.to.rend()};
            row.reordered = differ(after, Mapper{make, reversed}.map(keys, tried, names));
            if (meters.clock) {
                row.build_s = built - start;
                row.lookup_ns = (mapped - built) * 1e9 / static_cast<double>(keys.count());
            }
            if (meters.memory) row.memory_bytes = holds - held;
            before = after;
        }
    }
    return steps;
}

}  // namespace lbsim
