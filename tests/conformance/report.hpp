#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace conformance {

using Json = nlohmann::json;

/// Counts the cases of vector files, and prints those in which we do something else.
class Report {
public:
    explicit Report(std::string file) : file_{std::move(file)} {}

    /// One case: both become JSON, so that lists of picks compare and print as a whole.
    void equal(const std::string& what, const Json& expected, const Json& got) {
        if (expected == got) return pass();
        fail(what, expected.dump(), got.dump());
    }
    /// One case: a number computed by a formula, to a relative error.
    void near(const std::string& what, double expected, double got, double tolerance = 1e-9) {
        if (std::abs(expected - got) <= tolerance * std::abs(expected)) return pass();
        fail(what, Json(expected).dump(), Json(got).dump());
    }
    /// One case that is judged elsewhere, such as counts by their likelihood.
    void holds(const std::string& what, bool it_does, const std::string& expected,
               const std::string& got) {
        if (it_does) return pass();
        fail(what, expected, got);
    }

    std::uint64_t passed() const { return passed_; }
    std::uint64_t failed() const { return failed_; }

private:
    void pass() { ++passed_; }
    void fail(const std::string& what, const std::string& expected, const std::string& got) {
        ++failed_;
        std::printf("%s: %s\n  expected %s\n  got      %s\n", file_.c_str(), what.c_str(),
                    expected.c_str(), got.c_str());
    }

    std::string file_;
    std::uint64_t passed_ = 0, failed_ = 0;
};

}  // namespace conformance
