#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// The rooms of src/: who may include whom, which words are banned where, and what to use instead.

namespace {

namespace fs = std::filesystem;

using Rooms = std::vector<std::string_view>;

// ---- The table

struct Room {
    Rooms includes;  ///< Besides itself.
    Rooms outside;   ///< What the headers begin with that are neither ours nor the standard's.
};

const std::map<std::string_view, Room> kRooms{
    {"base", {{}, {}}},
    {"balancer", {{"base"}, {"xxhash.h"}}},
    {"sim", {{"base"}, {}}},
    {"stats", {{"base"}, {"boost/math/"}}},
    {"theory", {{"base"}, {"boost/math/", "Eigen/"}}},
    {"trace", {{"base"}, {"zlib.h", "nlohmann/"}}},
    {"scenario", {{"base", "balancer"}, {"nlohmann/"}}},
    {"model", {{"base", "balancer", "sim", "stats", "trace", "scenario"}, {}}},
    {"experiment", {{"base", "balancer", "stats", "theory", "scenario", "model"}, {}}},
    {"report",
     {{"base", "balancer", "sim", "stats", "theory", "trace", "scenario", "model", "experiment"},
      {"nlohmann/"}}},
    // The command talks to the operating system: signals, terminals, files.
    {"cli",
     {{"base", "balancer", "sim", "stats", "theory", "trace", "scenario", "model", "experiment",
       "report"},
      {"CLI/", "unistd.h", "signal.h", "fcntl.h", "sys/", "malloc.h"}}},
    {"examples", {{"base", "balancer", "cli"}, {}}},  // What a user would.
};

const Rooms kAll{"base",     "balancer", "sim",        "stats",  "theory", "trace",
                 "scenario", "model",    "experiment", "report", "cli",    "examples"};
const Rooms kWithoutClock{"base",  "balancer", "sim",   "stats",      "theory",
                          "trace", "scenario", "model", "experiment", "report"};
const Rooms kDeployed{"base", "balancer"};
const Rooms kButTheBalancer{"base",  "sim",        "stats",  "theory", "trace",   "scenario",
                            "model", "experiment", "report", "cli",    "examples"};
const Rooms kKernel{"sim"};
const Rooms kInBrowsers{"base", "balancer", "sim", "stats", "scenario", "model"};
const Rooms kSimulator{"sim",   "stats",      "theory", "trace", "scenario",
                       "model", "experiment", "report", "cli"};

struct Ban {
    std::vector<std::string_view> words;
    const Rooms& rooms;
    std::string_view instead;
};

const std::vector<Ban> kBans{
    {{"system_clock", "steady_clock", "high_resolution_clock", "clock_gettime", "gettimeofday"},
     kWithoutClock,
     "take the time as an argument (lb::Instant)"},
    {{"random_device", "mt19937_64", "default_random_engine", "std::rand", "srand"},
     kAll,
     "lb::Rng, from a named stream"},
    {{"mt19937"}, kButTheBalancer, "lb::Rng: only to the letter of programs that use it"},
    {{"_distribution<", "generate_canonical", "std::shuffle", "std::sample"},
     kAll,
     "the draws of lb::Rng and base/sampling.hpp: the standard's differ between libraries"},
    {{"unordered_map", "unordered_set", "unordered_multimap"},
     kAll,
     "a vector by number, or std::map: the order of iteration must not vary"},
    {{"std::hash"}, kAll, "lb::hash_of"},
    {{"std::log(", "std::log2(", "std::log10(", "std::log1p(", "std::exp(", "std::exp2(",
      "std::expm1(", "std::pow(", "std::cbrt(", "std::sin(", "std::cos(", "std::tgamma(",
      "std::lgamma(", "std::erf(", "std::fma("},
     kAll,
     "base/math.hpp: libm's last bit depends on the processor"},
    {{"lbsim"}, kDeployed, "nothing: lb stands alone"},
    {{"namespace lb {"}, kSimulator, "namespace lbsim"},
    {{"std::thread", "std::async", "std::mutex", "std::condition_variable", "thread_local"},
     kWithoutClock,
     "one thread: threads live in cli"},
    {{"std::cout", "std::cerr", "std::clog"}, kWithoutClock, "return it, or take a stream"},
    {{"std::bit_cast"}, kInBrowsers, "std::memcpy: the browsers' library lacks it"},
    {{"std::jthread", "co_await", "co_yield"}, kAll, "what emscripten 3.1.6 has"},
    {{"std::format", "std::expected", "std::views", "std::ranges", "std::source_location",
      "std::print"},
     kAll,
     "what both g++ 12 and clang 14 have"},
    {{"std::function"}, kKernel, "a small typed event, or a template"},
    {{"using namespace std;"}, kAll, "std:: where it is used"},
    {{"assert("}, kAll, "lb::expects, on in every build"},
};

// ---- Reading

bool in(const Rooms& rooms, std::string_view room) {
    return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The lines of a text.
std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Where a literal that begins with a quote at `at` ends.
std::size_t end_of_literal(const std::string& text, std::size_t at) {
    const char quote = text[at];
    if (quote == '"' && at != 0 && text[at - 1] == 'R') {
        const auto open = text.find('(', at);
        const auto close = ")" + text.substr(at + 1, open - at - 1) + "\"";
        return std::min(text.find(close, open) + close.size(), text.size());
    }
    for (++at; at < text.size() && text[at] != quote && text[at] != '\n'; ++at)
        if (text[at] == '\\') ++at;
    return std::min(at + 1, text.size());
}

/// The code without comments and, if asked, without what stands in quotes; lines stay lines.
std::string stripped(const std::string& text, bool of_literals) {
    std::string out;
    const auto blank = [&](std::size_t from, std::size_t to) {
        for (; from != to; ++from)
            if (text[from] == '\n') out += '\n';
    };
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        const bool separator = text[i] == '\'' && i != 0 && is_word(text[i - 1]);  // 1'000
        if (text.compare(i, 2, "//") == 0) {
            end = std::min(text.find('\n', i), text.size());
            blank(i, end);
        } else if (text.compare(i, 2, "/*") == 0) {
            end = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
            blank(i, end);
        } else if ((text[i] == '"' || text[i] == '\'') && !separator) {
            end = end_of_literal(text, i);
            if (of_literals)
                blank(i, end);
            else
                out.append(text, i, end - i);
        } else {
            out += text[i];
        }
        i = end;
    }
    return out;
}

/// Whether a line has a word, and not just a part of a longer one.
bool mentions(std::string_view line, std::string_view word) {
    const bool whole_front = is_word(word.front()) && word.front() != '_';
    for (auto at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool longer_front = whole_front && at != 0 && is_word(line[at - 1]);
        const bool longer_back = is_word(word.back()) && end < line.size() && is_word(line[end]);
        if (!longer_front && !longer_back) return true;
    }
    return false;
}

// ---- Judging

struct Source {
    std::string path;  ///< From src/: room/folders/file.
    std::string text;
    std::string_view room() const { return std::string_view{path}.substr(0, path.find('/')); }
};

using Findings = std::vector<std::string>;

std::string place(const Source& source, std::size_t line) {
    return "src/" + source.path + ":" + std::to_string(line + 1) + ": ";
}

bool may_include(std::string_view room, std::string_view what, bool quoted) {
    const auto found = kRooms.find(room);
    if (found == kRooms.end()) return false;
    const auto& [ours, outside] = found->second;
    if (quoted) {
        const auto from = what.substr(0, what.find('/'));
        return from == room || in(ours, from);
    }
    if (what.find_first_of("/.") == what.npos) return true;  // The standard library.
    return std::any_of(outside.begin(), outside.end(), [&](std::string_view start) {
        return what.substr(0, start.size()) == start;
    });
}

Findings wrong_includes(const Source& source) {
    Findings out;
    const auto lines = lines_of(stripped(source.text, false));
    for (std::size_t i = 0; i != lines.size(); ++i) {
        const std::string_view line = lines[i];
        const auto start = line.find_first_not_of(" \t");
        if (start == line.npos || line[start] != '#' || !mentions(line, "include")) continue;
        const auto open = line.find_first_of("<\"");
        const auto close = line.find_last_of(">\"");
        if (open == line.npos || close <= open) {
            out.push_back(place(source, i) + "an #include that cannot be read");
            continue;
        }
        const auto what = line.substr(open + 1, close - open - 1);
        if (!may_include(source.room(), what, line[open] == '"'))
            out.push_back(place(source, i) + std::string{source.room()} + " may not include " +
                          std::string{what});
    }
    return out;
}

Findings banned_words(const Source& source) {
    Findings out;
    const auto lines = lines_of(stripped(source.text, true));
    for (std::size_t i = 0; i != lines.size(); ++i) {
        for (const auto& ban : kBans) {
            if (!in(ban.rooms, source.room())) continue;
            for (const auto word : ban.words)
                if (mentions(lines[i], word))
                    out.push_back(place(source, i) + std::string{word} + ": use " +
                                  std::string{ban.instead});
        }
    }
    return out;
}

Findings wrong_shape(const Source& source) {
    Findings out;
    const auto lines = lines_of(source.text);
    const bool header = source.path.ends_with(".hpp");
    if (header && (lines.empty() || lines.front() != "#pragma once"))
        out.push_back(place(source, 0) + "a header begins with #pragma once");
    if (lines.size() > 600) out.push_back(place(source, 600) + "more than 600 lines");
    for (std::size_t i = 0; i != lines.size(); ++i) {
        const auto columns = std::count_if(lines[i].begin(), lines[i].end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;  // UTF-8: one a character.
        });
        if (columns > 100) out.push_back(place(source, i) + "more than 100 columns");
        for (const char* word : {"TODO", "FIXME", "XXX", "HACK"})
            if (mentions(lines[i], word)) out.push_back(place(source, i) + word + ": do it now");
    }
    const auto name = source.path.substr(source.path.rfind('/') + 1);
    const auto stem = name.substr(0, name.rfind('.'));
    for (const char c : stem)
        if (!(std::islower(static_cast<unsigned char>(c)) != 0 ||
              std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '_')) {
            out.push_back(place(source, 0) + "file names are snake_case");
            break;
        }
    for (const char* vague : {"util", "utils", "common", "helper", "helpers", "types", "manager"})
        if (stem == vague) out.push_back(place(source, 0) + "a name that says nothing");
    return out;
}

