#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancer/policies/haproxy/first.hpp"
#include "balancer/policies/haproxy/hash.hpp"
#include "balancer/policies/haproxy/least_connections.hpp"
#include "balancer/policies/haproxy/random.hpp"
#include "balancer/policies/haproxy/round_robin.hpp"
#include "balancer/policies/haproxy/source.hpp"
#include "balancer/policies/haproxy/static_round_robin.hpp"
#include "balancer/policies/haproxy/uri.hpp"
#include "balancer/retry/haproxy.hpp"
#include "balancer/routes/haproxy.hpp"
#include "balancer/sticky/haproxy.hpp"
#include "conformance/haproxy.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

namespace haproxy = lb::haproxy;
using namespace std::chrono_literals;

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in{line};
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

/// "30m", "8h", "100ms"; without a unit, milliseconds.
lb::Duration haproxy_time(const std::string& text) {
    const auto unit = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = std::stoll(text.substr(0, unit));
    const auto word = text.substr(unit);
    if (word == "us") return std::chrono::microseconds{number};
    if (word == "s") return std::chrono::seconds{number};
    if (word == "m") return std::chrono::minutes{number};
    if (word == "h") return std::chrono::hours{number};
    if (word == "d") return std::chrono::hours{24 * number};
    return std::chrono::milliseconds{number};
}

// ---- haproxy-cookie

/// Three servers with the cookies v1, v2, v3, as a case's title has them.
class Shop {
public:
    explicit Shop(const std::string& title) : cookie_{config_of(title)} {
        rig_.now += 1'700'000'000s;
        for (const auto* name : {"v1", "v2", "v3"}) rig_.add({.name = name});
        const auto words = words_of(title);
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            if (words[i] != "server") continue;
            const auto id = rig_.id(std::stoul(words[i + 1]));
            const auto end =
                std::find(words.begin() + static_cast<long>(i) + 1, words.end(), "server");
            const auto says = [&](std::string_view word) {
                return std::find(words.begin() + static_cast<long>(i), end, word) != end;
            };
            if (says("maintenance") || says("maintenance,"))
                rig_.fleet.exclude(id, lb::Exclusion::Down, rig_.now);
            if (says("drain")) rig_.fleet.exclude(id, lb::Exclusion::Draining, rig_.now);
        }
    }

    /// [Cookie sent, status, server, Set-Cookie].
    Json visit(const Json& sent) {
        std::string header = sent.is_null() ? std::string{} : sent.get<std::string>();
        if (header == "<that cookie>") header = last_;
        const auto seen = cookie_.read(header, rig_.now);
        const auto own = reachable(seen.server);
        const int server = own ? *own : rig_.pick();
        if (server < 0) return {sent, 503, nullptr, nullptr};
        const auto told =
            cookie_.write(rig_.fleet.backend(rig_.id(static_cast<std::size_t>(server))).name, seen,
                          own.has_value(), rig_.now);
        if (told) last_ = told->substr(0, told->find(';'));
        return {sent, 200, server, told ? Json(without_dates(*told)) : Json()};
    }

private:
    static haproxy::Cookie::Config config_of(const std::string& title) {
        haproxy::Cookie::Config config;
        const auto words = words_of(title);
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            if (words[i] == "maxidle") config.maxidle = haproxy_time(words[i + 1]);
            if (words[i] == "maxlife") config.maxlife = haproxy_time(words[i + 1]);
        }
        return config;
    }
    std::optional<int> reachable(std::string_view name) const {
        for (std::size_t i = 0; i != rig_.size(); ++i)
            if (rig_.fleet.backend(rig_.id(i)).name == name &&
                !rig_.fleet.is_excluded(rig_.id(i), lb::Exclusion::Down))
                return static_cast<int>(i);
        return std::nullopt;
    }
    /// Dates differ from day to day: the recording has names for them, and then no path.
    static std::string without_dates(const std::string& told) {
        const auto bar = told.find('|');
        if (bar == std::string::npos) return told;
        const auto rest = std::string_view{told}.substr(bar, told.find(';') - bar);
        return told.substr(0, bar) + (rest.size() > 6 ? "|<first>|<last>" : "|<last>");
    }

    Rig rig_{haproxy_policy<haproxy::RoundRobin>()};
    haproxy::Cookie cookie_;
    std::string last_;
};

