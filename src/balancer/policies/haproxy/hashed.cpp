#include "balancer/policies/haproxy/hashed.hpp"

namespace lb::haproxy {

void HashType::describe(Fields& f) {
    static constexpr std::string_view kMethods[] = {"map-based", "consistent"};
    static constexpr std::string_view kFunctions[] = {"default", "sdbm",  "djb2",
                                                      "wt6",     "crc32", "none"};
    word(f, "type", method, kMethods, "Modulo the total weight, or the nearest of many nodes");
    word(f, "function", function, kFunctions,
         "What hashes the key; none: it is a number (3.x); default: sdbm, spread if consistent");
    f.field("avalanche", avalanche, "Whether the hash is spread over all bits once more");
    f.field("balance_factor", balance_factor,
            "Of consistent: percent of the average load above which a server is passed over; 0: "
            "never",
            {.low = 0, .high = 65535});
    if (balance_factor > 0 && balance_factor < 100)
        f.problem("balance_factor", "must be 0, or at least 100 percent", "150");
    if (balance_factor > 0 && method == Method::MapBased)
        f.problem("balance_factor", "is of consistent hashing only", "\"type\": \"consistent\"");
}

void Hashed::on_added(BackendId id, const View& view, Instant now) {
    if (view_ == nullptr && type_.balance_factor != 0) {
        view_ = &view;
        view.attach(*this);
    }
    Servers::on_added(id, view, now);
    shares_.resize(slots());
    shares_[index(id)] = {0, view.in_flight(id), true};
    served_ += view.in_flight(id);
    map_.outdate();
}

void Hashed::on_removed(BackendId id, const View& view, Instant now) {
    Servers::on_removed(id, view, now);
    served_ -= shares_[index(id)].served;
    shares_[index(id)] = {};
    map_.outdate();
}

void Hashed::update() {
    if (by_map()) {
        if (map_.outdated()) map_.make(parts());
        return;
    }
    if (!outdated_) return;
    outdated_ = false;
    tree_.seal();
    total_weight_ = 0;
    for (const auto id : in_order()) {
        if (!server(id).usable) continue;
        shares_[index(id)].before = total_weight_;
        total_weight_ += server(id).weight;
    }
}

/// How many requests the server may hold before others come first.  In 32 bits, as HAProxy.
std::uint32_t Hashed::slots_of(BackendId id) const {
    const auto factor = static_cast<std::uint32_t>(type_.balance_factor);
    const std::uint32_t all = ((served_ + 1) * factor + 99) / 100;
    const std::uint32_t rest = all % total_weight_;
    const std::uint32_t before = shares_[index(id)].before, own = server(id).weight;
    const std::uint32_t slots = own * (all / total_weight_) +
                                (before + own) * rest / total_weight_ -
                                before * rest / total_weight_;
    return slots == 0 ? 1 : slots;
}

/// The nearest node, or the next whose server is neither avoided nor has its share; at last, the
/// end of the tree.
std::size_t Hashed::walk(std::uint32_t hash, std::optional<BackendId> avoid) const {
    const auto passed_over = [&](BackendId id) {
        return id == avoid ||
               (type_.balance_factor != 0 && shares_[index(id)].served >= slots_of(id));
    };
    std::size_t place = tree_.nearest(hash);
    for (int rounds = 0; passed_over(tree_.owner(place));) {
        if (tree_.after(place) == 0 && ++rounds > 1) break;
        place = tree_.after(place);
    }
    return place;
}

/// Round robin over the nodes of the tree, past full servers.
std::optional<BackendId> Hashed::next_node(const View& view, std::optional<BackendId> avoid) {
    const bool begun = last_node_.has_value();
    std::size_t place = begun ? tree_.after(tree_.at_or_after(*last_node_)) : 0;
    std::optional<BackendId> last_choice;
    std::optional<std::size_t> chosen;
    for (std::size_t i = 0; i != tree_.size(); ++i, place = tree_.after(place)) {
        const auto id = tree_.owner(place);
        if (!view.is_eligible(id)) continue;
        last_choice = id;
        chosen = place;
        if (id != avoid) break;
    }
    if (chosen) last_node_ = tree_.key(*chosen);
    return last_choice;
}

std::optional<BackendId> Hashed::pick_by(std::optional<std::uint32_t> hash, const PickContext& c) {
    settle(c.view);
    update();
    const auto avoid = avoided(c);
    if (!hash) {
        const auto next = by_map() ? map_.next(c.view, avoid) : next_node(c.view, avoid);
        c.explain([&](Explanation& why) {
            why.rule = "nothing to hash: the next in turn that is not full";
            why.score = "1 if it is its turn";
            if (next) why.candidates.push_back({*next, 1});
        });
        return next;
    }
    c.explain([&](Explanation& why) {
        if (by_map())
            tell_map(why, *hash, c);
        else
            tell_tree(why, *hash, c);
    });
    const auto id = by_map() ? map_.at(*hash) : tree_.owner(walk(*hash, avoid));
    if (!c.view.is_eligible(id)) return std::nullopt;
    return id;
}

void Hashed::tell_map(Explanation& why, std::uint32_t hash, const PickContext& c) const {
    why.rule = "the slot of the map at the hash modulo the total weight";
    why.score = "slot";
    const auto id = map_.at(hash);
    why.candidates.push_back({id, static_cast<double>(hash % map_.size()), note(id, c)});
}

void Hashed::tell_tree(Explanation& why, std::uint32_t hash, const PickContext& c) const {
    why.rule =
        "the nearest node, the one before the hash if both are as near; then the next whose server "
        "was not tried last and has not its share";
    why.score = "distance from the hash, forwards";
    const auto last = walk(hash, avoided(c));
    for (auto place = tree_.nearest(hash);; place = tree_.after(place)) {
        const auto id = tree_.owner(place);
        std::string text = note(id, c);
        if (type_.balance_factor != 0)
            text += (text.empty() ? "slots " : ", slots ") + std::to_string(slots_of(id));
        const auto distance = static_cast<std::int32_t>(tree_.key(place) - hash);
        why.candidates.push_back({id, static_cast<double>(distance), std::move(text)});
        if (place == last) break;
    }
}

}  // namespace lb::haproxy
