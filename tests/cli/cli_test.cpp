// The command as a user meets it: the built program, in a folder of its own.

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace {

TEST_F(Cli, ExplainsOneDecisionUnderEachPolicy) {
    write("small.json", kSmall);
    const auto one = lbsim("run small.json --explain 7");
    EXPECT_EQ(one.status, 0);
    for (const char* part :
         {"random\n  request 7 of web", "p2c\n  request 7 of web", "sent to b",
          "rule: ", "score: (requests in flight + 1) / weight", "picked", "excluded: none of 3"})
        EXPECT_NE(one.out.find(part), std::string::npos) << part << '\n' << one.out;
    EXPECT_EQ(lbsim("run small.json --explain 7").out, one.out);
    const auto json = lbsim("run small.json --explain 7 --format json");
    EXPECT_EQ(json.status, 0);
    EXPECT_NE(json.out.find("\"schema\": \"lbsim.explained/1\""), std::string::npos);
    const auto csv = lbsim("run small.json --explain 7 --format csv");
    EXPECT_EQ(csv.status, 2);
    EXPECT_NE(csv.err.find("--explain: prints text or JSON"), std::string::npos) << csv.err;
    const auto beyond = lbsim("run small.json --explain 100000");
    EXPECT_EQ(beyond.status, 2);
    EXPECT_EQ(beyond.out, "");
    EXPECT_NE(beyond.err.find("--explain: there is no request 100000"), std::string::npos);
}

TEST_F(Cli, RunsAScenarioAndLeavesNothingBehind) {
    write("small.json", kSmall);
    const auto ended = lbsim("run small.json");
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("p2c"), std::string::npos);
    EXPECT_EQ(ended.err, "");
    EXPECT_EQ(listing(), "small.json");
}

TEST_F(Cli, GivesTheSameBytesAtAnyNumberOfJobs) {
    write("small.json", kSmall);
    for (const char* format : {"json", "csv", "table", "markdown"}) {
        const std::string run = std::string{"run small.json --format "} + format;
        const auto one = lbsim(run + " --jobs 1");
        for (const char* jobs : {"2", "3", "7"})
            EXPECT_EQ(lbsim(run + " --jobs " + jobs).out, one.out) << format;
        EXPECT_FALSE(one.out.empty());
    }
}

TEST_F(Cli, GivesOtherNumbersWithAnotherSeed) {
    write("small.json", kSmall);
    const auto digest = [&](const std::string& options) {
        const auto result =
            nlohmann::json::parse(lbsim("run small.json --format json" + options).out);
        return result["runs"][0]["digest"].get<std::string>();
    };
    EXPECT_EQ(digest(""), digest(" --seed 1"));
    EXPECT_NE(digest(""), digest(" --seed 2"));
    EXPECT_NE(digest(""), digest(" --replications 2"));
}

TEST_F(Cli, ConservesRequestsInItsResult) {
    write("small.json", kSmall);
    const auto result =
        nlohmann::json::parse(lbsim("run small.json --format json --set clients.web.timeout=15ms "
                                    "--set backends.b.queue=1")
                                  .out);
    for (const auto& run : result["runs"]) {
        const auto& r = run["requests"];
        const auto count = [&](const char* key) { return r[key].get<long>(); };
        EXPECT_GT(count("timed_out"), 0);
        EXPECT_GT(count("failed"), 0);
        EXPECT_EQ(count("offered"), count("succeeded") + count("failed") + count("timed_out") +
                                        count("rejected") + count("unfinished"));
    }
}

TEST_F(Cli, ReturnsOneAndPrintsTheResultIfAnAssertionDoesNotHold) {
    write("small.json", kSmall);
    const auto ended = lbsim("run small.json --set 'expect=[\"p99(p2c) < 1ms\"]'");
    EXPECT_EQ(ended.status, 1);
    EXPECT_NE(ended.out.find("p99(p2c) < 1ms"), std::string::npos);
}

