#pragma once

#include <algorithm>

#include "balancer/policies/haproxy/hashed.hpp"

namespace lb::haproxy {

/// How much of a URI counts: `balance uri [whole] [len N] [depth N] [path-only]`.
struct UriPart {
    bool whole = false;
    bool path_only = false;
    Limit len{};
    Limit depth{};

    void describe(Fields& f) {
        f.field("whole", whole, "Whether the query counts, too");
        f.field("path_only", path_only, "Whether \"http://host\" before the path is left out");
        f.field("len", len, "all", "How many characters count at most");
        f.field("depth", depth, "all", "How many slashes: the next one ends what counts");
    }
    /// The part of that URI.
    std::string_view of(std::string_view uri) const {
        if (path_only) uri = path_of(uri);
        if (!len.none()) uri = uri.substr(0, static_cast<std::size_t>(len.value));
        std::int64_t slashes = 0;
        for (std::size_t i = 0; i != uri.size(); ++i) {
            const bool ends = uri[i] == '/' ? !depth.none() && ++slashes == depth.value + 1
                                            : uri[i] == '?' && !whole;
            if (ends) return uri.substr(0, i);
        }
        return uri;
    }

private:
    static std::string_view path_of(std::string_view uri) {
        if (uri.starts_with('/')) return uri;
        const auto scheme = uri.find("://");
        if (scheme == std::string_view::npos) return {};
        const auto path = uri.find('/', scheme + 3);
        return path == std::string_view::npos ? std::string_view{} : uri.substr(path);
    }
};

/// HAProxy's `balance uri`: the server that the URI hashes to, as HAProxy 2.6 (src/backend.c,
/// get_server_uh), so that each object is cached in one place.
///
/// The URI is Http::path, as sent, up to the query; at layer 4, Request::key.
class Uri final : public Hashed {
public:
    static constexpr std::string_view kName = "haproxy/uri";
    static constexpr std::string_view kSummary = "HAProxy's uri: by the request's path";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(log nodes); map-based O(1)";
    static constexpr std::string_view kSource = "HAProxy 2.6, get_server_uh";
    static constexpr std::string_view kDiffers =
        "haproxy/hash of a path, cut where the parameters say. Declines where HAProxy queues: at a "
        "full server.";
    static constexpr bool kDeclines = true;
    static constexpr bool kOrdered = true;
    struct Config : HashType, UriPart {
        void describe(Fields& f) {
            HashType::describe(f);
            UriPart::describe(f);
        }
    };
    explicit Uri(const Config& config) : Hashed{config}, part_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto uri = c.request.http != nullptr ? c.request.http->path : c.request.key;
        if (uri.empty()) return pick_by(std::nullopt, c);
        return pick_by(type().of(part_.of(uri)), c);
    }

private:
    UriPart part_;
};

}  // namespace lb::haproxy
