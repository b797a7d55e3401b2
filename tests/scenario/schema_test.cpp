#include "scenario/schema.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wall"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wrestrict"
#endif
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "scenario/load.hpp"

namespace {

using lbsim::ScenarioError;
using nlohmann::json;

const lb::Policies& policies() {
    static const auto all = lb::builtin_policies();
    return all;
}

const json& schema() {
    static const auto parsed = json::parse(lbsim::scenario_schema(policies()));
    return parsed;
}

bool is_valid(const json& document) {
    static const auto compiled = [] {
        auto made = std::make_unique<valijson::Schema>();
        valijson::SchemaParser parser;
        valijson::adapters::NlohmannJsonAdapter adapter{schema()};
        parser.populateSchema(adapter, *made);
        return made;
    }();
    valijson::Validator validator;
    valijson::adapters::NlohmannJsonAdapter adapter{document};
    return validator.validate(*compiled, adapter, nullptr);
}

// What the reader says, "" if nothing.
std::string mistakes(const json& document) {
    try {
        lbsim::load_experiment("x.json", document.dump(), LBSIM_BINARY, policies());
    } catch (const ScenarioError& error) { return error.what(); }
    return "";
}

json example() {
    return json::parse(R"~({
  "question": "One of ten backends becomes ten times slower but still answers 200: who notices?",
  "seed": 1, "replications": 5, "warmup": "10s", "duration": "120s",
  "slo": { "latency": "300ms", "good": "99.9%" },
  "clients":  [{ "name": "web", "arrivals": { "poisson": { "rate": "2000/s" } }, "timeout": "2s" }],
  "balancers": { "count": 1, "policy": "p2c" },
  "backends": [{ "name": "b", "count": 10, "workers": 16,
                 "service": { "exponential": { "mean": "10ms" } } }],
  "timeline": [{ "name": "slow", "at": "30s", "for": "60s", "target": "b0",
                 "slow": { "factor": 10 } }],
  "windows": { "late": ["100s", "120s"] },
  "compare":  ["round_robin", "random",
               { "policy": { "name": "p2c", "choices": 3 }, "set": { "seed": 3 } }],
  "expect":   ["good(p2c) > good(round_robin)"]
})~");
}

TEST(Schema, TakesWhatTheReaderTakes) {
    EXPECT_TRUE(is_valid(example()));
    EXPECT_EQ(mistakes(example()), "");
    for (const auto& file : std::filesystem::directory_iterator{LBSIM_SOURCE "/scenarios"}) {
        if (file.path().extension() != ".json") continue;
        std::ifstream in{file.path()};
        EXPECT_TRUE(is_valid(json::parse(in, nullptr, true, true))) << file.path();
        EXPECT_NO_THROW(lbsim::load_experiment(file.path(), policies())) << file.path();
    }
}

TEST(Schema, RefusesMistakesThatTheReaderRefuses) {
    struct Change {
        std::string pointer;
        json value;
    };
    const std::vector<Change> changes{
        {"/duration", 5},
        {"/duration", "5"},
        {"/duration", "5 s"},
        {"/duration", true},
        {"/seed", -1},
        {"/seed", 1.5},
        {"/replications", 0},
        {"/sead", 1},
        {"/clients", json::array()},
        {"/clients/0/timout", "1s"},
        {"/clients/0/arrivals", json::object()},
        {"/clients/0/arrivals/constant", {{"rate", "5/s"}}},
        {"/clients/0/arrivals/poisson/rate", 2000},
        {"/clients/0/arrivals/poisson/rate", "2000"},
        {"/clients/0/name", "a b"},
        {"/clients/0/work", "1s"},
        {"/balancers", "p2c"},
        {"/balancers/policy", "p2cc"},
        {"/balancers/policy", {{"name", "p2c"}, {"vnodes", 3}}},
        {"/balancers/policy", {{"name", "p2c"}, {"choices", 65}}},
        {"/balancers/policy", {{"choices", 3}}},
        {"/backends/0/service", {{"exponential", json::object()}}},
        {"/backends/0/service", {{"exponential", {{"mean", "1ms"}, {"cv", 1}}}}},
        {"/backends/0/service", {{"lognormal", {{"mean", "1ms"}}}}},
        {"/backends/0/service", {{"lognormal", {{"mean", "1ms"}, {"cv", 1}, {"median", "1ms"}}}}},
        {"/backends/0/service", {{"mixture", {{"of", {{{"constant", "1ms"}}}}}}}},
        {"/backends/0/workers", "many"},
        {"/backends/0/workers", 0},
        {"/backends/0/discipline", "fofi"},
        {"/timeline/0/slow/factor", 0},
        {"/timeline/0/hang", json::object()},
        {"/timeline/0/target", 5},
        {"/timeline/0/for", nullptr},
        {"/slo/good", "99.9"},
        {"/slo/good", 99.9},
        {"/windows/late", {"100s"}},
        {"/compare/0", "rand"},
        {"/compare/2/sett", json::object()},
        {"/expect/0", 5},
    };
    for (const auto& [pointer, value] : changes) {
        auto document = example();
        document[json::json_pointer{pointer}] = value;
        EXPECT_FALSE(is_valid(document)) << pointer << " = " << value;
        if (value.is_null()) continue;  // To the reader, as if it were not there.
        EXPECT_NE(mistakes(document), "") << pointer << " = " << value;
    }
    for (const char* pointer : {"/clients", "/backends", "/clients/0/arrivals",
                                "/backends/0/service", "/timeline/0/at", "/slo/latency"}) {
        auto document = example();
        const json::json_pointer at{pointer};
        document[at.parent_pointer()].erase(at.back());
        EXPECT_FALSE(is_valid(document)) << pointer;
        EXPECT_NE(mistakes(document), "") << pointer;
    }
}