// ---- haproxy-routing

/// A request as the file has it, and what it points to.
struct Asked {
    std::string host, path;
    std::vector<std::pair<std::string, std::string>> fields{};
    std::vector<lb::Header> headers{};
    lb::Http http{};

    explicit Asked(const Json& request)
        : host{request.value("host", "")}, path{request.value("path", "/")} {
        const auto given = request.value("headers", Json::object());
        for (const auto& [name, value] : given.items()) {
            if (value.is_array())
                for (const auto& one : value) fields.emplace_back(name, one.get<std::string>());
            else
                fields.emplace_back(name, value.get<std::string>());
        }
        for (const auto& [name, value] : fields) headers.push_back({name, value});
        http = {"GET", host, path, headers};
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
};

// ---- haproxy-retry-redispatch

/// A backend section: its algorithm and the lines that say how to try again.
struct Section {
    std::string policy;
    lb::haproxy::HashType hash{};
    haproxy::Retries::Config retries{};

    explicit Section(const Json& c) {
        retries.connect_timeout = 100ms;
        const auto balance = words_of(c.at("balance").get<std::string>()).at(0);
        policy = "haproxy/" + balance.substr(0, balance.find('('));
        if (policy == "haproxy/url_param" || policy == "haproxy/hdr") policy = "haproxy/hash";
        for (const auto& line : c.at("lines")) read(words_of(line.get<std::string>()));
    }
    void read(const std::vector<std::string>& words) {
        const auto is = [&](std::size_t i, std::string_view word) {
            return i < words.size() && words[i] == word;
        };
        if (is(0, "retries")) retries.retries = std::stoll(words.at(1));
        if (is(0, "option") && is(1, "redispatch"))
            retries.redispatch = words.size() > 2 ? std::stoll(words[2]) : -1;
        if (is(0, "no") && is(2, "redispatch")) retries.redispatch = 0;
        if (is(0, "timeout") && is(1, "connect"))
            retries.connect_timeout = haproxy_time(words.at(2));
        if (is(0, "hash-balance-factor")) hash.balance_factor = std::stoll(words.at(1));
        if (!is(0, "hash-type")) return;
        if (is(1, "consistent")) hash.method = haproxy::HashType::Method::Consistent;
        if (is(2, "sdbm")) hash.function = haproxy::Function::Sdbm;
        if (is(2, "djb2")) hash.function = haproxy::Function::Djb2;
        if (is(2, "wt6")) hash.function = haproxy::Function::Wt6;
        if (is(2, "crc32")) hash.function = haproxy::Function::Crc32;
        hash.avalanche = is(2, "avalanche") || is(3, "avalanche");
    }
    std::unique_ptr<lb::Policy> made() const {
        if (policy == "haproxy/hash") return haproxy_policy<haproxy::Hash>({hash});
        if (policy == "haproxy/source") return haproxy_policy<haproxy::Source>({hash});
        if (policy == "haproxy/uri") return haproxy_policy<haproxy::Uri>({hash, {}});
        if (policy == "haproxy/leastconn") return haproxy_policy<haproxy::LeastConnections>();
        if (policy == "haproxy/first") return haproxy_policy<haproxy::First>();
        if (policy == "haproxy/static-rr") return haproxy_policy<haproxy::StaticRoundRobin>();
        if (policy == "haproxy/random") return haproxy_policy<haproxy::Random>();
        return haproxy_policy<haproxy::RoundRobin>();
    }
};

/// Servers of which some refuse connections, and what HAProxy counts of each.
class Patience {
public:
    explicit Patience(const Json& c)
        : section_{c},
          rig_{section_.made()},
          retries_{section_.retries, haproxy::redispatches_at_once(section_.policy)} {
        rig_.add_all(c.at("weights"));
        for (const auto& dead : c.at("dead")) dead_.push_back(dead.get<int>() != 0);
        stats_.resize(rig_.size());
    }

