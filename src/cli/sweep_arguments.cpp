#include "cli/sweep_arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/status.hpp"

namespace lbsim {
namespace {

constexpr std::int64_t kMostValues = 100'000;

[[noreturn]] void refuse(const std::string& option, const std::string& text,
                         const std::string& what, const std::string& hint) {
    throw UsageError{option + " " + text + ": " + what + "\n  hint: " + hint};
}

// A decimal number, as digits and how many of them stand behind the point, and its unit.
struct Decimal {
    std::int64_t digits = 0;
    int places = 0;
    std::string_view unit;
};

std::optional<Decimal> decimal_of(std::string_view text) {
    Decimal out;
    std::size_t at = text.starts_with('-') ? 1 : 0;
    bool any = false, point = false;
    for (; at != text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        if (out.digits > 100'000'000'000'000) return {};
        out.digits = 10 * out.digits + (c - '0');
        out.places += point;
        any = true;
    }
    if (!any) return {};
    if (text.starts_with('-')) out.digits = -out.digits;
    out.unit = text.substr(at);
    return out;
}

std::string text_of(std::int64_t digits, int places, std::string_view unit) {
    const bool below = digits < 0;
    auto text = std::to_string(below ? -digits : digits);
    if (places != 0) {
        const auto least = static_cast<std::size_t>(places) + 1;
        if (text.size() < least) text.insert(0, least - text.size(), '0');
        text.insert(text.size() - static_cast<std::size_t>(places), ".");
        while (text.back() == '0') text.pop_back();
        if (text.back() == '.') text.pop_back();
    }
    return (below ? "-" : "") + text + std::string{unit};
}

// Nothing if it is no range.
std::optional<std::vector<std::string>> range_of(const std::string& whole, std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0, to = 0; to != std::string_view::npos; from = to + 1) {
        to = text.find(':', from);
        parts.push_back(text.substr(from, to - from));
    }
    if (parts.size() != 3) return {};
    std::vector<Decimal> numbers;
    for (const auto part : parts) {
        const auto number = decimal_of(part);
        if (!number) return {};
        numbers.push_back(*number);
    }
    const std::string hint = "from:to:step in one unit, for example 100/s:500/s:100/s";
    int places = 0;
    for (const auto& n : numbers) {
        if (n.unit != numbers[0].unit) refuse("--vary", whole, "units differ in the range", hint);
        places = std::max(places, n.places);
    }
    for (auto& n : numbers)
        for (; n.places != places; ++n.places) n.digits *= 10;
    const auto [from, to, step] =
        std::tuple{numbers[0].digits, numbers[1].digits, numbers[2].digits};
    if (step == 0 || (to - from) / step < 0)
        refuse("--vary", whole, "the steps never get there", hint);
    if ((to - from) / step >= kMostValues) refuse("--vary", whole, "more than 100000 values", hint);
    std::vector<std::string> out;
    for (std::int64_t i = 0; i <= (to - from) / step; ++i)
        out.push_back(text_of(from + i * step, places, numbers[0].unit));
    return out;
}

std::vector<std::string> list_of(std::string_view text) {
    std::vector<std::string> out(1);
    int depth = 0;
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == '[' || c == '{')) ++depth;
        if (!quoted && (c == ']' || c == '}')) --depth;
        if (c == ',' && depth == 0 && !quoted)
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

}  // namespace

Vary vary_argument(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
        refuse("--vary", text, "expected PATH=VALUES", "--vary balancers.policy=random,p2c");
    Vary out{text.substr(0, equals), {}};
    const auto values = std::string_view{text}.substr(equals + 1);
    const auto range = range_of(text, values);
    out.values = range ? *range : list_of(values);
    auto sorted = out.values;
    std::sort(sorted.begin(), sorted.end());
    if (sorted.front().empty())
        refuse("--vary", text, "an empty value", "--vary balancers.policy=random,p2c");
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
        refuse("--vary", text, "\"" + *twice + "\" is there twice", "name each value once");
    return out;
}

Shard shard_argument(const std::string& text) {
    Shard out;
    const auto* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, out.number);
    const bool slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
    const auto second = slash ? std::from_chars(first.ptr + 1, end, out.of) : first;
    if (!slash || second.ec != std::errc{} || second.ptr != end)
        refuse("--shard", text, "expected I/N", "--shard 1/4 is the first of four parts");
    if (out.number < 1 || out.number > out.of || out.of > kMostCells)
        refuse("--shard", text, "there is no such part",
               "parts are counted from 1, and 100000 are the most");
    return out;
}

}  // namespace lbsim
