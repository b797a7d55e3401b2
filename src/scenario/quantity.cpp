#include "scenario/quantity.hpp"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

namespace lbsim {
namespace {

// A natural number of up to 320 bits: enough for 19 digits · 10^40 · 3600, shifted by as much as
// 10^40 has.
class Natural {
public:
    explicit Natural(std::uint64_t n) {
        limbs_[0] = static_cast<std::uint32_t>(n);
        limbs_[1] = static_cast<std::uint32_t>(n >> 32);
    }

    void multiply(std::uint32_t by) {
        std::uint64_t carry = 0;
        for (auto& limb : limbs_) {
            carry += std::uint64_t{limb} * by;
            limb = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
    }
    // Returns the remainder.
    std::uint32_t divide(std::uint32_t by) {
        std::uint64_t rest = 0;
        for (auto limb = limbs_.rbegin(); limb != limbs_.rend(); ++limb) {
            rest = rest << 32 | *limb;
            *limb = static_cast<std::uint32_t>(rest / by);
            rest %= by;
        }
        return static_cast<std::uint32_t>(rest);
    }
    // Requires *this >= other.
    void subtract(const Natural& other) {
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i != limbs_.size(); ++i) {
            const std::uint64_t taken = other.limbs_[i] + borrow;
            borrow = limbs_[i] < taken ? 1 : 0;
            limbs_[i] = static_cast<std::uint32_t>((borrow << 32) + limbs_[i] - taken);
        }
    }
    int compare(const Natural& other) const {
        for (std::size_t i = limbs_.size(); i-- != 0;)
            if (limbs_[i] != other.limbs_[i]) return limbs_[i] < other.limbs_[i] ? -1 : 1;
        return 0;
    }
    std::optional<std::int64_t> small() const {
        for (std::size_t i = 2; i != limbs_.size(); ++i)
            if (limbs_[i] != 0) return {};
        if (limbs_[1] >> 31 != 0) return {};
        return static_cast<std::int64_t>(std::uint64_t{limbs_[1]} << 32 | limbs_[0]);
    }

private:
    std::array<std::uint32_t, 10> limbs_{};
};

void multiply_by_ten(Natural& n, int times) {
    for (; times > 0; --times) n.multiply(10);
}

// The double nearest to a / b, ties to even, by long division in base two.  Requires b > 0 and a
// quotient that is 0 or far from the ends of double.
double quotient(Natural a, Natural b) {
    if (a.compare(Natural{0}) == 0) return 0;
    double scale = 1;  // Powers of two: every step is exact.
    for (; a.compare(b) < 0; scale /= 2) a.multiply(2);
    auto twice = b;
    for (twice.multiply(2); a.compare(twice) >= 0; twice.multiply(2), scale *= 2) b = twice;
    std::uint64_t bits = 0;
    for (int i = 0; i != 53; ++i) {
        bits *= 2;
        if (a.compare(b) >= 0) {
            a.subtract(b);
            ++bits;
        }
        a.multiply(2);
    }
    const int rest = a.compare(b);
    if (rest > 0 || (rest == 0 && bits % 2 == 1)) ++bits;
    constexpr double kTop = 4503599627370496.0;  // 2^52: the weight of the first bit of 53.
    return static_cast<double>(bits) / kTop * scale;
}

// digits · 10^exponent, without needless zeros at the end.
struct Decimal {
    bool negative = false;
    std::uint64_t digits = 0;
    int exponent = 0;
};

constexpr int kMostDigits = 19;    // What 64 bits hold, whichever they are.
constexpr int kMostExponent = 40;  // Beyond anything a scenario could mean.

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Number {
    std::string_view text;  // As far as it is a number; may be empty.
    Decimal decimal = {};
    std::optional<Mistake> mistake = {};
};

// Reads digits from `at` on, and returns where they end.
std::size_t digits_end(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

void append_digits(Number& number, std::string_view digits, int& significant, int& zeros) {
    for (const char c : digits) {
        if (c == '0') {  // Counts only if another digit follows.
            ++zeros;
            continue;
        }
        significant = number.decimal.digits == 0 ? 1 : significant + zeros + 1;
        if (significant > kMostDigits) {
            number.mistake = Mistake::TooFine;
            return;
        }
        if (number.decimal.digits != 0)
            for (int i = 0; i != zeros; ++i) number.decimal.digits *= 10;
        zeros = 0;
        number.decimal.digits = number.decimal.digits * 10 + static_cast<std::uint64_t>(c - '0');
    }
}

int exponent_of(std::string_view digits, bool negative) {
    int value = 0;
    for (const char c : digits)
        if (value < 10000) value = value * 10 + (c - '0');
    return negative ? -value : value;
}

Number parse_number(std::string_view text) {
    Number out{text.substr(0, 0)};
    std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
    out.decimal.negative = at == 1;
    const auto whole_end = digits_end(text, at);
    if (whole_end == at) return out;
    const auto whole = text.substr(at, whole_end - at);
    std::string_view fraction;
    at = whole_end;
    if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
        const auto end = digits_end(text, at + 1);
        fraction = text.substr(at + 1, end - at - 1);
        at = end;
    }
    int exponent = 0;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        const bool sign = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+');
        const auto begin = at + (sign ? 2 : 1);
        const auto end = digits_end(text, begin);
        if (end != begin) {
            exponent = exponent_of(text.substr(begin, end - begin), text[at + 1] == '-');
            at = end;
        }
    }
    out.text = text.substr(0, at);
    int significant = 0, zeros = 0;
    append_digits(out, whole, significant, zeros);
    if (!out.mistake) append_digits(out, fraction, significant, zeros);
    // A text is at most 64 MiB, so this cannot overflow.
    out.decimal.exponent = exponent + zeros - static_cast<int>(fraction.size());
    if (out.decimal.digits == 0) out.decimal.exponent = 0;
    if (!out.mistake && out.decimal.exponent > kMostExponent) out.mistake = Mistake::TooLarge;
    if (!out.mistake && out.decimal.exponent < -kMostExponent) out.mistake = Mistake::TooFine;
    return out;
}

struct Unit {
    std::string_view name;
    std::uint32_t factor;
    int exponent;  // Of ten; to be multiplied by.
};

// In nanoseconds.
constexpr std::array<Unit, 6> kTimes{
    {{"ns", 1, 0}, {"us", 1, 3}, {"ms", 1, 6}, {"s", 1, 9}, {"min", 6, 10}, {"h", 36, 11}}};
// Seconds, to be divided by.
constexpr std::array<Unit, 4> kPer{{{"/s", 1, 0}, {"/ms", 1, -3}, {"/min", 6, 1}, {"/h", 36, 2}}};
constexpr std::array<Unit, 1> kPlain{{{"", 1, 0}}};
constexpr std::array<Unit, 1> kPercent{{{"%", 1, 2}}};

// What the three have in common.  If it has no value and no unit, there is a mistake.
template <class T>
Parsed<T> begin(std::string_view text, std::span<const Unit> units, const Unit*& unit,
                Decimal& decimal) {
    const auto number = parse_number(text);
    Parsed<T> out{{}, Mistake::NotOne, number.text, text.substr(number.text.size())};
    decimal = number.decimal;
    unit = nullptr;
    if (number.text.empty()) return out;
    out.mistake = out.unit.empty() ? Mistake::NoUnit : Mistake::UnknownUnit;
    for (const auto& known : units)
        if (known.name == out.unit) unit = &known;
    if (unit && number.mistake) {
        out.mistake = *number.mistake;
        unit = nullptr;
    }
    return out;
}

Parsed<double> ratio(std::string_view text, std::span<const Unit> per) {
    const Unit* unit = nullptr;
    Decimal decimal;
    auto out = begin<double>(text, per, unit, decimal);
    if (!unit) return out;
    Natural above{decimal.digits}, below{unit->factor};
    const int exponent = decimal.exponent - unit->exponent;
    multiply_by_ten(above, exponent);
    multiply_by_ten(below, -exponent);
    const double value = quotient(above, below);
    out.value = decimal.negative ? -value : value;
    return out;
}

}  // namespace

