#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/fleet.hpp"
#include "balancer/hashing/md5.hpp"
#include "base/time.hpp"

namespace lb::nginx {

/// The cookie of nginx's `sticky cookie`: how it names a server, whom it names, and how it is set.
///
/// nginx sets it with every response, so that its expiry moves on, and not only when it changed.  A
/// client with a cookie that names nobody, or one who may not be used, is balanced as one without.
/// One that drains is found by its cookie alone.
///
/// As nginx 1.31.5, ngx_http_upstream_sticky_module.c.  The names cost 16 bytes of MD5 for each
/// backend; finding one O(log n).
class StickyCookie {
public:
    struct Config {
        std::string name = "srv_id";
        std::optional<Duration> expires{};      ///< Without, it lives as long as the browser.
        std::vector<std::string> attributes{};  ///< "path=/", "httponly", … as they are to stand.
    };
    explicit StickyCookie(Config config) : config_{std::move(config)} {}

    /// What a server is called: its route, if it has one, else the MD5 of "IP:PORT" in hexadecimal.
    static std::string value(std::string_view address, std::string_view route = {}) {
        return route.empty() ? hex(md5_of(address)) : std::string{route};
    }

    /// Of two of one value the first is found.
    void on_added(BackendId id, std::string value) { by_value_.emplace(std::move(value), id); }
    void on_removed(BackendId id) {
        std::erase_if(by_value_, [&](const auto& entry) { return entry.second == id; });
    }
    /// Whom a request's cookie names.
    std::optional<BackendId> find(std::string_view value) const {
        const auto found = by_value_.find(value);
        if (found == by_value_.end()) return std::nullopt;
        return found->second;
    }

    /// What stands in Set-Cookie.  The date on which it expires is the caller's to write, as there
    /// is no calendar here: "Thu, 01-Jan-26 00:00:00 GMT"; without one, max-age says it alone.
    std::string set_cookie(std::string_view value, std::string_view date = {}) const {
        std::string out = config_.name;
        out.append("=").append(value);
        if (config_.expires) {
            const auto age = std::chrono::floor<std::chrono::seconds>(*config_.expires).count();
            if (!date.empty()) out.append("; expires=").append(date);
            out.append("; max-age=").append(std::to_string(age));
        }
        for (const auto& attribute : config_.attributes) out.append("; ").append(attribute);
        return out;
    }

private:
    Config config_;
    std::map<std::string, BackendId, std::less<>> by_value_;
};

}  // namespace lb::nginx
