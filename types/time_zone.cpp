#include "types/time_zone.h"

#include <algorithm>

#include "types/date_time.h"
#include "types/try.h"

namespace rowan {

namespace {

char fold_zone_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

int64_t unix_seconds(int64_t timestamp) {
  return floor_divide(timestamp, kUsecPerSecond) - kUnixEpochDays * 86'400;
}

// [+-]h[h][:mm[:ss]], seconds; empty: not of this form.
std::optional<int32_t> parse_posix_offset(std::string_view text) {
  bool is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  int parts[3] = {0, 0, 0};
  int part = 0, digits = 0;
  for (char c : text) {
    if (c == ':') {
      if (digits == 0 || ++part > 2) return std::nullopt;
      digits = 0;
    } else if (c >= '0' && c <= '9') {
      if (++digits > 3) return std::nullopt;
      parts[part] = parts[part] * 10 + (c - '0');
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0 || parts[0] > 167 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  int32_t seconds = (parts[0] * 60 + parts[1]) * 60 + parts[2];
  return is_negative ? -seconds : seconds;
}

// ABC3, <+03>-3, or +3 alone: the offset is west of UTC.
std::optional<TimeZone> find_posix_zone(std::string_view name) {
  size_t end = 0;
  std::string_view abbreviation;
  if (!name.empty() && name[0] == '<') {
    end = name.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    abbreviation = name.substr(1, end - 1);
    end++;
  } else {
    while (end < name.size() && fold_zone_letter(name[end]) >= 'a' && fold_zone_letter(name[end]) <= 'z')
      end++;
    abbreviation = name.substr(0, end);
    bool is_bare = end == 0 && !name.empty() && (name[0] == '+' || name[0] == '-');
    if (end < 3 && !is_bare) return std::nullopt;
  }
  std::optional<int32_t> west = parse_posix_offset(name.substr(end));
  if (!west) return std::nullopt;
  return TimeZone::fixed(-*west, std::string(abbreviation));
}

// PostgreSQL's default abbreviations (pg_timezone_abbrevs), sorted.
// clang-format off
constexpr ZoneAbbreviation kZoneAbbreviations[] = {
    {"acdt", 37800, true}, {"acsst", 37800, true}, {"acst", 34200, false}, {"act", -18000, false},
    {"acwst", 31500, false}, {"adt", -10800, true}, {"aedt", 39600, true}, {"aesst", 39600, true},
    {"aest", 36000, false}, {"aft", 16200, false}, {"akdt", -28800, true}, {"akst", -32400, false},
    {"almst", 25200, true}, {"almt", 21600, false}, {"amst", 14400, false}, {"amt", -14400, false},
    {"anast", 43200, false}, {"anat", 43200, false}, {"arst", -10800, false}, {"art", -10800, false},
    {"ast", -14400, false}, {"awsst", 32400, true}, {"awst", 28800, false}, {"azost", 0, true},
    {"azot", -3600, false}, {"azst", 14400, false}, {"azt", 14400, false}, {"bdst", 7200, true},
    {"bdt", 21600, false}, {"bnt", 28800, false}, {"bort", 28800, false}, {"bot", -14400, false},
    {"bra", -10800, false}, {"brst", -7200, true}, {"brt", -10800, false}, {"bst", 3600, true},
    {"btt", 21600, false}, {"cadt", 37800, true}, {"cast", 34200, false}, {"cct", 28800, false},
    {"cdt", -18000, true}, {"cest", 7200, true}, {"cet", 3600, false}, {"cetdst", 7200, true},
    {"chadt", 49500, true}, {"chast", 45900, false}, {"chut", 36000, false}, {"ckt", -36000, false},
    {"clst", -10800, true}, {"clt", -10800, true}, {"cot", -18000, false}, {"cst", -21600, false},
    {"cxt", 25200, false}, {"davt", 25200, false}, {"ddut", 36000, false}, {"easst", -18000, true},
    {"east", -18000, true}, {"eat", 10800, false}, {"edt", -14400, true}, {"eest", 10800, true},
    {"eet", 7200, false}, {"eetdst", 10800, true}, {"egst", 0, true}, {"egt", -3600, false},
    {"est", -18000, false}, {"fet", 10800, false}, {"fjst", 46800, true}, {"fjt", 43200, false},
    {"fkst", -10800, false}, {"fkt", -10800, false}, {"fnst", -3600, true}, {"fnt", -7200, false},
    {"galt", -21600, false}, {"gamt", -32400, false}, {"gest", 14400, false}, {"get", 14400, false},
    {"gft", -10800, false}, {"gilt", 43200, false}, {"gmt", 0, false}, {"gyt", -14400, false},
    {"hkt", 28800, false}, {"hst", -36000, false}, {"ict", 25200, false}, {"idt", 10800, true},
    {"iot", 21600, false}, {"irkst", 28800, false}, {"irkt", 28800, false}, {"irt", 12600, false},
    {"ist", 7200, false}, {"jayt", 32400, false}, {"jst", 32400, false}, {"kdt", 36000, true},
    {"kgst", 21600, true}, {"kgt", 21600, false}, {"kost", 39600, false}, {"krast", 25200, false},
    {"krat", 25200, false}, {"kst", 32400, false}, {"lhdt", 39600, true}, {"lhst", 37800, false},
    {"ligt", 36000, false}, {"lint", 50400, false}, {"lkt", 19800, false}, {"magst", 39600, false},
    {"magt", 39600, false}, {"mart", -34200, false}, {"mawt", 18000, false}, {"mdt", -21600, true},
    {"mest", 7200, true}, {"mesz", 7200, true}, {"met", 3600, false}, {"metdst", 7200, true},
    {"mez", 3600, false}, {"mht", 43200, false}, {"mmt", 23400, false}, {"mpt", 36000, false},
    {"msd", 14400, true}, {"msk", 10800, false}, {"mst", -25200, false}, {"must", 18000, true},
    {"mut", 14400, false}, {"mvt", 18000, false}, {"myt", 28800, false}, {"ndt", -9000, true},
    {"nft", -12600, false}, {"novst", 25200, false}, {"novt", 25200, false}, {"npt", 20700, false},
    {"nst", -12600, false}, {"nut", -39600, false}, {"nzdt", 46800, true}, {"nzst", 43200, false},
    {"nzt", 43200, false}, {"omsst", 21600, false}, {"omst", 21600, false}, {"pdt", -25200, true},
    {"pet", -18000, false}, {"petst", 43200, false}, {"pett", 43200, false}, {"pgt", 36000, false},
    {"pht", 28800, false}, {"pkst", 21600, true}, {"pkt", 18000, false}, {"pmdt", -7200, true},
    {"pmst", -10800, false}, {"pont", 39600, false}, {"pst", -28800, false}, {"pwt", 32400, false},
    {"pyst", -10800, true}, {"pyt", -10800, false}, {"ret", 14400, false}, {"sadt", 37800, true},
    {"sast", 7200, false}, {"sct", 14400, false}, {"sgt", 28800, false}, {"taht", -36000, false},
    {"tft", 18000, false}, {"tjt", 18000, false}, {"tkt", 46800, false}, {"tmt", 18000, false},
    {"tot", 46800, false}, {"trut", 36000, false}, {"tvt", 43200, false}, {"uct", 0, false},
    {"ulast", 32400, true}, {"ulat", 28800, false}, {"ut", 0, false}, {"utc", 0, false},
    {"uyst", -7200, true}, {"uyt", -10800, false}, {"uzst", 21600, true}, {"uzt", 18000, false},
    {"vet", -14400, false}, {"vlast", 36000, false}, {"vlat", 36000, false}, {"volt", 10800, false},
    {"vut", 39600, false}, {"wadt", 28800, true}, {"wakt", 43200, false}, {"wast", 25200, false},
    {"wat", 3600, false}, {"wdt", 32400, true}, {"wet", 0, false}, {"wetdst", 3600, true},
    {"wft", 43200, false}, {"wgst", -7200, true}, {"wgt", -10800, false}, {"xjt", 21600, false},
    {"yakst", 32400, false}, {"yakt", 32400, false}, {"yapt", 36000, false}, {"yekst", 21600, true},
    {"yekt", 18000, false}, {"z", 0, false}, {"zulu", 0, false},
};
// clang-format on

}  // namespace

TimeZone TimeZone::fixed(int32_t offset_east, std::string abbreviation) {
  TimeZone zone;
  zone.offset_ = offset_east;
  zone.abbreviation_ = std::move(abbreviation);
  return zone;
}

std::string TimeZone::posix_name(int32_t offset_east) {
  auto two = [](int32_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  int32_t size = offset_east < 0 ? -offset_east : offset_east;
  std::string text = two(size / 3600);
  if (size % 3600 != 0) text += ":" + two(size / 60 % 60);
  if (size % 60 != 0) text += ":" + two(size % 60);
  bool is_east = offset_east >= 0;
  return std::string(is_east ? "<+" : "<-") + text + (is_east ? ">-" : ">+") + text;
}

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  // By far the most frequent, and free of any look-up.
  if (name == "UTC" || name == "Etc/UTC" || name == "GMT") return fixed(0, name == "GMT" ? "GMT" : "UTC");
  if (const ZoneFile* located = ZoneFile::find(name)) {
    TimeZone zone;
    zone.zone_ = located;
    return zone;
  }
  return find_posix_zone(name);
}

Result<TimeZone> TimeZone::of_session(const EvalContext& context) {
  std::optional<TimeZone> zone = find(context.time_zone);
  if (zone) return std::move(*zone);
  return Error(sqlstate::invalid_parameter_value,
               "time zone \"" + std::string(context.time_zone) + "\" not recognized");
}

Result<TimeZone> TimeZone::of_name(std::string_view name) {
  std::string folded;
  for (char c : name) folded += fold_zone_letter(c);
  if (const ZoneAbbreviation* abbreviation = find_zone_abbreviation(folded)) {
    return fixed(abbreviation->offset, std::string(name));
  }
  std::optional<TimeZone> zone = find(name);
  if (zone) return std::move(*zone);
  return Error(sqlstate::invalid_parameter_value, "time zone \"" + std::string(name) + "\" not recognized");
}

TimeZone::Local TimeZone::at_utc(int64_t timestamp) const {
  if (zone_ == nullptr) return {offset_, false, abbreviation_};
  const ZoneFile::Period& period = zone_->at_utc(unix_seconds(timestamp));
  return {period.offset, period.is_dst, period.abbreviation};
}

int32_t TimeZone::offset_of_local(int64_t timestamp) const {
  if (zone_ == nullptr) return offset_;
  return zone_->at_local(unix_seconds(timestamp)).offset;
}

const ZoneAbbreviation* find_zone_abbreviation(std::string_view word) {
  const auto* end = std::end(kZoneAbbreviations);
  const auto* found = std::lower_bound(
      std::begin(kZoneAbbreviations), end, word,
      [](const ZoneAbbreviation& entry, std::string_view wanted) { return entry.word < wanted; });
  return found != end && found->word == word ? found : nullptr;
}

}  // namespace rowan
