// types/zone_file.h: one IANA time zone as the operating system keeps it: a TZif file (RFC 8536): the moments
// at which the clocks changed, and a rule in POSIX form for all later years. Read once a process and kept:
// zones are a few hundred at most.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rowan {

class ZoneFile {
 public:
  struct Period {
    int32_t offset = 0;  // seconds east of UTC
    bool is_dst = false;
    std::string abbreviation;
  };

  // The zone of that name, in any case; nullptr: there is none. Lives for ever. Thread-safe. The first time
  // it reads files.
  static const ZoneFile* find(std::string_view name);
  // From the bytes of a file; nullopt where they are none.
  static std::optional<ZoneFile> parse(std::string_view bytes);

  // `seconds` since 1970 in UTC.
  const Period& at_utc(int64_t seconds) const;
  // `seconds` since 1970 on the zone's clocks. Of a time that was skipped the period before the gap, of one
  // that came twice the later one.
  const Period& at_local(int64_t seconds) const;

 private:
  struct Change {
    int64_t at;       // in UTC
    uint32_t period;  // from then on
  };
  // The day of the year when a rule's clocks change, and the time of that day by the clocks until then.
  struct RuleDay {
    enum class Kind : uint8_t { Weekday, JulianDay, Day } kind = Kind::Day;
    int month = 0, week = 0, weekday = 0;
    int day = 0;
    int32_t time = 0;
    int64_t in_year(int64_t year) const;  // days and seconds since 1970, on the clocks
  };
  struct Rule {
    uint32_t standard = 0, daylight = 0;  // periods
    RuleDay daylight_begins, daylight_ends;
    bool has_daylight = false;
  };

  bool read(std::string_view bytes);
  bool read_rule(std::string_view text);
  uint32_t add_period(Period period);
  std::vector<Change> rule_changes(int64_t around) const;
  // The last of the changes that `is_past` says yes to.
  template <class IsPast>
  const Period& last_change(int64_t around, IsPast is_past) const;

  std::vector<Period> periods_;
  std::vector<Change> changes_;  // rising
  uint32_t first_period_ = 0;    // before any change
  std::optional<Rule> rule_;     // after the last
};

}  // namespace rowan
