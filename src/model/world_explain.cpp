#include "model/world.hpp"

// One request's decision, put into words.

namespace lbsim {

Explained& World::begin_explained(const RequestState& r, std::string_view key, Instant now) {
    const auto& g = groups_[r.group];
    explained_request_ = nullptr;
    auto& e = explained_.emplace();
    e.request = *scenario_.explain;
    e.at = now - Instant{};
    e.clients = g.config->name;
    if (g.classes) e.request_class = g.config->classes[r.class_place].name;
    e.key = key;
    const auto workers = static_cast<std::uint64_t>(scenario_.balancers.workers);
    e.balancer = r.worker / workers;
    if (workers != 1) e.worker = r.worker % workers;
    return e;
}

void World::explain_pinned(const RequestState& r, Instant now) {
    auto& e = begin_explained(r, {}, now);
    e.backend = backends_[r.backend].identity->name;
    e.rule = "its connection leads there since it was opened; nobody picks per request at layer 4";
}

lb::Decision World::explained_pick(const RequestState& r, const lb::Request& request, Instant now) {
    const auto* const origin = explained_request_;
    auto& e = begin_explained(r, request.key, now);
    const auto& proxy = proxy_of(r);
    const auto& fleet = proxy.known->fleet;
    const auto name = [&](lb::BackendId id) { return fleet.backend(id).name; };
    for (std::uint32_t i = 0; i != fleet.slots(); ++i)
        e.members += fleet.is_member(lb::BackendId{i});
    lb::ExplainedPick why;
    const auto decision = proxy.balancer->pick(request, now, &why);
    e.path = std::move(why.path);
    e.rule = std::move(why.rule);
    e.score = std::move(why.score);
    for (auto& c : why.candidates)
        e.candidates.push_back({name(c.backend), c.score, std::move(c.note)});
    for (auto& x : why.excluded) e.excluded.push_back({name(x.backend), std::move(x.why)});
    if (const auto* ticket = std::get_if<lb::Ticket>(&decision))
        e.backend = name(ticket->backend);
    else
        e.rejection = words(std::get<lb::Rejection>(decision));
    // Of one that waits, the decision in the end.
    const auto* why_not = std::get_if<lb::Rejection>(&decision);
    if (why_not != nullptr && waits_for_backend(*proxy.known, *why_not))
        explained_request_ = origin;
    return decision;
}

}  // namespace lbsim
