#include "scenario/problem.hpp"

#include <algorithm>
#include <numeric>

namespace lbsim {
namespace {

// Optimal string alignment: edits and swaps of neighbours, no letter touched twice.
std::size_t slips(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + wrong});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string child(std::string_view pointer, std::string_view key) {
    std::string out{pointer};
    out += '/';
    for (const char c : key) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

std::string child(std::string_view pointer, std::size_t index) {
    return std::string{pointer} + '/' + std::to_string(index);
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    // Nobody mistypes a whole page; without a bound, two long words would take forever.
    constexpr std::size_t kLongest = 200;
    std::string_view best;
    if (word.size() > kLongest) return best;
    std::size_t allowed = word.size() / 3;
    for (const auto candidate : candidates) {
        const auto longer = std::max(candidate.size(), word.size());
        const auto shorter = std::min(candidate.size(), word.size());
        if (candidate.empty() || longer - shorter > allowed) continue;
        const auto n = slips(word, candidate);
        if (n > allowed || (n == allowed && !best.empty())) continue;
        best = candidate;
        allowed = n;
    }
    return best;
}

}  // namespace lbsim
