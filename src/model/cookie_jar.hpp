#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace lbsim {

/// What the clients of a group have been told to come back with: which backend each sticks to.
/// Clients are told apart by the numbers or the texts of their keys.  O(log clients).
class CookieJar {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    std::uint32_t backend_of(std::uint64_t client) const { return find(by_number_, client); }
    std::uint32_t backend_of(std::string_view client) const { return find(by_text_, client); }
    void keep(std::uint64_t client, std::uint32_t backend) { by_number_[client] = backend; }
    void keep(std::string_view client, std::uint32_t backend) {
        by_text_.insert_or_assign(std::string{client}, backend);
    }

private:
    template <class Jar, class Key>
    static std::uint32_t find(const Jar& jar, const Key& key) {
        const auto found = jar.find(key);
        return found == jar.end() ? kNone : found->second;
    }

    std::map<std::uint64_t, std::uint32_t> by_number_;
    std::map<std::string, std::uint32_t, std::less<>> by_text_;
};

}  // namespace lbsim
