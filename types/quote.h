// types/quote.h: SQL's quoting of names and strings, for quote_ident() and friends and for whoever prints
// SQL.
#pragma once

#include <string>
#include <string_view>

namespace rowan {

// In double quotes unless it is a lower-case name and no keyword that a name may not be.
std::string quote_identifier(std::string_view name);
// In single quotes; with a backslash inside, as E'…'.
std::string quote_string(std::string_view text);

}  // namespace rowan
