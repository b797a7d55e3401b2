#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "balancer/hashing/ring.hpp"
#include "balancer/request.hpp"
#include "base/fields.hpp"

namespace lb {

/// What of a request is hashed, and how.
template <class S>
concept HashSource = requires(const S& source, const Request& request) {
    typename S::Config;
    { source.hash(request) } -> std::same_as<std::uint64_t>;
};

/// The request's key.  A request without one is hashed as the empty key.
class ByKey {
public:
    struct Config {
        void describe(Fields&) {}
    };
    explicit ByKey(const Config&) {}
    std::uint64_t hash(const Request& request) const { return hash_of(request.key); }
};

/// The network that the client's address is of, so that its hosts go together; of an unknown
/// address, the key.
///
/// An IPv4 address that came mapped into IPv6 (::ffff:a.b.c.d) is the same client.
class ByNetwork {
public:
    struct Config {
        std::int64_t v4_prefix = 32;
        std::int64_t v6_prefix = 64;  // What one customer gets (RFC 6177): hosts change the rest.
        void describe(Fields& f) {
            f.field("v4_prefix", v4_prefix, "Leading bits of an IPv4 address that are hashed",
                    {.low = 1, .high = 32});
            f.field("v6_prefix", v6_prefix, "Leading bits of an IPv6 address that are hashed",
                    {.low = 1, .high = 128});
        }
    };
    explicit ByNetwork(const Config& config) : config_{config} {}

    std::uint64_t hash(const Request& request) const {
        if (request.client.size == 0) return hash_of(request.key);
        auto a = unmapped(request.client);
        auto bits = static_cast<unsigned>(a.size == 4 ? config_.v4_prefix : config_.v6_prefix);
        for (unsigned i = 0; i != a.size; ++i) {
            const unsigned kept = bits < 8 ? bits : 8;
            a.bytes[i] = static_cast<std::uint8_t>(a.bytes[i] & (0xff00u >> kept));
            bits -= kept;
        }
        return hash_of({reinterpret_cast<const char*>(a.bytes.data()), a.size});
    }

private:
    static Address unmapped(const Address& a) {
        if (a.size != 16 || a.bytes[10] != 0xff || a.bytes[11] != 0xff) return a;
        for (unsigned i = 0; i != 10; ++i)
            if (a.bytes[i] != 0) return a;
        Address out{.size = 4, .port = a.port};
        for (unsigned i = 0; i != 4; ++i) out.bytes[i] = a.bytes[12 + i];
        return out;
    }

    Config config_;
};

/// The connection: the client's address and port; of an unknown address, the key.
///
/// Of the five parts of a flow the other three (the protocol, and the address and port it came to)
/// are the balancer's own, the same for all that it sees.
class ByFlow {
public:
    struct Config {
        void describe(Fields&) {}
    };
    explicit ByFlow(const Config&) {}
    std::uint64_t hash(const Request& request) const {
        const auto& a = request.client;
        if (a.size == 0) return hash_of(request.key);
        return hash_of({reinterpret_cast<const char*>(a.bytes.data()), a.size}, a.port);
    }
};

}  // namespace lb
