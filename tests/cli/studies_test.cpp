// Sweeps, capacity, checks against baselines, audits: the command as a user meets it.

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace {

constexpr const char* kSweep =
    "sweep small.json --vary balancers.policy=random,p2c --vary "
    "clients.web.arrivals.poisson.rate=50/s:150/s:50/s --set compare=[] ";

TEST_F(Cli, SweepsAGridWithARowForEachCell) {
    write("small.json", kSmall);
    const auto ended = lbsim(std::string{kSweep} + "--format csv");
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.out.substr(0, ended.out.find('\n')),
              "balancers.policy,clients.web.arrivals.poisson.rate,variant,window,metric,value,low,"
              "high");
    for (const char* cell : {"random,50/s,random,,p99_s,", "p2c,150/s,p2c,,good,"})
        EXPECT_NE(ended.out.find(cell), std::string::npos) << cell;
    EXPECT_EQ(lbsim(std::string{kSweep} + "--format csv --jobs 1").out, ended.out);
}

TEST_F(Cli, MergesShardsIntoTheBytesOfAWhole) {
    write("small.json", kSmall);
    const std::string json = std::string{kSweep} + "--format json ";
    const auto whole = lbsim(json);
    for (const char* n : {"2", "4"}) {
        std::string files;
        for (int i = std::atoi(n); i != 0; --i) {
            const auto name = std::to_string(i) + ".json";
            EXPECT_EQ(
                lbsim(json + "--shard " + std::to_string(i) + "/" + n + " --out " + name).status,
                0);
            files += " " + name;
        }
        EXPECT_EQ(lbsim("merge --format json" + files).out, whole.out) << n;
        const auto twice = lbsim("merge 1.json" + files);
        EXPECT_EQ(twice.status, 2);
        EXPECT_NE(twice.err.find("1.json: shard 1 of "), std::string::npos) << twice.err;
    }
    const auto missing = lbsim("merge 1.json 3.json 4.json");
    EXPECT_EQ(missing.status, 2);
    EXPECT_NE(missing.err.find("shard 2 of 4 is missing"), std::string::npos) << missing.err;
    write("other.json", "{\n  \"schema\": \"lbsim.result/1\"\n}");
    const auto other = lbsim("merge other.json");
    EXPECT_EQ(other.status, 2);
    EXPECT_EQ(other.err.rfind("other.json:2:13: error: no result of lbsim sweep", 0), 0u)
        << other.err;
}

TEST_F(Cli, GoesOnWithASweepThatWasCutOff) {
    write("small.json", kSmall);
    const std::string json = std::string{kSweep} + "--set duration=20s --jobs 1 --format json ";
    const auto whole = lbsim(json);
    // A disk with room for the first cells only.
    const auto full = lbsim(json + "--out cut.json", "ulimit -f 8; ");
    EXPECT_EQ(full.status, 74) << full.err;
    EXPECT_FALSE(exists("cut.json"));
    ASSERT_TRUE(exists("cut.json.part"));
    EXPECT_GT(read("cut.json.part").size(), 1000u);
    const auto twice = lbsim(json + "--out cut.json");
    EXPECT_EQ(twice.status, 2);
    EXPECT_NE(twice.err.find("--resume goes on with it"), std::string::npos) << twice.err;
    const auto others = lbsim(json + "--seed 5 --resume --out cut.json");
    EXPECT_EQ(others.status, 2);
    EXPECT_NE(others.err.find("is of another scenario"), std::string::npos) << others.err;
    EXPECT_EQ(lbsim(json + "--resume --out cut.json").status, 0);
    EXPECT_EQ(read("cut.json"), whole.out);
    EXPECT_FALSE(exists("cut.json.part"));
}

// In the foreground: else the shell is signalled, too, and leaves before lbsim has said its word.
TEST_F(Cli, KeepsFinishedCellsWhenASweepIsInterrupted) {
    write("small.json", kSmall);
    const std::string json = std::string{kSweep} + "--set duration=20000s --jobs 1 --format json ";
    const auto ended =
        lbsim(json + "--out cut.json", "timeout --foreground --preserve-status -s INT 2");
    EXPECT_EQ(ended.status, 130) << ended.err;
    EXPECT_NE(ended.err.find("are kept in cut.json.part; --resume goes on"), std::string::npos)
        << ended.err;
    EXPECT_FALSE(exists("cut.json"));
}