TEST_F(Cli, ReturnsTwoForMistakesAndPrintsNoResult) {
    write("small.json", kSmall);
    write("broken.json", "{ \"clients\": [] ");
    write("empty.json", "");
    for (const char* arguments : {"",
                                  "rum small.json",
                                  "run",
                                  "run nosuch",
                                  "run nosuch.json",
                                  "run broken.json",
                                  "run empty.json",
                                  "run small.json --seed x",
                                  "run small.json --replications 0",
                                  "run small.json --jobs 0",
                                  "run small.json --format yaml",
                                  "run small.json --set a",
                                  "run small.json --set clients.nobody.timeout=1s",
                                  "compare small.json",
                                  "compare small.json --policies p3c",
                                  "check",
                                  "check nosuch",
                                  "lint broken.json",
                                  "policies nosuch",
                                  "schema nosuch",
                                  "run small.json --set 'expect=[\"p99 < 3\"]'"}) {
        const auto ended = lbsim(arguments);
        EXPECT_EQ(ended.status, 2) << arguments << "\n" << ended.out;
        EXPECT_EQ(ended.out, "") << arguments;
        EXPECT_NE(ended.err.find("error: "), std::string::npos) << arguments << ": " << ended.err;
    }
}

TEST_F(Cli, PointsAtTheMistakeInTheFile) {
    write("typo.json",
          "{\n  \"clients\": [{ \"arrivals\": { \"poisson\": { \"rate\": 5 } } }],\n"
          "  \"backend\": []\n}\n");
    const auto ended = lbsim("lint typo.json");
    EXPECT_EQ(ended.status, 2);
    EXPECT_EQ(ended.err.rfind("typo.json:2:52: error: ", 0), 0u) << ended.err;
    EXPECT_NE(ended.err.find("typo.json:3:3: error: unknown key \"backend\""), std::string::npos)
        << ended.err;
    EXPECT_NE(ended.err.find("did you mean \"backends\"?"), std::string::npos);
}

TEST_F(Cli, RefusesATraceThatIsCutShortBeforeAnythingIsRun) {
    write("cut.json", R"({ "clients": [{ "arrivals": { "trace": { "file": "cut.csv.gz" } } }],
                           "backends": [{ "name": "b", "service": "1s" }],
                           "requests": 10, "expect": ["p98 < 1s"] })");
    write("small.json", kSmall);
    lbsim("--version", "seq 1 9999 | sed '1i time' | gzip | head -c 5000 >cut.csv.gz;");
    for (const char* arguments :
         {"run cut.json --out result.json", "check small.json cut.json --junit result.json"}) {
        const auto ended = lbsim(arguments);
        EXPECT_EQ(ended.status, 2) << arguments;
        EXPECT_EQ(ended.out, "") << arguments;
        EXPECT_FALSE(exists("result.json")) << arguments;
        EXPECT_EQ(ended.err.rfind("cut.json:3:", 0), 0u) << ended.err;
        EXPECT_NE(ended.err.find("\n\ncut.csv.gz:"), std::string::npos) << ended.err;
        EXPECT_NE(ended.err.find("/clients/0/arrivals/trace/file of cut.json"), std::string::npos)
            << ended.err;
    }
    for (const char* arguments : {"compare cut.json --policies p2c,random", "lint cut.json"}) {
        const auto ended = lbsim(arguments);
        EXPECT_EQ(ended.status, 2) << arguments;
        EXPECT_EQ(ended.out, "") << arguments;
        EXPECT_NE(ended.err.find("cut.csv.gz:"), std::string::npos) << ended.err;
    }
}

TEST_F(Cli, SaysWhichLinesOfATraceItLeftOut) {
    write("odd.csv", "time,work\n0,0.01\nnonsense\n1,0.02\n");
    write("odd.json", R"({ "clients": [{ "arrivals": { "trace": {
                             "file": "odd.csv", "malformed": "report" } } }],
                           "backends": [{ "name": "b", "service": "1s" }] })");
    for (const char* arguments : {"run odd.json", "check odd.json", "lint odd.json"}) {
        const auto ended = lbsim(arguments);
        EXPECT_EQ(ended.status, 0) << ended.err;
        EXPECT_NE(ended.err.find("odd.csv: warning: 1 of 4 lines are no requests"),
                  std::string::npos)
            << ended.err;
        EXPECT_NE(ended.err.find("odd.csv:3:9: warning: "), std::string::npos) << ended.err;
    }
}

