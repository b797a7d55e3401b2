#include "trace/trace.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "base/rng.hpp"
#include "trace/reading.hpp"

namespace lbsim {
namespace {

using namespace std::chrono_literals;

std::string combined(const std::string& time, const std::string& path,
                     const std::string& end = {}) {
    return "1.2.3.4 - - [01/Jan/2026:00:" + time + " +0000] \"GET " + path +
           " HTTP/1.1\" 200 1 \"-\" \"x\"" + end + "\n";
}

std::string paths(const Reading& reading) {
    std::string all;
    for (const ReadRecord& record : reading.records) all += record.path;
    return all;
}

TEST(TraceReader, TellsEveryFormatByItsFirstLines) {
    const std::vector<std::pair<TraceKind, std::string>> cases{
        {TraceKind::csv, "time,key\n1,a\n"},
        {TraceKind::jsonl, "{\"time\": 1}\n"},
        {TraceKind::combined, "garbage\n" + combined("00:00", "/a") + "more garbage\n"},
        {TraceKind::nginx, "1767225600.123 203.0.113.7 \"GET / HTTP/1.1\" 200 5120 0.031\n"},
        {TraceKind::haproxy,
         "Jan  1 00:00:00 lb haproxy[9]: 1.2.3.4:5 [01/Jan/2026:00:00:00.092] fe api/a2 "
         "0/12/1/29/43 200 5120 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"\n"},
        {TraceKind::envoy,
         "[2026-01-01T00:00:00.092Z] \"GET / HTTP/2\" 200 - 0 5120 31 30 \"1.2.3.4\"\n"},
        {TraceKind::alb,
         "h2 2026-01-01T00:00:00.123456Z app/x 1.2.3.4:5 - -1 -1 -1 503 - 1 1 \"GET / HTTP/2\"\n"},
    };
    for (const auto& [kind, text] : cases) {
        const Reading reading = read_text("\n  \n" + text);
        EXPECT_EQ(reading.report.kind, kind) << text;
        EXPECT_EQ(reading.records.size(), 1u) << text;
        EXPECT_EQ(trace_kind(name_of(kind)), kind);
        EXPECT_EQ(read_text(text, kind).records.size(), 1u) << text;
    }
    EXPECT_FALSE(trace_kind("apache"));
}

TEST(TraceReader, SaysWhenThereIsNothingToReplay) {
    EXPECT_EQ(error_of(""), "1:1: the trace is empty");
    EXPECT_EQ(error_of("\n\r\n \n"), "1:1: the trace is empty");
    EXPECT_EQ(error_of("hello\n"), "1:1: cannot tell the format of \"hello\"");
    EXPECT_EQ(error_of("\n \nhello\n"), "3:1: cannot tell the format of \"hello\"");
    EXPECT_EQ(error_of("{\"x\":1}\n"),
              "1:1: no line of the trace is a request: no field for the time");
    TraceFormat format;
    format.kind = TraceKind::envoy;
    EXPECT_EQ(error_of("", format), "1:1: the trace is empty");
    EXPECT_EQ(error_of("\n[x]", format).substr(0, 42),
              "2:1: no line of the trace is a request: ex");
}

TEST(TraceReader, PutsACompletionLogBackIntoTheOrderOfArrival) {
    const auto line = [](const char* msec, const char* path, const char* took) {
        return std::string{msec} + " 1.2.3.4 \"GET " + path + " HTTP/1.1\" 200 1 " + took + "\n";
    };
    const Reading reading = read_text(line("100.5", "/b", "0.25") + line("101", "/d", "0.125") +
                                      line("102", "/a", "2") + line("102", "/c", "1.75"));
    EXPECT_EQ(paths(reading), "/a/b/c/d");
    EXPECT_EQ(reading.records[1].at_s, 0.25);
    EXPECT_EQ(reading.records[2].at_s, 0.25);
    EXPECT_EQ(reading.records[3].at_s, 0.875);
    EXPECT_EQ(reading.report.out_of_order, 0u);
    EXPECT_EQ(reading.report.span, 875ms);
}

TEST(TraceReader, SpreadsTheRequestsOfASecondEvenly) {
    const Reading reading =
        read_text(combined("00:00", "/a") + combined("00:01", "/b") + combined("00:00", "/c") +
                  combined("00:01", "/d") + combined("00:01", "/e") + combined("00:01", "/f"));
    EXPECT_EQ(paths(reading), "/a/c/b/d/e/f");
    std::vector<double> at;
    for (const ReadRecord& record : reading.records) at.push_back(record.at_s);
    EXPECT_EQ(at, (std::vector<double>{0, 0.5, 0.875, 1.125, 1.375, 1.625}));
    EXPECT_TRUE(reading.report.whole_seconds);
}

TEST(TraceReader, SubtractsRequestTimesAfterSpreading) {
    const Reading reading =
        read_text(combined("00:09", "/b", " rt=0.125") + combined("00:09", "/a", " rt=5.000"));
    EXPECT_EQ(paths(reading), "/a/b");
    EXPECT_EQ(reading.records[1].at_s, 4.375);  // 9.25 - 0.125 - (9.75 - 5).
}

TEST(TraceReader, CountsWhatComesLaterThanTheWindowAndLosesNothing) {
    TraceFormat format;
    format.window = 10s;
    const std::string text = "time,path\n0,/a\n20,/b\n9,/c\n40,/d\n28,/e\n60,/f\n25,/g\n";
    const Reading reading = read_text(text, format);
    // When 60 is read, 40 is due; so 25 is too late, but 9 and 28 were in time.
    EXPECT_EQ(paths(reading), "/a/c/b/e/d/g/f");
    EXPECT_EQ(reading.records[5].at_s, 40);
    EXPECT_EQ(reading.report.out_of_order, 1u);
    EXPECT_EQ(reading.report.first_out_of_order, 8u);
    format.window = 60s;
    EXPECT_EQ(paths(read_text(text, format)), "/a/c/b/g/e/d/f");
}

TEST(TraceReader, HoldsNoMoreThanItMay) {
    TraceFormat format;
    format.most_held = 2;
    const Reading reading = read_text("time,path\n3,/c\n2,/b\n1,/a\n4,/d\n0,/z\n", format);
    EXPECT_EQ(paths(reading), "/a/b/z/c/d");
    EXPECT_EQ(reading.report.out_of_order, 1u);
    EXPECT_EQ(reading.records[2].at_s, reading.records[1].at_s);
}

TEST(TraceReader, KeepsTheOrderOfTheLogAmongEqualArrivals) {
    std::string text = "time,path\n";
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        text += std::to_string(i / 50) + ",/" + std::to_string(i) + '\n';
        expected += '/' + std::to_string(i);
    }
    EXPECT_EQ(paths(read_text(text)), expected);
}

TEST(TraceReader, SortsAnyDisorderThatFitsIntoItsWindow) {
    lb::Rng rng{7};
    std::vector<Nanos> arrivals;
    std::string text = "time_ns,key\n";
    for (int i = 0; i < 20'000; ++i) {
        arrivals.push_back(static_cast<Nanos>(i) * 1'000'000 +
                           static_cast<Nanos>(rng.below(1'000'000'000)));
        text += std::to_string(arrivals.back()) + ",k" + std::to_string(arrivals.back()) + '\n';
    }
    std::sort(arrivals.begin(), arrivals.end());
    TraceFormat format;
    format.window = 1s;
    TraceReader reader{memory_bytes(text), format};
    std::size_t i = 0;
    for (TraceRecord record; reader.next(record); ++i) {
        ASSERT_EQ(record.at.count(), arrivals[i] - arrivals[0]);
        ASSERT_EQ(record.key, 'k' + std::to_string(arrivals[i]));
    }
    EXPECT_EQ(i, arrivals.size());
    EXPECT_EQ(reader.report().out_of_order, 0u);
}

TEST(TraceReader, CountsMalformedLinesAndKeepsTheFirstOfThem) {
    std::string text = "time\n1\n";
    for (int i = 0; i < 25; ++i) text += "x\ty\x01" + std::to_string(i) + '\n';
    text += std::string(300, 'z') + "\n2\n" + std::string(LineSource::kLongest + 5, '1') + "\n3\n";
    const Reading reading = read_text(text, TraceKind::csv);
    EXPECT_EQ(reading.records.size(), 3u);
    EXPECT_EQ(reading.report.malformed, 27u);
    EXPECT_EQ(reading.report.lines, 31u);
    ASSERT_EQ(reading.report.malformed_lines.size(), TraceReport::kMostKept);
    EXPECT_EQ(reading.report.malformed_lines[1].line, 4u);
    EXPECT_EQ(reading.report.malformed_lines[1].excerpt.text,
              "x\ty\x01"
              "1");
}

TEST(TraceReader, RejectsALineThatIsTooLong) {
    const Reading reading =
        read_text("time\n1\n" + std::string(LineSource::kLongest + 5, '1') + "\n3\n");
    EXPECT_EQ(reading.records.size(), 2u);
    ASSERT_EQ(reading.report.malformed, 1u);
    EXPECT_EQ(reading.report.malformed_lines[0].line, 3u);
    EXPECT_EQ(reading.report.malformed_lines[0].excerpt.text.size(), 1001u);
}

TEST(TraceReader, ScalesWorkAndCountsWhatHasNone) {
    TraceFormat format;
    format.work_scale = 0.001;
    const Reading reading = read_text("time,work\n0,30\n1,\n", format);
    EXPECT_EQ(reading.records[0].work, 0.03);
    EXPECT_EQ(reading.report.without_work, 1u);
}

TEST(TraceReader, ReadsAGzipFileAsItReadsItsText) {
    const auto path = std::filesystem::path{testing::TempDir()} / "trace_reader.csv.gz";
    const std::string text = "time,key\n1,a\n2,b\n";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    EXPECT_EQ(read_trace(TraceReader{path}).records.size(), 2u);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4);
    EXPECT_THROW(read_trace(TraceReader{path}), TraceError);
}

TEST(TraceReader, ReadsTheRecordedLogOfARealNginx) {
    const Reading reading = read_trace(TraceReader{std::filesystem::path{LBSIM_SOURCE} /
                                                   "scenarios" / "logs" / "nginx-access.log.gz"});
    EXPECT_EQ(reading.report.kind, TraceKind::combined);
    EXPECT_EQ(reading.report.malformed, 0u);
    EXPECT_EQ(reading.report.out_of_order, 0u);
    EXPECT_EQ(reading.records.size(), 2019u);
    for (const ReadRecord& record : reading.records) {
        if (record.path != "/healthz") continue;
        EXPECT_FALSE(record.work);  // nginx answered by itself.
    }
    EXPECT_NEAR(lb::seconds(reading.report.span), 40, 1.5);  // 40 s, known to a second.
}

}  // namespace
}  // namespace lbsim