TEST_F(Cli, TellsWhatIsWrongWithASweep) {
    write("small.json", kSmall);
    struct Case {
        const char *arguments, *message;
    };
    for (const auto& [arguments, message] : {
             Case{"--vary balancers.policy=random,p3c",
                  "--vary balancers.policy=p3c: unknown policy \"p3c\"\n  hint: did you mean "
                  "\"p2c\"?"},
             {"--vary seed", "--vary seed: expected PATH=VALUES"},
             {"--vary seed=1,,2", "an empty value"},
             {"--vary seed=1,2,1", "\"1\" is there twice"},
             {"--vary warmup=1s:5ms:1s", "units differ in the range"},
             {"--vary seed=5:1:1", "the steps never get there"},
             {"--vary seed=1:1000000:1", "more than 100000 values"},
             {"--vary seed=1,2 --shard 3/2", "there is no such part"},
             {"--vary seed=1,2 --shard 1/100001", "there is no such part"},
             {"--vary seed=1,2 --shard two", "expected I/N"},
             {"--vary seed=1,2 --resume", "it wants --out"},
             {"--vary clients.wbe.timeout=1s", "no entry named \"wbe\""},
         }) {
        const auto ended = lbsim(std::string{"sweep small.json --set compare=[] "} + arguments);
        EXPECT_EQ(ended.status, 2) << arguments;
        EXPECT_EQ(ended.out, "");
        EXPECT_NE(ended.err.find(message), std::string::npos) << ended.err;
    }
}

TEST_F(Cli, SweepsVariantsThatExpectSomethingOfTheirOwn) {
    write("small.json", kSmall);
    const std::string compare =
        R"(--set 'compare=[{"label":"a","policy":"p2c","set":{"expect":[]}}]' --vary )";
    EXPECT_EQ(lbsim("sweep small.json " + compare + "seed=1,2").status, 0);
    const auto vain = lbsim("sweep small.json " + compare + "balancers.policy=random,p2c");
    EXPECT_EQ(vain.status, 2);
    EXPECT_NE(vain.err.find("so --vary changes nothing"), std::string::npos) << vain.err;
}

TEST_F(Cli, FindsTheLargestLoad) {
    write("small.json", kSmall);
    const auto ended = lbsim(
        "capacity small.json --set duration=60s --slo 'p99 < 200ms' --servers b --format json");
    EXPECT_EQ(ended.status, 0) << ended.err;
    const auto result = nlohmann::json::parse(ended.out);
    EXPECT_EQ(result.at("schema"), "lbsim.capacity/1");
    const auto& rows = result.at("rows");
    ASSERT_EQ(rows.size(), 2u);
    // Random: three queues with p99 = ln 100 / (1 - load) services of 10 ms: a load of 0.77, 231/s.
    const double random = rows.at(0).at("rate_per_s").at("value");
    EXPECT_NEAR(random, 231, 12);
    EXPECT_LE(rows.at(0).at("rate_per_s").at("low"), random);
    EXPECT_GE(rows.at(0).at("rate_per_s").at("high"), random);
    EXPECT_GT(rows.at(1).at("rate_per_s").at("value"), random);
    EXPECT_EQ(rows.at(0).at("needed").at("count"), 2);
    // Twenty at once come about at a load of nearly 1, also within a window of its own.
    for (const char* level : {"in_flight_max(b0) < 20", "in_flight_max(b0, 10s..50s) < 20"}) {
        const auto most =
            nlohmann::json::parse(lbsim("capacity small.json --set duration=60s --slo '" +
                                        std::string{level} + "' --format json")
                                      .out);
        EXPECT_GT(most.at("rows").at(0).at("rate_per_s").at("value"), 200) << level;
        EXPECT_LT(most.at("rows").at(0).at("rate_per_s").at("value"), 300) << level;
    }
    EXPECT_EQ(lbsim("capacity small.json --slo 'p99 < 1ms'").status, 1);
    for (const char* wrong :
         {"--slo 'p99 < 3%'", "--slo 'share(zz) < 3%'", "--slo 'p99 ~ 3ms'", "--slo '3 < 4'",
          "--set compare=[\"maglev\"] --slo 'agreement > 3%'", "--replications 1 --slo 'p99 < 1s'"})
        EXPECT_EQ(lbsim(std::string{"capacity small.json "} + wrong).status, 2) << wrong;
}

