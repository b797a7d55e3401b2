#include "balancer/http_head.hpp"

#include <algorithm>

#include "balancer/hash_on.hpp"

namespace lb {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

}  // namespace

std::optional<HttpHead> HttpHead::parse(std::string_view text) {
    HttpHead head;
    for (std::size_t at = 0;;) {
        const auto end = text.find('\n', at);
        if (end == std::string_view::npos) return std::nullopt;
        auto line = text.substr(at, end - at);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        const bool first = at == 0;
        at = end + 1;
        if (line.empty()) {
            if (first) return std::nullopt;
            head.size_ = at;
            head.host_ = header({.headers = head.headers_}, "host");
            return head;
        }
        if (first ? !head.read_request_line(line) : !head.read_header(line)) return std::nullopt;
    }
}

bool HttpHead::read_request_line(std::string_view line) {
    const auto first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    method_ = line.substr(0, first);
    path_ = line.substr(first + 1, last - first - 1);
    return is_token(method_) && !path_.empty() && path_.find(' ') == std::string_view::npos &&
           line.substr(last + 1).substr(0, 7) == "HTTP/1.";
}

bool HttpHead::read_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
    auto value = line.substr(colon + 1);
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    headers_.push_back({line.substr(0, colon), value});
    return true;
}

}  // namespace lb
