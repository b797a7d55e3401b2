#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.hpp"

namespace lbtest {

/// Reads a configuration of which a few numbers are given, and notes what is wrong with it.
class Given final : public lb::Defaults {
public:
    using Defaults::field;
    explicit Given(std::vector<std::pair<std::string_view, std::int64_t>> numbers)
        : numbers_{std::move(numbers)} {}

    void field(std::string_view name, std::int64_t& to, std::string_view, lb::Range) override {
        for (const auto& [wanted, value] : numbers_)
            if (wanted == name) to = value;
    }
    void problem(std::string_view name, std::string message, std::string hint) override {
        problems.push_back(std::string{name} + ": " + message + " (" + hint + ")");
    }
    std::vector<std::string> problems;

private:
    std::vector<std::pair<std::string_view, std::int64_t>> numbers_;
};

/// What a policy's configuration says is wrong with these numbers.
template <class P>
std::vector<std::string> problems_of(
    std::vector<std::pair<std::string_view, std::int64_t>> numbers) {
    Given given{std::move(numbers)};
    typename P::Config config;
    config.describe(given);
    return given.problems;
}

}  // namespace lbtest
