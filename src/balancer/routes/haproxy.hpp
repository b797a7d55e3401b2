#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/request.hpp"

namespace lb::haproxy {

/// What is wrong with a line of a configuration.
struct Mistake {
    std::size_t line;     ///< From 1.
    std::string message;  ///< In one sentence, without a full stop.
};

/// Which pool a request goes to, by the rules of an HAProxy frontend: `acl`, `use_backend` and
/// `default_backend`, as HAProxy 2.6.
///
/// The first use_backend whose condition holds wins, in the order of the file, and the
/// default_backend if none does.  Conditions are terms that must all hold, in alternatives divided
/// by `or`; a term is the name of an acl or an acl in braces, `!` denies it.  Acls of one name are
/// one: it holds if any of them does.
///
/// An acl reads `path`, `hdr(NAME)` (or `req.hdr`) or `cook(NAME)` (or `req.cook`), exactly or as
/// `_beg`, `_end` or `_sub` say, and holds if one of its words matches.  Flags: `-i`,
/// `-m found|str|beg|end|sub`, `--`.  What surprises: the path is compared byte by byte, undecoded;
/// hdr() looks at each of the values that commas divide; the port of hdr(host) is part of it;
/// cookies are divided by commas, too; a request that has nothing to read matches nothing, not even
/// an empty word.
///
/// What else HAProxy knows (other fetches and flags, maps, redirects) is reported as a mistake.
class Rules {
public:
    /// Reads lines; `mistakes` gets all that are wrong, by line.  Rules with mistakes are left out.
    static Rules read(const std::vector<std::string>& lines, std::vector<Mistake>& mistakes);

    /// The pool's name; nothing if no rule holds and there is no default: HAProxy answers 503.
    /// O(rules and their words).
    std::optional<std::string_view> find(const Http& http) const;

private:
    friend class RulesReader;

    enum class What : std::uint8_t { Path, Header, Cookie };
    enum class How : std::uint8_t { Found, Equal, Begins, Ends, Contains };
    /// One line `acl`, or one pair of braces.
    struct Test {
        What what = What::Path;
        std::string name{};  // Of a header or a cookie.
        How how = How::Equal;
        bool any_case = false;
        std::vector<std::string> words{};
    };
    struct Acl {
        std::string name;
        std::vector<Test> tests{};
    };
    struct Term {
        std::size_t acl;
        bool denied;
    };
    struct UseBackend {
        std::string pool;
        bool unless = false;
        std::vector<std::vector<Term>> alternatives{};  // None: always.
    };

    static bool matches(const Test& test, std::string_view sample);
    static bool holds(const Test& test, const Http& http);
    bool holds(const UseBackend& rule, const Http& http) const;

    std::vector<Acl> acls_;
    std::vector<UseBackend> rules_;
    std::optional<std::string> default_;
};

}  // namespace lb::haproxy
