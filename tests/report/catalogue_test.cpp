#include "report/catalogue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "experiment/metrics.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

void expect_fits(std::string_view text, std::size_t width) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        EXPECT_LE(display_width(text.substr(at, end - at)), width) << text;
        at = end + 1;
    }
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

TEST(Catalogue, ListsEveryPolicyByFamilyWithItsEvidence) {
    const auto policies = lb::builtin_policies();
    const auto all = policies_text(policies, "");
    ASSERT_TRUE(all);
    for (const auto& [name, entry] : policies) EXPECT_TRUE(has(*all, name));
    EXPECT_TRUE(has(*all, "\nAs nginx\n nginx/hash "));
    EXPECT_TRUE(has(*all, "[recorded]"));
    EXPECT_TRUE(has(*all, "[documented]"));
    expect_fits(*all, 80);
}

TEST(Catalogue, SaysOfAPolicyWhereItsRulesComeFromAndWhatAPickCosts) {
    const auto text = policies_text(lb::builtin_policies(), "haproxy/leastconn");
    ASSERT_TRUE(text);
    for (const char* part : {" equalises  in flight\n", " weights    whole, up to 256\n", " cost ",
                             " evidence   recorded\n", " source ", " differs "})
        EXPECT_TRUE(has(*text, part)) << part << *text;
}

TEST(Catalogue, SaysOfAParameterItsDefaultAndMeaning) {
    const auto text = policies_text(lb::builtin_policies(), "peak_ewma");
    ASSERT_TRUE(text);
    EXPECT_TRUE(has(*text, "decay"));
    EXPECT_TRUE(has(*text, "10s"));
    EXPECT_TRUE(has(*text, "Mean lifetime of a latency peak"));
    EXPECT_TRUE(has(*text, "choices"));
}

TEST(Catalogue, KnowsNothingOfNamesThatThereAreNot) {
    EXPECT_FALSE(policies_text(lb::builtin_policies(), "p3c"));
    EXPECT_FALSE(faults_text("slwo"));
    EXPECT_FALSE(metrics_text("p98"));
}

TEST(Catalogue, TellsOfEachByItsName) {
    const auto policies = lb::builtin_policies();
    for (const std::size_t width : {60u, 80u}) {
        for (const auto name : policy_names(policies)) {
            const auto text = policies_text(policies, name, width);
            ASSERT_TRUE(text) << name;
            expect_fits(*text, width);
        }
        for (const auto& name : fault_names()) {
            const auto text = faults_text(name, width);
            ASSERT_TRUE(text) << name;
            expect_fits(*text, width);
        }
        for (const auto name : metric_names()) {
            const auto text = metrics_text(name, width);
            ASSERT_TRUE(text) << name;
            EXPECT_TRUE(has(*text, column(*find_metric(name))));
            expect_fits(*text, width);
        }
    }
}

TEST(Catalogue, ListsFaultsMetricsAndScenarios) {
    for (const char* fault : {"slow", "crash", "hang"}) EXPECT_TRUE(has(*faults_text(""), fault));
    EXPECT_TRUE(has(*metrics_text(""), "error_rate"));
    const std::vector<Shipped> shipped{{"slow-backend", "Who notices?"}};
    EXPECT_EQ(scenarios_text(shipped), " slow-backend  Who notices?\n");
}

}  // namespace
}  // namespace lbsim
