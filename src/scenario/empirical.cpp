#include "scenario/empirical.hpp"

#include <array>
#include <fstream>
#include <functional>
#include <optional>
#include <utility>

#include "scenario/document.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

constexpr double kMost = 1e9;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// `parse` gives the value of a line, or what was expected.
using Parse = std::function<std::optional<double>(std::string_view)>;

Values read(const std::string& path, const Parse& parse, std::string_view expected) {
    Values out;
    std::ifstream file{path, std::ios::binary};
    std::string line;
    std::size_t number = 0, size = 0;
    while (std::getline(file, line)) {
        ++number;
        size += line.size() + 1;
        if (size > Document::kLargest) {
            out.mistake = "the file is larger than 64 MiB";
            return out;
        }
        const auto text = trimmed(line);
        if (text.empty() || text[0] == '#') continue;
        const auto value = parse(text);
        if (!value || !(*value >= 0 && *value <= kMost)) {
            out.mistake = "line " + std::to_string(number) + " of the file: expected " +
                          std::string{expected} + ", found \"" + std::string{text.substr(0, 40)} +
                          '"';
            return out;
        }
        out.values.push_back(*value);
    }
    if (file.bad() || !file.eof())
        out.mistake = "the file cannot be read";
    else if (out.values.empty())
        out.mistake = "the file holds no values";
    return out;
}

}  // namespace

Values read_durations(const std::string& path, std::string_view unit) {
    constexpr std::array<std::pair<std::string_view, double>, 4> kScales{
        {{"ns", 1e9}, {"us", 1e6}, {"ms", 1e3}, {"s", 1}}};
    double scale = 0;
    for (const auto& [name, per_second] : kScales)
        if (name == unit) scale = per_second;
    const Parse parse = [&](std::string_view text) -> std::optional<double> {
        if (const auto d = parse_duration(text).value) return exact_seconds(*d);
        const auto bare = parse_plain(text).value;
        if (!bare || scale == 0) return {};
        return *bare / scale;
    };
    auto out = read(path, parse, "a duration");
    if (out.mistake.starts_with("line") && scale == 0)
        out.hint = "of bare numbers, say \"unit\": \"ms\"";
    return out;
}

Values read_factors(const std::string& path) {
    return read(
        path, [](std::string_view text) { return parse_plain(text).value; }, "a number");
}

}  // namespace lbsim
