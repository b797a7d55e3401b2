#include "balancer/outcome.hpp"

#include "base/expects.hpp"

namespace lb {
namespace {

StatusSet parsed(std::string_view text) {
    const auto set = StatusSet::of(text);
    expects(set.has_value());
    return *set;
}

}  // namespace

void OutcomeRule::Config::describe(Fields& f) {
    f.field("refused", refused, "A backend that takes no connection has failed");
    f.field("reset", reset, "And one whose connection broke");
    f.field("timeout", timeout, "And one that did not answer in time");
    const auto statuses = [&](std::string_view name, std::string& text, std::string_view meaning) {
        const auto before = text;
        f.field(name, text, meaning);
        if (StatusSet::of(text)) return;
        f.problem(name, "no list of statuses: \"" + text + '"', "write for example 429, 500-599");
        text = before;
    };
    statuses("failures", failures, "Statuses that are failures; other answers are successes");
    statuses("overload", overload, "Statuses of a backend that is alive and has too much to do");
    statuses("ignored", ignored, "Statuses that say nothing of the backend");
}

OutcomeRule::OutcomeRule(const Config& config)
    : refused_{config.refused},
      reset_{config.reset},
      timeout_{config.timeout},
      failures_{parsed(config.failures)},
      overload_{parsed(config.overload)},
      ignored_{parsed(config.ignored)} {}

Outcome OutcomeRule::of(const Response& response) const {
    return {kind_of(response), response.latency};
}

Outcome::Kind OutcomeRule::kind_of(const Response& response) const {
    const auto failed_if = [](bool counts) {
        return counts ? Outcome::Kind::Failure : Outcome::Kind::Ignored;
    };
    switch (response.end) {
        case Response::End::Complete: break;
        case Response::End::Refused: return failed_if(refused_);
        case Response::End::Reset: return failed_if(reset_);
        case Response::End::Timeout: return failed_if(timeout_);
        case Response::End::Cancelled: return Outcome::Kind::Ignored;
    }
    if (ignored_.contains(response.status)) return Outcome::Kind::Ignored;
    if (overload_.contains(response.status)) return Outcome::Kind::Overload;
    if (failures_.contains(response.status)) return Outcome::Kind::Failure;
    return Outcome::Kind::Success;
}

}  // namespace lb
