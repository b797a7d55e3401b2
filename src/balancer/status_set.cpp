#include "balancer/status_set.hpp"

#include <string>

namespace lb {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<std::size_t> status(std::string_view text) {
    if (text.size() != 3) return std::nullopt;
    std::size_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = 10 * value + static_cast<std::size_t>(c - '0');
    }
    return value < 100 ? std::nullopt : std::optional{value};
}

}  // namespace

std::optional<StatusSet> StatusSet::of(std::string_view text) {
    StatusSet set;
    if (trimmed(text).empty()) return set;
    for (bool more = true; more;) {
        const auto comma = text.find(',');
        const auto part = trimmed(text.substr(0, comma));
        const auto dash = part.find('-');
        auto from = status(trimmed(part.substr(0, dash)));
        auto to = dash == part.npos ? from : status(trimmed(part.substr(dash + 1)));
        if (part.size() == 3 && part.ends_with("xx")) {
            from = status(std::string{part[0]} + "00");
            to = status(std::string{part[0]} + "99");
        }
        if (!from || !to || *from > *to) return std::nullopt;
        for (auto i = *from; i <= *to; ++i) set.in_.set(i);
        more = comma != text.npos;
        if (more) text.remove_prefix(comma + 1);
    }
    return set;
}

}  // namespace lb
