#include "experiment/remap.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <numeric>

#include "balancer/balancer.hpp"
#include "balancer/hashing/ring.hpp"
#include "base/expects.hpp"
#include "base/math.hpp"

namespace lbsim {
namespace {

using Owners = std::vector<std::uint32_t>;  // By key: the number of its backend in Ring::known.

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
    Owners map(const RemapKeys& keys, std::uint64_t most, Number number) {
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

}  // namespace

void RemapKeys::each(std::uint64_t most,
                     const std::function<void(std::uint64_t, std::string_view)>& take) const {
    if (!keys_.empty()) {
        for (std::uint64_t i = 0; i != most; ++i) take(i, keys_[i]);
        return;
    }
    char text[24];
    for (std::uint64_t i = 0; i != most; ++i) {
        const auto end = std::to_chars(text, text + sizeof text, i).ptr;
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

RemapStep remap(std::span<const RemapPolicy> policies, const RemapKeys& keys,
                const RemapFleet& from, const RemapFleet& to,
                const std::function<double()>& clock) {
    lb::expects(!from.empty() && !to.empty() && keys.count() != 0);
    RemapStep step{from, to, keys.count(), moved_least(from, to), {}};
    // All that take part, first those of `from`.
    std::vector<std::string> known;
    for (const auto& b : from) known.push_back(b.name);
    for (const auto& b : to)
        if (std::find(known.begin(), known.end(), b.name) == known.end()) known.push_back(b.name);
    const auto number = [&](const std::string& name) {
        return static_cast<std::uint32_t>(std::find(known.begin(), known.end(), name) -
                                          known.begin());
    };
    std::vector<std::size_t> column(known.size(), to.size());
    for (std::size_t b = 0; b != to.size(); ++b) column[number(to[b].name)] = b;

    const auto tried = std::min(keys.count(), RemapRow::kTried);
    const auto begins = [&](const Owners& all, const Owners& some) {
        return std::equal(some.begin(), some.end(), all.begin());
    };
    for (const auto& [label, name, make] : policies) {
        auto& row = step.rows.emplace_back();
        row.policy = label;
        const double start = clock ? clock() : 0;
        Mapper mapper{make, from};
        mapper.map(keys, 1, number);
        const double built = clock ? clock() : 0;
        const auto before = mapper.map(keys, keys.count(), number);
        if (clock) {
            row.build_s = built - start;
            row.lookup_ns = (clock() - built) * 1e9 / static_cast<double>(keys.count());
        }
        mapper.change(to);
        const auto after = mapper.map(keys, keys.count(), number);
        mapper.change(from);
        row.round_trip_identity = begins(before, mapper.map(keys, tried, number));
        const RemapFleet reversed{to.rbegin(), to.rend()};
        row.order_independent = begins(after, Mapper{make, reversed}.map(keys, tried, number));
        row.matrix.assign(from.size(), std::vector<std::uint64_t>(to.size()));
        for (std::uint64_t i = 0; i != keys.count(); ++i) {
            ++row.matrix[before[i]][column[after[i]]];
            if (before[i] == after[i]) continue;
            ++row.moved;
            row.needless += column[before[i]] != to.size() && after[i] < from.size();
        }
        row.moved_theory = theory(name, from, to, step.moved_least);
        judge_balance(row, to, keys.count());
    }
    return step;
}

}  // namespace lbsim
