#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/remap.hpp"
#include "report/text.hpp"

// Rings and matrices drawn, with letters and as SVG.

namespace lbsim {
namespace {

using Points = std::vector<RemapRow::Point>;

struct Spot {
    double x, y;
};

/// Where a part of a turn ends, clockwise from the top, on a circle of radius 1; y grows downwards.
/// By the power series, so that every machine draws the same.
Spot spot(double turn) {
    constexpr double kPi = 3.14159265358979323846;
    const double quarter = 4 * (turn - std::floor(turn));
    const int quadrant = std::min(3, static_cast<int>(quarter));
    const double angle = (quarter - quadrant) * kPi / 2;
    double sine = 0, cosine = 0, term = 1;
    for (int k = 0; k != 26; k += 2) {
        const double sign = k % 4 == 0 ? 1 : -1;
        cosine += sign * term;
        term *= angle / (k + 1);
        sine += sign * term;
        term *= angle / (k + 2);
    }
    switch (quadrant) {
        case 0: return {sine, -cosine};
        case 1: return {cosine, sine};
        case 2: return {-sine, cosine};
        default: return {-cosine, -sine};
    }
}

/// The first point clockwise from there.
const RemapRow::Point& owner(const Points& points, double turn) {
    const auto found = std::lower_bound(points.begin(), points.end(), turn,
                                        [](const auto& p, double at) { return p.at < at; });
    return found == points.end() ? points.front() : *found;
}

/// The backends before and after, each once.
struct Cast {
    explicit Cast(const RemapStep& step) {
        for (const auto& b : step.from) of_from.push_back(add(b.name));
        for (const auto& b : step.to) of_to.push_back(add(b.name));
    }
    std::size_t add(const std::string& name) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
        names.push_back(name);
        return names.size() - 1;
    }
    std::vector<std::string> names;
    std::vector<std::size_t> of_from, of_to;  // Places among the names.
};

/// How much of the circle, and how many points, each of the cast has.
struct Part {
    double share = 0;
    std::size_t points = 0;
};
std::vector<Part> parts_of(const Points& points, const std::vector<std::size_t>& cast,
                           std::size_t n) {
    std::vector<Part> out(n);
    for (std::size_t i = 0; i != points.size(); ++i) {
        const double before = i == 0 ? points.back().at - 1 : points[i - 1].at;
        auto& part = out[cast[points[i].backend]];
        part.share += points[i].at - before;
        ++part.points;
    }
    return out;
}

// ---- With letters

char letter(std::size_t backend) { return static_cast<char>('a' + backend % 26); }

class Canvas {
public:
    explicit Canvas(int radius) : radius_{radius} {
        lines_.assign(static_cast<std::size_t>(radius) + 1,
                      std::string(2 * static_cast<std::size_t>(radius) + 1, ' '));
    }
    /// A letter is twice as high as it is wide.
    char& at(double radius, double turn) {
        const auto [x, y] = spot(turn);
        const auto column = static_cast<std::size_t>(std::floor(radius_ + radius * x + 0.5));
        const auto line = static_cast<std::size_t>(std::floor((radius_ + radius * y) / 2 + 0.5));
        return lines_[line][column];
    }
    void ring(const Points& points, const std::vector<std::size_t>& cast, double radius) {
        constexpr int kPlaces = 1440;
        for (int i = 0; i != kPlaces; ++i) {
            const double turn = static_cast<double>(i) / kPlaces;
            at(radius, turn) = letter(cast[owner(points, turn).backend]);
        }
        if (static_cast<double>(points.size()) > 2 * radius) return;
        for (const auto& point : points)
            at(radius, point.at) = static_cast<char>(
                std::toupper(static_cast<unsigned char>(letter(cast[point.backend]))));
    }
    std::string text() const {
        std::string out;
        for (const auto& line : lines_) {
            out += ' ' + line;
            out.erase(out.find_last_not_of(' ') + 1);
            out += '\n';
        }
        return out;
    }

private:
    int radius_;
    std::vector<std::string> lines_;
};

// ---- As SVG

/// Hues far from each other, however many.
std::string color(std::size_t backend) {
    const double hue = std::fmod(static_cast<double>(backend) * 137.508 + 210, 360) / 60;
    const double low = backend % 2 == 0 ? 70 : 40, high = backend % 2 == 0 ? 210 : 170;
    const double ramp = low + (high - low) * (1 - std::fabs(std::fmod(hue, 2) - 1));
    const std::array<std::array<double, 3>, 6> rgb{{{high, ramp, low},
                                                    {ramp, high, low},
                                                    {low, high, ramp},
                                                    {low, ramp, high},
                                                    {ramp, low, high},
                                                    {high, low, ramp}}};
    std::string out = "#";
    for (const double part : rgb[std::min<std::size_t>(5, static_cast<std::size_t>(hue))])
        for (const int digit : {static_cast<int>(part) / 16, static_cast<int>(part) % 16})
            out += "0123456789abcdef"[digit];
    return out;
}

std::string coordinate(double x) { return fixed(x, 2); }

class Picture {
public:
    std::string text() && {
        return concat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 ",
                      coordinate(y_),
                      "\" font-family=\"sans-serif\" font-size=\"12\">\n"
                      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
                      out_, "</svg>\n");
    }
    void heading(std::string_view text) {
        y_ += 26;
        write(16, y_, text, " font-size=\"15\" font-weight=\"bold\"");
        y_ += 8;
    }
    void row(const RemapStep& step, const RemapRow& row) {
        const Cast cast{step};
        y_ += 24;
        write(16, y_,
              concat(row.policy, ": ",
                     percent(static_cast<double>(row.moved) / static_cast<double>(step.keys), 2),
                     " % moved, ",
                     percent(static_cast<double>(row.needless) / static_cast<double>(step.keys), 2),
                     " % needlessly, max/mean ", fixed(row.max_over_mean, 3)),
              " font-weight=\"bold\"");
        const double top = y_ + 14;
        const bool round = !row.ring_from.empty() && !row.ring_to.empty();
        if (round) {
            ring(row.ring_from, cast.of_from, 140, top + 130, 88);
            ring(row.ring_to, cast.of_to, 140, top + 130, 118);
            write(140, top + 127, "before inside,", " text-anchor=\"middle\"");
            write(140, top + 143, "after outside", " text-anchor=\"middle\"");
        }
        const double below =
            std::max(matrix(step, row, cast, round ? 380 : 100, top), legend(cast, 700, top));
        y_ = std::max(below, round ? top + 264 : top);
    }

private:
    void write(double x, double y, std::string_view text, std::string_view how = {}) {
        out_ += concat("<text x=\"", coordinate(x), "\" y=\"", coordinate(y), "\"", how, ">",
                       escaped_xml(text), "</text>\n");
    }
    /// Arcs of one owner are one; too many points to be seen are drawn as what they come to.
    void ring(const Points& points, const std::vector<std::size_t>& cast, double x, double y,
              double radius) {
        constexpr std::size_t kSectors = 720, kTicks = 240;
        std::vector<std::pair<double, std::size_t>> ends;  // Of arcs, and whose they are.
        const auto add = [&](double end, std::size_t who) {
            if (!ends.empty() && ends.back().second == who)
                ends.back().first = end;
            else
                ends.emplace_back(end, who);
        };
        if (points.size() <= kSectors / 2) {
            for (const auto& p : points) add(p.at, cast[p.backend]);
            add(1, cast[points.front().backend]);
        } else {
            for (std::size_t i = 1; i <= kSectors; ++i) {
                const double end = static_cast<double>(i) / kSectors;
                add(end, cast[owner(points, end - 0.5 / kSectors).backend]);
            }
        }
        double from = 0;
        for (const auto& [end, who] : ends) {
            arc(x, y, radius, from, end, who);
            from = end;
        }
        if (points.size() > kTicks) return;
        for (const auto& p : points) {
            const auto [dx, dy] = spot(p.at);
            out_ += concat(
                "<path d=\"M", coordinate(x + (radius - 13) * dx), " ",
                coordinate(y + (radius - 13) * dy), "L", coordinate(x + (radius + 13) * dx), " ",
                coordinate(y + (radius + 13) * dy), "\" stroke=\"black\" stroke-width=\"0.8\"/>\n");
        }
    }
    void arc(double x, double y, double radius, double from, double to, std::size_t who) {
        if (to - from < 1e-4) return;  // Too small to be seen, or to have a direction.
        // Two halves: an arc all the way round has no direction.
        const double middle = (from + to) / 2;
        std::string path;
        for (const double turn : {from, middle, to}) {
            const auto [dx, dy] = spot(turn);
            path += concat(
                path.empty() ? "M"
                             : concat("A", coordinate(radius), " ", coordinate(radius), " 0 0 1 "),
                coordinate(x + radius * dx), " ", coordinate(y + radius * dy));
        }
        out_ += concat("<path d=\"", path, "\" fill=\"none\" stroke=\"", color(who),
                       "\" stroke-width=\"22\"/>\n");
    }
    double legend(const Cast& cast, double x, double y) {
        constexpr std::size_t kMost = 16;
        for (std::size_t i = 0; i != std::min(cast.names.size(), kMost); ++i) {
            y += 16;
            out_ += concat("<rect x=\"", coordinate(x), "\" y=\"", coordinate(y - 10),
                           "\" width=\"11\" height=\"11\" fill=\"", color(i), "\"/>\n");
            write(x + 17, y, fit(clean(cast.names[i]), 14));
        }
        if (cast.names.size() > kMost) write(x + 17, y += 16, "…");
        return y + 10;
    }
    /// Keys that stayed are grey, those that moved orange: the more, the darker.
    double matrix(const RemapStep& step, const RemapRow& row, const Cast& cast, double x,
                  double y) {
        const auto columns = static_cast<double>(step.to.size());
        const auto lines = static_cast<double>(step.from.size());
        const double cell = std::min(26.0, 230 / std::max(columns, lines));
        const bool named = cell >= 14;
        if (named) y += 14;
        double most = 1;
        for (std::size_t f = 0; f != step.from.size(); ++f)
            for (std::size_t t = 0; t != step.to.size(); ++t)
                if (cast.of_from[f] != cast.of_to[t])
                    most = std::max(most, static_cast<double>(row.matrix[f][t]));
        for (std::size_t f = 0; f != step.from.size(); ++f) {
            const double top = y + static_cast<double>(f) * cell;
            if (named)
                write(x - 5, top + cell / 2 + 4, fit(clean(step.from[f].name), 10),
                      " text-anchor=\"end\" font-size=\"10\"");
            for (std::size_t t = 0; t != step.to.size(); ++t) {
                const double left = x + static_cast<double>(t) * cell;
                const auto keys = row.matrix[f][t];
                if (f == 0 && named)
                    write(left + cell / 2, y - 4, fit(clean(step.to[t].name), 4),
                          " text-anchor=\"middle\" font-size=\"10\"");
                if (keys == 0) continue;
                const bool stayed = cast.of_from[f] == cast.of_to[t];
                const double dark = stayed ? 0.35 : 0.1 + 0.9 * static_cast<double>(keys) / most;
                out_ += concat("<rect x=\"", coordinate(left), "\" y=\"", coordinate(top),
                               "\" width=\"", coordinate(cell), "\" height=\"", coordinate(cell),
                               "\" fill=\"", stayed ? "#888888" : "#d55e00", "\" fill-opacity=\"",
                               coordinate(dark), "\"><title>");
                out_ += concat(escaped_xml(step.from[f].name), " to ", escaped_xml(step.to[t].name),
                               ": ", grouped(keys), " keys</title></rect>\n");
            }
        }
        out_ += concat("<rect x=\"", coordinate(x), "\" y=\"", coordinate(y), "\" width=\"",
                       coordinate(columns * cell), "\" height=\"", coordinate(lines * cell),
                       "\" fill=\"none\" stroke=\"#444444\"/>\n");
        write(x, y + lines * cell + 15, "keys from (down) to (across): grey stayed, orange moved",
              " font-size=\"10\"");
        return y + lines * cell + 24;
    }

