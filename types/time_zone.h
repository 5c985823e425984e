// types/time_zone.h: offsets from UTC: the IANA zones of the operating system (types/zone_file.h), fixed
// offsets in PostgreSQL's POSIX form (`<+03>-3`, `UTC+5`: hours west), and abbreviations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "types/function.h"
#include "types/result.h"
#include "types/zone_file.h"

namespace rowan {

class TimeZone {
 public:
  struct Local {
    int32_t offset;  // seconds east of UTC
    bool is_dst;
    std::string abbreviation;
  };

  // By a zone's name in any case, or by POSIX form. Empty: there is none.
  static std::optional<TimeZone> find(std::string_view name);
  static TimeZone fixed(int32_t offset_east, std::string abbreviation);
  // "<+02>-02": the POSIX form of so many seconds east of UTC.
  static std::string posix_name(int32_t offset_east);
  // Errors: 22023 time zone "x" not recognized.
  static Result<TimeZone> of_session(const EvalContext& context);
  static Result<TimeZone> of_name(std::string_view name);  // also abbreviations

  bool is_fixed() const { return zone_ == nullptr; }
  // Of a finite TIMESTAMPTZ.
  Local at_utc(int64_t timestamp) const;
  // Of a finite local TIMESTAMP. A time that the clocks skipped counts by the offset before the gap, one that
  // came twice by the later offset, as in PostgreSQL.
  int32_t offset_of_local(int64_t timestamp) const;

 private:
  const ZoneFile* zone_ = nullptr;  // null: fixed
  int32_t offset_ = 0;
  std::string abbreviation_;
};

// EST, CEST, Z …: seconds east of UTC. `word` is in lower case.
struct ZoneAbbreviation {
  std::string_view word;
  int32_t offset;
  bool is_dst;
};
const ZoneAbbreviation* find_zone_abbreviation(std::string_view word);

}  // namespace rowan