    /// [status, server, elapsed ms].
    Json request(std::size_t number) {
        const auto key = "k" + std::to_string(number);
        const auto path = "/?key=" + key;
        const lb::Http http{.method = "GET", .host = {}, .path = path};
        const lb::Request request{.key = key, .client = lb::Address::v4(0x7f000001), .http = &http};
        const auto began = rig_.now;
        const auto server = answered(request);
        const double ms = lb::seconds(rig_.now - began) * 1000;
        if (!server) return {503, nullptr, 50 * std::lround(ms / 50)};
        return {200, *server, 50 * std::lround(ms / 50)};
    }
    Json stats() const {
        Json out = Json::object();
        for (std::size_t i = 0; i != stats_.size(); ++i)
            out["s" + std::to_string(i + 1)] = {{"lbtot", stats_[i].picked},
                                                {"wretr", stats_[i].retries},
                                                {"wredis", stats_[i].redispatches},
                                                {"econ", stats_[i].gave_up},
                                                {"stot", stats_[i].attempts}};
        return out;
    }

private:
    struct Stats {
        int picked = 0, retries = 0, redispatches = 0, gave_up = 0, attempts = 0;
    };
    using Where = haproxy::Retries::Next::Where;

    /// Who answered, if anybody did.
    std::optional<std::size_t> answered(lb::Request request) {
        std::vector<lb::BackendId> tried;
        auto ticket = rig_.send(request);
        if (!ticket) return std::nullopt;
        ++stats_[number(*ticket)].picked;
        while (true) {
            const auto server = number(*ticket);
            ++stats_[server].attempts;
            if (!dead_[server]) {
                rig_.done(*ticket);
                return server;
            }
            tried.push_back(ticket->backend);
            const auto next = retries_.after({.attempts = static_cast<std::int64_t>(tried.size()),
                                              .usable = rig_.balancer.view().eligible().size()});
            rig_.now += next.pause;
            if (next.where == Where::Same) {
                ++stats_[server].retries;
                continue;
            }
            rig_.done(*ticket, {.end = lb::Response::End::Refused});
            if (next.where == Where::Nowhere) {
                ++stats_[server].gave_up;
                return std::nullopt;
            }
            request.tried = tried;
            ticket = rig_.send(request);
            if (!ticket) return std::nullopt;
            redispatched(server, number(*ticket));
        }
    }
    void redispatched(std::size_t from, std::size_t to) {
        if (from == to) {
            ++stats_[from].retries;
        } else {
            ++stats_[from].redispatches;
            ++stats_[to].picked;
        }
    }
    std::size_t number(const lb::Ticket& ticket) const {
        return static_cast<std::size_t>(rig_.number(ticket));
    }

    Section section_;
    Rig rig_;
    haproxy::Retries retries_;
    std::vector<bool> dead_;
    std::vector<Stats> stats_;
};

}  // namespace

void haproxy_cookie(const Json& file, Report& report) {
    for (const auto& [title, rows] : file.at("cases").items()) {
        Shop shop{title};
        Json got = Json::array();
        for (const auto& row : rows) got.push_back(shop.visit(row.at(0)));
        report.equal(title, rows, got);
    }
}

void haproxy_routing(const Json& file, Report& report) {
    std::vector<haproxy::Mistake> mistakes;
    const auto rules =
        haproxy::Rules::read(file.at("rules").get<std::vector<std::string>>(), mistakes);
    for (const auto& mistake : mistakes)
        report.holds("line " + std::to_string(mistake.line), false, "a rule", mistake.message);
    for (const auto& row : file.at("results")) {
        const Asked asked{row.at(0)};
        const auto pool = rules.find(asked.http);
        Json got = row;
        got[1] = pool ? Json(*pool) : Json();
        got[2] = pool ? 200 : 503;
        report.equal("request", row, got);
    }
}

void haproxy_retry_redispatch(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Patience patience{c};
        Json got = Json::array();
        for (std::size_t i = 0; i != c.at("results").size(); ++i)
            got.push_back(patience.request(i));
        const auto what = c.at("balance").get<std::string>() + ", weights " +
                          c.at("weights").dump() + ", dead " + c.at("dead").dump() + ", lines " +
                          c.at("lines").dump();
        report.equal(what, c.at("results"), got);
        if (c.contains("stats")) report.equal(what + ", stats", c.at("stats"), patience.stats());
    }
}

}  // namespace conformance
