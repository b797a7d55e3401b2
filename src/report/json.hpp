#pragma once

#include <string>
#include <string_view>

#include "experiment/result.hpp"

namespace lbsim {

class JsonWriter;

/// The whole result as `lbsim.result/1` (README, "Result"), indented, ending in a newline.
///
/// The same result gives the same bytes, everywhere.  Linear in the result.
std::string to_json(const Result& result);

/// The JSON Schema (draft-07) that to_json() follows, indented, ending in a newline.  It names
/// every key and lets others in, as later versions of lbsim.result/1 may have more.
std::string result_schema();

/// An assertion and what became of it, as in the result.
void write(JsonWriter& out, const ExpectOutcome& outcome);

/// What the format calls E, as a member; null if absent.
void write(JsonWriter& out, std::string_view key, const Figure& figure);

}  // namespace lbsim
