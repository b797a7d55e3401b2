#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runs.hpp"

// One backend against the formulas of queueing theory.

namespace {

using namespace lbsim;
using lbtest::agrees;
using lbtest::Effort;
using lbtest::queue_of;
using lbtest::relaxation;
using lbtest::runs_of;
using lbtest::theory;

const Distribution kExponential{Exponential{1}};
const Distribution kConstant{Constant{1}};
// Of squared coefficient of variation 4.
const Distribution kHyper{Hyperexponential{
    {{0.8872983346207417, 0.5635083268962916}, {0.1127016653792583, 4.436491673103709}}}};

/// Pollaczek and Khinchine: the mean response time of M/G/1.
double pollaczek_khinchine(double rate, const Distribution& service) {
    return mean(service) + rate * second_moment(service) / (2 * (1 - rate * mean(service)));
}

TEST(MM1, HasTheMeanAndTheQuantilesOfAnExponentialLaw) {
    const auto half = runs_of(queue_of(1, 0.5, kExponential), {1'500'000, relaxation(0.5)});
    EXPECT_TRUE(agrees(half.mean, theory("mm1-0.5-T"), 0.03));
    EXPECT_TRUE(agrees(half.p50, theory("mm1-0.5-p50"), 0.03));
    EXPECT_TRUE(agrees(half.p90, theory("mm1-0.5-p90"), 0.03));
    EXPECT_TRUE(agrees(half.p99, theory("mm1-0.5-p99"), 0.04));
    EXPECT_TRUE(agrees(half.in_flight, theory("mm1-0.5-EN"), 0.04));
    const auto busy = runs_of(queue_of(1, 0.8, kExponential), {8'000'000, relaxation(0.8)});
    EXPECT_TRUE(agrees(busy.mean, theory("mm1-0.8-T"), 0.03));
    EXPECT_TRUE(agrees(busy.p50, theory("mm1-0.8-p50"), 0.03));
    EXPECT_TRUE(agrees(busy.p90, theory("mm1-0.8-p90"), 0.03));
    EXPECT_TRUE(agrees(busy.p99, theory("mm1-0.8-p99"), 0.06));
    EXPECT_TRUE(agrees(busy.in_flight, theory("mm1-0.8-EN"), 0.04));
}

// Who is next does not matter to the mean as long as nobody looks at the sizes.
TEST(MM1, HasTheSameMeanLastComeFirstServed) {
    const auto runs =
        runs_of(queue_of(1, 0.6, kExponential, Discipline::Lifo), {1'500'000, relaxation(0.6)});
    EXPECT_TRUE(agrees(runs.mean, 2.5, 0.03));
}

TEST(MMc, WaitsAsErlangsFormulaCSays) {
    const auto two = runs_of(queue_of(2, 0.8, kExponential), {5'000'000, relaxation(0.8)});
    EXPECT_TRUE(agrees(two.mean, theory("mmc-2-0.8-T"), 0.035));
    EXPECT_TRUE(agrees(two.p99, theory("mmc-2-0.8-p99"), 0.08));
    const auto ten = runs_of(queue_of(10, 0.8, kExponential), {2'000'000, relaxation(0.8)});
    EXPECT_TRUE(agrees(ten.mean, theory("mmc-10-0.8-T"), 0.03));
    EXPECT_TRUE(agrees(ten.p50, theory("mmc-10-0.8-p50"), 0.03));
    EXPECT_TRUE(agrees(ten.p90, theory("mmc-10-0.8-p90"), 0.03));
    EXPECT_TRUE(agrees(ten.p99, theory("mmc-10-0.8-p99"), 0.04));
}

TEST(MDc, WaitsAsCrommelinSays) {
    const auto one = runs_of(queue_of(1, 0.8, kConstant), {3'000'000, relaxation(0.8)});
    EXPECT_TRUE(agrees(one.mean, theory("mdc-1-0.8-T"), 0.03));
    EXPECT_TRUE(agrees(one.p99, theory("mdc-1-0.8-p99"), 0.07));
    // Ten workers relax ten times as fast as one does.
    const auto ten = runs_of(queue_of(10, 0.9, kConstant), {5'000'000, relaxation(0.9) / 10});
    EXPECT_TRUE(agrees(ten.mean, theory("mdc-10-0.9-T"), 0.03));
    EXPECT_TRUE(agrees(ten.p99, theory("mdc-10-0.9-p99"), 0.09));
}

TEST(MG1, WaitsAsPollaczekAndKhinchineSay) {
    const Distribution uniform{Uniform{0, 2}}, wide{LogNormal::with_mean(1, 1)};
    EXPECT_NEAR(pollaczek_khinchine(0.9, uniform), theory("mg1-uni0.333333-0.9-T"), 1e-9);
    EXPECT_NEAR(pollaczek_khinchine(0.8, wide), theory("mg1-ln1-0.8-T"), 1e-9);
    EXPECT_NEAR(pollaczek_khinchine(0.8, kHyper), theory("mg1-h24-0.8-T"), 1e-9);
    struct Case {
        Distribution service;
        double load;
        std::int64_t requests;
    };
    // The more the service varies, the slower it relaxes: (1 + cv^2) / 2 times.
    for (const auto& c : {Case{uniform, 0.8, 2'000'000}, Case{wide, 0.7, 2'000'000},
                          Case{kHyper, 0.6, 3'000'000}}) {
        const auto runs =
            runs_of(queue_of(1, c.load, c.service), {c.requests, 2.5 * relaxation(c.load)});
        EXPECT_TRUE(agrees(runs.mean, pollaczek_khinchine(c.load, c.service), 0.04)) << c.load;
    }
}

TEST(MG1, HasTheQuantilesOfItsTransform) {
    const auto runs = runs_of(queue_of(1, 0.8, kHyper), {6'000'000, 2.5 * relaxation(0.8)});
    EXPECT_TRUE(agrees(runs.mean, theory("mg1-h24-0.8-T"), 0.06));
    EXPECT_TRUE(agrees(runs.p50, theory("mg1-h24-0.8-p50"), 0.06));
}

// However the sizes are distributed, M/G/c by processor sharing has the mean of M/M/c.
TEST(ProcessorSharing, HasAMeanThatIsInsensitiveToTheLawOfService) {
    const Distribution wide{LogNormal::with_mean(1, 2)};
    struct Case {
        std::int64_t workers;
        double load;
        const Distribution& service;
        double expected;
        std::int64_t requests;
    };
    for (const auto& c : {Case{1, 0.5, kConstant, theory("ps-det0-0.5-T"), 300'000},
                          Case{1, 0.6, kExponential, 2.5, 1'000'000},
                          Case{1, 0.6, kHyper, 2.5, 1'800'000}, Case{1, 0.6, wide, 2.5, 2'500'000},
                          Case{2, 0.9, kConstant, theory("pscw-2-det-0.9-T"), 6'000'000},
                          Case{4, 0.8, wide, theory("pscw-4-ln-0.8-T"), 5'000'000},
                          Case{8, 0.7, kHyper, theory("pscw-8-h2-0.7-T"), 800'000}}) {
        const auto runs =
            runs_of(queue_of(c.workers, c.load, c.service, Discipline::Ps),
                    {c.requests, 2.5 * relaxation(c.load) / static_cast<double>(c.workers)});
        EXPECT_TRUE(agrees(runs.mean, c.expected, 0.04)) << c.workers << ' ' << c.load;
    }
}

TEST(MMcK, LosesTheShareOfRequestsThatFindsItFull) {
    struct Case {
        std::int64_t workers, places;
        double rate;
        std::string id;
    };
    for (const auto& c : {Case{1, 5, 0.9, "mmck-1-5-0.9"}, Case{2, 10, 2.0, "mmck-2-10-2.0"},
                          Case{4, 4, 3.2, "mmck-4-4-3.2"}, Case{4, 20, 4.8, "mmck-4-20-4.8"}}) {
        // With so few places it forgets within some places^2 service times.
        const auto runs = runs_of(queue_of(c.workers, c.rate / static_cast<double>(c.workers),
                                           kExponential, Discipline::Fifo, {c.places - c.workers}),
                                  {1'200'000, 400});
        EXPECT_TRUE(agrees(runs.failed, theory(c.id + "-loss"), 0.06)) << c.id;
        EXPECT_TRUE(agrees(runs.mean, theory(c.id + "-T"), 0.03)) << c.id;
    }
}

// Erlang's formula B holds for every law of service.
TEST(MGcc, LosesAsErlangsFormulaBSays) {
    struct Case {
        std::int64_t workers;
        double rate;
        Distribution service;
        std::string id;
    };
    for (const auto& c :
         {Case{10, 8, kHyper, "mgcc-10-8.0-h2-loss"}, Case{5, 4, kConstant, "mgcc-5-4.0-det-loss"},
          Case{5, 4, {LogNormal::with_mean(1, 2)}, "mgcc-5-4.0-ln-loss"}}) {
        const auto runs = runs_of(queue_of(c.workers, c.rate / static_cast<double>(c.workers),
                                           c.service, Discipline::Fifo, {0}),
                                  {1'500'000, 200});
        EXPECT_TRUE(agrees(runs.failed, theory(c.id), 0.045)) << c.id;
    }
}

}  // namespace
