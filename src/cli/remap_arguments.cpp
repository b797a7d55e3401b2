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

/// Calls `take` with each part between commas, and where it stands.
template <class Take>
void each_part(const std::string& text, const Take& take) {
    std::size_t from = 0;
    for (bool more = true; more;) {
        const auto comma = text.find(',', from);
        take(text.substr(from, comma - from),
             " at column " + std::to_string(from + 1) + " of " + in_quotes(text));
        more = comma != std::string::npos;
        from = comma + 1;
    }
}

/// "a" or "a=2".
RemapBackend backend_of(std::string_view option, const std::string& part, const std::string& where,
                        const std::string& hint) {
    const auto equals = part.find('=');
    RemapBackend b{part.substr(0, equals), 1};
    if (b.name.empty()) refuse(option, "a backend without a name" + where, hint);
    if (equals == std::string::npos) return b;
    const auto weight = number_of<double>(part.substr(equals + 1));
    if (!weight || !(*weight > 0 && *weight <= 1e6))
        refuse(option, "expected a weight above 0 and up to 1e6" + where, hint);
    b.weight = *weight;
    return b;
}

auto find(RemapFleet& fleet, const std::string& name) {
    return std::find_if(fleet.begin(), fleet.end(), [&](const auto& b) { return b.name == name; });
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
    each_part(text, [&](const std::string& part, const std::string& where) {
        auto b = backend_of(option, part, where, hint);
        if (find(out, b.name) != out.end())
            refuse(option, in_quotes(b.name) + " again" + where, hint);
        out.push_back(std::move(b));
    });
    return out;
}

std::vector<RemapFleet> steps_argument(const std::string& text, RemapFleet from) {
    constexpr std::string_view kOption = "--steps";
    const std::string hint = "write joins, leaves and weights: +b5,-b0,b1=3";
    std::vector<RemapFleet> out;
    each_part(text, [&](const std::string& part, const std::string& where) {
        const bool joins = part.starts_with('+'), leaves = part.starts_with('-');
        const auto b = backend_of(kOption, part.substr(joins || leaves ? 1 : 0), where, hint);
        const auto there = find(from, b.name);
        if (joins == (there != from.end()))
            refuse(kOption,
                   in_quotes(b.name) + (joins ? " is there already" : " is not there") + where,
                   hint);
        if (joins) {
            from.push_back(b);
        } else if (leaves) {
            if (from.size() == 1) refuse(kOption, "nobody would be left" + where, hint);
            from.erase(there);
        } else {
            if (part.find('=') == std::string::npos)
                refuse(kOption, "what becomes of " + in_quotes(b.name) + "?" + where, hint);
            there->weight = b.weight;
        }
        out.push_back(from);
    });
    return out;
}

RemapKeys keys_argument(const std::string& text, std::optional<double> zipf) {
    if (const auto count = number_of<std::uint64_t>(text)) {
        if (*count < 1 || *count > 1'000'000'000)
            refuse("--keys", "expected 1 to 10^9 keys, found " + text, "--keys 100000");
        return zipf ? RemapKeys::zipf(*count, *zipf) : RemapKeys{*count};
    }
    if (zipf)
        refuse("--zipf", "the keys of a file are as popular as it says", "leave one of them out");
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
                            std::span<const RemapFleet> fleets) {
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
    for (const auto& fleet : fleets)
        for (const auto& b : fleet)
            if (const auto wrong = weight_mistake(name, read_of.weights, b.weight))
                refuse(kOption, wrong->message, wrong->hint);
    return {text, name, std::move(read_of.make_policy)};
}

}  // namespace lbsim
