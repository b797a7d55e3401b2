#include <algorithm>
#include <array>

#include "scenario/describe.hpp"
#include "scenario/describe_parts.hpp"
#include "scenario/empirical.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

using lb::kNotNegative;
using lb::kPositive;
using lb::Unit;
using Body = Blocks::Body;
using Case = Blocks::Case;
using Choice = Blocks::Choice;
using Shape = Blocks::Shape;

// Bounds that no sensible scenario meets, so that a slip of the finger is told and not simulated.
constexpr lb::Range kShare{.low = 0, .high = 1e9};
constexpr lb::Range kCv{.low = 0, .high = 1000};
constexpr lb::Range kShape{.low = 0.05, .high = 1000};
constexpr lb::Range kAlpha{.low = 0.1, .high = 1000};

// A law, with its parameters in the unit of what it is of.
struct Law {
    Distribution& to;
    Measure of;

    double amount(Blocks& b, std::string_view name, std::string_view meaning,
                  lb::Range range = kPositive) const {
        if (of == Measure::Factor) {
            range.high = kFactor.high;
            double x = 1;
            b.field(name, x, meaning, range);
            return x;
        }
        Duration d = std::chrono::seconds{1};
        b.field(name, d, meaning, range);
        return exact_seconds(d);
    }
    double demanded_amount(Blocks& b, std::string_view name, std::string_view meaning,
                           lb::Range range = kPositive) const {
        b.required(name);
        return amount(b, name, meaning, range);
    }

    void constant(Blocks& b) const {
        const auto range = of == Measure::Delay ? kNotNegative : kPositive;
        to.law = Constant{amount(b, kItself, "Always the same", range)};
    }
    void exponential(Blocks& b) const {
        to.law = Exponential{demanded_amount(b, "mean", "The mean")};
    }
    void lognormal(Blocks& b) const {
        double m = 1, cv = 1, median = 1, p99 = 1;
        const std::array<Choice, 2> choices{
            {{"mean", "The mean", [&](Blocks& v) { m = amount(v, kItself, "The mean"); }},
             {"median", "Half of them are below",
              [&](Blocks& v) { median = amount(v, kItself, "Half of them are below"); }}}};
        b.one_of(choices);
        b.together("mean", "cv");
        b.together("median", "p99");
        if (b.optional("cv")) b.field("cv", cv, "Standard deviation / mean", kCv);
        if (b.optional("p99")) p99 = amount(b, "p99", "One in a hundred is above");
        if (!b.sound()) return;
        const bool by_mean = b.given("mean") || !b.given("median");
        if (!by_mean && p99 < median)
            b.problem("p99", "must not be less than the median", {});
        else
            to.law = by_mean ? LogNormal::with_mean(m, cv) : LogNormal::with_median(median, p99);
    }
    void gamma(Blocks& b) const {
        const double m = demanded_amount(b, "mean", "The mean");
        to.law = Gamma{m, demanded(b, "cv", 1.0, "Standard deviation / mean", kCv)};
    }
    void erlang(Blocks& b) const {
        const auto stages =
            demanded(b, "stages", std::int64_t{1}, "It is the sum of so many exponential stages",
                     lb::Range{.low = 1, .high = 1000});
        to.law = Erlang{stages, demanded_amount(b, "mean", "The mean of the sum")};
    }
    void uniform(Blocks& b) const {
        const double low = demanded_amount(b, "min", "The least", kNotNegative);
        const double high = demanded_amount(b, "max", "The most");
        if (b.sound() && high < low) b.problem("max", "must not be less than min", {});
        to.law = Uniform{low, high};
    }
    void pareto(Blocks& b) const {
        Pareto law;
        law.min = demanded_amount(b, "min", "The least");
        law.alpha = demanded(b, "alpha", 2.0, "How fast the tail falls: P(X > x) = (min / x)^alpha",
                             kAlpha);
        if (b.optional("max")) {
            const double most = amount(b, "max", "The most; the law is that of values up to it");
            if (b.given("max")) law.max = most;
        }
        if (b.sound() && !(law.max > law.min)) b.problem("max", "must be greater than min", {});
        to.law = law;
    }
    void weibull(Blocks& b) const {
        const double scale = demanded_amount(b, "scale", "63% of them are below");
        to.law = Weibull{
            scale, demanded(b, "shape", 1.0, "1 is exponential, less has a heavier tail", kShape)};
    }
    void hyperexponential(Blocks& b) const {
        Hyperexponential law;
        double sum = 0;
        b.required("phases");
        b.list("phases", "The exponentials that it is one of", {.least = 1}, [&](Blocks& phase) {
            phase.object(kItself, "One exponential", [&](Blocks& o) {
                const double share = demanded(o, "share", 1.0, "How often, relative to the sum",
                                              kShare, Unit::Fraction);
                law.phases.push_back({share, demanded_amount(o, "mean", "Its mean")});
                sum += share;
            });
        });
        if (b.sound() && b.given("phases") && !(sum > 0)) no_shares(b, "phases");
        to.law = std::move(law);
    }
    void mixture(Blocks& b) const;
    void empirical(Blocks& b) const {
        std::string path, unit;
        b.required("file");
        b.file("file", path, "Values measured, one a line; each is equally likely");
        if (of != Measure::Factor) {
            static constexpr std::array<std::string_view, 4> kUnits{"ns", "us", "ms", "s"};
            std::size_t index = kUnits.size();
            if (b.optional("unit")) b.word("unit", index, kUnits, "Of numbers without a unit");
            if (index != kUnits.size()) unit = kUnits[index];
        }
        if (!b.sound() || path.empty()) return;
        auto read = of == Measure::Factor ? read_factors(path) : read_durations(path, unit);
        if (!read.mistake.empty()) b.problem("file", read.mistake, read.hint);
        if (!read.values.empty()) to.law = Empirical::with_values(std::move(read.values));
    }
    static void no_shares(Blocks& b, std::string_view name) {
        b.problem(name, "at least one share must be greater than 0", {});
    }

