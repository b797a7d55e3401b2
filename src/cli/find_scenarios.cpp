#include "cli/find_scenarios.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "cli/status.hpp"
#include "scenario/problem.hpp"

namespace lbsim {
namespace {

namespace fs = std::filesystem;

// Beside the program when installed, else where it was built from.
fs::path shipped_folder() {
    std::error_code ignored;
    const auto program = fs::read_symlink("/proc/self/exe", ignored);
    const auto installed = program.parent_path().parent_path() / "share" / "lbsim" / "scenarios";
    return fs::is_directory(installed, ignored) ? installed : fs::path{LBSIM_SCENARIOS};
}

std::vector<std::string> json_files(const fs::path& folder) {
    std::vector<std::string> files;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator{folder, failed})
        if (entry.path().extension() == ".json") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::vector<std::string> shipped_scenarios() { return json_files(shipped_folder()); }

std::string find_scenario(const std::string& name) {
    const bool like_a_path =
        name.find('/') != std::string::npos || fs::path{name}.extension() == ".json";
    if (like_a_path || fs::is_regular_file(name)) return name;
    std::vector<std::string> stems;
    for (const auto& file : shipped_scenarios()) {
        stems.push_back(fs::path{file}.stem().string());
        if (stems.back() == name) return file;
    }
    const std::vector<std::string_view> known{stems.begin(), stems.end()};
    const auto meant = nearest(name, known);
    throw UsageError{"no scenario \"" + name + "\"\n  hint: " +
                     (meant.empty() ? "lbsim scenarios lists those that are shipped; a file is "
                                      "named with its path or .json"
                                    : "did you mean \"" + std::string{meant} + "\"?")};
}

std::vector<std::string> find_scenarios(const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const auto& name : names) {
        if (!fs::is_directory(name)) {
            files.push_back(find_scenario(name));
            continue;
        }
        const auto inside = json_files(name);
        if (inside.empty()) throw UsageError{"no *.json in the folder \"" + name + "\""};
        files.insert(files.end(), inside.begin(), inside.end());
    }
    return files;
}

std::string read_text(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) throw UsageError{"cannot read \"" + file + "\""};
    return text.str();
}

}  // namespace lbsim