std::vector<Source> sources() {
    std::vector<Source> out;
    const fs::path root = fs::path{LBSIM_SOURCE} / "src";
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
        const auto extension = entry.path().extension();
        if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
        std::ifstream file{entry.path()};
        std::ostringstream text;
        text << file.rdbuf();
        out.push_back({fs::relative(entry.path(), root).generic_string(), text.str()});
    }
    std::sort(out.begin(), out.end(),
              [](const Source& a, const Source& b) { return a.path < b.path; });
    return out;
}

std::string joined(const Findings& findings) {
    std::string out;
    for (const auto& finding : findings) out += finding + "\n";
    return out;
}

template <class Judge>
std::string verdict(Judge judge) {
    Findings all;
    for (const auto& source : sources())
        for (auto& finding : judge(source)) all.push_back(std::move(finding));
    return joined(all);
}

// ---- The sources

TEST(Rooms, AreAllInTheTable) {
    ASSERT_GE(sources().size(), 20u);
    for (const auto& source : sources()) EXPECT_EQ(kRooms.count(source.room()), 1u) << source.path;
}

TEST(Rooms, IncludeOnlyWhatTheyMay) { EXPECT_EQ(verdict(wrong_includes), ""); }

TEST(Rooms, DoWithoutBannedWords) { EXPECT_EQ(verdict(banned_words), ""); }

