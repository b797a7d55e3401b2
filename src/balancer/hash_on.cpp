#include "balancer/hash_on.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lb {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

// The value of NAME in "A=1; B=2".
std::string_view value_in(std::string_view list, char separator, std::string_view name) {
    while (!list.empty()) {
        const auto end = std::min(list.find(separator), list.size());
        const auto pair = trimmed(list.substr(0, end));
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) == name && equals != std::string_view::npos)
            return pair.substr(equals + 1);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return {};
}

}  // namespace

bool same_in_any_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view header(const Http& http, std::string_view name) {
    for (const auto& h : http.headers)
        if (same_in_any_case(h.name, name)) return h.value;
    return {};
}

std::string_view cookie(const Http& http, std::string_view name) {
    for (const auto& h : http.headers)
        if (same_in_any_case(h.name, "cookie"))
            if (const auto value = value_in(h.value, ';', name); !value.empty()) return value;
    return {};
}

std::string_view query(const Http& http, std::string_view name) {
    const auto mark = http.path.find('?');
    return mark == std::string_view::npos ? std::string_view{}
                                          : value_in(http.path.substr(mark + 1), '&', name);
}

std::string_view path_only(std::string_view path) { return path.substr(0, path.find('?')); }

std::optional<HashOn> HashOn::of(std::string_view word) {
    using Named = std::pair<std::string_view, Kind>;
    HashOn out;
    for (const auto& [text, kind] :
         {Named{"key", Kind::Key}, Named{"client", Kind::Client}, Named{"host", Kind::Host},
          Named{"path", Kind::Path}, Named{"uri", Kind::Uri}})
        if (word == text) {
            out.kind_ = kind;
            return out;
        }
    for (const auto& [text, kind] : {Named{"header:", Kind::Header}, Named{"cookie:", Kind::Cookie},
                                     Named{"query:", Kind::Query}})
        if (word.substr(0, text.size()) == text && word.size() > text.size()) {
            out.kind_ = kind;
            out.name_ = word.substr(text.size());
            return out;
        }
    return std::nullopt;
}

std::string_view HashOn::bytes(const Request& request) const {
    if (kind_ == Kind::Key) return request.key;
    if (kind_ == Kind::Client) {
        const auto octets = request.client.octets();
        return {reinterpret_cast<const char*>(octets.data()), octets.size()};
    }
    if (request.http == nullptr) return {};
    const auto& http = *request.http;
    switch (kind_) {
        case Kind::Host: return http.host;
        case Kind::Path: return path_only(http.path);
        case Kind::Uri: return http.path;
        case Kind::Header: return header(http, name_);
        case Kind::Cookie: return cookie(http, name_);
        case Kind::Query: return query(http, name_);
        case Kind::Key:
        case Kind::Client: break;
    }
    return {};
}

}  // namespace lb
