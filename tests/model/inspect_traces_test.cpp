#include "model/inspect_traces.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

#include "model/trace_arrivals.hpp"
#include "support/pool.hpp"

namespace {

using namespace lbsim;

/// A folder of its own for the logs of one test.
class Folder {
public:
    Folder() {
        std::random_device name;  // Other tests may run at the same time.
        path_ = std::filesystem::temp_directory_path() /
                (lbtest::numbered("lbsim_", name()) + lbtest::numbered("_", name()));
        std::filesystem::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const std::string& name, std::string_view text) const {
        std::ofstream{path_ / name, std::ios::binary} << text;
    }
    /// Compressed, of which only a part is written.
    void write_part(const std::string& name, const std::string& text, double part) const {
        const auto file = path_ / name;
        gzFile zipped = gzopen(file.c_str(), "wb");
        gzwrite(zipped, text.data(), static_cast<unsigned>(text.size()));
        gzclose(zipped);
        const auto whole = static_cast<double>(std::filesystem::file_size(file));
        std::filesystem::resize_file(file, static_cast<std::uintmax_t>(whole * part));
    }
    Draft draft(const std::string& text) const {
        static const auto policies = lb::builtin_policies();
        return draft_experiment("x.json", text, path_, policies);
    }
    /// What is printed of all problems, with the names of the logs as the scenario has them.
    std::string said(Draft draft) const {
        std::string out = draft.experiment.document.render(std::move(draft.problems));
        const auto folder = path_.string() + '/';
        for (auto at = out.find(folder); at != out.npos; at = out.find(folder))
            out.erase(at, folder.size());
        return out;
    }
    std::string wrong_with(const std::string& text) const {
        auto drafted = draft(text);
        inspect_traces(drafted);
        return said(std::move(drafted));
    }

private:
    std::filesystem::path path_;
};

/// A scenario with a group of clients for each trace, given as the members of its object.
std::string replaying(const std::vector<std::string>& traces, const std::string& more = "") {
    std::string text = "{\"clients\": [";
    for (std::size_t i = 0; i != traces.size(); ++i)
        text += std::string{i == 0 ? "" : ", "} + "{\"name\": \"" + lbtest::numbered("c", i) +
                "\", \"arrivals\": {\"trace\": {" + traces[i] + "}}}";
    return text + "],\n\"backends\": [{\"name\": \"b\", \"service\": \"1s\"}]" + more + "}";
}

TEST(InspectTraces, ShowsWhatIsWrongWithEachLogInIt) {
    const Folder folder;
    folder.write("empty.csv", "");
    folder.write("header.csv", "time,work\n");
    folder.write("odd.log", "\nno \x1b[31mlog\n");
    folder.write("odd.csv", "\ntiem,work\n1,2\n");
    EXPECT_EQ(folder.wrong_with(
                  replaying({R"("file": "odd.log")", R"("file": "empty.csv")",
                             R"("file": "header.csv")", R"("file": "odd.csv", "format": "csv")",
                             R"("file": "odd.csv", "columns": {"time": "tme"})"})),
              "odd.log:2:1: error: cannot tell the format of \"no ?[31mlog\"\n"
              "  2 | no ?[31mlog\n"
              "    | ^\n"
              "  at /clients/0/arrivals/trace/file of x.json\n"
              "  hint: name the format: csv, jsonl, combined, nginx, haproxy, envoy or alb\n"
              "\n"
              "empty.csv:1:1: error: the trace is empty\n"
              "  at /clients/1/arrivals/trace/file of x.json\n"
              "  hint: name a log with at least one request\n"
              "\n"
              "header.csv:2:1: error: the trace ends after its header\n"
              "  at /clients/2/arrivals/trace/file of x.json\n"
              "  hint: name a log with at least one request\n"
              "\n"
              "odd.csv:2:1: error: no column for the time; there are: tiem, work\n"
              "  2 | tiem,work\n"
              "    | ^\n"
              "  at /clients/3/arrivals/trace/file of x.json\n"
              "  hint: begin the file with a row such as time,work,key,path, or say which column "
              "is the time\n"
              "\n"
              "odd.csv:2:1: error: no column \"tme\"\n"
              "  2 | tiem,work\n"
              "    | ^\n"
              "  at /clients/4/arrivals/trace/file of x.json\n"
              "  hint: the columns are: tiem, work\n");
}

TEST(InspectTraces, FindsWhereACompressedLogBreaksOff) {
    const Folder folder;
    std::string text = "time\n";
    for (int i = 0; i != 100'000; ++i) text += std::to_string(i) + "\n";
    folder.write_part("cut.csv.gz", text, 0.999);
    const auto said = folder.wrong_with(replaying({R"("file": "cut.csv.gz")"}));
    EXPECT_EQ(said.rfind("cut.csv.gz:99", 0), 0u) << said;
    EXPECT_NE(said.find(": error: the gzip file is cut short\n  99"), said.npos) << said;
    EXPECT_NE(said.find("\n  at /clients/0/arrivals/trace/file of x.json\n"
                        "  hint: fetch or compress the file again\n"),
              said.npos)
        << said;
}

TEST(InspectTraces, AddsItsProblemsToThoseOfTheScenario) {
    const Folder folder;
    folder.write("empty.csv", "");
    const auto said = folder.wrong_with(
        replaying({R"("file": "empty.csv")", R"("file": "none.csv")"}, ", \"warmup\": 1"));
    const auto at = [&](std::string_view text) { return said.find(text); };
    EXPECT_EQ(at("x.json:1:"), 0u) << said;
    EXPECT_LT(at("no such file: \"none.csv\""), at("x.json:2:"));
    EXPECT_LT(at("x.json:2:"), at("empty.csv:1:1: error: the trace is empty"));
    EXPECT_NE(at("empty.csv:1:1"), said.npos);
}

TEST(InspectTraces, LeavesLogsAloneOfWhichNobodyKnowsHowToReadThem) {
    const Folder folder;
    folder.write("empty.csv", "");
    for (const auto* broken : {R"("file": "empty.csv", "format": "cvs")",
                               R"("file": "empty.csv", "columns": {"tiem": "t"})"}) {
        const auto said = folder.wrong_with(replaying({broken}));
        EXPECT_EQ(said.find("empty.csv:1:1"), said.npos) << said;
        EXPECT_NE(said.find("x.json:1:"), said.npos) << said;
    }
}

TEST(InspectTraces, RefusesEveryLineThatIsNoRequestInWhatAProgramWroteForUs) {
    const Folder folder;
    folder.write("odd.csv", "time,work\n1,2\nx,3\n2,-1\n");
    folder.write("odd.jsonl", "{\"time\": 1}\n{\"time\": 2\n");
    EXPECT_EQ(folder.wrong_with(replaying({R"("file": "odd.csv")", R"("file": "odd.jsonl")"})),
              "odd.csv:3:1: error: expected a time as a number or an ISO date, found \"x\"\n"
              "  3 | x,3\n"
              "    | ^\n"
              "  at /clients/0/arrivals/trace/file of x.json\n"
              "  hint: mend the line, or leave it out with \"malformed\": \"report\"\n"
              "\n"
              "odd.csv:4:3: error: expected an amount of work, 0 or more, found \"-1\"\n"
              "  4 | 2,-1\n"
              "    |   ^\n"
              "  at /clients/0/arrivals/trace/file of x.json\n"
              "  hint: mend the line, or leave it out with \"malformed\": \"report\"\n"
              "\n"
              "odd.jsonl:2:11: error: expected a comma or a closing brace\n"
              "  2 | {\"time\": 2\n"
              "    |           ^\n"
              "  at /clients/1/arrivals/trace/file of x.json\n"
              "  hint: mend the line, or leave it out with \"malformed\": \"report\"\n");
}

TEST(InspectTraces, CountsWhatIsMoreThanItShows) {
    const Folder folder;
    std::string text = "time\n1\n";
    for (int i = 0; i != 25; ++i) text += "x\n";
    folder.write("odd.csv", text);
    const auto said = folder.wrong_with(replaying({R"("file": "odd.csv")"}));
    EXPECT_NE(said.find("odd.csv:12:1: error: expected a time"), said.npos) << said;
    EXPECT_EQ(said.find("odd.csv:14:"), said.npos) << said;
    EXPECT_NE(said.find("\n\nodd.csv:13:1: error: and 15 more from here on\n  at /clients/0/"),
              said.npos)
        << said;
}

TEST(InspectTraces, ReportsLinesThatAreNoRequestsInAccessLogsOrIfToldTo) {
    const Folder folder;
    const std::string line = "1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n";
    folder.write("access.log", line + "stranger\n" + line);
    folder.write("odd.csv", "time\n1\nx\n");
    auto reported = folder.draft(
        replaying({R"("file": "access.log")", R"("file": "odd.csv", "malformed": "report")"}));
    const auto notes = inspect_traces(reported);
    EXPECT_TRUE(reported.problems.empty());
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_EQ(notes[0].report.malformed, 1u);
    EXPECT_EQ(notes[1].report.malformed_lines.at(0).line, 3u);
    const auto said =
        folder.wrong_with(replaying({R"("file": "access.log", "malformed": "refuse")"}));
    EXPECT_EQ(said.rfind("access.log:2:9: error: ", 0), 0u) << said;
}

TEST(InspectTraces, TellsOfDamageBesideTheLinesBeforeIt) {
    const Folder folder;
    std::string text = "time\nx\n";
    for (int i = 0; i != 1000; ++i) text += std::to_string(i * 7919 % 10007 * 1e-6) + "\n";
    folder.write_part("cut.csv.gz", text, 0.9);
    const auto cut = folder.wrong_with(replaying({R"("file": "cut.csv.gz")"}));
    EXPECT_EQ(cut.rfind("cut.csv.gz:2:1: error: expected a time", 0), 0u) << cut;
    EXPECT_NE(cut.find("error: the gzip file is cut short"), cut.npos) << cut;

    folder.write("none.csv", "time\nx\ny\n");
    const auto none = folder.wrong_with(replaying({R"("file": "none.csv")"}));
    EXPECT_EQ(none.rfind("none.csv:2:1: error: no line of the trace is a request: ", 0), 0u);
    EXPECT_EQ(none.find("none.csv", 1), none.npos) << none;
}

TEST(TraceArrivals, RefusesWhatTheInspectionWouldHaveRefused) {
    const Folder folder;
    folder.write("odd.csv", "time\n1\nx\n3\n");
    auto draft = folder.draft(replaying({R"("file": "odd.csv")"}));
    auto trace = std::get<Trace>(draft.experiment.variants[0].scenario.clients[0].arrivals);
    EXPECT_THROW(
        {
            for (TraceArrivals arrivals{trace}; arrivals.next_at() != Instant::max();)
                arrivals.advance();
        },
        ReplayError);
    trace.malformed = Trace::Malformed::Report;
    TraceArrivals arrivals{trace};
    arrivals.advance();
    EXPECT_EQ(arrivals.next_at(), Instant{std::chrono::seconds{2}});
}

TEST(InspectTraces, ReadsALogOnceHoweverManyReplayItHoweverFast) {
    const Folder folder;
    folder.write("empty.csv", "");
    folder.write("fine.csv", "time,key\n1,a\n");
    const auto* const compare = R"(, "compare": ["random", {"label": "fast",
        "set": {"clients.c0.arrivals.trace.speed": 2}}])";
    const auto said = folder.wrong_with(
        replaying({R"("file": "empty.csv")", R"("file": "empty.csv", "work_scale": 3)"}, compare));
    EXPECT_EQ(said.find("empty.csv:1:1"), said.rfind("empty.csv:1:1")) << said;

    auto fine =
        folder.draft(replaying({R"("file": "fine.csv")", R"("file": "fine.csv")"}, compare));
    const auto notes = inspect_traces(fine);
    EXPECT_TRUE(fine.problems.empty());
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_EQ(notes[0].report.records, 1u);
    auto other = folder.draft(
        replaying({R"("file": "fine.csv")", R"("file": "fine.csv", "columns": {"key": "key"})"}));
    EXPECT_EQ(inspect_traces(other).size(), 2u);
}

}  // namespace
