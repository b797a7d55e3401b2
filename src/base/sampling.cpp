#include "base/sampling.hpp"

namespace lb::ziggurat {
namespace {

// For the compiler only: slow, and good to a few units in the last place.

constexpr double slow_log(double x) {
    double exponent = 0;
    for (; x < 0.7; x *= 2) exponent -= 1;
    const double t = (x - 1) / (x + 1);
    double power = t, sum = 0;
    for (int odd = 1; odd < 50; odd += 2) {
        sum += power / odd;
        power *= t * t;
    }
    return 2 * sum + exponent * 0x1.62e42fefa39efp-1;
}

constexpr double slow_sqrt(double x) {
    double root = 1;
    for (int i = 0; i < 60; ++i) root = 0.5 * (root + x / root);
    return root;
}

struct Shape {
    double tail;           // Where the tail begins, chosen so that the top layer ends at density 1.
    double density_there;  // Density at `tail`; it is 1 at 0.
    double area;           // Of each layer: tail * density_there + what the tail holds.
    double (*place)(double density);  // The density's inverse.
};

constexpr Layers layers_of(const Shape& shape) {
    Layers layers{};
    layers[0] = {.step = shape.area / shape.density_there * 0x1p-53,
                 .inside = shape.tail,
                 .low = 0,
                 .height = shape.density_there};
    double edge = shape.tail, density = shape.density_there;
    for (std::size_t i = 1; i < layers.size(); ++i) {
        const bool top = i + 1 == layers.size();
        const double upper = top ? 1 : density + shape.area / edge;
        const double next_edge = top ? 0 : shape.place(upper);
        layers[i] = {
            .step = edge * 0x1p-53, .inside = next_edge, .low = density, .height = upper - density};
        edge = next_edge;
        density = upper;
    }
    return layers;
}

constexpr double exponential_place(double density) { return -slow_log(density); }
constexpr double normal_place(double density) { return slow_sqrt(-2 * slow_log(density)); }

}  // namespace

// The three numbers of each law solve "256 layers end at 1", found by bisection in 30 digits.
constexpr Layers kExponential = layers_of({.tail = kExponentialTail,
                                           .density_there = 0x1.dc31c329f0b4bp-12,
                                           .area = 0x1.02d84bc4b0285p-8,
                                           .place = exponential_place});
constexpr Layers kNormal = layers_of({.tail = kNormalTail,
                                      .density_there = 0x1.4a605b6b9f70dp-10,
                                      .area = 0x1.43016a5a43732p-8,
                                      .place = normal_place});

}  // namespace lb::ziggurat
