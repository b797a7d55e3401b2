#include "model/request_kinds.hpp"

#include <algorithm>

namespace lbsim {
namespace {

constexpr std::string_view kKey = "{key}";

bool has_key(std::string_view text) { return text.find(kKey) != std::string_view::npos; }

// Appends the text, with the key where {key} stands.
void append(std::string& to, std::string_view text, std::string_view key) {
    for (;;) {
        const auto at = text.find(kKey);
        to += text.substr(0, at);
        if (at == std::string_view::npos) return;
        to += key;
        text.remove_prefix(at + kKey.size());
    }
}

bool uses_key(const RequestClass& c) {
    const auto any = [](const auto& fields) {
        return std::any_of(fields.begin(), fields.end(),
                           [](const auto& f) { return has_key(f.value); });
    };
    return has_key(c.path) || has_key(c.host) || any(c.headers) || any(c.cookies);
}

}  // namespace

RequestKinds::RequestKinds(const std::vector<RequestClass>& classes) {
    kinds_.reserve(classes.size());  // What is written points into them.
    double sum = 0, total = 0;
    for (const auto& c : classes) total += c.share;
    for (const auto& c : classes) {
        sum += c.share;
        kinds_.push_back({&c, sum / total, Sampler{c.work}, uses_key(c), {}, {}, {}, {}});
        write(kinds_.back(), "");
        use_keys_ = use_keys_ || kinds_.back().uses_key;
    }
}

std::size_t RequestKinds::at(double unit) const {
    const auto found = std::upper_bound(kinds_.begin(), kinds_.end(), unit,
                                        [](double u, const Kind& k) { return u < k.up_to; });
    return std::min(static_cast<std::size_t>(found - kinds_.begin()), kinds_.size() - 1);
}

const lb::Http& RequestKinds::http(std::size_t kind, std::string_view key) {
    auto& k = kinds_[kind];
    if (k.uses_key) write(k, key);
    return k.http;
}

void RequestKinds::write(Kind& kind, std::string_view key) {
    const auto& of = *kind.of;
    const bool cookies = !of.cookies.empty();
    kind.values.resize(of.headers.size() + 1 + (cookies ? 1 : 0));
    for (auto& value : kind.values) value.clear();
    kind.path.clear();
    append(kind.path, of.path, key);
    kind.headers.clear();
    for (std::size_t i = 0; i != of.headers.size(); ++i) {
        append(kind.values[i], of.headers[i].value, key);
        kind.headers.push_back({of.headers[i].name, kind.values[i]});
    }
    auto& host = kind.values[of.headers.size()];
    append(host, of.host, key);
    if (cookies) {
        auto& all = kind.values.back();
        for (const auto& cookie : of.cookies) {
            if (!all.empty()) all += "; ";
            all += cookie.name;
            all += '=';
            append(all, cookie.value, key);
        }
        kind.headers.push_back({"Cookie", all});
    }
    kind.http = {of.method, host, kind.path, kind.headers};
}

}  // namespace lbsim
