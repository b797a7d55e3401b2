#include "model/request_classes.hpp"

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

RequestClasses::RequestClasses(const std::vector<RequestClass>& classes) {
    classes_.reserve(classes.size());  // What is written points into them.
    double sum = 0, total = 0;
    for (const auto& c : classes) total += c.share;
    for (const auto& c : classes) {
        sum += c.share;
        classes_.push_back({&c, sum / total, Sampler{c.work}, uses_key(c), {}, {}, {}, {}});
        write(classes_.back(), "");
        use_keys_ = use_keys_ || classes_.back().uses_key;
    }
}

std::size_t RequestClasses::at(double unit) const {
    const auto found = std::upper_bound(classes_.begin(), classes_.end(), unit,
                                        [](double u, const Class& c) { return u < c.up_to; });
    return std::min(static_cast<std::size_t>(found - classes_.begin()), classes_.size() - 1);
}

const lb::Http& RequestClasses::http(std::size_t place, std::string_view key) {
    auto& c = classes_[place];
    if (c.uses_key) write(c, key);
    return c.http;
}

void RequestClasses::write(Class& c, std::string_view key) {
    const auto& of = *c.of;
    const bool cookies = !of.cookies.empty();
    c.values.resize(of.headers.size() + 1 + (cookies ? 1 : 0));
    for (auto& value : c.values) value.clear();
    c.path.clear();
    append(c.path, of.path, key);
    c.headers.clear();
    for (std::size_t i = 0; i != of.headers.size(); ++i) {
        append(c.values[i], of.headers[i].value, key);
        c.headers.push_back({of.headers[i].name, c.values[i]});
    }
    auto& host = c.values[of.headers.size()];
    append(host, of.host, key);
    if (cookies) {
        auto& all = c.values.back();
        for (const auto& cookie : of.cookies) {
            if (!all.empty()) all += "; ";
            all += cookie.name;
            all += '=';
            append(all, cookie.value, key);
        }
        c.headers.push_back({"Cookie", all});
    }
    c.http = {of.method, host, c.path, c.headers};
}

}  // namespace lbsim
