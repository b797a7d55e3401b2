#include "cli/remap_arguments.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "cli/find_scenarios.hpp"
#include "cli/status.hpp"
#include "scenario/check_balancers.hpp"
#include "scenario/describe.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"
#include "scenario/reader.hpp"

namespace lbsim {
namespace {

[[noreturn]] void refuse(std::string_view option, const std::string& what,
                         const std::string& hint) {
    throw UsageError{std::string{option} + ": " + what + "\n  hint: " + hint};
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && at == end ? std::optional{number} : std::nullopt;
}

}  // namespace

RemapFleet fleet_argument(std::string_view option, const std::string& text) {
    constexpr std::int64_t kMost = 100'000;
    const std::string hint = "write how many, or their names: 5, or a,b,c, or a=2,b=1";
    RemapFleet out;
    if (const auto count = number_of<std::int64_t>(text)) {
        if (*count < 1 || *count > kMost)
            refuse(option, "expected 1 to 100000 backends, found " + text, hint);
        for (std::int64_t i = 0; i != *count; ++i) out.push_back({"b" + std::to_string(i), 1});
        return out;
    }
    std::size_t from = 0;
    for (bool more = true; more;) {
        const auto comma = text.find(',', from);
        const auto part = text.substr(from, comma - from);
        const auto equals = part.find('=');
        RemapBackend b{part.substr(0, equals), 1};
        const auto where = " at column " + std::to_string(from + 1) + " of " + in_quotes(text);
        if (b.name.empty()) refuse(option, "a backend without a name" + where, hint);
        if (std::any_of(out.begin(), out.end(), [&](const auto& o) { return o.name == b.name; }))
            refuse(option, in_quotes(b.name) + " again" + where, hint);
        if (equals != std::string::npos) {
            const auto weight = number_of<double>(part.substr(equals + 1));
            if (!weight || !(*weight > 0 && *weight <= 1e6))
                refuse(option, "expected a weight above 0 and up to 1e6" + where, hint);
            b.weight = *weight;
        }
        out.push_back(std::move(b));
        more = comma != std::string::npos;
        from = comma + 1;
    }
    return out;
}

RemapKeys keys_argument(const std::string& text) {
    if (const auto count = number_of<std::uint64_t>(text)) {
        if (*count < 1 || *count > 1'000'000'000)
            refuse("--keys", "expected 1 to 10^9 keys, found " + text, "--keys 100000");
        return RemapKeys{*count};
    }
    std::vector<std::string> keys;
    std::istringstream lines{read_text(text)};
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) keys.push_back(line);
    }
    if (keys.empty()) refuse("--keys", "no key in " + in_quotes(text), "one on each line");
    return RemapKeys{std::move(keys)};
}

RemapPolicy policy_argument(const std::string& text, const lb::Policies& policies,
                            const RemapFleet& from, const RemapFleet& to) {
    constexpr std::string_view kOption = "--policies";
    auto document = Document::parse(std::string{kOption}, "{}");
    std::vector<Problem> problems;
    const auto set = [&](const std::string& path, std::string_view value) {
        const auto wrong = document.set(path, value, kOption);
        problems.insert(problems.end(), wrong.begin(), wrong.end());
    };
    std::istringstream parts{text};
    std::string name;
    std::getline(parts, name, ':');
    set("policy", in_quotes(name));
    for (std::string part; std::getline(parts, part, ':');) {
        const auto equals = part.find('=');
        if (equals == std::string::npos || equals == 0)
            refuse(kOption, "expected PARAMETER=VALUE, found " + in_quotes(part),
                   "ring_hash:vnodes=10");
        set("policy." + part.substr(0, equals), std::string_view{part}.substr(equals + 1));
    }
    Balancers read_of;
    read(
        document, ".", [&](Blocks& b) { describe_policy(b, "policy", read_of, policies); },
        problems);
    if (!problems.empty()) throw ScenarioError{document.render(problems), problems};
    if (read_of.equalises != lb::Equalises::Keys)
        refuse(kOption, in_quotes(name) + " does not go by keys",
               "hash_mod, ring_hash, maglev, jump, rendezvous: lbsim policies");
    for (const auto* fleet : {&from, &to})
        for (const auto& b : *fleet)
            if (const auto wrong = weight_mistake(name, read_of.weights, b.weight))
                refuse(kOption, wrong->message, wrong->hint);
    return {text, name, std::move(read_of.make_policy)};
}

}  // namespace lbsim
