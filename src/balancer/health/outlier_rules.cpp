#include "balancer/health/outlier_rules.hpp"

#include <string_view>

namespace lb {
namespace {

constexpr Range kPercent{.low = 0, .high = 100};

void boundary(Fields& f, std::string_view name, OutlierRules::Boundary& to,
              std::string_view meaning) {
    static constexpr std::string_view kWords[] = {">=", ">"};
    word(f, name, to, kWords, meaning);
}

}  // namespace

void OutlierRules::Consecutive::describe(Fields& f) {
    f.field("server_error", server_error, "Answers of 500 to 599 in a row; 0: never", kNotNegative);
    f.field("gateway", gateway, "Answers of 502, 503 or 504 in a row; 0: never", kNotNegative);
    f.field("local_origin", local_origin,
            "With split_local_origin: requests without answer in a row; 0: never", kNotNegative);
}

void OutlierRules::SuccessRate::describe(Fields& f) {
    f.field("stdev_factor", stdev_factor,
            "So many standard deviations below the mean a success rate stands out", kPositive);
    f.field("min_hosts", min_hosts, "Nobody is judged unless so many had min_requests",
            at_least(1));
    f.field("min_requests", min_requests, "Whoever had fewer in the interval is not judged",
            at_least(1));
}

void OutlierRules::FailurePercentage::describe(Fields& f) {
    static constexpr std::string_view kHosts[] = {"with_volume", "all"};
    f.field("threshold_percent", threshold_percent, "Failures of all its requests", kPercent);
    boundary(f, "comparison", comparison, "Whether the threshold itself is too much");
    f.field("min_hosts", min_hosts, "Nobody is judged unless there are so many", at_least(1));
    f.field("min_requests", min_requests, "Whoever had fewer in the interval is not judged",
            at_least(1));
    word(f, "min_hosts_counts", min_hosts_counts, kHosts,
         "Whether min_hosts is of those that had min_requests, or of all");
}

void OutlierRules::Latency::describe(Fields& f) {
    f.field("quantile", quantile, "Which quantile of its latencies is compared", kProbability);
    f.field("factor", factor, "So many times the median of the others' is too much",
            {.low = 1, .high = 1e6});
    f.field("min_excess", min_excess, "By at least so much it has to exceed that", kNotNegative);
    f.field("min_hosts", min_hosts, "Nobody is judged unless so many had min_requests",
            at_least(2));
    f.field("min_requests", min_requests, "Whoever had fewer in the interval is not judged",
            at_least(1));
}

void OutlierRules::EnforcePercent::describe(Fields& f) {
    const auto field = [&](std::string_view name, std::int64_t& to) {
        f.field(name, to, "Of those found so, the part that is ejected", kPercent);
    };
    field("consecutive_server_error", consecutive_server_error);
    field("consecutive_gateway", consecutive_gateway);
    field("local_origin", local_origin);
    field("success_rate", success_rate);
    field("failure_percentage", failure_percentage);
    field("local_origin_success_rate", local_origin_success_rate);
    field("local_origin_failure_percentage", local_origin_failure_percentage);
    field("latency", latency);
}

void OutlierRules::describe(Fields& f) {
    static constexpr std::string_view kDecays[] = {"per_healthy_interval", "per_healthy_sweep"};
    static constexpr std::string_view kReadmit[] = {"first", "last"};
    static constexpr std::string_view kCaps[] = {"count_including_candidate",
                                                 "count_before_candidate"};
    f.field("sweep_interval", sweep_interval, "Between two looks at what was counted since");
    f.field("split_local_origin", split_local_origin,
            "Requests without answer are counted apart, and not as gateway errors");
    f.field("base_ejection", base_ejection, "How long a first ejection lasts at least");
    f.field("max_ejection", max_ejection,
            "However often it was ejected, no longer than this, or base_ejection if that is more");
    f.field("jitter", jitter, "Up to so much is added at random", kNotNegative);
    word(f, "multiplier_decay", multiplier_decay, kDecays,
         "When one ejection is forgotten: at a sweep a whole interval after it came back, or at "
         "any while it is not ejected");
    f.field("multiplier_saturates", multiplier_saturates,
            "Ejections beyond max_ejection are not counted, so that none has to be forgotten");
    boundary(f, "uneject_boundary", uneject_boundary,
             "Whether it comes back at a sweep that falls on the end of its ejection");
    word(f, "readmit", readmit, kReadmit,
         "Whether those come back before or after others are judged");
    f.field("max_ejected_percent", max_ejected_percent, "Of all, the part that may be ejected",
            kPercent);
    word(f, "cap_rule", cap_rule, kCaps,
         "Whether the next one is counted when its ejection is held against max_ejected_percent");
    f.field("always_allow_one", always_allow_one, "One may be ejected whatever the cap says");
    f.field("active_check_unejects", active_check_unejects,
            "A passed probe of one that is up brings it back at once");
    f.field("ignore_reports_while_ejected", ignore_reports_while_ejected,
            "Late answers of an ejected one are not counted");
    f.field("judge_ejected", judge_ejected,
            "An ejected one is judged like others, and ejected anew, by its late answers");
}

}  // namespace lb
