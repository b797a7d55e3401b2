#include "scenario/schema.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "scenario/describe.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using Json = nlohmann::ordered_json;

// What the parsers of quantity.hpp take.
constexpr std::string_view kNumber = "[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?";
std::string quantity(std::string_view units) {
    std::string out{"^"};
    return out.append(kNumber).append("(").append(units).append(")$");
}
std::string duration_pattern() { return quantity("ns|us|ms|s|min|h"); }
std::string rate_pattern() { return quantity("/s|/ms|/min|/h"); }
std::string percentage_pattern() { return quantity("%"); }
constexpr std::string_view kIdentifier = "^[A-Za-z_][A-Za-z0-9_-]*$";

Json number(double x) {
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (x >= -kExact && x <= kExact && static_cast<double>(static_cast<std::int64_t>(x)) == x)
        return static_cast<std::int64_t>(x);
    return x;
}

void bound(Json& out, lb::Range range) {
    if (range.low > -std::numeric_limits<double>::infinity())
        out[range.low_included ? "minimum" : "exclusiveMinimum"] = number(range.low);
    if (range.high < std::numeric_limits<double>::infinity()) out["maximum"] = number(range.high);
}

// A bound that a string cannot be held to, in words.
template <class Text>
std::string with_bounds(std::string_view meaning, lb::Range range, const Text& text) {
    std::string out{meaning};
    if (range.low > -std::numeric_limits<double>::infinity())
        out += (range.low_included ? "; at least " : "; greater than ") + text(range.low);
    if (range.high < std::numeric_limits<double>::infinity())
        out += "; at most " + text(range.high);
    return out;
}

// Writes the schema of the value visited.
class SchemaWriter final : public Blocks {
public:
    SchemaWriter(Json& definitions, Json& out) : definitions_{definitions}, out_{out} {}

    using Blocks::field;

    void field(std::string_view name, bool& now, std::string_view meaning) override {
        put(name, {{"type", "boolean"}}, meaning, now);
    }
    void field(std::string_view name, std::int64_t& now, std::string_view meaning,
               lb::Range range) override {
        Json out{{"type", "integer"}};
        bound(out, range);
        put(name, std::move(out), meaning, now);
    }
    void field(std::string_view name, lb::Limit& now, std::string_view word,
               std::string_view meaning, lb::Range range) override {
        Json count{{"type", "integer"}};
        bound(count, range);
        const Json none{{"const", word}};
        put(name, {{"anyOf", Json::array({count, none})}}, meaning,
            now.none() ? Json(word) : Json(now.value));
    }
    void field(std::string_view name, std::optional<lb::Duration>& now, std::string_view word,
               std::string_view meaning, lb::Range) override {
        const Json none{{"const", word}};
        put(name, {{"anyOf", Json::array({text_schema(duration_pattern(), "10ms"), none})}},
            meaning, now ? Json(text_of(*now)) : Json(word));
    }
    void field(std::string_view name, double& now, std::string_view meaning, lb::Range range,
               lb::Unit unit) override {
        Json plain{{"type", "number"}};
        bound(plain, range);
        if (unit == lb::Unit::PerSecond) {
            const auto text = [](double x) { return text_of(x) + "/s"; };
            put(name, text_schema(rate_pattern(), "800/s"), with_bounds(meaning, range, text),
                text(now));
        } else if (unit == lb::Unit::Fraction) {
            put(name, {{"anyOf", Json::array({plain, text_schema(percentage_pattern(), "10%")})}},
                meaning, now);
        } else {
            put(name, std::move(plain), meaning, number(now));
        }
    }
    void field(std::string_view name, lb::Duration& now, std::string_view meaning,
               lb::Range range) override {
        const auto text = [](double x) { return text_of(lb::duration_of(x)); };
        put(name, text_schema(duration_pattern(), "10ms"), with_bounds(meaning, range, text),
            text_of(now));
    }
    void field(std::string_view name, std::string& now, std::string_view meaning) override {
        put(name, {{"type", "string"}}, meaning, now.empty() ? Json() : Json(now));
    }

    void required(std::string_view name) override {
        without_default_.emplace_back(name);
        out_["required"].push_back(name);
    }
    bool optional(std::string_view name) override {
        without_default_.emplace_back(name);
        return true;
    }
    void together(std::string_view name, std::string_view other) override {
        out_["dependencies"][std::string{name}] = Json::array({other});
        out_["dependencies"][std::string{other}] = Json::array({name});
    }
    bool given(std::string_view) const override { return false; }
    bool nothing(std::string_view name) override {
        nullable_.emplace_back(name);
        return false;
    }