    std::string out_;
    double y_ = 0;
};

}  // namespace

std::string remap_ring(const RemapStep& step, const RemapRow& row, const TableOptions& options) {
    if (row.ring_from.empty() || row.ring_to.empty()) return {};
    constexpr std::size_t kMost = 26;
    const Cast cast{step};
    Canvas canvas{std::min(30, static_cast<int>(options.width) / 2 - 2)};
    const double radius = std::min(30.0, static_cast<double>(options.width / 2) - 2);
    canvas.ring(row.ring_from, cast.of_from, radius * 0.78);
    canvas.ring(row.ring_to, cast.of_to, radius);
    Grid grid{{{"", Grid::Align::Left},
               {"backend", Grid::Align::Left},
               {"before %"},
               {"points", Grid::Align::Right, 1},
               {"after %"},
               {"points", Grid::Align::Right, 1}}};
    const auto before = parts_of(row.ring_from, cast.of_from, cast.names.size());
    const auto after = parts_of(row.ring_to, cast.of_to, cast.names.size());
    const auto cell = [](const Part& part) {
        return part.points == 0 ? std::string{"–"} : percent(part.share, 1);
    };
    for (std::size_t i = 0; i != std::min(cast.names.size(), kMost); ++i)
        grid.row({std::string{letter(i)}, clean(cast.names[i]), cell(before[i]),
                  grouped(before[i].points), cell(after[i]), grouped(after[i].points)});
    return canvas.text() +
           wrap(
               "inside before, outside after, clockwise from the top; a capital where a backend "
               "has a point",
               options.width, " ") +
           grid.text(options.width, options.color);
}

std::string remap_svg(std::span<const RemapStep> steps) {
    Picture picture;
    for (std::size_t k = 0; k != steps.size(); ++k) {
        if (steps.size() > 1)
            picture.heading(k + 1 == steps.size() ? "all steps together"
                                                  : concat("step ", std::to_string(k + 1)));
        for (const auto& row : steps[k].rows) picture.row(steps[k], row);
    }
    return std::move(picture).text();
}

}  // namespace lbsim
