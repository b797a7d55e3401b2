#pragma once

#include "balancer/hashing/ipvs.hpp"
#include "balancer/hashing/ring.hpp"
#include "balancer/policies/ipvs/scheduler.hpp"

namespace lb::ipvs {

/// Maglev hashing by the client's address: the same client goes to the same destination, and when
/// one joins or leaves, few clients of the others move.
///
/// A destination that is quiesced or overloaded keeps its entries in the table.  Its clients are
/// rejected, unless `fallback` is set; then their address is hashed again with another offset, and
/// so on through the whole table, until a destination is found.  Only a change of membership or
/// weight builds the table anew, with the next pick.
///
/// A request whose client has no address is placed by 32 bits of hash_of() its key.
///
/// Source: ip_vs_mh.c; the table is MhTable.
class Mh final : public Scheduler {
public:
    static constexpr std::string_view kName = "ipvs/mh";
    static constexpr std::string_view kSummary =
        "Linux IPVS: a Maglev table over the client's address";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr bool kDeclines = true;
    static constexpr bool kOrdered = true;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(1) a pick; a change of members 4093 entries";
    static constexpr std::string_view kSource =
        "Linux, net/netfilter/ipvs/ip_vs_mh.c: ip_vs_mh_schedule (64-bit kernels)";
    static constexpr std::string_view kDiffers =
        "Destinations with a weight take that many entries in a row, and an excluded one keeps "
        "its clients, who are rejected without fallback. Only destinations named by IPv4 address "
        "lie where the kernel has them.";
    struct Config {
        bool fallback = false;
        bool port = false;
        std::int64_t table_index = 12;
        void describe(Fields& f) {
            f.field("fallback", fallback, "Clients of an unavailable destination go to others");
            f.field("port", port, "The client's port is hashed, too");
            f.field("table_index", table_index,
                    "Size of the table: 8 makes 251 entries, 12 4093, 17 131071",
                    {.low = 8, .high = 17});
        }
    };
    explicit Mh(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        const bool known = c.request.client.size != 0;
        const auto word = known ? MhTable::word_of(c.request.client, config_.port)
                                : static_cast<std::uint32_t>(hash_of(c.request.key));
        const auto home = table_.find(word);
        auto entry = home;
        const std::size_t tries = config_.fallback ? table_.size() : 0;
        for (std::size_t i = 0; i != tries && !c.view.is_eligible(owner(entry)); ++i)
            entry = table_.find(word + static_cast<std::uint32_t>((home + i) % table_.size()));
        c.explain([&](Explanation& why) { tell(why, home, entry); });
        if (!c.view.is_eligible(owner(entry))) return std::nullopt;
        return owner(entry);
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        Scheduler::on_added(id, view, now);
        stale_ = true;
    }
    void on_removed(BackendId id, const View& view, Instant now) override {
        Scheduler::on_removed(id, view, now);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }

private:
    BackendId owner(std::size_t entry) const { return destinations()[table_.owner(entry)]; }
    void build(const View& view) {
        std::vector<MhTable::Destination> all;
        for (const auto id : destinations())
            all.push_back({MhTable::word_of(view.name(id)), weight_of(view.weight(id))});
        table_.build(all, static_cast<unsigned>(config_.table_index));
        stale_ = false;
    }
    void tell(Explanation& why, std::size_t home, std::size_t entry) const {
        why.rule = config_.fallback
                       ? "The owner of the client's entry; while it is unavailable, of the entry "
                         "of the client's address and an offset."
                       : "The owner of the client's entry, or nobody if it is unavailable.";
        why.score = "entry of the table";
        why.candidates.push_back({owner(home), static_cast<double>(home), "owner"});
        if (entry != home)
            why.candidates.push_back({owner(entry), static_cast<double>(entry), "fallback"});
    }

    Config config_;
    MhTable table_;
    bool stale_ = true;
};

}  // namespace lb::ipvs
