#pragma once

#include "balancer/hashing/lookups.hpp"
#include "balancer/hashing/request_hash.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// Whom a table gives a hash to, among those that may be picked and are not at their `bound`.
/// Says why, if somebody asks.
template <class Table, class AtBound>
BackendId found(const PickContext& c, const Table& table, std::uint64_t hash, AtBound at_bound) {
    const auto accepts = [&](BackendId id, double) {
        return c.view.is_eligible(id) && !at_bound(id);
    };
    c.explain([&](Explanation& why) {
        why.rule = Table::kRule;
        why.score = Table::kScore;
        table.find(hash, [&](BackendId id, double score) {
            const char* note = !c.view.is_eligible(id) ? "excluded" : at_bound(id) ? "full" : "";
            why.candidates.push_back({id, score, note});
            return accepts(id, score);
        });
    });
    return table.find(hash, accepts);
}
template <class Table>
BackendId found(const PickContext& c, const Table& table, std::uint64_t hash) {
    return found(c, table, hash, [](BackendId) { return false; });
}

/// Hashes something of a request, and sends it where a table has that hash: see HashSource, and
/// lookups.hpp.
///
/// The table is built over all members, by name and configured weight, so that it depends neither
/// on the order of joining nor on who is excluded or starts slowly.  A change of membership or
/// weight builds it anew at the next pick.
template <HashSource Source, class Table>
class Hashed : public Policy {
public:
    struct Config : Source::Config, Table::Config {
        void describe(Fields& f) {
            Source::Config::describe(f);
            Table::Config::describe(f);
        }
    };
    explicit Hashed(const Config& config) : source_{config}, table_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) {
            table_.build(c.view);
            stale_ = false;
        }
        return found(c, table_, source_.hash(c.request));
    }
    void on_added(BackendId, const View&, Instant) override { stale_ = true; }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_removed(BackendId, const View&, Instant) override { stale_ = true; }
    std::vector<RingPoint> ring() const override {
        if constexpr (requires { table_.ring(); })
            return table_.ring().on_circle();
        else
            return {};
    }

private:
    Source source_;
    Table table_;
    bool stale_ = true;
};

}  // namespace lb
