#pragma once

#include <filesystem>
#include <vector>

#include "scenario/blocks.hpp"
#include "scenario/document.hpp"
#include "scenario/problem.hpp"

namespace lbsim {

/// Reads a document into whatever `shape` describes, kItself being its root.
///
/// Every mistake is noted in `problems`, and reading goes on: wrong types and units, values out of
/// range, keys that are unknown or missing.  What has a mistake keeps its default.  A null stands
/// for a key that is not there, so that an override can take a field away.  Files are looked up in
/// `folder`.
void read(const Document& document, const std::filesystem::path& folder, const Blocks::Body& shape,
          std::vector<Problem>& problems);

}  // namespace lbsim
