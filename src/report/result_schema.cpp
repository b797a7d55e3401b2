#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>

#include "report/json.hpp"
#include "report/naming.hpp"

namespace lbsim {
namespace {

using Json = nlohmann::ordered_json;

Json type(std::string_view name) { return {{"type", name}}; }
Json or_null(std::string_view name) { return {{"type", Json::array({name, "null"})}}; }
Json defined(std::string_view name) {
    return {{"$ref", std::string{"#/definitions/"}.append(name)}};
}
Json or_null_of(std::string_view name) {
    return {{"anyOf", Json::array({defined(name), type("null")})}};
}
Json array_of(Json element) { return {{"type", "array"}, {"items", std::move(element)}}; }
Json count() { return {{"type", "integer"}, {"minimum", 0}}; }
Json described(Json schema, std::string_view meaning) {
    schema["description"] = meaning;
    return schema;
}

struct Property {
    std::string_view name;
    Json schema;
    bool always = true;
};

Json object(std::initializer_list<Property> properties) {
    Json out{{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}};
    for (const auto& p : properties) {
        out["properties"][std::string{p.name}] = p.schema;
        if (p.always) out["required"].push_back(p.name);
    }
    return out;
}

Json figure() {
    return described(
        object({{"value", described(or_null("number"), "The mean over replications")},
                {"low", described(or_null("number"), "Of the 95 % interval (Student's t)")},
                {"high", or_null("number")},
                {"thin",
                 described({{"const", true}}, "Fewer than 100 samples beyond it, per replication"),
                 false},
                {"beyond", described({{"const", true}}, "Infinite: value is null"), false}}),
        "A number over all replications");
}

Json requests() {
    return described(object({{"offered", count()},
                             {"succeeded", count()},
                             {"failed", count()},
                             {"timed_out", count()},
                             {"rejected", count()},
                             {"unfinished", count()}}),
                     "offered is the sum of the others; counted over all replications");
}

Json rejections() {
    auto out = object({});
    for (const auto why : lb::kRejections) {
        out["properties"][key_of(why)] = count();
        out["required"].push_back(key_of(why));
    }
    return described(out, "Why requests were rejected; they add up to rejected");
}

Json latency() {
    const auto f = or_null_of("figure");
    return described(object({{"mean_s", f},
                             {"p50_s", f},
                             {"p90_s", f},
                             {"p95_s", f},
                             {"p99_s", f},
                             {"p999_s", f},
                             {"max_s", or_null("number")}}),
                     "Of successes, as their clients saw them");
}

Json latency_all() {
    const auto f = or_null_of("figure");
    return described(
        object({{"p50_s", f}, {"p90_s", f}, {"p95_s", f}, {"p99_s", f}, {"p999_s", f}}),
        "Of all offered requests; what did not succeed counts as infinite");
}

Json backend() {
    const auto f = or_null_of("figure");
    return object({{"name", type("string")},
                   {"group", type("string")},
                   {"attempts", count()},
                   {"share", described(f, "Of the attempts sent to backends")},
                   {"expected_share",
                    described(or_null("number"), "By what the policy equalises, if that says one")},
                   {"failed", count()},
                   {"utilization", f},
                   {"demand", described(f, "Worker time asked for, over worker time there was")},
                   {"in_flight_mean", f},
                   {"queue_max", count()},
                   {"latency", defined("latency")},
                   {"hit_ratio", described(f, "Of its cache, if it has one")},
                   {"sessions_lost", described(f, "Requests whose session lived elsewhere")},
                   {"verdicts", or_null_of("verdicts")}});
}

Json verdicts() {
    const auto f = or_null_of("figure");
    return described(
        object({{"exclusions", count()},
                {"false_exclusions", described(count(), "While nothing was wrong with it")},
                {"flaps", described(count(), "By a balancer that had let it back in before")},
                {"readmissions", count()},
                {"failed_before_exclusion", described(count(), "Attempts: the price of detection")},
                {"trials", described(count(), "Attempts while a circuit was half open")},
                {"excluded", described(f, "The part of the time, and of the balancers")},
                {"open", described(f, "The same of circuits that were not closed")},
                {"time_to_exclude_s", f},
                {"time_to_readmit_s", f},
                {"spared",
                 described(f, "Attempts due to it by its weight while excluded, but in panic")}}),
        "What balancers' health checks, ejection and circuit breakers made of it");
}

Json balance() {
    const auto f = or_null_of("figure");
    return object({{"max_over_mean", f}, {"cv", f}, {"jain", f}});
}

/// What a run and a window have in common, added to what is theirs.
Json with_measures(Json out) {
    const auto f = or_null_of("figure");
    const auto measures =
        object({{"requests", defined("requests")},
                {"rejections", defined("rejections")},
                {"attempts", count()},
                {"degraded", count()},
                {"probes", count()},
                {"good", described(f, "Share of offered requests that succeeded within the slo")},
                {"latency", defined("latency")},
                {"latency_all", defined("latency_all")},
                {"error_rate", f},
                {"throughput_per_s", f},
                {"goodput_per_s", f},
                {"amplification", described(f, "Attempts per offered request")},
                {"wasted_work", f},
                {"time_to_recover_s", described(f, "Until as much was good as before")},
                {"open", described(f, "Part of the time; of the circuit of all backends")},
                {"hit_ratio", described(f, "Of all caches, if there are any")},
                {"sessions_lost", described(f, "Per replication, if backends hold sessions")},
                {"backends", array_of(defined("backend"))},
                {"balance", defined("balance")}});
    out["properties"].update(measures["properties"]);
    for (const auto& name : measures["required"]) out["required"].push_back(name);
    return out;
}

Json window() {
    return with_measures(
        object({{"name", type("string")}, {"from_s", type("number")}, {"to_s", type("number")}}));
}

Json series() {
    const Json states{
        {"enum",
         {"up", "slow", "faulty", "excluded", "drained", "hung", "crashed", "removed", nullptr}}};
    const auto of_backend = object({{"name", type("string")},
                                    {"share", array_of(or_null("number"))},
                                    {"state", array_of(states)}});
    return described(object({{"step_s", type("number")},
                             {"offered", array_of(type("number"))},
                             {"good", array_of(type("number"))},
                             {"p50_s", array_of(or_null("number"))},
                             {"p99_s", array_of(or_null("number"))},
                             {"in_flight", array_of(type("number"))},
                             {"hit_ratio", array_of(or_null("number"))},
                             {"backends", array_of(of_backend)}}),
                     "Over time, an element for each step, replications together");
}

Json log_entry() {
    return object({{"replication", count()},
                   {"balancer", or_null("string")},
                   {"at_s", type("number")},
                   {"what", type("string")},
                   {"backend", or_null("string")},
                   {"why", or_null("string")},
                   {"cause", or_null("string")}});
}

Json slo() {
    return object(
        {{"latency_s", type("number")}, {"good", type("number")}, {"met", type("boolean")}});
}

Json run() {
    return with_measures(
        object({{"variant", type("string")},
                {"policy", type("string")},
                {"equalises", or_null("string")},
                {"digest", described({{"type", "string"}, {"pattern", "^[0-9a-f]{16}$"}},
                                     "Over every event of every replication in order")},
                {"seed", count()},
                {"replications", count()},
                {"events", count()},
                {"malformed_lines", described(count(), "Of replayed logs")},
                {"duration_s", type("number")},
                {"slo", or_null_of("slo")},
                {"windows", array_of(defined("window"))},
                {"series", defined("series")},
                {"log", array_of(defined("log_entry"))}}));
}

Json comparison() {
    return object(
        {{"metric", type("string")},
         {"a", type("string")},
         {"b", type("string")},
         {"difference", described(or_null_of("figure"), "a - b, by replication")},
         {"infinite", described({{"enum", {"a", "b"}}}, "Which, if the difference is"), false},
         {"p_value", type("number")},
         {"distinguishable", described(type("boolean"), "By Holm's correction, at 5 %")}});
}

Json expect() {
    return object({{"text", type("string")},
                   {"passed", type("boolean")},
                   {"seen", type("string")},
                   {"kind", {{"enum", {"exact", "derived", "baseline"}}}},
                   {"vacuous", type("boolean")},
                   {"pointer", type("string")}});
}

}  // namespace

std::string result_schema() {
    Json out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "lbsim.result/1"}};
    out.update(object({{"schema", {{"const", "lbsim.result/1"}}},
                       {"lbsim", type("string")},
                       {"scenario", type("string")},
                       {"question", type("string")},
                       {"lesson", type("string")},
                       {"seed", count()},
                       {"replications", count()},
                       {"warmup_s", type("number")},
                       {"warmup_detected", described(type("boolean"), "By MSER-5, and not given")},
                       {"runs", array_of(defined("run"))},
                       {"comparison", array_of(defined("comparison"))},
                       {"ranking", described(array_of(array_of(type("string"))),
                                             "Variants, the best first; those in one list are not "
                                             "told apart")},
                       {"expect", array_of(defined("expect"))}}));
    out["definitions"] = {
        {"figure", figure()},     {"requests", requests()},       {"rejections", rejections()},
        {"latency", latency()},   {"latency_all", latency_all()}, {"backend", backend()},
        {"verdicts", verdicts()}, {"balance", balance()},         {"window", window()},
        {"series", series()},     {"log_entry", log_entry()},     {"slo", slo()},
        {"run", run()},           {"comparison", comparison()},   {"expect", expect()}};
    return out.dump(2) + '\n';
}

}  // namespace lbsim
