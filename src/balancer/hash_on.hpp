#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "balancer/request.hpp"

namespace lb {

/// Which bytes of a request are its key: what hashing policies hash and tables remember.
///
/// Written as one word: "key" (whatever the caller says), "client" (its address), "host", "path"
/// (without the query), "uri" (with it), "header:NAME", "cookie:NAME" or "query:NAME".
class HashOn {
public:
    enum class Kind : std::uint8_t { Key, Client, Host, Path, Uri, Header, Cookie, Query };

    HashOn() = default;
    /// Nothing if the word is none of those.
    static std::optional<HashOn> of(std::string_view word);

    Kind kind() const { return kind_; }
    const std::string& name() const { return name_; }

    /// The bytes; empty if the request does not carry them.  O(bytes looked at).
    std::string_view bytes(const Request& request) const;

private:
    Kind kind_ = Kind::Key;
    std::string name_;  // Of Header, Cookie and Query.
};

// Parts of a request, as they are found without copying anything.

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
/// Of ASCII.
bool same_in_any_case(std::string_view a, std::string_view b);

/// The value of the first header of that name, in any case; empty if there is none.
std::string_view header(const Http& http, std::string_view name);
/// The value of a cookie in the Cookie headers; empty if there is none.
std::string_view cookie(const Http& http, std::string_view name);
/// The value of a parameter in the query, as sent; empty if there is none.
std::string_view query(const Http& http, std::string_view name);
/// The path without the query.
std::string_view path_only(std::string_view path);

}  // namespace lb
