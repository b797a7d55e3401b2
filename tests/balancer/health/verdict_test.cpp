#include "balancer/health/verdict.hpp"

#include <gtest/gtest.h>

namespace {

using lb::Observed;
using lb::Response;
using lb::Verdict;
using End = Response::End;

Verdict of(const Response& response, const lb::OutcomeRule::Config& config = {}) {
    return verdict_of(response, lb::OutcomeRule{config}.of(response).kind);
}

TEST(Verdict, TellsGatewayErrorsFromOthersAndBothFromNoAnswer) {
    struct Case {
        std::uint16_t status;
        Verdict verdict;
    };
    for (const auto& c :
         {Case{200, Verdict::Success}, Case{404, Verdict::Success}, Case{429, Verdict::Success},
          Case{499, Verdict::Success}, Case{500, Verdict::ServerError},
          Case{501, Verdict::ServerError}, Case{502, Verdict::Gateway}, Case{503, Verdict::Gateway},
          Case{504, Verdict::Gateway}, Case{505, Verdict::ServerError},
          Case{599, Verdict::ServerError}})
        EXPECT_EQ(of(Response{.status = c.status}), c.verdict) << c.status;
    for (const auto end : {End::Refused, End::Reset, End::Timeout})
        EXPECT_EQ(of(Response{.end = end, .status = 200}), Verdict::LocalOrigin);
    EXPECT_EQ(of(Response{.end = End::Cancelled, .status = 500}), Verdict::Ignored);
}

TEST(Verdict, GoesByWhatCountsAsAFailure) {
    lb::OutcomeRule::Config config;
    config.failures = "404, 503";
    config.ignored = "500";
    config.reset = false;
    EXPECT_EQ(of(Response{.status = 404}, config), Verdict::ServerError);
    EXPECT_EQ(of(Response{.status = 503}, config), Verdict::Gateway);
    EXPECT_EQ(of(Response{.status = 502}, config), Verdict::Success);
    EXPECT_EQ(of(Response{.status = 500}, config), Verdict::Ignored);
    EXPECT_EQ(of(Response{.end = End::Reset, .status = 200}, config), Verdict::Ignored);
    EXPECT_EQ(of(Response{.end = End::Refused, .status = 200}, config), Verdict::LocalOrigin);
}

TEST(Observed, LooksAtConnectionsAtLayer4AndAtAnswersAtLayer7) {
    struct Case {
        Response response;
        Observed layer4, layer7;
    };
    const auto nothing = Observed::Nothing, good = Observed::Good, error = Observed::Error;
    for (const auto& c :
         {Case{{.status = 100}, good, good}, Case{{.status = 99}, good, error},
          Case{{.status = 499}, good, good}, Case{{.status = 500}, good, error},
          Case{{.status = 501}, good, good}, Case{{.status = 502}, good, error},
          Case{{.status = 505}, good, good}, Case{{.status = 506}, good, error},
          Case{{.end = End::Refused}, error, error}, Case{{.end = End::Reset}, good, error},
          Case{{.end = End::Timeout}, nothing, error},
          Case{{.end = End::Cancelled}, nothing, nothing}}) {
        EXPECT_EQ(observed(c.response, 4), c.layer4) << c.response.status;
        EXPECT_EQ(observed(c.response, 7), c.layer7) << c.response.status;
    }
}

}  // namespace