TEST(Rooms, KeepTheirFilesInShape) { EXPECT_EQ(verdict(wrong_shape), ""); }

TEST(Rooms, AreLayersWithoutACircle) {
    for (const auto& [name, room] : kRooms)
        for (const auto below : room.includes) {
            ASSERT_EQ(kRooms.count(below), 1u);
            EXPECT_FALSE(in(kRooms.at(below).includes, name)) << name << " and " << below;
            for (const auto deeper : kRooms.at(below).includes)
                EXPECT_TRUE(name == "examples" || name == "experiment" || in(room.includes, deeper))
                    << name << " may include " << below << ", but not its " << deeper;
        }
}

// ---- The judge

TEST(RoomsJudge, SeesAnIncludeThatPointsUp) {
    EXPECT_EQ(joined(wrong_includes({"base/x.hpp", "#include \"sim/event_queue.hpp\"\n"})),
              "src/base/x.hpp:1: base may not include sim/event_queue.hpp\n");
    EXPECT_EQ(joined(wrong_includes({"sim/x.hpp", "\n  #  include <zlib.h>\n"})),
              "src/sim/x.hpp:2: sim may not include zlib.h\n");
    EXPECT_EQ(wrong_includes({"nowhere/x.hpp", "#include <vector>\n"}).size(), 1u);
    EXPECT_EQ(wrong_includes({"sim/x.hpp", "#include WHATEVER\n"}).size(), 1u);
}

