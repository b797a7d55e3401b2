#pragma once

#include <algorithm>
#include <map>
#include <string_view>

#include "balancer/hashing/crc32.hpp"
#include "balancer/policies/nginx/peers.hpp"

namespace lb::nginx {

/// Sends a key where it always goes, by a ring: a key belongs to the first point at or after its
/// CRC-32, and each backend has 160 points per unit of weight.
///
/// Points hang on the name as configured, HOST:PORT: each is the CRC-32 of host, a zero byte, port
/// and the four bytes, lowest first, of the point before it.  Backends of one name take turns on
/// its points.  Whoever is excluded or has failed stays on the ring: his keys go to the next
/// *point*, which may well be his too, and after more than 20 of them round robin picks, as it does
/// for an empty key.
///
/// A new configuration rebuilds the ring at the next pick: O(points log points).
class HashConsistent final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/hash_consistent";
    static constexpr std::string_view kSummary =
        "nginx's hash consistent: a ring of 160 points per weight, by CRC-32";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr std::string_view kCost = "O(log points); O(n) after 20 points";
    static constexpr std::string_view kSource =
        "nginx 1.22.1 and 1.31.5, ngx_http_upstream_hash_module.c, "
        "ngx_http_upstream_get_chash_peer";
    static constexpr std::string_view kDiffers =
        "ring_hash walks on to the next eligible backend however far; here the search ends after "
        "20 points, so that a heavy backend's absence sends some keys anywhere by turns.";

    using Config = Peers::Config;
    explicit HashConsistent(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (peers_.refresh(c.view)) build(c.view);
        if (peers_.size() < 2 || c.request.key.empty()) return peers_.next(c);
        const auto hash = crc32_of(c.request.key);
        c.explain([](Explanation& why) {
            why.rule = "The owner of the first point at or after the key's hash that is usable";
            why.score = "current weight among the backends of one name";
            why.candidates.clear();
        });
        auto at = std::lower_bound(points_.begin(), points_.end(), hash,
                                   [](const Point& p, std::uint32_t h) { return p.hash < h; });
        for (int missed = 0; missed <= kMostTries; ++missed, ++at) {
            if (at == points_.end()) at = points_.begin();
            const auto everyone = [](const Peer&, const Peer*) { return true; };
            const Peer* found = peers_.turn(c, namesakes_[at->name], everyone);
            if (found != nullptr) return found->id;
        }
        return peers_.next(c);
    }

private:
    static constexpr std::int64_t kPointsPerWeight = 160;
    struct Point {
        std::uint32_t hash;
        std::uint32_t name;  // Its place among the namesakes.
    };

    /// The CRC-32 so far of what all points of a name begin with.
    static Crc32 stem(std::string_view name) {
        constexpr std::string_view kUnix = "unix:";
        std::string_view host = name, port{};
        if (is_unix(name.substr(0, kUnix.size()))) {
            host = name.substr(kUnix.size());
        } else if (const auto colon = name.find_last_not_of("0123456789");
                   colon != name.npos && name[colon] == ':') {
            host = name.substr(0, colon);
            port = name.substr(colon + 1);
        }
        return Crc32{}.add(host).add({"\0", 1}).add(port);
    }
    static bool is_unix(std::string_view start) {
        const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? c - 'A' + 'a' : c; };
        constexpr std::string_view kUnix = "unix:";
        return std::equal(start.begin(), start.end(), kUnix.begin(), kUnix.end(),
                          [&](char a, char b) { return lower(a) == b; });
    }

    void build(const View& view) {
        points_.clear();
        namesakes_.clear();
        std::map<std::string_view, std::uint32_t> names;
        for (const auto place : peers_.places()) {
            const Peer& peer = peers_.all()[place];
            const auto next = static_cast<std::uint32_t>(namesakes_.size());
            const auto name = names.try_emplace(view.name(peer.id), next).first->second;
            if (name == next) namesakes_.emplace_back();
            namesakes_[name].push_back(place);
            add_points(stem(view.name(peer.id)), name, peer.weight * kPointsPerWeight);
        }
        // Of equal hashes the one configured first stays.
        std::stable_sort(points_.begin(), points_.end(),
                         [](const Point& a, const Point& b) { return a.hash < b.hash; });
        const auto end =
            std::unique(points_.begin(), points_.end(),
                        [](const Point& a, const Point& b) { return a.hash == b.hash; });
        points_.erase(end, points_.end());
    }
    void add_points(const Crc32& stem, std::uint32_t name, std::int64_t count) {
        std::uint32_t hash = 0;
        for (; count != 0; --count) {
            char before[4];
            for (int i = 0; i != 4; ++i) before[i] = static_cast<char>(hash >> (8 * i));
            hash = Crc32{stem}.add({before, 4}).value();
            points_.push_back({hash, name});
        }
    }

    std::vector<Point> points_;                        // Sorted by hash, which differ.
    std::vector<std::vector<std::size_t>> namesakes_;  // Places of the peers, by name.
};

}  // namespace lb::nginx
