#include <array>
#include <deque>
#include <sstream>
#include <string_view>
#include <vector>

#include "balancer/policies/ipvs/failover.hpp"
#include "balancer/policies/ipvs/least.hpp"
#include "balancer/policies/ipvs/rr.hpp"
#include "balancer/policies/ipvs/wrr.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

using lb::ipvs::Connections;

/// In flight, and the inactive connections of a script beside.
struct Scripted {
    const std::vector<std::int64_t>* inactive;
    Connections operator()(lb::BackendId id, const lb::View& view) const {
        return {view.in_flight(id), (*inactive)[index(id)]};
    }
};

/// Destinations whose weights may be 0: those are quiesced.
struct Service {
    explicit Service(std::unique_ptr<lb::Policy> policy, const Json& weights)
        : rig{std::move(policy)}, open(weights.size()) {
        for (std::size_t i = 0; i != weights.size(); ++i) {
            rig.add_all(Json::array({1}));
            weigh(i, weights[i].get<int>());
        }
    }
    void weigh(std::size_t server, int weight) {
        const auto id = rig.id(server);
        if (weight == 0) return rig.fleet.exclude(id, lb::Exclusion::Draining, rig.now);
        rig.fleet.set_weight(id, weight, rig.now);
        rig.fleet.admit(id, lb::Exclusion::Draining, rig.now);
    }
    Rig rig;
    std::vector<std::deque<lb::Ticket>> open;  // By server.
};

/// "9 picks, set weight of server 1 to 4, 12 picks".
Json picks_between(Service& service, const std::string& ops) {
    Json out = Json::array();
    std::istringstream list{ops};
    for (std::string op; std::getline(list, op, ',');) {
        std::istringstream words{op};
        std::string word;
        std::size_t number = 0;
        if (words >> number) {
            for (const auto& pick : picks(service.rig, number)) out.push_back(pick);
            continue;
        }
        words.clear();
        int weight = -1;
        words >> word >> word >> word >> word >> number >> word >> weight;
        if (weight < 0 || number >= service.rig.size())
            throw Json::other_error::create(501, "unknown op: " + op, nullptr);
        service.weigh(number, weight);
    }
    return out;
}

Json turns(std::unique_ptr<lb::Policy> policy, const Json& c) {
    Service service{std::move(policy), c.at("weights")};
    if (c.contains("ops")) return picks_between(service, c.at("ops").get<std::string>());
    return picks(service.rig, c.at("picks").size());
}

/// A script of ["open", pick], ["close", server], ["fin", server] (it becomes inactive) and
/// ["expire", server] (an inactive one is forgotten), with the picks that we make by walking over
/// `few` destinations at the most.
template <class Rule>
Json log(const Json& c, std::size_t few) {
    std::vector<std::int64_t> inactive(c.at("weights").size());
    using Policy = lb::ipvs::Best<Rule, Scripted>;
    auto made = std::make_unique<Policy>(typename Policy::Config{}, few, Scripted{&inactive});
    auto& policy = *made;
    Service service{std::move(made), c.at("weights")};
    const auto count_inactive = [&](std::size_t server, std::int64_t more) {
        inactive.at(server) += more;
        policy.recount(service.rig.id(server));
    };
    Json out = c.at("log");
    for (auto& op : out) {
        const auto what = op.at(0).get<std::string>();
        if (what == "open") {
            const auto ticket = service.rig.send();
            op[1] = service.rig.number(ticket);
            if (ticket) service.open[op[1].get<std::size_t>()].push_back(*ticket);
            continue;
        }
        const auto server = op.at(1).get<std::size_t>();
        if (what == "expire") {
            count_inactive(server, -1);
            continue;
        }
        auto& open = service.open.at(server);
        if (open.empty()) {  // An earlier pick was another.
            op.push_back("none open");
            continue;
        }
        service.rig.done(open.front());
        open.pop_front();
        if (what == "fin") count_inactive(server, 1);
    }
    return out;
}

/// As it is with so few destinations, and ranked as many are: the same, or the one that differs
/// from what was recorded.
template <class Rule>
Json walked_and_ranked(const Json& c) {
    const auto walked = log<Rule>(c, c.at("weights").size());
    return walked == c.at("log") ? log<Rule>(c, 0) : walked;
}

using Logged = Json (*)(const Json&);
constexpr std::array<std::pair<std::string_view, Logged>, 6> kLogged{{
    {"lc", walked_and_ranked<lb::ipvs::LeastConnection>},
    {"wlc", walked_and_ranked<lb::ipvs::WeightedLeastConnection>},
    {"sed", walked_and_ranked<lb::ipvs::ShortestExpectedDelay>},
    {"nq", walked_and_ranked<lb::ipvs::NeverQueue>},
    {"fo", walked_and_ranked<lb::ipvs::Failover>},
    {"ovf", walked_and_ranked<lb::ipvs::Overflow>},
}};

void ipvs(const Json& file, Report& report) {
    using lb::ipvs::Rr, lb::ipvs::Wrr;
    std::size_t number = 0;
    for (const auto& c : file.at("cases")) {
        const auto scheduler = c.at("scheduler").get<std::string>();
        const auto what =
            std::to_string(number++) + ": " + scheduler + ", weights " + c.at("weights").dump();
        if (scheduler == "rr")
            report.equal(what, c.at("picks"), turns(std::make_unique<Rr>(Rr::Config{}), c));
        else if (scheduler == "wrr")
            report.equal(what, c.at("picks"), turns(std::make_unique<Wrr>(Wrr::Config{}), c));
        else {
            const auto logged = std::find_if(kLogged.begin(), kLogged.end(),
                                             [&](const auto& l) { return l.first == scheduler; });
            if (logged == kLogged.end())
                throw Json::other_error::create(501, "unknown scheduler: " + scheduler, nullptr);
            report.equal(what, c.at("log"), logged->second(c));
        }
    }
}

constexpr std::array<Family, 1> kFamilies{{{"ipvs", ipvs}}};

}  // namespace

std::span<const Family> ipvs_families() { return kFamilies; }

}  // namespace conformance
