#include "model/world.hpp"

// One request's decision, put into words.

namespace lbsim {

Explained& World::begin_explained(std::uint32_t slot, std::string_view key, Instant now) {
    const auto& r = requests_[slot];
    const auto& g = groups_[r.group];
    explained_slot_ = RequestState::kNone;
    auto& e = explained_.emplace();
    e.request = *scenario_.explain;
    e.at = now - Instant{};
    e.clients = g.config->name;
    if (g.kinds) e.kind = g.config->classes[r.kind].name;
    e.key = key;
    e.balancer = r.proxy;
    return e;
}

void World::explain_pinned(std::uint32_t slot, Instant now) {
    auto& e = begin_explained(slot, {}, now);
    e.backend = backends_[requests_[slot].backend].identity->name;
    e.rule = "its connection leads there since it was opened; nobody picks per request at layer 4";
}

lb::Decision World::explained_pick(std::uint32_t slot, const lb::Request& request, Instant now) {
    auto& e = begin_explained(slot, request.key, now);
    const auto& proxy = proxy_of(requests_[slot]);
    const auto& known = *proxy.known;
    const auto name = [&](lb::BackendId id) { return known.fleet.backend(id).name; };
    for (std::uint32_t i = 0; i != known.fleet.slots(); ++i) {
        const lb::BackendId id{i};
        if (!known.fleet.is_member(id)) continue;
        ++e.members;
        std::string why;
        for (const auto reason :
             {lb::Exclusion::Draining, lb::Exclusion::Down, lb::Exclusion::Full})
            if (known.fleet.is_excluded(id, reason))
                why += (why.empty() ? "" : ", ") + std::string{lb::words(reason)};
        if (!why.empty()) e.excluded.push_back({name(id), why});
    }
    lb::Explanation why;
    const auto decision = proxy.balancer->pick(request, now, &why);
    e.rule = std::move(why.rule);
    e.score = std::move(why.score);
    for (auto& c : why.candidates)
        e.candidates.push_back({name(c.backend), c.score, std::move(c.note)});
    if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) {
        e.backend = name(ticket->backend);
        // Of another pool, priority, zone or subset than that in which the pick was made.
        for (std::uint32_t i = 0; i != known.fleet.slots(); ++i)
            if (const lb::BackendId id{i};
                known.fleet.is_healthy(id) && !ticket->by->view().is_member(id))
                e.excluded.push_back({name(id), "elsewhere"});
    } else {
        e.rejection = lb::words(std::get<lb::Rejection>(decision));
    }
    return decision;
}

}  // namespace lbsim
