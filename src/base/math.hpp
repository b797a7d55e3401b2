#pragma once

#include <cmath>

namespace lb {

// Elementary functions that give the same bits on every compiler, processor and operating system.
//
// The C library's differ in the last bit from version to version, and glibc's from processor to
// processor, as it picks code with fused multiply-add at run time.  One bit moves an event, and a
// moved event changes a run.  These are built from + - * / and bit operations only, which IEEE 754
// fixes; they want round-to-nearest and no contraction (-ffp-contract=off, never -ffast-math).
// None sets errno or keeps a state; each takes a few nanoseconds.

/// The natural logarithm, within 0.52 units in the last place.  log(0) is -infinity; of a negative
/// number or NaN it is NaN.  Method: table of 128 reciprocals and a polynomial (P.T.P. Tang,
/// Table-driven implementation of the logarithm function, ACM TOMS 16(4), 1990).
double log(double x);

/// e to the x, within 0.52 units in the last place (0.77 where the result is subnormal).  Method:
/// table of 128 powers of two and a polynomial (P.T.P. Tang, ACM TOMS 15(2), 1989).
double exp(double x);

/// x to the y for x >= 0, within 0.6 units in the last place (0.85 where the result is subnormal).
/// pow(x, 0) and pow(1, y) are 1 even for NaN; pow(0, y) is 0 or infinity.  A negative x gives NaN,
/// also for a whole y: that is the difference from the C library.
double pow(double x, double y);

/// log(1 + x) without losing a small x, within 0.7 units in the last place.
double log1p(double x);

/// exp(x) - 1 without losing a small x, within 0.7 units in the last place.
double expm1(double x);

/// The gamma function for x > 0, to 1e-14 relative; infinity beyond 171.62, NaN for x <= 0.
double gamma(double x);

/// The square root.  IEEE 754 asks for the nearest number, so the standard one is already portable.
inline double sqrt(double x) { return std::sqrt(x); }

}  // namespace lb