TEST_F(Cli, RefusesLinesThatAreNoRequestsUnlessToldNotTo) {
    write("odd.csv", "time,work\n0,0.01\nnonsense\n1,0.02\n");
    write("odd.json", R"({ "clients": [{ "arrivals": { "trace": { "file": "odd.csv" } } }],
                           "backends": [{ "name": "b", "service": "1s" }] })");
    for (const char* arguments : {"run odd.json", "check odd.json", "lint odd.json"}) {
        const auto ended = lbsim(arguments);
        EXPECT_EQ(ended.status, 2) << ended.out;
        EXPECT_EQ(ended.out, "");
        EXPECT_NE(ended.err.find("odd.csv:3:9: error: "), std::string::npos) << ended.err;
    }
    EXPECT_EQ(lbsim("run odd.json --set clients.0.arrivals.trace.malformed=report").status, 0);
}

TEST_F(Cli, WritesFilesWholeOrNotAtAll) {
    write("small.json", kSmall);
    const auto printed = lbsim("run small.json --format json");
    EXPECT_EQ(lbsim("run small.json --format json --out result.json").status, 0);
    EXPECT_EQ(read("result.json"), printed.out);

    EXPECT_EQ(lbsim("run small.json --out no/such/folder.json").status, 74);
    write("kept.json", "as it was");
    EXPECT_EQ(lbsim("run small.json --out kept.json", "ulimit -f 0;").status, 74);
    EXPECT_EQ(read("kept.json"), "as it was");
    EXPECT_EQ(listing().find("XXXX"), std::string::npos) << listing();
}

TEST_F(Cli, NoticesAFullDisk) {
    write("small.json", kSmall);
    const std::string full = "'" LBSIM_BINARY "/lbsim' run small.json >/dev/full; echo $? >status;";
    lbsim("--version", full);
    EXPECT_EQ(read("status"), "74\n");
}

/// Shell words that run a scenario without end, send it `signals` one after the other, and note its
/// status.  They wait until /proc says that the process catches SIGTERM (bit 14 of the mask), so
/// that it does not matter how long a loaded machine takes to start it.
std::string interrupt_a_long_run(const std::string& prefix, const std::string& signals) {
    return "{ " + prefix +
           "'" LBSIM_BINARY
           "/lbsim' run small.json --set duration=10000000s --out result.json 2>message &"
           "for wait in $(seq 1000); do"
           "  grep -q '^SigCgt:.*[4-7c-f]...$' /proc/$!/status && break; sleep 0.01; "
           "done; for signal in " +
           signals + "; do kill -$signal $!; sleep 0.2; done; wait $!; echo $? >status; };";
}

// A shell starts what runs beside it with SIGINT ignored; env undoes that.
TEST_F(Cli, StopsWhenInterruptedAndWritesNothing) {
    write("small.json", kSmall);
    for (const std::string signal : {"INT", "TERM"}) {
        lbsim("--version", interrupt_a_long_run("env --default-signal=INT ", signal));
        EXPECT_EQ(read("message"), "lbsim: interrupted; nothing was written\n") << signal;
        EXPECT_EQ(read("status"), "130\n") << signal;
        EXPECT_FALSE(exists("result.json")) << signal;
    }
}

// Had it caught SIGINT, it would have said so and left with 130; SIGKILL makes 137.
TEST_F(Cli, LeavesASignalAloneThatWasIgnoredBefore) {
    write("small.json", kSmall);
    lbsim("--version", interrupt_a_long_run("", "INT KILL"));
    EXPECT_EQ(read("message"), "");
    EXPECT_EQ(read("status"), "137\n");
}

