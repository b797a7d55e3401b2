#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.hpp"

namespace lb {

/// A backend's slot in its fleet.  Dense from zero, so that it indexes plain arrays.  A slot is
/// given to another backend only after the last ticket to the old one came back.
enum class BackendId : std::uint32_t {};
constexpr std::size_t index(BackendId id) { return static_cast<std::size_t>(id); }

/// Where a client's connection comes from: an IP address, in network byte order, and a port.
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t size = 0;  ///< 4 (IPv4), 16 (IPv6), or 0: unknown.
    std::uint16_t port = 0;

    static constexpr Address v4(std::uint32_t address, std::uint16_t port = 0) {
        Address a{.size = 4, .port = port};
        for (unsigned i = 0; i != 4; ++i)
            a.bytes[i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
        return a;
    }
    constexpr std::span<const std::uint8_t> octets() const { return {bytes.data(), size}; }
};

struct Header {
    std::string_view name, value;
};

/// What a balancer at layer 7 reads of a request.
struct Http {
    std::string_view method{}, host{};
    std::string_view path{};  ///< With the query, as sent.
    std::span<const Header> headers{};
};

/// What the balancer may know of a request.  What it points to is the caller's, and lives as long
/// as the call it is passed to.
struct Request {
    std::string_view key{};  ///< The bytes that hashing policies hash: a user, a session, a path.
    Address client{};
    const Http* http = nullptr;  ///< Null at layer 4.
    /// What an earlier response gave the client to come back with, if the balancer is sticky: the
    /// value of its cookie.
    std::string_view affinity{};
    /// Where earlier attempts of the same request went, in order.  Empty on the first.
    std::span<const BackendId> tried{};
    bool admitted = false;  ///< It was picked for before and found all full: it is not shed again.
};

/// What a backend says of itself: with a response, unasked, or as the answer to a probe.  What it
/// does not tell is 0.
struct LoadReport {
    std::uint32_t in_flight = 0;  ///< Requests it holds, from whatever balancer,
    std::uint32_t waiting = 0;    ///< and of these: not yet in service.
    double utilization = 0;       ///< The share of its workers that were at work, recently.
    double rate_per_s = 0;        ///< Requests it ended recently,
    double errors_per_s = 0;      ///< and of these: with an error.
    /// How long a request is there: with a response, how long that one was; asked, about how long
    /// one that came now would be.
    Duration latency{};
    Duration service{};  ///< Of that: how long it is served.
};

/// How an attempt ended, as the balancer sees it.
struct Response {
    enum class End : std::uint8_t {
        Complete,   ///< An answer came whole; `status` says which.
        Refused,    ///< The backend would not take the connection.
        Reset,      ///< The connection broke before the answer was whole.
        Timeout,    ///< Nothing came in the time allowed.
        Cancelled,  ///< Whoever asked went away: neither a success nor a failure of the backend.
    };
    End end = End::Complete;
    std::uint16_t status = 200;          ///< HTTP's; of meaning only when complete.
    Duration latency{};                  ///< From the pick to now,
    Duration first_byte{};               ///< and to when the answer began; 0 if that is not told.
    const LoadReport* report = nullptr;  ///< That came with it, if any.

    constexpr bool succeeded() const { return end == End::Complete && status < 500; }
    constexpr bool failed() const { return !succeeded() && end != End::Cancelled; }
    /// No answer came whole, through no fault of the client: what proxies count as a failure of
    /// the connection, whatever the status of those that do come.
    constexpr bool broken() const { return end != End::Complete && end != End::Cancelled; }
};

}  // namespace lb
