// Any bytes as a scenario, any path, any value: either a tree or an error that can be shown.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/expects.hpp"
#include "scenario/document.hpp"

namespace {

using lbsim::Document;
using lbsim::Value;

// The input is TEXT, then what to set: PATH NUL VALUE NUL PATH NUL VALUE …, after the first 0xFF.
std::string_view take(std::string_view& rest, char until) {
    const auto part = rest.substr(0, rest.find(until));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

bool printable(std::string_view text) {
    for (const char c : text)
        if (c != '\n' && c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f))
            return false;
    return text.empty() || text.back() == '\n';
}

// Every value can be quoted, found by its pointer and complained of.
void visit(const Document& document, const Value& value, const std::string& pointer,
           std::size_t depth) {
    lb::expects(depth <= 2 * Document::kDeepest);
    lb::expects(document.locate(pointer) == value.place());
    lb::expects(!document.found(value).empty());
    std::size_t index = 0;
    for (const auto& element : value.elements())
        visit(document, element, lbsim::child(pointer, index++), depth + 1);
    for (const auto& member : value.members())
        visit(document, member.value, lbsim::child(pointer, member.key), depth + 1);
}

std::vector<lbsim::Problem> complaints(const Value& value, const std::string& pointer) {
    std::vector<lbsim::Problem> out{{pointer, "wrong", "", false, value.place()},
                                    {pointer, "wrong key", "mend it", true, std::nullopt}};
    for (const auto& member : value.members())
        out.push_back({lbsim::child(pointer, member.key), "key " + member.key, "", true,
                       member.value.key_place()});
    return out;
}

void exercise(Document document, std::string_view rest) {
    visit(document, document.root(), "", 0);
    // Setting the root within itself doubles the tree, hence the bound.
    for (int i = 0; i != 4 && !rest.empty(); ++i) {
        const auto path = take(rest, '\0');
        const auto before = document.found(document.root());
        auto problems = document.set(path, take(rest, '\0'), "--set");
        lb::expects(printable(document.render(problems)) || problems.empty());
        visit(document, document.root(), "", 0);
        if (!problems.empty()) lb::expects(document.found(document.root()) == before);
        const auto again = document.set(path, document.root(), "/set");
        lb::expects(printable(document.render(again)) || again.empty());
        visit(document, document.root(), "", 0);
    }
    lb::expects(printable(document.render(complaints(document.root(), ""))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view rest{reinterpret_cast<const char*>(bytes), size};
    const auto text = take(rest, '\xff');
    try {
        exercise(Document::parse("fuzz.json", std::string{text}), rest);
    } catch (const lbsim::ScenarioError& error) {
        lb::expects(!error.problems().empty() && printable(error.what()));
    }
    return 0;
}
