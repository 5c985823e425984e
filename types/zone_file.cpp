#include "types/zone_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "types/date_time.h"

namespace rowan {
namespace {

constexpr const char* kZoneFolder = "/usr/share/zoneinfo";
constexpr size_t kFileMax = size_t{1} << 20;  // real ones have a few kilobytes
constexpr int64_t kDaySeconds = 86'400;

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return fold(x) == fold(y); });
}
bool is_letter(char c) {
  return fold(c) >= 'a' && fold(c) <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// --- files

// Europe/London, Etc/GMT+5: nothing that leads out of the folder, nor into its copies of itself.
bool may_be_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 100 || name[0] == '/') return false;
  for (char c : name) {
    if (!is_letter(c) && !is_digit(c) && c != '/' && c != '_' && c != '+' && c != '-') return false;
  }
  std::string_view first = name.substr(0, name.find('/'));
  return !is_same_name(first, "posix") && !is_same_name(first, "right") && !is_same_name(name, "posixrules");
}

std::optional<std::string> read_zone_file(const std::string& path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string bytes;
  char chunk[4096];
  ssize_t got = 0;
  while (bytes.size() < kFileMax && (got = ::read(file, chunk, sizeof chunk)) > 0)
    bytes.append(chunk, static_cast<size_t>(got));
  ::close(file);
  if (got < 0) return std::nullopt;
  return bytes;
}

// `wanted` as the folder spells it.
std::optional<std::string> spelling_in(const std::string& folder, std::string_view wanted) {
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return std::nullopt;
  std::optional<std::string> found;
  while (const dirent* entry = readdir(entries)) {
    if (is_same_name(entry->d_name, wanted)) found = entry->d_name;
  }
  closedir(entries);
  return found;
}

// The name as the folders spell it; nullopt: not there.
std::optional<std::string> spelling(std::string_view name) {
  std::string path = kZoneFolder, spelt;
  while (!name.empty()) {
    std::string_view part = name.substr(0, name.find('/'));
    name.remove_prefix(std::min(name.size(), part.size() + 1));
    std::optional<std::string> found = spelling_in(path, part);
    if (!found) return std::nullopt;
    path += "/" + *found;
    spelt += (spelt.empty() ? "" : "/") + *found;
  }
  return spelt;
}

// --- the zones that this process has read: a list that only grows, so looking costs no lock

struct KnownZone {
  std::string name;
  ZoneFile zone;
  KnownZone* next;
};
std::atomic<KnownZone*> known_zones{nullptr};  // partner of itself: a node is whole before it is published

const ZoneFile* find_known(std::string_view name) {
  for (KnownZone* known = known_zones.load(std::memory_order_acquire); known != nullptr;
       known = known->next) {
    if (is_same_name(known->name, name)) return &known->zone;
  }
  return nullptr;
}

const ZoneFile* publish(std::string name, ZoneFile zone) {
  auto* known = new KnownZone{std::move(name), std::move(zone), known_zones.load(std::memory_order_acquire)};
  // Another thread may have read the same zone meanwhile: then there are two, which is harmless.
  while (!known_zones.compare_exchange_weak(known->next, known, std::memory_order_release,
                                            std::memory_order_acquire)) {
  }
  return &known->zone;
}

// --- bytes

