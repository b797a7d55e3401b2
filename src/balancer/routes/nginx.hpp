#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lb::nginx {

/// Which server block and which location of an nginx configuration a request falls in.
///
/// The server, by the Host header without its port, a dot at its end and its case: the exact name,
/// else the longest "*.suffix", else the longest "prefix.*", else the first regular expression that
/// matches, else the default server.  Of two servers with one name the first has it.
///
/// The location, by the path without its query, decoded, with "//" merged and ".." resolved: an
/// exact one ends the search; else the longest prefix is kept, and wins at once if it says "^~";
/// else the first regular expression that matches wins; else the prefix.
///
/// As nginx 1.22.1: ngx_http_find_virtual_server, ngx_http_core_find_location,
/// ngx_http_parse_complex_uri.  We differ: no location stands in another; regular expressions are
/// those of std::regex's ECMAScript, which has no look-behind (named groups are taken for plain
/// ones); and no request is redirected to a location that ends in a slash.
class Routes {
public:
    struct Location {
        std::string name;
        std::string match;  ///< "= /exact", "/prefix", "^~ /prefix", "~ regex" or "~* regex".
    };
    struct Server {
        std::string name;
        /// "example.com", "*.example.com", ".example.com" (both of these), "mail.*", "~regex", or
        /// "": requests without a Host.  None is as "".
        std::vector<std::string> names;
        bool default_server = false;  ///< If none is, the first.
        std::vector<Location> locations;
    };
    /// What is wrong with a configuration.
    struct Problem {
        std::size_t server;
        std::optional<std::size_t> location;  ///< Else it is about the server's names.
        std::string message;
        std::string hint;  ///< Something to type; may be empty.
    };

    /// What has a problem is left out of the tables, so that find() works all the same.
    explicit Routes(std::vector<Server> servers);

    const std::vector<Server>& servers() const;
    const std::vector<Problem>& problems() const;

    struct Found {
        std::size_t server;
        std::optional<std::size_t> location;  ///< Nothing: none matches, and nginx says 404.
        bool operator==(const Found&) const = default;
    };
    /// Nothing if nginx would refuse the request with a 400: a path or host that is malformed, or a
    /// path that leaves the root.  O(labels of the host + locations of the server), and what its
    /// regular expressions take, which with the standard library may be much: bound the lengths of
    /// what strangers send.
    std::optional<Found> find(std::string_view host, std::string_view path) const;

private:
    struct Tables;  // Not changed once made, and so shared by copies.
    std::shared_ptr<const Tables> tables_;
};

/// A path as locations see it: without query and fragment, decoded, "//" merged, "." and ".."
/// resolved.  Nothing if nginx would refuse it: it does not begin with a slash, has a malformed or
/// a zero "%XX", or leaves the root.
std::optional<std::string> normalised(std::string_view path);

}  // namespace lb::nginx
