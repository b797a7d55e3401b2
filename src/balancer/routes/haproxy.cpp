#include "balancer/routes/haproxy.hpp"

#include <algorithm>

#include "balancer/routes/haproxy_headers.hpp"

namespace lb::haproxy {
namespace {

constexpr char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_char(char a, char b) { return a == b; }
bool same_letter(char a, char b) { return lower(a) == lower(b); }

bool is_named(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_letter);
}

/// The path of a URI, without the query; nothing if it has none.
std::optional<std::string_view> path_of(std::string_view uri) {
    std::size_t begin = 0;
    if (!uri.starts_with('/')) {
        const auto scheme = uri.find("://");
        if (scheme == std::string_view::npos) return std::nullopt;
        begin = uri.find('/', scheme + 3);
        if (begin == std::string_view::npos) return std::nullopt;
    }
    const auto end = uri.find('?', begin);
    return uri.substr(begin, end == std::string_view::npos ? end : end - begin);
}

/// Whether any value of the header does.  The host counts as one if the headers do not have it.
template <class Does>
bool any_value(const Http& http, std::string_view name, Does does) {
    bool there = false;
    for (const auto& header : http.headers) {
        if (!is_named(header.name, name)) continue;
        there = true;
        for (Parts values{header.value, ","}; values.next();)
            if (does(values.part())) return true;
    }
    return !there && !http.host.empty() && is_named(name, "host") && does(http.host);
}

template <class Does>
bool any_cookie(const Http& http, std::string_view name, Does does) {
    for (const auto& header : http.headers) {
        if (!is_named(header.name, "cookie")) continue;
        for (Cookies cookies{header.value}; cookies.next();)
            if (cookies.name() == name && does(cookies.value())) return true;
    }
    return false;
}

}  // namespace

bool Rules::matches(const Test& test, std::string_view sample) {
    const auto same = test.any_case ? same_letter : same_char;
    const auto begins = [&](std::string_view text, std::string_view word) {
        return std::equal(word.begin(), word.end(), text.begin(), same);
    };
    return std::any_of(test.words.begin(), test.words.end(), [&](std::string_view word) {
        if (sample.size() < word.size()) return false;
        switch (test.how) {
            case How::Found: return true;
            case How::Equal: return sample.size() == word.size() && begins(sample, word);
            case How::Begins: return begins(sample, word);
            case How::Ends: return begins(sample.substr(sample.size() - word.size()), word);
            case How::Contains: break;
        }
        return word.empty() || std::search(sample.begin(), sample.end(), word.begin(), word.end(),
                                           same) != sample.end();
    });
}

bool Rules::holds(const Test& test, const Http& http) {
    const auto does = [&](std::string_view sample) {
        return test.how == How::Found || matches(test, sample);
    };
    switch (test.what) {
        case What::Header: return any_value(http, test.name, does);
        case What::Cookie: return any_cookie(http, test.name, does);
        case What::Path: break;
    }
    const auto path = path_of(http.path);
    return path && does(*path);
}

bool Rules::holds(const UseBackend& rule, const Http& http) const {
    if (rule.alternatives.empty()) return true;
    const auto term_holds = [&](const Term& term) {
        const auto& tests = acls_[term.acl].tests;
        return term.denied != std::any_of(tests.begin(), tests.end(),
                                          [&](const Test& t) { return holds(t, http); });
    };
    const bool any = std::any_of(rule.alternatives.begin(), rule.alternatives.end(),
                                 [&](const std::vector<Term>& terms) {
                                     return std::all_of(terms.begin(), terms.end(), term_holds);
                                 });
    return any != rule.unless;
}

std::optional<std::string_view> Rules::find(const Http& http) const {
    for (const auto& rule : rules_)
        if (holds(rule, http)) return rule.pool;
    return default_;
}

}  // namespace lb::haproxy
