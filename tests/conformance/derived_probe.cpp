#include <algorithm>
#include <cmath>

#include "balancer/orca.hpp"
#include "balancer/policies/c3.hpp"
#include "balancer/probe_pool.hpp"
#include "conformance/families.hpp"

namespace conformance {
namespace {

void prequal_hcl(const Json& section, Report& report) {
    for (const auto& c : section.at("cases")) {
        const auto& rows = c.at("pool_replica_rif_latency");
        lb::ProbePool pool{std::max<std::size_t>(rows.size(), 1)};
        for (const auto& row : rows)
            pool.add({.from = lb::BackendId{static_cast<std::uint32_t>(pool.all().size())},
                      .in_flight = row.at(1).get<std::uint32_t>(),
                      .latency = lb::duration_of(row.at(2).get<double>() * 1e-3)});
        // Requests are whole, so who exceeds a threshold exceeds the whole number below it.
        const auto theta = std::floor(c.at("theta_rif").get<double>());
        const auto best = pool.best(static_cast<std::int64_t>(theta));
        report.equal("prequal hcl " + rows.dump() + " above " + c.at("theta_rif").dump(),
                     c.at("chosen"), rows.at(best).at(0));
    }
}

void prequal_reuse(const Json& section, Report& report) {
    for (const auto& row : section.at("rows_m_n_rprobe_rremove_delta_b")) {
        const auto x = [&](std::size_t i) { return row.at(i).get<double>(); };
        const double budget = lb::reuse_budget(x(0), x(1), x(2), x(3), x(4));
        const auto what = "prequal reuse " + row.dump();
        if (row.at(5).is_null())
            report.holds(what, std::isinf(budget), "no limit", Json(budget).dump());
        else
            report.near(what, x(5), budget);
    }
}

void orca_weight(const Json& section, Report& report) {
    for (const auto& row : section.at("rows_qps_eps_util_penalty_weight")) {
        const auto x = [&](std::size_t i) { return row.at(i).get<double>(); };
        lb::LoadReport load;
        load.rate_per_s = x(0);
        load.errors_per_s = x(1);
        load.utilization = x(2);
        report.near("orca weight " + row.dump(), x(4), lb::orca_weight(load, x(3)));
    }
}

void c3_score(const Json& section, Report& report) {
    for (const auto& row : section.at("rows_R_inv_mu_qbar_os_n_score")) {
        const auto x = [&](std::size_t i) { return row.at(i).get<double>(); };
        report.near("c3 score " + row.dump(), x(5), lb::c3_score(x(0), x(1), x(2), x(3), x(4)));
    }
}

}  // namespace

void derived_probe(const Json& file, Report& report) {
    if (file.contains("prequal_hcl")) prequal_hcl(file.at("prequal_hcl"), report);
    if (file.contains("prequal_reuse")) prequal_reuse(file.at("prequal_reuse"), report);
    if (file.contains("orca_weight")) orca_weight(file.at("orca_weight"), report);
    if (file.contains("c3_score")) c3_score(file.at("c3_score"), report);
}

}  // namespace conformance
