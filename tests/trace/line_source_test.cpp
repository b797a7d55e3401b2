#include "trace/line_source.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>
#include <vector>

namespace lbsim {
namespace {

std::vector<std::string> lines_of(std::unique_ptr<ByteSource> bytes) {
    LineSource source{std::move(bytes)};
    std::vector<std::string> lines;
    while (const auto line = source.next()) lines.emplace_back(*line);
    return lines;
}

std::vector<std::string> lines_of(std::string_view text) { return lines_of(memory_bytes(text)); }

/// Hands out its text a few bytes at a time, and then throws if it is told to.
class Drops final : public ByteSource {
public:
    Drops(std::string_view text, std::size_t size, bool breaks)
        : rest_{text}, size_{size}, breaks_{breaks} {}
    std::size_t read(char* to, std::size_t size) override {
        const std::size_t count = rest_.copy(to, std::min(size, size_));
        rest_.remove_prefix(count);
        if (count == 0 && breaks_) throw std::runtime_error{"the pipe broke"};
        return count;
    }

private:
    std::string_view rest_;
    std::size_t size_;
    bool breaks_;
};

std::filesystem::path gzip_file(const std::string& name, std::string_view text) {
    const auto path = std::filesystem::path{testing::TempDir()} / name;
    gzFile file = gzopen(path.c_str(), "wb");
    EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
              static_cast<int>(text.size()));
    gzclose(file);
    return path;
}

std::string numbered_lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(i * 7919 % 10007) + ",line\n";
    return text;
}

TEST(LineSource, TakesEitherLineEndAndALastLineWithoutOne) {
    const std::vector<std::string> expected{"a", "", "b"};
    EXPECT_EQ(lines_of("a\n\nb\n"), expected);
    EXPECT_EQ(lines_of("a\n\nb"), expected);
    EXPECT_EQ(lines_of("a\r\n\r\nb\r\n"), expected);
    EXPECT_EQ(lines_of("a\r\n\r\nb\r"), expected);
    EXPECT_TRUE(lines_of("").empty());
    EXPECT_EQ(lines_of("\n"), std::vector<std::string>{""});
}

TEST(LineSource, SkipsAByteOrderMarkAtTheBeginningOnly) {
    EXPECT_EQ(lines_of("\xef\xbb\xbfzeit\n\xef\xbb\xbf"),
              (std::vector<std::string>{"zeit", "\xef\xbb\xbf"}));
    EXPECT_EQ(lines_of(std::make_unique<Drops>("\xef\xbb\xbfzeit", 1, false)),
              std::vector<std::string>{"zeit"});
}

