#include "report/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "report/made.hpp"

namespace lbsim {
namespace {

using Json = nlohmann::ordered_json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

class ResultSchema {
public:
    ResultSchema() { valijson::SchemaParser{}.populateSchema(Adapter{json_}, schema_); }
    /// What is wrong, or "".
    std::string against(const nlohmann::json& result) const {
        valijson::ValidationResults wrong;
        valijson::Validator validator;
        if (validator.validate(schema_, Adapter{result}, &wrong)) return {};
        std::string out;
        for (valijson::ValidationResults::Error error; wrong.popError(error);) {
            for (const auto& part : error.context) out += part;
            out += ": " + error.description + '\n';
        }
        return out;
    }
    const nlohmann::json& json() const { return json_; }

private:
    nlohmann::json json_ = nlohmann::json::parse(result_schema());
    valijson::Schema schema_;
};

TEST(Json, FollowsItsSchema) {
    const ResultSchema schema;
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        const auto result = nlohmann::json::parse(to_json(made::any_result(seed)));
        ASSERT_EQ(schema.against(result), "") << seed;
    }
}

// Else a key could be added to a result and forgotten in its schema.
void expect_known(const nlohmann::json& value, const nlohmann::json& schema,
                  const nlohmann::json& root, const std::string& where) {
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
        const auto name = ref->get<std::string>().substr(std::string{"#/definitions/"}.size());
        return expect_known(value, root["definitions"][name], root, where);
    }
    if (const auto any = schema.find("anyOf"); any != schema.end()) {
        if (!value.is_null()) expect_known(value, (*any)[0], root, where);
        return;
    }
    if (value.is_array())
        for (const auto& element : value)
            expect_known(element, schema["items"], root, where + "[]");
    if (!value.is_object()) return;
    for (const auto& [key, member] : value.items()) {
        ASSERT_TRUE(schema["properties"].contains(key)) << where << '.' << key;
        expect_known(member, schema["properties"][key], root, where + '.' + key);
    }
}

TEST(Json, HasNoKeyThatItsSchemaDoesNotName) {
    const ResultSchema schema;
    for (std::uint64_t seed = 0; seed != 50; ++seed)
        expect_known(nlohmann::json::parse(to_json(made::any_result(seed))), schema.json(),
                     schema.json(), "");
}

TEST(Json, SchemaRefusesAResultThatLacksAKey) {
    const ResultSchema schema;
    auto result = nlohmann::json::parse(to_json(made::result({made::run("p2c")})));
    ASSERT_EQ(schema.against(result), "");
    result["runs"][0]["backends"][0]["share"].erase("low");
    EXPECT_NE(schema.against(result), "");
}

TEST(Json, NamesKeysInTheOrderOfTheFormat) {
    const auto json = Json::parse(to_json(made::result({made::run("p2c")})));
    const auto in_order = [](const Json& object, std::vector<std::string> keys) {
        auto next = keys.begin();
        for (const auto& [key, value] : object.items())
            if (next != keys.end() && key == *next) ++next;
        return next == keys.end() ? "" : *next;
    };
    EXPECT_EQ(in_order(json, {"schema", "lbsim", "scenario", "seed", "replications", "runs",
                              "comparison", "expect"}),
              "");
    EXPECT_EQ(in_order(json["runs"][0], {"variant", "digest", "requests", "attempts", "good",
                                         "latency", "latency_all", "error_rate", "throughput_per_s",
                                         "goodput_per_s", "amplification", "wasted_work",
                                         "backends", "balance", "windows", "series", "log"}),
              "");
    EXPECT_EQ(in_order(json["runs"][0]["backends"][0],
                       {"name", "attempts", "share", "expected_share", "failed", "utilization",
                        "in_flight_mean", "queue_max", "latency"}),
              "");
}

TEST(Json, SaysWhatIsAbsentInfiniteOrThin) {
    auto run = made::run("p2c");
    run.measures.good = made::absent();
    run.measures.latency_of_all.p99 = made::thin(made::beyond());
    run.measures.latency_of_all.p90 = made::number(0.25, 0.125);
    const auto json = nlohmann::json::parse(to_json(made::result({run})))["runs"][0];
    EXPECT_TRUE(json["good"].is_null());
    EXPECT_EQ(json["latency_all"]["p99_s"].dump(),
              R"({"beyond":true,"high":null,"low":null,"thin":true,"value":null})");
    EXPECT_EQ(json["latency_all"]["p90_s"].dump(), R"({"high":0.375,"low":0.125,"value":0.25})");
}

TEST(Json, SaysWhichOfTwoIsInfinite) {
    auto result = made::result({made::run("p2c"), made::run("random")});
    auto difference = made::beyond();
    difference.value = -difference.value;
    result.comparison.push_back({"p99_s", "p2c", "random", difference, 0, true});
    const auto json = nlohmann::json::parse(to_json(result))["comparison"][0];
    EXPECT_TRUE(json["difference"]["value"].is_null());
    EXPECT_EQ(json["infinite"], "b");
}

TEST(Json, KeepsEveryDouble) {
    for (std::uint64_t seed = 0; seed != 100; ++seed) {
        const auto result = made::any_result(seed);
        const auto json = nlohmann::json::parse(to_json(result));
        for (std::size_t i = 0; i != result.runs.size(); ++i) {
            const auto& p99 = result.runs[i].measures.latency.p99;
            const auto& there = json["runs"][i]["latency"]["p99_s"];
            ASSERT_EQ(there.is_null(), p99.absent);
            if (p99.absent || p99.beyond) continue;
            ASSERT_EQ(there["value"].get<double>(), p99.value);
        }
    }
}

TEST(Json, WritesTheSameBytesForTheSameResult) {
    EXPECT_EQ(to_json(made::any_result(7)), to_json(made::any_result(7)));
}

}  // namespace
}  // namespace lbsim
