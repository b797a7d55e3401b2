#include <algorithm>
#include <string>

#include "base/expects.hpp"
#include "scenario/document.hpp"
#include "scenario/tree.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

constexpr std::string_view kName = "name";

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto dot = path.find('.');
        parts.push_back(path.substr(0, dot));
        if (dot == std::string_view::npos) return parts;
        path.remove_prefix(dot + 1);
    }
}

std::size_t depth(const Value& value) {
    std::size_t deepest = 0;
    for (const auto& element : value.elements()) deepest = std::max(deepest, depth(element));
    for (const auto& member : value.members()) deepest = std::max(deepest, depth(member.value));
    const bool nests = value.is(Value::Kind::Array) || value.is(Value::Kind::Object);
    return deepest + (nests ? 1 : 0);
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto letter = letter_at(text, at);
        if (!letter.valid) return false;
        at += letter.size;
    }
    return true;
}

std::string quoted(std::string_view word) { return '"' + std::string{word} + '"'; }

// Of a group; "" if it has none.
std::string_view name_of(const Value& value) {
    const auto* name = value.find(kName);
    return name && name->is(Value::Kind::String) ? std::string_view{name->string()} : "";
}

std::optional<std::size_t> index_of(std::string_view part) {
    constexpr std::size_t kMostDigits = 9;
    if (part.empty() || part.size() > kMostDigits) return {};
    std::size_t index = 0;
    for (const char c : part) {
        if (c < '0' || c > '9') return {};
        index = 10 * index + static_cast<std::size_t>(c - '0');
    }
    return index;
}

}  // namespace

// A descent along a path.  It changes the tree only where nothing can go wrong any more: once a
// member had to be made, all that follows is made too.
struct Document::Walk {
    const Document& document;
    Problem blank;              // For problems with the path; its place is that of what is made.
    Value* at;                  // How far it came,
    std::string_view key = {};  // by which member,
    std::string pointer = {};   // in the merged tree,
    std::string dotted = {};    // and in the user's words.

    // Goes on by one part.  Returns whether the part is used up; or notes a problem.
    bool step(std::string_view part, bool last, bool then_name) {
        if (at->is(Value::Kind::Null)) at->payload_ = std::vector<Member>{};
        if (at->is(Value::Kind::Object)) return into_object(part, last);
        if (at->is(Value::Kind::Array)) return into_array(part);
        // "policy": "p2c" is short for {"name": "p2c"}; below its name there is nothing.
        if (key == "policy" && at->is(Value::Kind::String) && !then_name) {
            Value name{at->string(), at->place_, at->key_place_};
            std::vector<Member> members;
            members.push_back({std::string{kName}, std::move(name)});
            at->payload_ = std::move(members);
            return false;
        }
        problem = blank;
        problem->message = where() + " is " + document.found(*at) + ", not an object";
        return false;
    }

    std::optional<Problem> problem = {};

private:
    bool into_object(std::string_view part, bool last) {
        if (!at->find(part)) {
            // An object may stand for an array of one.
            const bool itself = part == "0" || (!part.empty() && part == name_of(*at));
            if (itself && !last && !key.empty()) return true;
            auto& members = *std::get_if<std::vector<Member>>(&at->payload_);
            members.push_back({std::string{part}, Value{{}, *blank.place, *blank.place}});
        }
        for (auto& member : *std::get_if<std::vector<Member>>(&at->payload_))
            if (member.key == part) at = &member.value;
        key = part;
        pointer = child(pointer, part);
        extend(part);
        return true;
    }

    bool into_array(std::string_view part) {
        auto& elements = *std::get_if<std::vector<Value>>(&at->payload_);
        const auto named = std::find_if(elements.begin(), elements.end(), [&](const Value& v) {
            return !part.empty() && name_of(v) == part;
        });
        auto index = static_cast<std::size_t>(named - elements.begin());
        const auto number = index_of(part);
        if (named == elements.end() && number) index = *number;
        const bool sole = elements.size() == 1 && elements[0].is(Value::Kind::Object) &&
                          name_of(elements[0]).empty();
        const bool passes = named == elements.end() && !number && sole;
        if (passes) index = 0;
        if (index >= elements.size()) {
            problem = number ? no_index(*number) : no_name(part);
            return false;
        }
        at = &elements[index];
        key = {};
        pointer = child(pointer, index);
        if (!passes) extend(part);
        return !passes;
    }