// Walks the schema and makes, for each field at any depth, a value that has it.
class Instances {
public:
    // One for each way that the schema offers; the first is the shortest.
    std::vector<json> of(const json& s, int depth = 0) const {
        if (s.contains("allOf")) {
            const auto name = s["allOf"][0]["$ref"].get<std::string>();
            return of(schema().at(json::json_pointer{name.substr(1)}), depth + 1);
        }
        if (s.contains("anyOf")) {
            std::vector<json> out;
            for (const auto& one : s["anyOf"]) append(out, of(one, depth));
            return out;
        }
        if (s.contains("enum")) return s["enum"].get<std::vector<json>>();
        if (s.contains("const")) return {s["const"]};
        if (s.contains("examples")) return {s["examples"][0]};
        const auto type = s.value("type", "any");
        if (type == "object") return depth > 9 ? std::vector<json>{} : objects(s, depth);
        if (type == "array") return depth > 9 ? std::vector<json>{} : arrays(s, depth);
        if (type == "boolean") return {true};
        if (type == "null") return std::vector<json>(1);
        if (type == "string") return {"log.csv"};
        if (type == "any") return {1};
        if (type == "integer") return {std::max(1, s.value("minimum", 1))};
        return {1.0};
    }

private:
    static void append(std::vector<json>& to, std::vector<json> more) {
        to.insert(to.end(), more.begin(), more.end());
    }

    std::vector<json> arrays(const json& s, int depth) const {
        if (s["items"].is_array()) {
            json all = json::array();
            for (const auto& item : s["items"]) all.push_back(of(item, depth)[0]);
            return {all};
        }
        std::vector<json> out;
        for (auto& one : of(s["items"], depth)) out.push_back(json::array({one}));
        return out;
    }

    std::vector<json> objects(const json& s, int depth) const {
        if (!s.contains("properties")) {
            std::vector<json> out;
            for (auto& one : of(s["additionalProperties"], depth))
                out.push_back({{"seed", one}});  // Also a path.
            return out;
        }
        std::set<std::string> choices;
        std::map<std::string, std::string> demands;
        for (const auto& one : s.value("oneOf", json::array())) choices.insert(one["required"][0]);
        json least = json::object();
        for (const auto& key : s.value("required", json::array())) {
            const auto some = of(s["properties"][key.get<std::string>()], depth + 1);
            if (some.empty()) return {};  // Too deep.
            least[key.get<std::string>()] = some[0];
        }
        std::vector<json> out;
        if (choices.empty()) out.push_back(least);
        for (const auto& one : s.value("oneOf", json::array()))
            if (one["required"].size() > 1) demands[one["required"][0]] = one["required"][1];
        for (const auto& [key, shape] : s["properties"].items()) {
            auto base = least;
            if (!choices.empty() && !choices.contains(key))
                base[*choices.begin()] = of(s["properties"][*choices.begin()], depth + 1).at(0);
            for (auto& one : of(shape, depth + 1)) {
                auto object = base;
                object[key] = one;
                if (demands.contains(key))
                    object[demands[key]] = of(s["properties"][demands[key]], depth + 1).at(0);
                complete(s, object, depth);
                out.push_back(std::move(object));
            }
        }
        return out;
    }

    // What the members of an object demand of each other.
    void complete(const json& s, json& object, int depth) const {
        if (!s.contains("dependencies")) return;
        for (const auto& [key, others] : s["dependencies"].items())
            if (object.contains(key) && !object.contains(others[0].get<std::string>()))
                object[others[0].get<std::string>()] =
                    of(s["properties"][others[0].get<std::string>()], depth + 1).at(0);
        if (object.contains("mean") && object.contains("median")) {
            object.erase("mean");
            object.erase("cv");
        }
    }
};

TEST(Schema, NamesOnlyFieldsThatTheReaderReads) {
    std::ofstream{std::string{LBSIM_BINARY} + "/log.csv"} << "1ms\n";
    const auto all = Instances{}.of(schema());
    EXPECT_GT(all.size(), 300u);
    for (const auto& document : all) {
        EXPECT_TRUE(is_valid(document)) << document;
        const auto said = mistakes(document);
        if (said.find("of the file") != std::string::npos) continue;  // One file cannot suit all.
        for (const auto* wrong : {"unknown key", "expected a", "missing key", "needs a unit"})
            ASSERT_EQ(said.find(wrong), std::string::npos) << said << document;
    }
}

TEST(Schema, SaysWhatEachFieldMeansAndItsDefault) {
    const auto& top = schema()["properties"];
    EXPECT_EQ(top["duration"]["default"], "60s");
    EXPECT_EQ(top["replications"]["default"], 5);
    EXPECT_FALSE(top["requests"].contains("default"));
    const auto& backends = top["backends"]["items"]["properties"];
    EXPECT_EQ(backends["queue"]["default"], "unlimited");
    EXPECT_EQ(backends["discipline"]["default"], "fifo");
    EXPECT_FALSE(backends["service"].contains("default"));
    std::size_t fields = 0;
    const std::function<void(const json&)> visit = [&](const json& s) {
        if (s.is_object() && s.contains("properties") && s["properties"].is_object())
            for (const auto& [key, field] : s["properties"].items()) {
                ++fields;
                EXPECT_TRUE(field.contains("description") || field.contains("const")) << key;
            }
        if (s.is_structured())
            for (const auto& inner : s) visit(inner);
    };
    visit(schema());
    EXPECT_GT(fields, 80u);
}

}  // namespace
