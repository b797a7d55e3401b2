#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balancer/hashing/haproxy/functions.hpp"
#include "balancer/hashing/haproxy/tree.hpp"
#include "balancer/policies/haproxy/map.hpp"
#include "balancer/policies/haproxy/servers.hpp"

namespace lb::haproxy {

/// What HAProxy's `hash-type` and `hash-balance-factor` say.
struct HashType {
    enum class Method : std::uint8_t {
        MapBased,    ///< The hash modulo the total weight is a slot of the map (see server_map).
        Consistent,  ///< The hash belongs to the nearest node of the tree (see Tree).
    };
    Method method = Method::MapBased;
    Function function = Function::Default;
    bool avalanche = false;
    std::int64_t balance_factor = 0;

    void describe(Fields& f);

    /// Whether hashes pass through full_hash().  A surprise of HAProxy's: consistent hashing does
    /// so by default, but no longer once a function is named.
    constexpr bool spreads() const {
        return avalanche || (method == Method::Consistent && function == Function::Default);
    }
    constexpr std::uint32_t spread(std::uint32_t hash) const {
        return spreads() ? full_hash(hash) : hash;
    }
    constexpr std::uint32_t of(std::string_view key) const {
        return spread(hash_of(function, key));
    }
};

/// What HAProxy's hashing algorithms share: a hash says the server, by map or by tree.
///
/// By map nearly every key moves when a server comes or goes, and a redispatch finds the same
/// server again.  By tree only the keys of that server move, and a redispatch goes on to the next
/// node of another server; with a balance factor so does a request whose server has its fair share,
/// `factor` percent of the average for its weight (Mirrokni, Thorup & Zadimoghaddam,
/// arXiv:1608.01350, as in chash_server_is_eligible()).  A request with nothing to hash goes round
/// the map, or round the nodes of the tree.
///
/// A hash holds even if its server is full: HAProxy has the request wait there.  There is no such
/// queue here, so pick() declines rather than let the key stray.
class Hashed : public Servers, private LoadObserver {
public:
    ~Hashed() override {
        if (view_ != nullptr) view_->detach(*this);
    }
    Hashed(const Hashed&) = delete;
    Hashed& operator=(const Hashed&) = delete;

    void on_added(BackendId id, const View& view, Instant now) override;
    void on_removed(BackendId id, const View& view, Instant now) override;

protected:
    explicit Hashed(const HashType& type) : type_{type} {}

    const HashType& type() const { return type_; }
    /// Where a hash goes; round and round without one.
    std::optional<BackendId> pick_by(std::optional<std::uint32_t> hash, const PickContext& c);

private:
    bool by_map() const { return type_.method == HashType::Method::MapBased; }
    void up(BackendId id) override { place(id, server(id).weight); }
    void down(BackendId id) override { place(id, 0); }
    void reweighed(BackendId id, std::uint32_t) override { place(id, server(id).weight); }
    void place(BackendId id, std::uint32_t nodes) {
        outdated_ = true;
        map_.outdate();
        tree_.set(id, server(id).number, by_map() ? 0 : nodes);
    }
    void on_in_flight(BackendId id, std::uint32_t in_flight) override {
        if (index(id) >= shares_.size() || !shares_[index(id)].member) return;
        served_ += in_flight - shares_[index(id)].served;
        shares_[index(id)].served = in_flight;
    }

    void update();
    std::uint32_t slots_of(BackendId id) const;
    std::size_t walk(std::uint32_t hash, std::optional<BackendId> avoid) const;
    std::optional<BackendId> next_node(const View& view, std::optional<BackendId> avoid);
    void tell_map(Explanation& why, std::uint32_t hash, const PickContext& c) const;
    void tell_tree(Explanation& why, std::uint32_t hash, const PickContext& c) const;

    struct Share {
        std::uint32_t before = 0;  // The weights of the usable before it, in order.
        std::uint32_t served = 0;  // Its requests in flight.
        bool member = false;
    };

    HashType type_;
    Map map_;
    Tree tree_;
    std::optional<std::uint32_t> last_node_;  // The key at which round robin stands.
    const View* view_ = nullptr;              // The one it is attached to; outlives it.
    std::vector<Share> shares_;               // By backend.
    std::uint32_t total_weight_ = 0;          // Of the usable.
    std::uint32_t served_ = 0;                // The members' requests in flight.
    bool outdated_ = true;                    // Map, tree and shares.
};

}  // namespace lb::haproxy
