#include "experiment/membership.hpp"

#include <algorithm>
#include <variant>

namespace lbsim {
namespace {

std::uint64_t keys_of(const Clients& clients) {
    const auto most = static_cast<std::int64_t>(RemapRow::kTried);
    const auto count = std::visit(
        [&](const auto& keys) {
            if constexpr (requires { keys.count; }) return keys.count;
            if constexpr (requires { keys.clients; }) return keys.clients;
            return most;
        },
        clients.keys);
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(count, 1, most));
}

}  // namespace

Membership membership_of(const Scenario& scenario, std::span<const std::string> backends) {
    const auto asked = [&](const std::string& name) {
        return std::find(backends.begin(), backends.end(), name) != backends.end();
    };
    const auto& groups = scenario.backends;
    struct Member {
        std::string name;
        const Backends* group;
        bool there;  // From the beginning.
    };
    std::vector<Member> all;
    for (const auto& group : groups)
        for (const auto& name : group.members) all.push_back({name, &group, true});
    for (const auto& entry : scenario.timeline)
        if (const auto* add = std::get_if<AddBackends>(&entry.change))
            for (const auto& name : add->members)
                if (std::none_of(all.begin(), all.end(), [&](auto& m) { return m.name == name; }))
                    all.push_back({name, &groups[add->group], false});

    const auto first = std::find_if(all.begin(), all.end(), [&](auto& m) { return asked(m.name); });
    const Backends& like = first == all.end() ? groups.front() : *first->group;
    std::erase_if(all, [&](const Member& m) {
        return m.group->tier != like.tier || m.group->pool != like.pool ||
               m.group->priority != like.priority || !(m.group->weight > 0);
    });
    const bool leave =
        std::any_of(all.begin(), all.end(), [&](auto& m) { return m.there && asked(m.name); });
    Membership out{{}, {}, &scenario.tier(like.tier)};
    for (const auto& m : all) {
        const bool stays = m.there && !(leave && asked(m.name));
        if (m.there) out.from.push_back({m.name, m.group->weight});
        if (stays || (!leave && asked(m.name))) out.to.push_back({m.name, m.group->weight});
    }
    return out;
}

RemapStep move_keys(const Scenario& scenario, std::span<const std::string> backends) {
    std::uint64_t keys = 1;
    for (const auto& clients : scenario.clients) keys = std::max(keys, keys_of(clients));
    const auto [from, to, tier] = membership_of(scenario, backends);
    const RemapPolicy policy{tier->policy, tier->policy, tier->make_policy};
    const RemapFleet fleets[] = {from, to};
    return remap({&policy, 1}, RemapKeys{keys}, fleets).front();
}

}  // namespace lbsim