TEST(RoomsJudge, LetsPassWhatTheTableAllows) {
    EXPECT_EQ(joined(wrong_includes({"model/x.cpp",
                                     "#include \"model/x.hpp\"\n"
                                     "#include \"sim/event_queue.hpp\"\n"
                                     "// #include \"report/no.hpp\"\n"
                                     "/* \n#include \"report/no.hpp\"\n */\n"
                                     "#include <vector>\n"})),
              "");
    EXPECT_EQ(joined(wrong_includes({"stats/x.cpp", "#include <boost/math/x.hpp>\n"})), "");
}

TEST(RoomsJudge, SeesEveryBannedWord) {
    for (const auto& ban : kBans)
        for (const auto word : ban.words)
            for (const auto room : ban.rooms) {
                const std::string line = "auto x = " + std::string{word} + " ;\n";
                EXPECT_EQ(banned_words({std::string{room} + "/x.cpp", line}).size(), 1u) << line;
            }
}

TEST(RoomsJudge, DoesNotMindBannedWordsInCommentsStringsAndLongerWords) {
    const std::string text =
        "// std::log( is not for us\n"
        "/* nor is\n unordered_map */\n"
        "auto s = \"steady_clock\\\" lbsim\";\n"
        "auto r = R\"x(lbsim \" )\" system_clock)x\";\n"
        "auto c = '\"'; auto n = 1'000'000; int lbsimulation, my_lbsim, static_assert(true);\n";
    EXPECT_EQ(joined(banned_words({"base/x.cpp", text})), "");
    EXPECT_EQ(joined(banned_words({"base/x.cpp", text + "auto q = '\\''; lbsim::x();\n"})),
              "src/base/x.cpp:7: lbsim: use nothing: lb stands alone\n");
}

TEST(RoomsJudge, SeesFilesOutOfShape) {
    const std::string fine = "#pragma once\n";
    EXPECT_EQ(wrong_shape({"base/x.hpp", fine}).size(), 0u);
    EXPECT_EQ(wrong_shape({"base/x.hpp", "\n" + fine}).size(), 1u);
    EXPECT_EQ(wrong_shape({"base/x.cpp", "// TODO\n"}).size(), 1u);
    EXPECT_EQ(wrong_shape({"base/x.cpp", std::string(101, 'x') + "\n"}).size(), 1u);
    std::string lambdas = "//";
    for (int i = 0; i != 98; ++i) lambdas += "\xce\xbb";
    EXPECT_EQ(wrong_shape({"base/x.cpp", lambdas + "\n"}).size(), 0u);
    std::string lines(600, '\n');
    EXPECT_EQ(wrong_shape({"base/x.cpp", lines}).size(), 0u);
    EXPECT_EQ(wrong_shape({"base/x.cpp", lines + "\n"}).size(), 1u);
    EXPECT_EQ(wrong_shape({"base/BadName.cpp", ""}).size(), 1u);
    EXPECT_EQ(wrong_shape({"base/utils.cpp", ""}).size(), 1u);
}

}  // namespace
