#include "balancer/routes.hpp"

#include <algorithm>

#include "balancer/hash_on.hpp"

namespace lb {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}
bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// In lower case, without the port.
std::string name_of(std::string_view host) {
    std::string name{host.substr(0, host.find(':'))};
    std::transform(name.begin(), name.end(), name.begin(), lower);
    return name;
}

bool host_matches(std::string_view pattern, std::string_view name) {
    if (starts_with(pattern, "*.")) return ends_with(name, pattern.substr(1));
    if (ends_with(pattern, ".*"))
        return starts_with(name, pattern.substr(0, pattern.size() - 1)) &&
               name.size() > pattern.size() - 1;
    return name == pattern;
}

bool matches(const Route& route, const Http& http, std::string_view name, std::string_view path) {
    if (!route.host.empty() && !host_matches(route.host, name)) return false;
    if (!route.path.empty() && route.path != path) return false;
    if (!starts_with(path, route.path_prefix)) return false;
    if (!route.method.empty() && route.method != http.method) return false;
    const auto has = [&](const auto& fields, auto value_of) {
        return std::all_of(fields.begin(), fields.end(), [&](const Route::Field& f) {
            const std::string_view value = value_of(http, f.name);
            return f.value.empty() ? !value.empty() : value == f.value;
        });
    };
    return has(route.headers, header) && has(route.cookies, cookie);
}

// An exact path is longer than any prefix.
std::size_t length(const Route& route) {
    return route.path.empty() ? route.path_prefix.size() : ~std::size_t{0};
}

}  // namespace

Routes::Routes(std::vector<Route> routes, Wins wins) : routes_{std::move(routes)}, wins_{wins} {
    for (auto& route : routes_)
        std::transform(route.host.begin(), route.host.end(), route.host.begin(), lower);
}

std::optional<std::size_t> Routes::find(const Http& http) const {
    const auto path = path_only(http.path);
    const auto name = name_of(http.host);
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i != routes_.size(); ++i) {
        if (best && length(routes_[i]) <= length(routes_[*best])) continue;
        if (!matches(routes_[i], http, name, path)) continue;
        best = i;
        if (wins_ == Wins::First) break;
    }
    return best;
}

}  // namespace lb
