#pragma once

// The command as a user meets it: the built program, in a folder of its own.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

struct Ended {
    int status;
    std::string out, err;
};

class Cli : public testing::Test {
protected:
    Cli() {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::temp_directory_path() /
                  (std::string{"lbsim-cli-"} + info->name() + "-" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    ~Cli() override { fs::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream{folder_ / name, std::ios::binary} << text;
    }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream{folder_ / name, std::ios::binary}.rdbuf();
        return text.str();
    }
    bool exists(const std::string& name) const { return fs::exists(folder_ / name); }

    /// Runs `lbsim ARGUMENTS` in the folder, through a shell.
    Ended lbsim(const std::string& arguments, const std::string& before = "") const {
        const std::string command = "cd '" + folder_.string() + "' && " + before +
                                    " '" LBSIM_BINARY "/lbsim' " + arguments + " >.out 2>.err";
        const int raw = std::system(command.c_str());
        Ended ended{WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw), read(".out"),
                    read(".err")};
        fs::remove(folder_ / ".out");
        fs::remove(folder_ / ".err");
        return ended;
    }
    /// The names of what is in the folder.
    std::string listing() const {
        std::string names;
        for (const auto& e : fs::directory_iterator{folder_}) names += e.path().filename().string();
        return names;
    }

    static constexpr const char* kSmall = R"({
        "question": "Which?", "duration": "5s", "replications": 3, "slo": { "latency": "100ms" },
        "clients": [{ "name": "web", "arrivals": { "poisson": { "rate": "100/s" } } }],
        "backends": [{ "name": "b", "count": 3, "service": { "exponential": { "mean": "10ms" } } }],
        "compare": ["random", "p2c"],
        "expect": ["p99(p2c) < 10s"]
    })";

    fs::path folder_;
};