TEST_F(Cli, ChecksFoldersAndWritesJUnit) {
    fs::create_directories(folder_ / "suite");
    write("suite/a.json", kSmall);
    write("suite/b.json", kSmall);
    EXPECT_EQ(lbsim("check suite --junit report.xml").status, 0);
    EXPECT_NE(read("report.xml").find("<testsuites"), std::string::npos);
    const auto failed = lbsim("check suite --github --set 'expect=[\"p99(p2c) < 1ms\"]'");
    EXPECT_EQ(failed.status, 1);
    EXPECT_NE(failed.out.find("::error file="), std::string::npos) << failed.out;
}

TEST_F(Cli, KeepsAnnotationsOutOfWhatProgramsRead) {
    write("small.json", kSmall);
    const std::string check = "check small.json --github --set 'expect=[\"p99(p2c) < 1ms\"]'";
    for (const std::string format : {"json", "csv", "markdown"}) {
        const auto failed = lbsim(check + " --format " + format);
        EXPECT_EQ(failed.out.find("::error"), std::string::npos) << failed.out;
        EXPECT_NE(failed.err.find("::error file="), std::string::npos) << failed.err;
        const auto beside = lbsim(check + " --out result --format " + format);
        EXPECT_NE(beside.out.find("::error file="), std::string::npos) << beside.out;
        EXPECT_EQ(read("result").find("::error"), std::string::npos);
    }
}

// By half of the replications it would be another.
TEST_F(Cli, ChecksADigestAsItWasToldAlsoQuickly) {
    write("small.json", kSmall);
    const auto told = nlohmann::json::parse(
        lbsim("run small.json --format json --replications 4").out)["runs"][0];
    const std::string set = " --set replications=4 --set 'expect=[\"digest(" +
                            told["variant"].get<std::string>() +
                            ") == " + told["digest"].get<std::string>() + "\"]'";
    const auto quick = lbsim("check small.json --quick" + set);
    EXPECT_EQ(quick.status, 0) << quick.out << quick.err;
    const auto other = lbsim("check small.json --replications 3" + set);
    EXPECT_EQ(other.status, 1) << other.out << other.err;
}

TEST_F(Cli, FailsAnAssertionWhosePremiseNeverHappened) {
    write("small.json", kSmall);
    const auto ended =
        lbsim("run small.json --format json --set 'expect=[\"p99(p2c, 20s..30s) < 1s\"]'");
    EXPECT_EQ(ended.status, 1);
    const auto result = nlohmann::json::parse(ended.out);
    EXPECT_TRUE(result["expect"][0]["vacuous"].get<bool>());
}

TEST_F(Cli, MovesKeys) {
    const auto table = lbsim("remap --from 5 --to 6 --keys 1000 --matrix");
    EXPECT_EQ(table.status, 0) << table.err;
    EXPECT_NE(table.out.find("at least 16.7 % have to move"), std::string::npos) << table.out;
    write("keys.txt", "anna\nberta\r\n\ncarla\n");
    const auto own = lbsim(
        "remap --from a=2,b=1 --to a=2 --keys keys.txt --policies maglev:table=13 --format json");
    EXPECT_EQ(own.status, 0) << own.err;
    const auto json = nlohmann::json::parse(own.out);
    EXPECT_EQ(json["schema"], "lbsim.remap/1");
    EXPECT_EQ(json["keys"], 3);
    const auto& row = json["steps"][0]["rows"][0];
    EXPECT_EQ(row["policy"], "maglev:table=13");
    EXPECT_EQ(row["moved"]["value"].get<double>() * 3, row["matrix"][1][0].get<double>());
    EXPECT_EQ(row.count("lookup_ns"), 0u);  // Else the output would vary.
    const auto timed = nlohmann::json::parse(
        lbsim("remap --from 2 --to 3 --keys 100000 --policies jump --time --format json").out);
    EXPECT_GT(timed["steps"][0]["rows"][0]["lookup_ns"].get<double>(), 1);
    const auto csv = lbsim("remap --from 2 --to 3 --keys 10 --policies jump --format csv").out;
    EXPECT_EQ(csv.substr(0, csv.find('\n')), "step,policy,metric,from,to,value");
    const auto steps = nlohmann::json::parse(
        lbsim("remap --from 3 --steps +b3,-b0 --keys 99 --policies jump --format json").out);
    EXPECT_EQ(steps["steps"].size(), 2u);
    EXPECT_EQ(steps["whole"]["to"], (nlohmann::json{"b1", "b2", "b3"}));
    const auto ring = lbsim("remap --from 2 --to 3 --keys 99 --policies ring_hash:vnodes=3 --ring");
    EXPECT_NE(ring.out.find("inside before, outside after"), std::string::npos) << ring.out;
    EXPECT_TRUE(
        lbsim("remap --from 2 --to 3 --keys 99 --zipf 1.1 --format svg").out.starts_with("<svg"));
}

