#include <array>
#include <chrono>
#include <optional>
#include <sstream>
#include <string>

#include "conformance/families.hpp"
#include "support/scenarios.hpp"

namespace conformance {
namespace {

using namespace std::chrono_literals;

/// "exponential mean 100 ms" or "constant 100 ms"; nothing if it is neither.
std::optional<lbsim::Distribution> service(const std::string& words) {
    std::istringstream in{words};
    std::string law, word;
    double ms = 0;
    in >> law;
    while (in >> word && word.find_first_not_of("0123456789.") != word.npos) {}
    std::istringstream{word} >> ms;
    if (!(ms > 0)) return std::nullopt;
    if (law == "exponential") return lbsim::Distribution{lbsim::Exponential{ms / 1000}};
    if (law == "constant") return lbsim::Distribution{lbsim::Constant{ms / 1000}};
    return std::nullopt;
}

std::string policy(const std::string& name) {
    if (name == "least_requests_of_two_random") return "p2c";
    if (name == "least_requests_full_scan") return "least_connections";
    return name;
}

/// Backends with unlimited concurrency, of which the first answers after a fixed time.  What it
/// answers is not looked at by these policies: that it fails is nothing to the share it gets.
lbsim::Scenario scenario(const Json& in, const lbsim::Distribution& healthy) {
    const auto backends = in.at("backends").get<std::uint64_t>();
    auto s = lbtest::fleet(backends, policy(in.at("policy")),
                           lbsim::Poisson{in.at("arrival_rps").get<double>()}, healthy);
    auto& rest = s.backends[0];
    rest.workers = {};
    auto hole = rest;
    hole.name = "hole";
    hole.members = {rest.members.front()};
    hole.service = {lbsim::Constant{in.at("fail_after_ms").get<double>() / 1000}};
    rest.members.erase(rest.members.begin());
    s.backends.insert(s.backends.begin(), std::move(hole));
    s.warmup = 10s;
    s.duration = 400s;
    return s;
}

/// The mean over six runs of 400 s, as the file's values are.  The share has a standard error of
/// 0.001 at 90 requests per second: next to nothing beside the files' tolerance.
double share_of_first(const lbsim::Scenario& s) {
    constexpr int kRuns = 6;
    double share = 0;
    for (std::uint64_t run = 0; run != kRuns; ++run) {
        const auto tally = lbtest::run(s, run);
        share += static_cast<double>(tally.backends.front().attempts) /
                 static_cast<double>(tally.outcomes.attempts) / kRuns;
    }
    return share;
}

void black_hole_share(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto id = c.at("id").get<std::string>();
        const auto& in = c.at("input");
        const auto healthy = service(in.at("healthy_service"));
        const auto policies = lb::builtin_policies();
        if (!healthy || policies.find(policy(in.at("policy"))) == nullptr) {
            report.holds(id, false, "a service and a policy that we know", in.dump());
            continue;
        }
        const double share = share_of_first(scenario(in, *healthy));
        const auto& expect = c.at("expect");
        const double off = share - expect.at("share").get<double>();
        report.holds(id, std::abs(off) <= expect.at("tolerance").get<double>(), expect.dump(),
                     Json(share).dump());
    }
}

constexpr std::array<Family, 1> kFamilies{{{"black-hole-share", black_hole_share}}};

}  // namespace

std::span<const Family> black_hole_families() { return kFamilies; }

}  // namespace conformance
