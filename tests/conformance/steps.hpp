#pragma once

#include <string>

#include "conformance/report.hpp"

namespace conformance {

/// The steps of a case, and what they were expected to leave behind, as far as they say, beside
/// what they did.
class Steps {
public:
    explicit Steps(const Json& c) : case_{c} {}
    const Json& all() const { return case_.at("steps"); }

    /// Of the step that is played now.
    void say(const Json& step, const char* what, const Json& got) {
        const auto expect = step.find("expect");
        if (expect == step.end() || !expect->contains(what)) return;
        expected_.push_back({step.at("t_ms"), what, expect->at(what)});
        got_.push_back({step.at("t_ms"), what, got});
    }
    /// All steps are one case: the first at which something else happened.
    void report(Report& report) const {
        const auto id = case_.at("id").get<std::string>();
        for (std::size_t i = 0; i != expected_.size(); ++i)
            if (expected_[i] != got_[i]) return report.equal(id, expected_[i], got_[i]);
        report.equal(id, expected_, got_);
    }

private:
    const Json& case_;
    Json expected_ = Json::array(), got_ = Json::array();
};

}  // namespace conformance
