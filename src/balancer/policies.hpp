#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "balancer/policy.hpp"
#include "base/fields.hpp"

namespace lb {

/// What a policy tries to make the same for all backends; what its shares are to be judged by.
enum class Equalises : std::uint8_t {
    Requests,       ///< Requests per unit of weight.
    InFlight,       ///< Requests in flight per unit of weight, so that a slow backend gets fewer.
    InFlightOfFew,  ///< The same among the few that it draws for a request.
    LatencyTimesInFlight,
    RequestsTimesLatency,  ///< So that who is twice as slow gets half as many.
    Utilization,           ///< The share of time that their workers are at work.
    Idleness,              ///< Sends to whoever has nothing to do.
    Keys,                  ///< Places on a ring or in a table, whatever the keys bring.
    Nothing,               ///< Or nothing that it says.
};
std::string_view words(Equalises);

/// How a policy is known to do what the program does that it is named after.
enum class Evidence : std::uint8_t {
    Own,         ///< It follows no program to the letter.
    Recorded,    ///< Picks recorded from the running program are reproduced.
    Source,      ///< Written from the rules in its source; its tests' values are reproduced.
    Documented,  ///< Its manual, or a paper, is all there is.
};
std::string_view words(Evidence);

/// Which weights a policy takes.
struct WeightRule {
    enum class Kind : std::uint8_t { Any, Whole, Ignored } kind = Kind::Any;
    double most = 1e6;
};

/// The policies that a scenario may name.  A value: copy the built-in ones and add your own.
class Policies {
public:
    /// Makes one more policy of the same configuration, for that one of the balancers: each has its
    /// own.
    using Factory = std::function<std::unique_ptr<Policy>(const Instance&)>;

    struct Entry {
        std::string_view summary;  ///< One line.
        Equalises equalises = Equalises::Nothing;
        Evidence evidence = Evidence::Own;
        WeightRule weights{};
        std::string_view cost{};     ///< Of a pick: "O(1)".
        std::string_view source{};   ///< The paper, or the program, its version and its function.
        std::string_view differs{};  ///< From its cousins, and from its source.
        bool declines = false;       ///< May pick nobody though somebody is eligible.
        bool starves = false;        ///< May leave an eligible backend without requests for good.
        bool independent = false;    ///< Picks do not depend on those before, if keys do not.
        bool ordered = false;        ///< Keys: who gets which depends on the order of joining.
        Factory (*configure)(Fields&);  ///< Lets `Fields` read or list the parameters.
    };

    /// P is a final class derived from Policy with kName, kSummary and a Config that describes its
    /// fields, from which it is made, or from that and its Instance.  What else an Entry says it
    /// may say as kEqualises, kEvidence, kWeights, kCost, kSource, kDiffers, kDeclines, kStarves,
    /// kIndependent and kOrdered.  Requires a name that is not taken.
    template <std::derived_from<Policy> P>
    void add() {
        expects(entries_.try_emplace(P::kName, entry_of<P>()).second);
    }
    /// The same in the place of the one that has that name.
    template <std::derived_from<Policy> P>
    void replace() {
        entries_.at(P::kName) = entry_of<P>();
    }

    /// Null if there is none of that name.
    const Entry* find(std::string_view name) const {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : &found->second;
    }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }

private:
    template <class P>
    static Entry entry_of() {
        Entry entry{.summary = P::kSummary, .configure = &configure<P>};
        if constexpr (requires { P::kEqualises; }) entry.equalises = P::kEqualises;
        if constexpr (requires { P::kEvidence; }) entry.evidence = P::kEvidence;
        if constexpr (requires { P::kWeights; }) entry.weights = P::kWeights;
        if constexpr (requires { P::kCost; }) entry.cost = P::kCost;
        if constexpr (requires { P::kSource; }) entry.source = P::kSource;
        if constexpr (requires { P::kDiffers; }) entry.differs = P::kDiffers;
        if constexpr (requires { P::kDeclines; }) entry.declines = P::kDeclines;
        if constexpr (requires { P::kStarves; }) entry.starves = P::kStarves;
        if constexpr (requires { P::kIndependent; }) entry.independent = P::kIndependent;
        if constexpr (requires { P::kOrdered; }) entry.ordered = P::kOrdered;
        return entry;
    }

    template <class P>
    static Factory configure(Fields& fields) {
        typename P::Config config;
        config.describe(fields);
        return [config](const Instance& instance) {
            if constexpr (std::constructible_from<P, const typename P::Config&, const Instance&>)
                return std::make_unique<P>(config, instance);
            else
                return std::make_unique<P>(config);
        };
    }

    std::map<std::string_view, Entry> entries_;  // Ordered, so that help and errors are stable.
};

/// Those that come with this library.
Policies builtin_policies();

}  // namespace lb