    std::array<Choice, 10> choices() const;
};

std::array<Choice, 10> Law::choices() const {
    // By value: a Law is no more than a reference.
    const auto law = [self = *this](auto describe) {
        return [self, describe](Blocks& b) { (self.*describe)(b); };
    };
    return {object("exponential", "Memoryless", law(&Law::exponential)),
            object("lognormal", "By mean and cv, or by median and p99", law(&Law::lognormal)),
            object("gamma", "cv 1 is exponential, 0 is constant", law(&Law::gamma)),
            object("erlang", "A sum of exponential stages", law(&Law::erlang)),
            object("uniform", "Anything between two bounds", law(&Law::uniform)),
            object("pareto", "A heavy tail, bounded if it has a max", law(&Law::pareto)),
            object("weibull", "Tails from heavy to light", law(&Law::weibull)),
            object("hyperexponential", "One of several exponentials", law(&Law::hyperexponential)),
            object("mixture", "One of several laws", law(&Law::mixture)),
            object("empirical", "Values from a file", law(&Law::empirical))};
}

void Law::mixture(Blocks& b) const {
    static constexpr std::array<std::string_view, 3> kTitles{"part of a service time",
                                                             "part of a delay", "part of a factor"};
    Mixture law;
    double sum = 0;
    const Body part = [&](Blocks& o) {
        Mixture::Part one;
        one.share =
            demanded(o, "share", 1.0, "How often, relative to the sum", kShare, Unit::Fraction);
        const Law inner{one.distribution, of};
        auto choices = inner.choices();
        std::array<Choice, 11> all;
        std::move(choices.begin(), choices.end(), all.begin());
        all.back() = {"constant", "Always the same", [&](Blocks& v) { inner.constant(v); }};
        o.one_of(all);
        sum += one.share;
        law.of.push_back(std::move(one));
    };
    b.required("of");
    b.list("of", "The laws that it is one of", {.least = 1}, [&](Blocks& element) {
        element.shared(kItself, "One law", kTitles[static_cast<std::size_t>(of)],
                       [&](Blocks& v) { v.object(kItself, "One law", part); });
    });
    if (b.sound() && b.given("of") && !(sum > 0)) no_shares(b, "of");
    to.law = std::move(law);
}

}  // namespace

void describe(Blocks& b, std::string_view name, Distribution& to, Measure of,
              std::string_view meaning) {
    static constexpr std::array<std::string_view, 3> kTitles{"service time", "delay", "factor"};
    const Law law{to, of};
    b.shared(name, meaning, kTitles[static_cast<std::size_t>(of)], [&](Blocks& v) {
        const auto choices = law.choices();
        const std::array<Case, 2> cases{{{Shape::Scalar, [&](Blocks& s) { law.constant(s); }},
                                         {Shape::Object, [&](Blocks& s) {
                                              s.object(kItself, "A law",
                                                       [&](Blocks& o) { o.one_of(choices); });
                                          }}}};
        v.either(kItself, "One value, or a law", cases);
    });
}

}  // namespace lbsim
