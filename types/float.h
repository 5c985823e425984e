// types/float.h: the text form of REAL and DOUBLE PRECISION, and conversions that others need.
#pragma once

#include <string>
#include <string_view>

#include "types/result.h"

namespace rowan {

// PostgreSQL's layout of the shortest digits that read back as the same value: 1e+20, 0.1, 1e-05, NaN,
// Infinity. With extra_float_digits below 1, of %.*g.
void format_double(double value, int extra_float_digits, std::string& out);
void format_real(float value, int extra_float_digits, std::string& out);

// Errors: 22P02 · 22003 out of range, overflow and underflow.
Result<double> read_double(std::string_view text);
Result<float> read_real(std::string_view text);

}  // namespace rowan
