#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "balancer/health/outlier_ejection.hpp"
#include "balancer/health/outlier_presets.hpp"
#include "conformance/families.hpp"
#include "conformance/json_fields.hpp"
#include "conformance/steps.hpp"

namespace conformance {
namespace {

using lb::BackendId;
using lb::OutlierEjection;
using lb::Verdict;

/// What the program does that the case is from, and what the case says.
OutlierEjection::Config config_of(const Json& c) {
    const bool grpc = c.value("cap_rule", "") == "count_before_candidate";
    const auto* preset = find_preset(lb::outlier_presets(), grpc ? "grpc" : "envoy");
    auto config = preset->config;
    read_into(config, c);
    read_part(config.consecutive, c, "consecutive");
    read_part(config.success_rate, c, "success_rate");
    read_part(config.failure_percentage, c, "failure_percentage");
    read_part(config.latency, c, "latency");
    if (c.contains("enforce_percent")) read_into(config.enforce_percent, c["enforce_percent"]);
    return config;
}

/// A status, or how a request ended without one.
Verdict verdict(const Json& status) {
    if (status.is_number()) {
        const lb::Response response{.status = status.get<std::uint16_t>()};
        return lb::verdict_of(response, lb::OutcomeRule{}.of(response).kind);
    }
    const auto word = status.get<std::string>();
    if (word.find("success") != word.npos) return Verdict::Success;
    return word == "request_failed" ? Verdict::ServerError : Verdict::LocalOrigin;
}

/// Named hosts whose requests a script reports.
class Cluster {
public:
    explicit Cluster(const Json& c)
        : ejection_{config_of(c.at("config")), lb::Rng{1}},
          names_{c.at("hosts").get<std::vector<std::string>>()} {
        for (std::uint32_t i = 0; i != names_.size(); ++i) ejection_.add(BackendId{i}, {});
    }

    void play(const Json& step, Steps& steps) {
        const auto now = instant(step);
        const auto op = step.at("op").get<std::string>();
        if (op == "sweep") ejection_.sweep(now, events_);
        if (op == "active_check_ok") ejection_.on_probe_passed(host(step), now, events_);
        if (op == "remove") ejection_.remove(host(step));
        if (op == "add") ejection_.add(host(step), now);
        if (op == "report")
            for (auto count = step.value("count", 1); count > 0; --count)
                ejection_.report(host(step), verdict(step.at("status")), now, events_);
        steps.say(step, "ejected", ejected());
        const auto band = ejection_.success_rates().value_or(lb::RateBand{-1, -1});
        steps.say(step, "success_rate_mean", band.mean);
        steps.say(step, "success_rate_threshold", band.threshold);
    }

private:
    BackendId host(const Json& step) {
        const auto name = step.at("host").get<std::string>();
        const auto at = std::find(names_.begin(), names_.end(), name) - names_.begin();
        if (at == static_cast<std::ptrdiff_t>(names_.size())) names_.push_back(name);
        return BackendId{static_cast<std::uint32_t>(at)};
    }
    Json ejected() const {
        Json out = Json::array();
        for (std::uint32_t i = 0; i != names_.size(); ++i)
            if (ejection_.ejected(BackendId{i})) out.push_back(names_[i]);
        return out;
    }

    OutlierEjection ejection_;
    std::vector<std::string> names_;
    OutlierEjection::Events events_;
};

void outlier(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Cluster cluster{c};
        Steps steps{c};
        for (const auto& step : steps.all()) cluster.play(step, steps);
        steps.report(report);
    }
}

constexpr std::array<Family, 1> kFamilies{{{"outlier", outlier}}};

}  // namespace

std::span<const Family> outlier_families() { return kFamilies; }

}  // namespace conformance