    void identifier(std::string_view name, std::string& now, std::string_view meaning) override {
        put(name, text_schema(std::string{kIdentifier}, "web"), meaning,
            now.empty() ? Json() : Json(now));
    }
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view meaning) override {
        put(name, {{"enum", words}}, meaning, index < words.size() ? Json(words[index]) : Json());
    }
    void file(std::string_view name, std::string&, std::string_view meaning) override {
        put(name, {{"type", "string"}, {"minLength", 1}}, meaning, {});
    }
    void anything(std::string_view name, Raw&, std::string_view meaning) override {
        put(name, Json::object(), meaning, {});
    }

    void object(std::string_view name, std::string_view meaning, const Body& members) override {
        Json out{{"type", "object"}, {"properties", Json::object()}};
        SchemaWriter inner{definitions_, out};
        members(inner);
        out["additionalProperties"] = false;
        put(name, std::move(out), meaning, {});
    }
    void list(std::string_view name, std::string_view meaning, Count count,
              const Body& element) override {
        Json out{{"type", "array"}, {"items", shape(element)}};
        if (count.least != 0) out["minItems"] = count.least;
        if (count.most != Count{}.most) out["maxItems"] = count.most;
        put(name, std::move(out), meaning, {});
    }
    void tuple(std::string_view name, std::string_view meaning,
               std::span<const Body> elements) override {
        Json items = Json::array();
        for (const auto& element : elements) items.push_back(shape(element));
        put(name,
            {{"type", "array"},
             {"items", std::move(items)},
             {"minItems", elements.size()},
             {"maxItems", elements.size()}},
            meaning, {});
    }
    void map(std::string_view name, std::string_view meaning,
             const std::function<void(Blocks&, const std::string&)>& value) override {
        const auto any = shape([&](Blocks& b) { value(b, "key"); });
        put(name, {{"type", "object"}, {"additionalProperties", any}}, meaning, {});
    }
    void either(std::string_view name, std::string_view meaning,
                std::span<const Case> cases) override {
        Json any = Json::array();
        for (const auto& one : cases) {
            any.push_back(shape(one.body));
            if (one.shape == Shape::Scalar) drop_objects(any.back());
        }
        put(name, {{"anyOf", std::move(any)}}, meaning, {});
    }
    void one_of(std::span<const Choice> choices) override {
        for (const auto& choice : choices) {
            without_default_.emplace_back(choice.key);
            put(choice.key, shape(choice.body), choice.meaning, {});
            auto keys = Json::array({choice.key});
            if (!choice.demands.empty()) keys.push_back(choice.demands);
            out_["oneOf"].push_back(Json::object({{"required", std::move(keys)}}));
        }
    }
    void tagged(std::string_view name, std::string_view now, std::string_view meaning,
                std::string_view key, std::string_view, std::span<const Choice> tags) override {
        Json words = Json::array(), any = Json::array();
        for (const auto& tag : tags) words.push_back(tag.key);
        any.push_back(Json::object({{"enum", std::move(words)}}));
        for (const auto& tag : tags) {
            Json out{{"type", "object"}, {"properties", Json::object()}};
            out["properties"][std::string{key}] = Json::object({{"const", tag.key}});
            out["required"] = Json::array({key});
            SchemaWriter inner{definitions_, out};
            tag.body(inner);
            out["additionalProperties"] = false;
            out["description"] = tag.meaning;
            any.push_back(std::move(out));
        }
        put(name, {{"anyOf", std::move(any)}}, meaning, now.empty() ? Json() : Json(now));
    }
    void shared(std::string_view name, std::string_view meaning, std::string_view title,
                const Body& body) override {
        std::string key{title};
        if (!definitions_.contains(key)) {
            definitions_[key] = nullptr;  // It may contain itself.
            auto described = shape(body);
            definitions_[key] = std::move(described);
        }
        // Beside a $ref nothing counts in draft-07, so it stands within an allOf.
        const auto ref = Json::object({{"$ref", "#/definitions/" + key}});
        put(name, {{"allOf", Json::array({ref})}}, meaning, {});
    }

    const std::string& where() const override { return where_; }
    bool sound() const override { return false; }
    void problem(std::string_view, std::string, std::string) override {}

private:
    static Json text_schema(std::string pattern, std::string_view example) {
        return {{"type", "string"},
                {"pattern", std::move(pattern)},
                {"examples", Json::array({example})}};
    }

    Json shape(const Body& body) {
        Json out = Json::object();
        SchemaWriter inner{definitions_, out};
        body(inner);
        return out;
    }

    // What is "a word, or an object" stands for the word where only a scalar may.
    static void drop_objects(Json& schema) {
        if (!schema.contains("anyOf")) return;
        Json kept = Json::array();
        for (auto& one : schema["anyOf"])
            if (one.value("type", "") != "object") kept.push_back(std::move(one));
        schema["anyOf"] = std::move(kept);
    }

    // Of several that describe the same value, the last holds.
    void put(std::string_view name, Json schema, std::string_view meaning, Json now) {
        if (std::find(nullable_.begin(), nullable_.end(), name) != nullable_.end())
            schema = {{"anyOf", Json::array({std::move(schema), {{"type", "null"}}})}};
        if (!meaning.empty()) schema["description"] = meaning;
        const bool has_default = !name.empty() && !now.is_null() &&
                                 std::find(without_default_.begin(), without_default_.end(),
                                           name) == without_default_.end();
        if (has_default) schema["default"] = std::move(now);
        if (name.empty())
            out_ = std::move(schema);
        else
            out_["properties"][std::string{name}] = std::move(schema);
    }

    Json& definitions_;
    Json& out_;
    std::string where_;
    std::vector<std::string> without_default_, nullable_;
};

}  // namespace

std::string scenario_schema(const lb::Policies& policies) {
    Json definitions = Json::object(), root = Json::object();
    Written written;
    SchemaWriter writer{definitions, root};
    writer.object(Blocks::kItself, "An experiment of lbsim",
                  [&](Blocks& b) { describe(b, written, policies); });
    Json out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "lbsim.scenario/1"}};
    out.update(root);
    out["definitions"] = std::move(definitions);
    return out.dump(2) + "\n";
}

}  // namespace lbsim
