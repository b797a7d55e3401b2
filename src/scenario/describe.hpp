#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balancer/policies.hpp"
#include "scenario/blocks.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// A scenario as written: each part is sound by itself, but names are not resolved yet.
struct Written {
    struct Group {
        Backends backends;
        std::optional<std::int64_t> count;
        std::vector<std::string> calls;  ///< Pointers of them.
    };
    struct Entry {
        TimelineEntry entry;      ///< With its targets as written.
        std::string group;        ///< Of AddBackends,
        std::int64_t count = 1;   ///< and how many.
        std::string_view change;  ///< Its key: "slow".  Static.
    };
    struct Compared {
        std::string where;  ///< Pointer of the element.
        std::string label;
        Blocks::Raw policy;
        std::vector<std::pair<std::string, Blocks::Raw>> set;
    };

    Scenario scenario;  ///< Without what stands below; its windows are the user's only.
    std::vector<Group> groups;
    std::vector<Entry> timeline;
    std::vector<Compared> compare;
};

/// What a distribution is of.
enum class Measure : std::uint8_t {
    Service,  ///< Durations that are not always 0, in seconds.
    Delay,    ///< Durations that may be 0, in seconds.
    Factor,   ///< Plain numbers.
};

// The shape of a scenario, once: every key, what it means, its range and unit.  A reader fills the
// value; whoever only lists finds the defaults in it.

void describe(Blocks&, Written&, const lb::Policies&);
void describe(Blocks&, Clients&);
void describe(Blocks&, Written::Group&);
void describe(Blocks&, Written::Entry&);
void describe(Blocks&, Balancers&, const lb::Policies&);
/// A policy by its name, as a member of the object visited, or as Blocks::kItself.
void describe_policy(Blocks&, std::string_view name, Balancers&, const lb::Policies&);
/// The tiers of a scenario: those that name no policy take round_robin, if there is one.
void describe_tiers(Blocks&, Scenario&, const lb::Policies&);
/// As a member of the object visited, or as Blocks::kItself.
void describe(Blocks&, std::string_view name, Distribution&, Measure, std::string_view meaning);

/// Health checks, ejection, breakers and limits, as members of the object visited.
void describe_guard(Blocks&, Balancers&);
/// "retry" and "hedge", as members of the object visited.  `avoid_tried`: of those who pick
/// backends; else null.
void describe_attempts(Blocks&, Attempts&, lb::AvoidTried* avoid_tried);

/// At most so many backends, of all groups and those added later.
inline constexpr std::int64_t kMostBackends = 100'000;

/// Whether a string may name something: see Blocks::identifier.
bool is_identifier(std::string_view);

}  // namespace lbsim
