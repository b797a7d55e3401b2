#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "balancer/fleet.hpp"
#include "base/fields.hpp"

namespace lb {

/// Affinity: clients come back to the backend that they had, whatever the policy would pick.
///
/// With a cookie the client carries the backend's name, so that any balancer understands it and
/// none remembers anything.  Learned, the balancer keeps a table of keys, which it alone knows.
/// Either is forgotten some time after the last request (as HAProxy's maxidle and the expiry of its
/// stick tables, or the AWS ALB's duration, have it): every response renews the cookie.
/// Either holds while the backend may be used: one that drains still serves those that stick to it
/// (as HAProxy's drain, nginx's and Traefik's do), one that is down or full does not, and then the
/// policy picks another, to which the client sticks from then on.
class Sticky {
public:
    enum class By : std::uint8_t { Cookie, Table };
    struct Config {
        By by = By::Cookie;
        Duration ttl = 1h;
        std::int64_t entries = 100'000;

        void describe(Fields& f) {
            static constexpr std::string_view kBy[] = {"cookie", "table"};
            word(
                f, "by", by, kBy,
                "The client carries its backend's name, or the balancer learns which key had whom");
            f.field("ttl", ttl, "How long after its last request a client or key is forgotten");
            f.field("entries", entries, "Of table: beyond so many the longest unused is forgotten",
                    {.low = 1, .high = 1e8});
        }
    };
    explicit Sticky(const Config& config) : config_{config} {}

    void on_added(BackendId id, std::string_view name) {
        by_name_.insert_or_assign(std::string{name}, id);
    }
    void on_removed(BackendId id, std::string_view name) {
        if (const auto found = by_name_.find(name); found != by_name_.end() && found->second == id)
            by_name_.erase(found);
    }

    /// The backend that a client sticks to, if it is a member.  O(log n).
    std::optional<BackendId> find(const Request& request, Instant now) {
        std::string_view name = request.affinity;
        if (config_.by == By::Table) name = remembered(request.key, now);
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) return std::nullopt;
        return found->second;
    }
    /// A request goes there.  O(log n).  Returns whether the client is to be told, with this name
    /// for a cookie that lives for ttl.
    bool stick(const Request& request, std::string_view name, Instant now) {
        if (config_.by == By::Cookie) return true;
        if (!request.key.empty()) remember(request.key, name, now);
        return false;
    }

private:
    struct Entry {
        std::string key, name;
        Instant used;
    };
    using Entries = std::list<Entry>;  // The longest unused at the front.

    std::string_view remembered(std::string_view key, Instant now) {
        const auto found = table_.find(key);
        if (found == table_.end()) return {};
        if (now - found->second->used > config_.ttl) {
            forget(found->second);
            return {};
        }
        return found->second->name;
    }
    void remember(std::string_view key, std::string_view name, Instant now) {
        if (const auto found = table_.find(key); found != table_.end()) {
            found->second->name = name;
            found->second->used = now;
            entries_.splice(entries_.end(), entries_, found->second);
            return;
        }
        if (table_.size() == static_cast<std::size_t>(config_.entries)) forget(entries_.begin());
        entries_.push_back({std::string{key}, std::string{name}, now});
        const auto last = std::prev(entries_.end());
        table_.emplace(last->key, last);
    }
    void forget(Entries::iterator entry) {
        table_.erase(entry->key);
        entries_.erase(entry);
    }

    Config config_;
    std::map<std::string, BackendId, std::less<>> by_name_;
    Entries entries_;
    std::map<std::string_view, Entries::iterator> table_;  // By the entry's own key.
};

}  // namespace lb