TEST_F(Cli, ChecksAgainstABaseline) {
    write("small.json", kSmall);
    EXPECT_EQ(lbsim("check small.json --save-baseline main.json").status, 0);
    const auto same = lbsim("check small.json --baseline main.json --markdown same.md");
    EXPECT_EQ(same.status, 0) << same.err;
    EXPECT_NE(same.out.find("2 baseline"), std::string::npos) << same.out;
    EXPECT_NE(read("same.md").find("2 of 2 variants met the same events"), std::string::npos);
    const auto text = read("main.json");
    // Another policy under the same name: p2c's numbers for random's.
    auto stored = nlohmann::json::parse(text);
    auto& variants = stored["scenarios"][0]["variants"];
    std::swap(variants[0]["digest"], variants[1]["digest"]);
    std::swap(variants[0]["values"], variants[1]["values"]);
    std::swap(variants[0]["picks"], variants[1]["picks"]);
    write("swapped.json", stored.dump());
    const auto changed =
        lbsim("check small.json --baseline swapped.json --markdown changed.md --junit lb.xml");
    EXPECT_EQ(changed.status, 1);
    EXPECT_NE(changed.out.find("random as in the baseline"), std::string::npos) << changed.out;
    EXPECT_NE(changed.out.find("first divergent decision: pick "), std::string::npos);
    EXPECT_NE(read("changed.md").find("| **changed** |"), std::string::npos) << read("changed.md");
    EXPECT_NE(read("lb.xml").find("random as in the baseline"), std::string::npos);

    const auto refuses = [&](const char* file, const char* options, const char* message) {
        const auto ended = lbsim(std::string{"check small.json --baseline "} + file + options);
        EXPECT_EQ(ended.status, 2) << file;
        EXPECT_NE(ended.err.find(message), std::string::npos) << ended.err;
    };
    refuses("main.json", " --set seed=9", "is another scenario now, or was run with other options");
    stored = nlohmann::json::parse(text);
    stored["lbsim"] = "9.9.9";
    write("later.json", stored.dump(1));
    refuses("later.json", "", "later.json:2:11: error: written by lbsim 9.9.9");
    stored = nlohmann::json::parse(text);
    stored["scenarios"][0]["scenario"] = "large";
    write("large.json", stored.dump(1));
    refuses("large.json", "", "nothing about the scenario \"small\"");
    write("empty.json", "");
    refuses("empty.json", "", "empty.json:1:1: error:");
}

TEST_F(Cli, ChecksForProgramsToo) {
    write("small.json", kSmall);
    const auto json = lbsim("check small.json --format json");
    EXPECT_EQ(json.status, 0) << json.err;
    const auto result = nlohmann::json::parse(json.out);
    EXPECT_EQ(result.at("schema"), "lbsim.check/1");
    EXPECT_EQ(result.at("scenarios").at(0).at("expect").at(0).at("kind"), "exact");
    EXPECT_EQ(lbsim("check small.json --format csv --out check.csv").out, "");
    EXPECT_EQ(read("check.csv").rfind("scenario,assertion,kind,passed,vacuous,seen\nsmall,", 0),
              0u);
}

TEST_F(Cli, AuditsAssertionsUnderOtherSeeds) {
    write("small.json", kSmall);
    const auto steady = lbsim("check small.json --audit --seeds 5");
    EXPECT_EQ(steady.status, 0) << steady.err;
    EXPECT_NE(steady.out.find("0 of 5 seeds fail"), std::string::npos) << steady.out;
    // Half of the seeds say so, and half do not.
    const auto flaky = lbsim(
        "check small.json --audit --seeds 8 --set 'expect=[\"attempts(b0, random) > "
        "attempts(b1, random)\", \"share(b0, random) ~ 1/3\"]'");
    EXPECT_EQ(flaky.status, 1);
    EXPECT_NE(flaky.out.find("FLAKY"), std::string::npos) << flaky.out;
    EXPECT_NE(flaky.out.find("points with probability"), std::string::npos) << flaky.out;
}

TEST_F(Cli, AddsReplicationsUntilTheIntervalIsNarrow) {
    write("small.json", kSmall);
    const auto narrow = lbsim("run small.json --until 'mean ±5%' --format json");
    EXPECT_EQ(narrow.status, 0) << narrow.err;
    const auto until = nlohmann::json::parse(narrow.out).at("until");
    EXPECT_EQ(until.at("reached"), true);
    EXPECT_LE(until.at("half_width"), 0.05);
    const auto wide = lbsim("run small.json --until 'mean ±0.01%' --most-replications 4");
    EXPECT_NE(wide.out.find("not reached with 4 replications"), std::string::npos) << wide.out;
    EXPECT_NE(wide.out.find("would do"), std::string::npos);
    for (const char* wrong : {"p99", "p98 ±2%", "p99 ±2", "p99 ±0%", "share ±2%"})
        EXPECT_EQ(lbsim(std::string{"run small.json --until '"} + wrong + "'").status, 2) << wrong;
}

TEST_F(Cli, DetectsTheWarmUp) {
    write("small.json", kSmall);
    const auto ended = lbsim("run small.json --set warmup=auto");
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("(MSER-5)"), std::string::npos) << ended.out;
    EXPECT_EQ(lbsim("run small.json --set warmup=auto --jobs 1").out, ended.out);
    EXPECT_EQ(lbsim("run small.json --set warmup=soon").status, 2);
}

}  // namespace