    void extend(std::string_view part) {
        if (!dotted.empty()) dotted += '.';
        dotted += part;
    }

    std::string where() const { return dotted.empty() ? "the document" : quoted(dotted); }

    Problem no_index(std::size_t index) const {
        auto out = blank;
        out.message = "no entry " + std::to_string(index) + " in " + where() + ", which has " +
                      std::to_string(at->elements().size());
        out.hint = "entries are counted from 0";
        return out;
    }

    Problem no_name(std::string_view part) const {
        constexpr std::size_t kMostListed = 10;
        auto out = blank;
        out.message = "no entry named " + quoted(part) + " in " + where();
        std::vector<std::string_view> names;
        for (const auto& element : at->elements())
            if (const auto name = name_of(element); !name.empty()) names.push_back(name);
        if (const auto meant = nearest(part, names); !meant.empty()) {
            out.hint = "did you mean " + quoted(meant) + "?";
        } else if (names.empty()) {
            out.hint = "its entries have no names: count them from 0";
        } else {
            out.hint = "known here: ";
            for (std::size_t i = 0; i != std::min(names.size(), kMostListed); ++i)
                out.hint += (i == 0 ? "" : ", ") + quoted(names[i]);
            if (names.size() > kMostListed) out.hint += ", …";
        }
        return out;
    }
};

std::vector<Problem> Document::replace(std::string_view path, Value value, Problem blank,
                                       std::string& reached) {
    const auto parts = split(path);
    const bool gap = std::find(parts.begin(), parts.end(), std::string_view{}) != parts.end();
    if (gap) {
        blank.message = "empty name in the path " + quoted(path);
        blank.hint = "write for example clients.web.timeout";
        return {std::move(blank)};
    }
    if (parts.size() + depth(value) > kDeepest) {
        blank.message = "nested deeper than " + std::to_string(kDeepest);
        return {std::move(blank)};
    }
    Walk walk{*this, std::move(blank), &root_};
    for (std::size_t i = 0; i != parts.size();) {
        const bool last = i + 1 == parts.size();
        if (walk.step(parts[i], last, parts[i] == kName && !last)) ++i;
        if (walk.problem) return {*std::move(walk.problem)};
    }
    // The key stays where it was written, if it was.
    *walk.at = Value{std::move(value.payload_), value.place_, walk.at->key_place_};
    reached = std::move(walk.pointer);
    return {};
}

std::vector<Problem> Document::set(std::string_view path, std::string_view value,
                                   std::string_view option) {
    auto source = std::make_shared<Source>();
    for (const auto part : split(path)) source->pointer = child(source->pointer, part);
    source->text.append(option).append(" ").append(path).append("=").append(value);
    const bool too_large = source->text.size() > kLargest;
    if (too_large) source->text.resize(200);  // What a message shows of it.
    const auto size = source->text.size();
    const auto index = static_cast<std::uint32_t>(sources_.size());
    sources_.push_back(source);

    const auto place = [&](std::size_t begin, std::size_t end) {
        return Place{index, static_cast<std::uint32_t>(std::min(begin, size)),
                     static_cast<std::uint32_t>(std::min(end, size))};
    };
    const auto path_begin = option.size() + 1;
    const auto value_begin = path_begin + path.size() + 1;
    Problem blank{.pointer = source->pointer, .place = place(path_begin, path_begin + path.size())};
    if (too_large || !is_utf8(path) || !is_utf8(value)) {
        blank.message = too_large ? "larger than 64 MiB" : "not UTF-8";
        return {std::move(blank)};
    }

    auto tree = parse_tree(value, index, value_begin, source->pointer, false);
    if (tree.is_json && !tree.problems.empty()) return std::move(tree.problems);
    if (!tree.is_json) {
        const auto whole = place(value_begin, size);
        tree.root = Value{std::string{value}, whole, whole};
    }
    return replace(path, std::move(tree.root), std::move(blank), source->pointer);
}

std::vector<Problem> Document::set(std::string_view path, const Value& value,
                                   std::string_view pointer) {
    const std::string kept{path};  // It may be a key of the very tree that changes now.
    std::string reached;
    return replace(kept, value,
                   {.pointer = std::string{pointer}, .about_key = true, .place = value.key_place()},
                   reached);
}

}  // namespace lbsim