class ZoneBytes {
 public:
  explicit ZoneBytes(std::string_view bytes) : bytes_(bytes) {}
  bool has(size_t count) const { return bytes_.size() - at_ >= count; }
  std::string_view take(size_t count) {
    std::string_view taken = bytes_.substr(at_, count);
    at_ += taken.size();
    return taken;
  }
  // Big-endian, signed.
  int64_t number(size_t width) {
    uint64_t value = 0;
    std::string_view taken = take(width);
    for (char c : taken) value = value << 8 | static_cast<unsigned char>(c);
    unsigned unused = static_cast<unsigned>(64 - 8 * width);
    return static_cast<int64_t>(value << unused) >> unused;
  }
  std::string_view rest() const { return bytes_.substr(at_); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

struct ZoneHeader {
  size_t utc_marks, standard_marks, leaps, changes, periods, characters;
  size_t body(size_t time_width) const {
    return changes * (time_width + 1) + periods * 6 + characters + leaps * (time_width + 4) + standard_marks +
           utc_marks;
  }
};

// False: no TZif of version 2 or later (version 1 ends in 2037 and is no longer written).
bool read_header(ZoneBytes& from, ZoneHeader& header) {
  if (!from.has(44) || from.take(4) != "TZif") return false;
  if (from.take(1)[0] < '2') return false;
  from.take(15);
  for (size_t* count : {&header.utc_marks, &header.standard_marks, &header.leaps, &header.changes,
                        &header.periods, &header.characters}) {
    int64_t number = from.number(4);
    if (number < 0 || static_cast<size_t>(number) > kFileMax) return false;
    *count = static_cast<size_t>(number);
  }
  return true;
}

// --- rules: EST5EDT,M3.2.0,M11.1.0

class RuleText {
 public:
  explicit RuleText(std::string_view text) : text_(text) {}
  bool is_at_end() const { return text_.empty(); }
  bool skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool next_is_digit() const { return !text_.empty() && is_digit(text_[0]); }
  bool name(std::string& to) {
    size_t end = 0;
    if (skip('<')) {
      end = text_.find('>');
      if (end == std::string_view::npos) return false;
      to = text_.substr(0, end);
      text_.remove_prefix(end + 1);
      return true;
    }
    while (end < text_.size() && is_letter(text_[end])) ++end;
    to = text_.substr(0, end);
    text_.remove_prefix(end);
    return end >= 3;
  }
  bool number(int& to) {
    size_t digits = 0;
    for (to = 0; digits < text_.size() && digits < 4 && is_digit(text_[digits]); ++digits)
      to = to * 10 + (text_[digits] - '0');
    text_.remove_prefix(digits);
    return digits > 0;
  }
  // [+-]h[h[h]][:mm[:ss]] in seconds.
  bool time(int32_t& to) {
    bool is_negative = skip('-');
    if (!is_negative) skip('+');
    int parts[3] = {0, 0, 0};
    if (!number(parts[0])) return false;
    for (int i = 1; i < 3 && skip(':'); ++i) {
      if (!number(parts[i])) return false;
    }
    to = parts[0] * 3600 + parts[1] * 60 + parts[2];
    if (is_negative) to = -to;
    return true;
  }

 private:
  std::string_view text_;
};

int64_t unix_days(int64_t year, int month, int day) {
  return days_of_civil(year, month, day) - kUnixEpochDays;
}
int64_t unix_year(int64_t seconds) {
  int64_t timestamp = (seconds + kUnixEpochDays * kDaySeconds) * kUsecPerSecond;
  return date_time_of(timestamp).year;
}

}  // namespace

const ZoneFile* ZoneFile::find(std::string_view name) {
  if (!may_be_zone_name(name)) return nullptr;
  if (const ZoneFile* known = find_known(name)) return known;
  std::optional<std::string> spelt = spelling(name);
  if (!spelt) return nullptr;
  std::optional<std::string> bytes = read_zone_file(std::string(kZoneFolder) + "/" + *spelt);
  if (!bytes) return nullptr;
  std::optional<ZoneFile> zone = parse(*bytes);
  return zone ? publish(std::move(*spelt), std::move(*zone)) : nullptr;
}

std::optional<ZoneFile> ZoneFile::parse(std::string_view bytes) {
  ZoneFile zone;
  if (!zone.read(bytes)) return std::nullopt;
  return zone;
}

uint32_t ZoneFile::add_period(Period period) {
  periods_.push_back(std::move(period));
  return static_cast<uint32_t>(periods_.size() - 1);
}

// The file has everything twice: with times of 4 bytes for old readers, then with 8.
bool ZoneFile::read(std::string_view bytes) {
  ZoneBytes from(bytes);
  ZoneHeader header;
  if (!read_header(from, header) || !from.has(header.body(4))) return false;
  from.take(header.body(4));
  if (!read_header(from, header) || !from.has(header.body(8)) || header.periods == 0) return false;
  for (size_t i = 0; i < header.changes; ++i) changes_.push_back({from.number(8), 0});
  for (Change& change : changes_) {
    change.period = static_cast<uint8_t>(from.take(1)[0]);
    if (change.period >= header.periods) return false;
  }
  if (!std::is_sorted(changes_.begin(), changes_.end(),
                      [](const Change& a, const Change& b) { return a.at < b.at; }))
    return false;
  std::vector<size_t> names;
  for (size_t i = 0; i < header.periods; ++i) {
    Period period;
    period.offset = static_cast<int32_t>(from.number(4));
    period.is_dst = from.take(1)[0] != 0;
    names.push_back(static_cast<uint8_t>(from.take(1)[0]));
    add_period(std::move(period));
  }
  std::string_view characters = from.take(header.characters);
  for (size_t i = 0; i < header.periods; ++i) {
    if (names[i] >= characters.size()) return false;
    std::string_view name = characters.substr(names[i]);
    periods_[i].abbreviation = name.substr(0, name.find('\0'));
  }
  auto standard = std::find_if(periods_.begin(), periods_.end(), [](const Period& p) { return !p.is_dst; });
  first_period_ = standard == periods_.end() ? 0 : static_cast<uint32_t>(standard - periods_.begin());
  from.take(header.leaps * 12 + header.standard_marks + header.utc_marks);
  std::string_view rule = from.rest();
  if (rule.empty() || rule[0] != '\n') return false;
  rule.remove_prefix(1);
  rule = rule.substr(0, rule.find('\n'));
  return rule.empty() || read_rule(rule);
}

bool ZoneFile::read_rule(std::string_view text) {
  RuleText from(text);
  Rule rule;
  Period standard, daylight;
  int32_t west = 0;
  if (!from.name(standard.abbreviation) || !from.time(west)) return false;
  standard.offset = -west;
  if (!from.is_at_end()) {
    rule.has_daylight = daylight.is_dst = true;
    if (!from.name(daylight.abbreviation)) return false;
    daylight.offset = standard.offset + 3600;
    if (!from.skip(',')) {
      if (!from.time(west) || !from.skip(',')) return false;
      daylight.offset = -west;
    }
    auto read_day = [&](RuleDay& day) {
      day.time = 2 * 3600;
      if (from.skip('M')) {
        day.kind = RuleDay::Kind::Weekday;
        if (!from.number(day.month) || !from.skip('.') || !from.number(day.week) || !from.skip('.') ||
            !from.number(day.weekday))
          return false;
        if (day.month < 1 || day.month > 12 || day.week < 1 || day.week > 5 || day.weekday > 6) return false;
      } else {
        day.kind = from.skip('J') ? RuleDay::Kind::JulianDay : RuleDay::Kind::Day;
        if (!from.number(day.day) || day.day > 365) return false;
      }
      return !from.skip('/') || from.time(day.time);
    };
    if (!read_day(rule.daylight_begins) || !from.skip(',') || !read_day(rule.daylight_ends)) return false;
  }
  if (!from.is_at_end()) return false;
  rule.standard = add_period(std::move(standard));
  rule.daylight = add_period(std::move(daylight));
  rule_ = rule;
  return true;
}

int64_t ZoneFile::RuleDay::in_year(int64_t year) const {
  int64_t first = unix_days(year, 1, 1);
  int64_t chosen = first + day;  // Day: from 0, 29 February counted
  if (kind == Kind::JulianDay) {
    chosen = first + day - 1 + (is_leap_year(year) && day >= 60 ? 1 : 0);  // 29 February never counted
  } else if (kind == Kind::Weekday) {
    int64_t month_begin = unix_days(year, month, 1);
    int64_t month_end = month == 12 ? unix_days(year + 1, 1, 1) : unix_days(year, month + 1, 1);
    int64_t first_weekday = ((month_begin + 4) % 7 + 7) % 7;  // 1 January 1970 was a Thursday
    chosen = month_begin + (weekday - first_weekday + 7) % 7 + (week - 1) * 7;
    if (chosen >= month_end) chosen -= 7;  // the fifth is the last
  }
  return chosen * kDaySeconds + time;
}

// What the rule makes of the years around: beyond the file's last change, and rising.
std::vector<ZoneFile::Change> ZoneFile::rule_changes(int64_t around) const {
  std::vector<Change> made;
  int64_t year = unix_year(around);
  for (int64_t y = year - 1; y <= year + 1; ++y) {
    made.push_back({rule_->daylight_begins.in_year(y) - periods_[rule_->standard].offset, rule_->daylight});
    made.push_back({rule_->daylight_ends.in_year(y) - periods_[rule_->daylight].offset, rule_->standard});
  }
  std::stable_sort(made.begin(), made.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  return made;
}

template <class IsPast>
const ZoneFile::Period& ZoneFile::last_change(int64_t around, IsPast is_past) const {
  bool beyond = changes_.empty() || is_past(changes_.back());
  if (beyond && rule_) {
    if (!rule_->has_daylight) return periods_[rule_->standard];
    std::vector<Change> made = rule_changes(around);
    for (auto change = made.rbegin(); change != made.rend(); ++change) {
      if (!changes_.empty() && change->at <= changes_.back().at) break;
      if (is_past(*change)) return periods_[change->period];
    }
  }
  auto after = std::partition_point(changes_.begin(), changes_.end(), is_past);
  return periods_[after == changes_.begin() ? first_period_ : (after - 1)->period];
}

const ZoneFile::Period& ZoneFile::at_utc(int64_t seconds) const {
  return last_change(seconds, [seconds](const Change& change) { return seconds >= change.at; });
}

const ZoneFile::Period& ZoneFile::at_local(int64_t seconds) const {
  return last_change(seconds, [this, seconds](const Change& change) {
    return seconds - periods_[change.period].offset >= change.at;
  });
}

}  // namespace rowan
