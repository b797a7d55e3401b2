#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "scenario/document.hpp"

namespace lbsim {

/// What became of a JSON text.
struct Tree {
    Value root;                     ///< Whole only if there are no problems.
    std::vector<Problem> problems;  ///< Each with its place.
    bool is_json = true;            ///< Not so after an error of syntax.
};

/// Reads `text`, which stands at `offset` in source `source`, in one pass.  Places and pointers are
/// set, pointers relative to `pointer`.  Comments are blanks only if `comments`.
/// After a thousand duplicate keys it notes no more.
Tree parse_tree(std::string_view text, std::uint32_t source, std::size_t offset,
                std::string_view pointer, bool comments);

}  // namespace lbsim