TEST_F(Cli, TellsWhatIsWrongWithKeysAndFleets) {
    write("empty.txt", "\n");
    const struct {
        const char *arguments, *said;
    } cases[] = {
        {"--from 0 --to 3", "--from: expected 1 to 100000 backends, found 0"},
        {"--from a,b,a --to 3", "--from: \"a\" again at column 5"},
        {"--from a,,b --to 3", "--from: a backend without a name at column 3"},
        {"--from 3 --to a=0", "--to: expected a weight above 0 and up to 1e6 at column 1"},
        {"--from 3 --to a=x", "--to: expected a weight"},
        {"--from 3 --to 4 --keys 0", "--keys: expected 1 to 10^9 keys, found 0"},
        {"--from 3 --to 4 --keys none.txt", "none.txt"},
        {"--from 3 --to 4 --keys empty.txt", "--keys: no key in \"empty.txt\""},
        {"--from 3 --to 4 --policies p2c", "--policies: \"p2c\" does not go by keys"},
        {"--from 3 --to 4 --policies maglef", "did you mean \"maglev\"?"},
        {"--from 3 --to 4 --policies ring_hash:vnods=3", "did you mean \"vnodes\"?"},
        {"--from 3 --to 4 --policies ring_hash:vnodes=0", "vnodes=0: must be at least"},
        {"--from 3 --to 4 --policies maglev:table=4", "not a prime"},
        {"--from 3 --to 4 --policies ring_hash:7", "expected PARAMETER=VALUE"},
        {"--from a=1.5 --to 4 --policies hash_mod", "takes whole weights, found 1.5"},
        {"--from 3 --to 4 --format markdown", "expected table, json, csv or svg"},
        {"--from 3", "needs --to or --steps"},
        {"--from 3 --to 4 --steps +b4", "--steps"},
        {"--from 3 --steps +b2", "\"b2\" is there already at column 1 of \"+b2\""},
        {"--from 3 --steps +b3,-b9", "\"b9\" is not there at column 5 of \"+b3,-b9\""},
        {"--from 3 --steps b1", "what becomes of \"b1\"? at column 1"},
        {"--from 3 --steps b1=0", "expected a weight above 0"},
        {"--from 1 --steps=-b0", "nobody would be left"},
        {"--from 3 --to 4 --keys keys.txt --zipf 1", "keys of a file are as popular as it says"},
    };
    for (const auto& [arguments, said] : cases) {
        const auto ended = lbsim(std::string{"remap "} + arguments);
        EXPECT_EQ(ended.status, 2) << arguments;
        EXPECT_EQ(ended.out, "") << arguments;
        EXPECT_NE(ended.err.find(said), std::string::npos) << arguments << "\n" << ended.err;
    }
}

TEST_F(Cli, ListsWhatThereIs) {
    for (const char* arguments :
         {"policies", "policies p2c", "faults", "faults slow", "metrics", "metrics p99",
          "scenarios", "schema scenario", "schema result", "--help", "run --help", "--version"}) {
        const auto ended = lbsim(arguments);
        EXPECT_EQ(ended.status, 0) << arguments << ": " << ended.err;
        EXPECT_FALSE(ended.out.empty()) << arguments;
    }
    for (const char* schema : {"schema scenario", "schema result"})
        EXPECT_TRUE(nlohmann::json::accept(lbsim(schema).out)) << schema;
}

}  // namespace
