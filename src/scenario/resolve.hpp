#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "scenario/describe.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// How many names of backends and targets a whole experiment may still have.
struct Budget {
    std::size_t names = 2'000'000;
    bool exceeded = false;  ///< And that was told.
};

/// Whether reading found nothing wrong with a part of the top level, such as "/backends", nor a key
/// that may be the part, misspelt.
bool sound(const Document& document, std::span<const Problem> problems, std::string_view pointer);

/// Makes a scenario of what is written: names the backends, finds the targets, places the windows,
/// and weighs load against capacity.
///
/// `problems` are those found in reading it; more are added.  What rests on a part that has some is
/// not checked, for nothing sure can be said of it; in `known` is then noted which names are not
/// all known.
Scenario resolve(Written written, const Document& document, Budget& budget, Known& known,
                 std::vector<Problem>& problems);

}  // namespace lbsim
