#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace lbsim {

/// What the clients of a group have been told to come back with: which backend each sticks to, and
/// until when.  Clients are told apart by the numbers or the texts of their keys.  O(log clients).
class CookieJar {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    std::uint32_t backend_of(std::uint64_t client, lb::Instant now) const {
        return find(by_number_, client, now);
    }
    std::uint32_t backend_of(std::string_view client, lb::Instant now) const {
        return find(by_text_, client, now);
    }
    void keep(std::uint64_t client, std::uint32_t backend, lb::Instant until) {
        by_number_[client] = {backend, until};
    }
    void keep(std::string_view client, std::uint32_t backend, lb::Instant until) {
        by_text_.insert_or_assign(std::string{client}, Cookie{backend, until});
    }

private:
    struct Cookie {
        std::uint32_t backend = kNone;
        lb::Instant until{};
    };
    template <class Jar, class Key>
    static std::uint32_t find(const Jar& jar, const Key& key, lb::Instant now) {
        const auto found = jar.find(key);
        return found == jar.end() || now > found->second.until ? kNone : found->second.backend;
    }

    std::map<std::uint64_t, Cookie> by_number_;
    std::map<std::string, Cookie, std::less<>> by_text_;
};

}  // namespace lbsim
