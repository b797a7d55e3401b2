#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/capacity.hpp"
#include "report/table.hpp"

namespace lbsim {

/// How many backends each variant needs for the scenario's own load, if that was asked.
struct ServersNeeded {
    std::string group;                               ///< "" if it was not.
    std::vector<std::optional<std::size_t>> counts;  ///< By variant; none if no number does.
};

/// The limit of each variant, and what happens at it; then the curves.
std::string capacity_table(const CapacityResult& capacity, const ServersNeeded& servers,
                           const TableOptions& options = {});
std::string capacity_markdown(const CapacityResult& capacity, const ServersNeeded& servers);
/// lbsim.capacity/1.
std::string capacity_json(const CapacityResult& capacity, const ServersNeeded& servers);
/// variant,point,factor,rate_per_s,metric,value,low,high: the point is "limit" or "curve".
std::string capacity_csv(const CapacityResult& capacity);

}  // namespace lbsim
