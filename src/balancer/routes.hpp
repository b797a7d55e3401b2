#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/request.hpp"

namespace lb {

/// One rule of a routing table: what is there must match, what is empty matches anything.
struct Route {
    std::string host{};         ///< "example.com", "*.example.com", "api.*"; in any case, no port.
    std::string path{};         ///< This path, without the query.
    std::string path_prefix{};  ///< "/api" is a prefix of "/api/x" and of "/apifoo", as of bytes.
    std::string method{};
    struct Field {
        std::string name, value;  ///< An empty value: that it is there.
    };
    std::vector<Field> headers{}, cookies{};
    std::string pool{};  ///< Where its requests go.
};

/// Which pool a request goes to, by host, path, method, headers and cookies.
///
/// Whole programs differ in more than this: see routes/nginx.hpp and routes/haproxy.hpp.
class Routes {
public:
    /// Which of several matching rules wins.
    enum class Wins : std::uint8_t {
        First,    ///< The first, as HAProxy's use_backend and Envoy's routes.
        Longest,  ///< An exact path, else the longest prefix, the first among equals, whatever the
                  ///< host; programs look at the host before.
    };
    Routes() = default;
    Routes(std::vector<Route> routes, Wins wins);

    /// The place of the rule that wins; nothing if none matches.  O(rules).
    std::optional<std::size_t> find(const Http& http) const;
    const Route& operator[](std::size_t place) const { return routes_[place]; }
    std::size_t size() const { return routes_.size(); }

private:
    std::vector<Route> routes_;
    Wins wins_ = Wins::First;
};

}  // namespace lb
