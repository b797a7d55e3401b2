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
    Idleness,  ///< Sends to whoever has nothing to do.
    Keys,      ///< Places on a ring or in a table, whatever the keys bring.
    Nothing,   ///< Or nothing that it says.
};
std::string_view words(Equalises);

/// The policies that a scenario may name.  A value: copy the built-in ones and add your own.
class Policies {
public:
    /// Makes one more policy of the same configuration: each balancer has its own.
    using Factory = std::function<std::unique_ptr<Policy>()>;

    struct Entry {
        std::string_view summary;  ///< One line.
        Equalises equalises;
        Factory (*configure)(Fields&);  ///< Lets `Fields` read or list the parameters.
    };

    /// P is a final class derived from Policy with kName, kSummary, optionally kEqualises, and a
    /// Config that describes its fields.  Requires a name that is not taken.
    template <std::derived_from<Policy> P>
    void add() {
        Equalises equalises = Equalises::Nothing;
        if constexpr (requires { P::kEqualises; }) equalises = P::kEqualises;
        expects(
            entries_.try_emplace(P::kName, Entry{P::kSummary, equalises, &configure<P>}).second);
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
    static Factory configure(Fields& fields) {
        typename P::Config config;
        config.describe(fields);
        return [config] { return std::make_unique<P>(config); };
    }

    std::map<std::string_view, Entry> entries_;  // Ordered, so that help and errors are stable.
};

/// Those that come with this library.
Policies builtin_policies();

}  // namespace lb
