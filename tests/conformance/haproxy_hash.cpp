#include <arpa/inet.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies/haproxy/hash.hpp"
#include "balancer/policies/haproxy/random.hpp"
#include "balancer/policies/haproxy/source.hpp"
#include "balancer/policies/haproxy/uri.hpp"
#include "conformance/haproxy.hpp"
#include "conformance/rig.hpp"
#include "support/chi_square.hpp"

namespace conformance {
namespace {

namespace haproxy = lb::haproxy;
using haproxy::HashType;

/// "sdbm", or "default(sdbm)".
haproxy::Function function_of(std::string_view name) {
    if (name.starts_with("sdbm")) return haproxy::Function::Sdbm;
    if (name.starts_with("djb2")) return haproxy::Function::Djb2;
    if (name.starts_with("wt6")) return haproxy::Function::Wt6;
    if (name.starts_with("crc32")) return haproxy::Function::Crc32;
    if (name.starts_with("none")) return haproxy::Function::None;
    return haproxy::Function::Default;
}

template <class Config>
Config typed(const Json& c) {
    Config config;
    if (c.at("method") == "consistent") config.method = HashType::Method::Consistent;
    config.function = function_of(c.at("function").get<std::string>());
    config.avalanche = c.value("modifier", "") == "avalanche";
    return config;
}

/// The words after `balance`: "uri whole", "uri depth 2 len 10".
haproxy::Uri::Config uri_of(const Json& c, std::istringstream& words) {
    auto config = typed<haproxy::Uri::Config>(c);
    for (std::string word; words >> word;) {
        if (word == "whole") config.whole = true;
        if (word == "path-only") config.path_only = true;
        if (word == "len") words >> config.len.value;
        if (word == "depth") words >> config.depth.value;
    }
    if (c.value("whole", false)) config.whole = true;
    if (c.value("len", 0) != 0) config.len.value = c.at("len").get<int>();
    if (c.value("depth", 0) != 0) config.depth.value = c.at("depth").get<int>();
    return config;
}

void add(Rig& rig, const Json& c) {
    for (std::size_t i = 0; i != c.at("weights").size(); ++i) {
        lb::Backend backend{.name = "s" + std::to_string(i)};
        if (c.contains("ids")) backend.number = c.at("ids").at(i).get<std::uint32_t>();
        rig.add(std::move(backend), c.at("weights").at(i).get<double>());
    }
    for (const auto& number : c.value("disabled", Json::array()))
        rig.fleet.exclude(rig.id(number.get<std::size_t>()), lb::Exclusion::Down, rig.now);
}

/// "192.0.2.1", or "2001:db8::1".
lb::Address address_of(const std::string& text) {
    lb::Address address;
    const bool is_long = text.find(':') != std::string::npos;
    if (inet_pton(is_long ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) == 1)
        address.size = is_long ? 16 : 4;
    return address;
}

/// Keys that do not begin with a slash are sent with one, and a query.
std::string path_of(const std::string& key) {
    if (key.starts_with('/')) return key;
    std::string path = "/";
    path += key;
    path += "?q=1";
    return path;
}

}  // namespace

void haproxy_hash(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        std::istringstream words{c.at("kind").get<std::string>()};
        std::string kind;
        words >> kind;
        std::unique_ptr<lb::Policy> policy;
        if (kind == "source")
            policy = haproxy_policy<haproxy::Source>(typed<haproxy::Source::Config>(c));
        else if (kind == "uri")
            policy = haproxy_policy<haproxy::Uri>(uri_of(c, words));
        else
            policy = haproxy_policy<haproxy::Hash>(typed<haproxy::Hash::Config>(c));
        Rig rig{std::move(policy)};
        add(rig, c);
        const auto what = c.at("kind").get<std::string>() + ", " +
                          c.at("method").get<std::string>() + " " +
                          c.at("function").get<std::string>() + " " + c.value("modifier", "") +
                          ", weights " + c.at("weights").dump() + ", key ";
        for (const auto& row : c.at("map")) {
            const auto key = row.at(0).is_null() ? std::string{} : row.at(0).get<std::string>();
            const auto path = path_of(key);
            const lb::Http http{.method = "GET", .host = {}, .path = path};
            lb::Request request{.key = key};
            if (kind == "source") request.client = address_of(key);
            if (kind == "uri") request.http = &http;
            report.equal(what + key, row.at(1), rig.pick(request));
        }
    }
}

void haproxy_bounded_load(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        haproxy::Hash::Config config;
        config.method = HashType::Method::Consistent;
        if (c.contains("function"))
            config.function = function_of(c.at("function").get<std::string>());
        config.balance_factor = c.at("factor").get<std::int64_t>();
        Rig rig{haproxy_policy<haproxy::Hash>(config)};
        add(rig, c);
        Json got = c.at("log");
        for (auto& op : got) {
            const auto what = op.at(0).get<std::string>();
            if (what == "r") {
                rig.release(op.at(1).get<int>());
                continue;
            }
            const auto key = op.at(op.size() - 2).get<std::string>();
            const lb::Request request{.key = key};
            op.back() = what == "h" ? rig.hold(op.at(1).get<int>(), request) : rig.pick(request);
        }
        report.equal("factor " + c.at("factor").dump() + ", weights " + c.at("weights").dump(),
                     c.at("log"), got);
    }
}

// Of 4000 requests each, a share that is off by 0.06 is seen with probability 0.999.  We draw more,
// which makes that 0.04.
void haproxy_random(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto software = c.value("software", "HAProxy 2.6");
        haproxy::Random::Config config;
        config.draws = c.at("draws").get<std::int64_t>();
        if (!software.starts_with("HAProxy 2")) config.ties = haproxy::Random::Ties::Rate;
        Rig rig{haproxy_policy<haproxy::Random>(config)};
        add(rig, c);
        std::vector<double> expected(rig.size()), got(rig.size());
        for (std::size_t i = 0; i != rig.size(); ++i)
            expected[i] = c.at("counts").value(std::to_string(i), 0.0);
        for (int i = 0; i != 100'000; ++i) {
            rig.now += std::chrono::microseconds{500};
            const int number = rig.pick();
            if (number >= 0) ++got[static_cast<std::size_t>(number)];
        }
        report.holds(
            software + ", draws " + c.at("draws").dump() + ", weights " + c.at("weights").dump(),
            lbtest::homogeneity(expected, got).p_value >= 1e-6, Json(expected).dump(),
            Json(got).dump());
    }
}

}  // namespace conformance