Parsed<lb::Duration> parse_duration(std::string_view text) {
    const Unit* unit = nullptr;
    Decimal decimal;
    auto out = begin<lb::Duration>(text, kTimes, unit, decimal);
    if (!unit) return out;
    Natural ns{decimal.digits};
    ns.multiply(unit->factor);
    int exponent = decimal.exponent + unit->exponent;
    for (; exponent < 0; ++exponent)
        if (ns.divide(10) != 0) {
            out.mistake = Mistake::TooFine;
            return out;
        }
    multiply_by_ten(ns, exponent);
    const auto count = ns.small();
    out.mistake = Mistake::TooLarge;
    if (count && *count <= kLongestDuration.count())
        out.value = lb::Duration{decimal.negative ? -*count : *count};
    return out;
}

Parsed<double> parse_rate(std::string_view text) { return ratio(text, kPer); }
Parsed<double> parse_percentage(std::string_view text) { return ratio(text, kPercent); }
Parsed<double> parse_plain(std::string_view text) { return ratio(text, kPlain); }

std::string text_of(lb::Duration d) {
    const auto ns = d.count();
    if (ns % 1'000'000'000 == 0) return std::to_string(ns / 1'000'000'000) + "s";
    if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + "ms";
    if (ns % 1'000 == 0) return std::to_string(ns / 1'000) + "us";
    return std::to_string(ns) + "ns";
}

std::string text_of(double x) {
    auto text = nlohmann::json(x).dump();  // Shortest, and the same on every compiler.
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
}

}  // namespace lbsim
