#include "report/explained.hpp"

#include <algorithm>

#include "report/text.hpp"

namespace lbsim {
namespace {

// More candidates are counted, not listed.
constexpr std::size_t kMostListed = 20;

std::string score_text(double score) {
    return score < 0 ? "-" + three_digits(-score) : three_digits(score);
}

std::string candidates(const Explained& e, std::size_t width) {
    if (e.candidates.empty()) return {};
    Grid grid{{{"candidate", Grid::Align::Left, 0}, {"score"}, {"", Grid::Align::Left, 1}}};
    for (std::size_t i = 0; i != std::min(e.candidates.size(), kMostListed); ++i) {
        const auto& c = e.candidates[i];
        const bool picked = c.backend == e.backend;
        std::string note = c.note;
        if (picked) note = note.empty() ? "picked" : "picked; " + note;
        grid.row({clean(c.backend), e.score.empty() ? "" : score_text(c.score), note}, Look::Plain);
    }
    std::string out = grid.text(width, false, "  ");
    if (e.candidates.size() > kMostListed)
        out += "  … and " + std::to_string(e.candidates.size() - kMostListed) + " more\n";
    return out;
}

std::string excluded(const Explained& e, std::size_t width) {
    if (e.members == 0) return {};  // Nobody picked.
    if (e.excluded.empty())
        return wrap("none of " + std::to_string(e.members), width, "  excluded: ");
    std::string all;
    for (std::size_t i = 0; i != std::min(e.excluded.size(), kMostListed); ++i)
        all += (i == 0 ? "" : ", ") + e.excluded[i].backend + " (" + e.excluded[i].why + ")";
    if (e.excluded.size() > kMostListed)
        all += " and " + std::to_string(e.excluded.size() - kMostListed) + " more";
    return wrap(all + ", of " + std::to_string(e.members), width, "  excluded: ");
}

}  // namespace

std::string explained_text(const std::string& variant, const std::string& policy,
                           const Explained& e, std::size_t width) {
    std::string what = "request " + grouped(e.request) + " of " + e.clients;
    if (!e.kind.empty()) what += ", kind " + e.kind;
    if (!e.key.empty()) what += ", key " + e.key;
    what += ", at " + time_text(lb::seconds(e.at)) + ", balancer " + std::to_string(e.balancer);
    const std::string went =
        e.backend.empty() ? "rejected: " + e.rejection : "sent to " + e.backend;
    std::string out = variant + (variant == policy ? "" : " (" + policy + ")") + '\n';
    out += wrap(what, width, "  ");
    out += wrap(went, width, "  ");
    if (!e.rule.empty()) out += wrap(e.rule, width, "  rule: ");
    if (!e.score.empty()) out += wrap(e.score, width, "  score: ");
    out += candidates(e, width);
    out += excluded(e, width);
    return out;
}

}  // namespace lbsim
