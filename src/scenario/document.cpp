#include "scenario/document.hpp"

#include <algorithm>
#include <charconv>

#include "base/expects.hpp"
#include "scenario/syntax.hpp"
#include "scenario/tree.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

// "~1" and "~0" of RFC 6901 back to "/" and "~".
std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const auto two = token.substr(i, 2);
        const bool escape = two == "~0" || two == "~1";
        out += escape ? (two == "~0" ? '~' : '/') : token[i];
        i += escape ? 1 : 0;
    }
    return out;
}

const Value* step(const Value& value, std::string_view token) {
    if (value.is(Value::Kind::Object)) return value.find(unescaped(token));
    const auto elements = value.elements();
    std::size_t index = 0;
    const auto* end = token.data() + token.size();
    const auto [rest, error] = std::from_chars(token.data(), end, index);
    if (error != std::errc{} || rest != end || index >= elements.size()) return nullptr;
    return &elements[index];
}

}  // namespace

bool Value::boolean() const {
    lb::expects(is(Kind::Bool));
    return *std::get_if<bool>(&payload_);
}

std::int64_t Value::integer() const {
    lb::expects(is(Kind::Integer));
    return *std::get_if<std::int64_t>(&payload_);
}

double Value::number() const {
    if (is(Kind::Integer)) return static_cast<double>(integer());
    lb::expects(is(Kind::Number));
    return *std::get_if<double>(&payload_);
}

const std::string& Value::string() const {
    lb::expects(is(Kind::String));
    return *std::get_if<std::string>(&payload_);
}

std::span<const Value> Value::elements() const {
    const auto* elements = std::get_if<std::vector<Value>>(&payload_);
    return elements ? std::span<const Value>{*elements} : std::span<const Value>{};
}

std::span<const Member> Value::members() const {
    const auto* members = std::get_if<std::vector<Member>>(&payload_);
    return members ? std::span<const Member>{*members} : std::span<const Member>{};
}

const Value* Value::find(std::string_view key) const {
    for (const auto& member : members())
        if (member.key == key) return &member.value;
    return nullptr;
}

Document::Document(Source source) { add(std::move(source)); }

std::uint32_t Document::add(Source source) {
    sources_.push_back(std::make_shared<const Source>(std::move(source)));
    return static_cast<std::uint32_t>(sources_.size() - 1);
}

Document Document::parse(std::string name, std::string text, std::size_t line) {
    lb::expects(!name.empty());
    const bool too_large = text.size() > kLargest;
    if (too_large) text.resize(std::min<std::size_t>(text.find('\n'), 100));  // To show something.
    Document document{
        {.name = std::move(name), .text = std::move(text), .pointer = {}, .line = line}};
    if (too_large)
        throw document.error({{.message = "the file is larger than 64 MiB", .place = Place{}}});
    const std::string_view whole = document.sources_[0]->text;
    if (auto problem = unreadable(whole)) throw document.error({*std::move(problem)});
    auto tree = parse_tree(whole, 0, 0, "", true);
    if (!tree.problems.empty()) throw document.error(std::move(tree.problems));
    document.root_ = std::move(tree.root);
    return document;
}

Place Document::quote(Source piece, std::size_t at) {
    lb::expects(!piece.is_option());
    const auto begin = static_cast<std::uint32_t>(std::min(at, piece.text.size()));
    return {add(std::move(piece)), begin, begin};
}

const Source& Document::source(Place place) const {
    lb::expects(place.source < sources_.size());
    return *sources_[place.source];
}

std::string_view Document::text(Place place) const {
    const std::string_view whole = source(place).text;
    lb::expects(place.begin <= place.end && place.end <= whole.size());
    return whole.substr(place.begin, place.end - place.begin);
}

std::string Document::found(const Value& value) const {
    if (value.is(Value::Kind::Array))
        return value.elements().empty() ? "an empty array" : "an array";
    if (value.is(Value::Kind::Object))
        return value.members().empty() ? "an empty object" : "an object";
    constexpr std::size_t kMost = 40;
    auto written = text(value.place());
    const bool quoted = !written.empty() && written.front() == '"';
    if (quoted) written = written.substr(1, written.size() - 2);
    std::size_t at = 0;
    for (std::size_t n = 0; n != kMost && at < written.size(); ++n)
        at += letter_at(written, at).size;
    std::string out{written.substr(0, at)};
    if (at < written.size()) out += "…";
    return value.is(Value::Kind::String) ? '"' + out + '"' : out;
}

Place Document::locate(std::string_view pointer, bool about_key) const {
    const Value* at = &root_;
    bool whole = true;
    while (whole && !pointer.empty() && pointer.front() == '/') {
        pointer.remove_prefix(1);
        const auto token = pointer.substr(0, pointer.find('/'));
        const Value* next = step(*at, token);
        whole = next != nullptr;
        if (!whole) break;
        at = next;
        pointer.remove_prefix(token.size());
    }
    return whole && about_key ? at->key_place() : at->place();
}

ScenarioError Document::error(std::vector<Problem> problems) const {
    return {render(problems), std::move(problems)};
}

}  // namespace lbsim
