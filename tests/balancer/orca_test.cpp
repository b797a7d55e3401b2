#include "balancer/orca.hpp"

#include <gtest/gtest.h>

namespace {

using lb::Duration;
using lb::Instant;
using lb::LoadReport;
using lb::orca_weight;
using lb::OrcaWeight;
using namespace std::chrono_literals;

LoadReport report(double utilization, double rate, double errors = 0) {
    LoadReport r;
    r.utilization = utilization;
    r.rate_per_s = rate;
    r.errors_per_s = errors;
    return r;
}
constexpr Instant at(Duration since_start) { return Instant{since_start}; }

TEST(OrcaWeight, IsTheRateAtWhichTheBackendWouldBeBusy) {
    EXPECT_EQ(orca_weight(report(0.5, 100), 1), 200);
    EXPECT_EQ(orca_weight(report(2, 100), 1), 50);
}

TEST(OrcaWeight, CountsErrorsAsBeingBusier) {
    EXPECT_NEAR(orca_weight(report(0.5, 100, 10), 1), 100 / 0.6, 1e-12);
    EXPECT_NEAR(orca_weight(report(0.1, 50, 5), 2), 50 / 0.3, 1e-12);
    EXPECT_EQ(orca_weight(report(0.5, 100, 10), 0), 200);
}

TEST(OrcaWeight, IsNotKnownOfABackendThatServesNothingOrDoesNotSayHowBusyItIs) {
    EXPECT_EQ(orca_weight(report(0.5, 0), 1), 0);
    EXPECT_EQ(orca_weight(report(0, 10), 1), 0);
    EXPECT_EQ(orca_weight(report(0, 10, 5), 1), 0);
}

TEST(OrcaWeight, IsNotBelievedInTheBlackoutAfterTheFirstReport) {
    const OrcaWeight::Config config;
    OrcaWeight weight;
    EXPECT_EQ(weight.of(config, at(1h)), 0);
    weight.on_report(report(0.5, 100), config, at(5s));
    weight.on_report(report(0.5, 50), config, at(14s));
    EXPECT_EQ(weight.of(config, at(15s - 1ns)), 0);
    EXPECT_EQ(weight.of(config, at(15s)), 100);
}

TEST(OrcaWeight, ExpiresWithoutNewReportsAndThenStartsOver) {
    const OrcaWeight::Config config;
    OrcaWeight weight;
    weight.on_report(report(0.5, 100), config, at(0s));
    EXPECT_EQ(weight.of(config, at(180s - 1ns)), 200);
    EXPECT_EQ(weight.of(config, at(180s)), 0);
    weight.on_report(report(0.5, 100), config, at(200s));
    EXPECT_EQ(weight.of(config, at(209s)), 0);
    EXPECT_EQ(weight.of(config, at(210s)), 200);
}

TEST(OrcaWeight, IgnoresReportsThatSayNothing) {
    const OrcaWeight::Config config;
    OrcaWeight weight;
    weight.on_report(report(0, 0), config, at(0s));
    weight.on_report(report(0.5, 100), config, at(5s));
    weight.on_report(report(0, 100), config, at(100s));
    EXPECT_EQ(weight.of(config, at(14s)), 0);
    EXPECT_EQ(weight.of(config, at(184s)), 200);
    EXPECT_EQ(weight.of(config, at(185s)), 0);
}

}  // namespace