TEST(LineSource, GivesTheSameLinesInWhateverPiecesTheBytesCome) {
    const std::string text = numbered_lines(100'000);  // Several times its buffer.
    const auto expected = lines_of(text);
    ASSERT_EQ(expected.size(), 100'000u);
    for (const std::size_t size : {1u, 7u, 4096u, 262'143u})
        ASSERT_EQ(lines_of(std::make_unique<Drops>(text, size, false)), expected) << size;
}

TEST(LineSource, CutsALineThatIsTooLongAndGoesOnWithTheNext) {
    for (const std::size_t extra : {0u, 1u, 1'000'000u}) {
        const std::string text = "a\n" + std::string(LineSource::kLongest + extra, 'x') + "\nb\n";
        LineSource source{memory_bytes(text)};
        EXPECT_EQ(source.next(), "a");
        EXPECT_EQ(source.next()->size(), LineSource::kLongest);
        EXPECT_TRUE(source.was_cut());
        EXPECT_EQ(source.next(), "b");
        EXPECT_FALSE(source.was_cut());
        EXPECT_EQ(source.line(), 3u);
        EXPECT_FALSE(source.next());
    }
    const std::string longest = std::string(LineSource::kLongest - 1, 'x');
    EXPECT_EQ(lines_of(longest + "\nb"), (std::vector<std::string>{longest, "b"}));
}

TEST(LineSource, ShowsTheFirstLinesWithoutTakingThem) {
    LineSource source{memory_bytes("a\r\nb\n\nc")};
    EXPECT_EQ(source.first_lines(2), (std::vector<std::string_view>{"a", "b"}));
    EXPECT_EQ(source.first_lines(9), (std::vector<std::string_view>{"a", "b", "", "c"}));
    EXPECT_EQ(source.next(), "a");
    EXPECT_EQ(source.line(), 1u);

    LineSource broken{std::make_unique<Drops>("a\nb", 9, true)};
    EXPECT_EQ(broken.first_lines(9), std::vector<std::string_view>{"a"});
    LineSource half{std::make_unique<Drops>("b", 9, true)};
    EXPECT_TRUE(half.first_lines(9).empty());
}

TEST(Excerpt, HasAThousandBytesOnEitherSide) {
    const std::string line(5000, 'x');
    const auto middle = excerpt_of(line, 2501);
    EXPECT_EQ(middle.column, 1501u);
    EXPECT_EQ(middle.text.size(), 2000u);
    EXPECT_EQ(excerpt_of(line, 1).text.size(), 1000u);
    EXPECT_EQ(excerpt_of(line, 5001).column, 4001u);
    EXPECT_EQ(excerpt_of("ab", 9).text, "ab");
    EXPECT_EQ(excerpt_of("", 1).text, "");
}

TEST(LineSource, GivesTheLinesBeforeDamageAndThenItsPosition) {
    LineSource source{std::make_unique<Drops>("one\ntwo\nthr", 5, true)};
    EXPECT_EQ(source.next(), "one");
    EXPECT_EQ(source.next(), "two");
    for (int again = 0; again < 2; ++again) {
        try {
            source.next();
            FAIL() << "no error";
        } catch (const TraceError& error) {
            EXPECT_EQ(error.line, 3u);
            EXPECT_EQ(error.column, 4u);
            EXPECT_STREQ(error.what(), "the pipe broke");
        }
    }
}

TEST(FileBytes, ReadsGzipOfOneMemberOrSeveral) {
    const auto path = gzip_file("members.gz", "a\nb");
    EXPECT_EQ(lines_of(file_bytes(path)), (std::vector<std::string>{"a", "b"}));
    std::string member(std::filesystem::file_size(path), '\0');
    std::ifstream{path, std::ios::binary}.read(member.data(),
                                               static_cast<std::streamsize>(member.size()));
    std::ofstream{path, std::ios::binary | std::ios::app} << member;
    EXPECT_EQ(lines_of(file_bytes(path)), (std::vector<std::string>{"a", "ba", "b"}));
}

TEST(FileBytes, ReportsGzipThatIsCutShortWhereverItIsCut) {
    const std::string text = numbered_lines(3000);
    const auto path = gzip_file("cut.gz", text);
    const auto whole = std::filesystem::file_size(path);
    ASSERT_EQ(lines_of(file_bytes(path)).size(), 3000u);
    for (auto size = whole - 1; size > 18; size -= std::min<std::uintmax_t>(size, 97)) {
        std::filesystem::resize_file(path, size);
        try {
            lines_of(file_bytes(path));
            FAIL() << "no error at " << size << " of " << whole;
        } catch (const TraceError& error) {
            EXPECT_STREQ(error.what(), "the gzip file is cut short");
            EXPECT_LE(error.line, 3001u);
        }
    }
}

TEST(FileBytes, ReportsGzipThatIsDamaged) {
    const auto path = gzip_file("damaged.gz", numbered_lines(3000));
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(-6, std::ios::end);  // Within the checksum.
    file.put('\x55').put('\x55');
    file.close();
    try {
        lines_of(file_bytes(path));
        FAIL() << "no error";
    } catch (const TraceError& error) {
        EXPECT_STREQ(error.what(), "the gzip file is damaged: incorrect data check");
        EXPECT_GE(error.line, 2995u);
    }
}

TEST(FileBytes, GivesWhatStandsBeforeTheDamage) {
    const std::string text = numbered_lines(100'000);  // Several times any buffer.
    const auto expected = lines_of(text);
    const auto path = gzip_file("damaged.gz", text);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
    for (const auto at : {size / 10, size / 2, size - size / 100}) {
        gzip_file("damaged.gz", text);
        std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(at);
        file << std::string(64, '\xff');
        file.close();
        LineSource source{file_bytes(path)};
        std::size_t same = 0;
        try {
            for (; const auto line = source.next();) same += *line == expected[source.line() - 1];
            FAIL() << "no error";
        } catch (const TraceError& error) {
            // What follows may decode to something for a while; what stands before is as it was.
            const auto before = 100'000.0 * static_cast<double>(at) / static_cast<double>(size);
            EXPECT_GE(static_cast<double>(same), before * 0.95) << at << " of " << size;
            EXPECT_GE(error.line, same);
        }
    }
}

TEST(FileBytes, ReportsAFileThatIsNotThereOrIsAFolder) {
    EXPECT_THROW(file_bytes(std::filesystem::path{testing::TempDir()} / "absent.csv"), TraceError);
    EXPECT_THROW(file_bytes(testing::TempDir()), TraceError);
}

}  // namespace
}  // namespace lbsim
