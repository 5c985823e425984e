// types/date_parts.cpp: EXTRACT and date_part, date_trunc, date_bin, AT TIME ZONE, OVERLAPS.
#include <cmath>
#include <utility>

#include "types/date_time.h"
#include "types/date_time_fields.h"
#include "types/decimal.h"
#include "types/lift.h"
#include "types/numeric.h"
#include "types/time_zone.h"
#include "types/try.h"

namespace rowan {

namespace {

// One part of a value: exact, and as date_part's double, which PostgreSQL computes on its own.
struct PartValue {
  Int128 coefficient = 0;
  int scale = 0;
  double real = 0;
  bool is_null = false;
  int infinity = 0;               // -1, 1: of an infinite value
  int64_t day_microseconds = -1;  // of a Julian day: the fraction; -1: of no such

  static PartValue whole(int64_t value) { return {value, 0, static_cast<double>(value)}; }
};

Error unit_error(TimeUnit unit, std::string_view name, TypeId type) {
  std::string quoted = "unit \"" + lower_word(name) + "\" not ";
  std::string of_type = " for type " + std::string(base_type_name(type));
  if (unit == TimeUnit::Unknown)
    return Error(sqlstate::invalid_parameter_value, quoted + "recognized" + of_type);
  return Error(sqlstate::feature_not_supported, quoted + "supported" + of_type);
}

// Years without a year 0, in groups.
int64_t shown_year(int64_t year) {
  return year > 0 ? year : year - 1;
}
int64_t decade_of(int64_t year) {
  return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10);
}
int64_t group_of(int64_t year, int64_t size) {
  return year > 0 ? (year + size - 1) / size : -((size - 1 - (year - 1)) / size);
}

std::optional<PartValue> clock_part(TimeUnit unit, int64_t hour, int64_t minute, int64_t second,
                                    int64_t microsecond) {
  int64_t all = second * kUsecPerSecond + microsecond;
  switch (unit) {
    case TimeUnit::Microsecond:
      return PartValue::whole(all);
    case TimeUnit::Millisecond:
      return PartValue{all, 3,
                       static_cast<double>(second) * 1000.0 + static_cast<double>(microsecond) / 1000.0};
    case TimeUnit::Second:
      return PartValue{all, 6, static_cast<double>(second) + static_cast<double>(microsecond) / 1'000'000.0};
    case TimeUnit::Minute:
      return PartValue::whole(minute);
    case TimeUnit::Hour:
      return PartValue::whole(hour);
    default:
      return std::nullopt;
  }
}

std::optional<PartValue> calendar_part(TimeUnit unit, const DateTime& fields) {
  int64_t days = days_of_civil(fields.year, fields.month, fields.day);
  switch (unit) {
    case TimeUnit::Day:
      return PartValue::whole(fields.day);
    case TimeUnit::Month:
      return PartValue::whole(fields.month);
    case TimeUnit::Quarter:
      return PartValue::whole((fields.month - 1) / 3 + 1);
    case TimeUnit::Week:
      return PartValue::whole(iso_week_of(days).week);
    case TimeUnit::Year:
      return PartValue::whole(shown_year(fields.year));
    case TimeUnit::Decade:
      return PartValue::whole(decade_of(fields.year));
    case TimeUnit::Century:
      return PartValue::whole(group_of(fields.year, 100));
    case TimeUnit::Millennium:
      return PartValue::whole(group_of(fields.year, 1000));
    case TimeUnit::IsoYear:
      return PartValue::whole(shown_year(iso_week_of(days).year));
    case TimeUnit::DayOfWeek:
      return PartValue::whole(day_of_week(days));
    case TimeUnit::IsoDayOfWeek:
      return PartValue::whole((day_of_week(days) + 6) % 7 + 1);
    case TimeUnit::DayOfYear:
      return PartValue::whole(day_of_year(fields));
    default:
      return std::nullopt;
  }
}

// Of an infinite date or timestamp: parts that only grow are infinite, the others NULL.
Result<PartValue> infinite_part(TimeUnit unit, std::string_view name, TypeId type, bool is_positive) {
  PartValue part;
  switch (unit) {
    case TimeUnit::Year:
    case TimeUnit::Decade:
    case TimeUnit::Century:
    case TimeUnit::Millennium:
    case TimeUnit::Julian:
    case TimeUnit::IsoYear:
    case TimeUnit::Epoch:
      part.infinity = is_positive ? 1 : -1;
      return part;
    case TimeUnit::Unknown:
      return unit_error(unit, name, type);
    case TimeUnit::Microsecond:
    case TimeUnit::Millisecond:
    case TimeUnit::Second:
    case TimeUnit::Minute:
    case TimeUnit::Hour:
    case TimeUnit::TimeZone:
    case TimeUnit::TimeZoneHour:
    case TimeUnit::TimeZoneMinute:
      if (type == TypeId::Date) return unit_error(unit, name, type);
      break;
    default:
      break;
  }
  part.is_null = true;
  return part;
}

// `offset`: of the zone, for TIMESTAMPTZ; `timestamp` is local.
Result<PartValue> timestamp_part(std::string_view name, int64_t timestamp, TypeId type, int32_t offset) {
  TimeUnit unit = find_part(name);
  if (!is_finite_timestamp(timestamp)) return infinite_part(unit, name, type, timestamp > 0);
  DateTime fields = date_time_of(timestamp);
  if (auto part = clock_part(unit, fields.hour, fields.minute, fields.second, fields.microsecond))
    return *part;
  if (auto part = calendar_part(unit, fields)) return *part;
  if (unit == TimeUnit::Epoch) {
    Int128 since = Int128{timestamp} - offset * kUsecPerSecond - kUnixEpochDays * kUsecPerDay;
    return PartValue{since, 6, static_cast<double>(since) / 1'000'000.0};
  }
  if (unit == TimeUnit::Julian) {
    int64_t day = floor_divide(timestamp, kUsecPerDay);
    PartValue part = PartValue::whole(day + kJulianOfEpoch);
    part.day_microseconds = timestamp - day * kUsecPerDay;
    double seconds = static_cast<double>(part.day_microseconds / kUsecPerSecond) +
                     static_cast<double>(part.day_microseconds % kUsecPerSecond) / 1'000'000.0;
    part.real += seconds / 86'400.0;
    return part;
  }
  if (type == TypeId::TimestampTz) {
    if (unit == TimeUnit::TimeZone) return PartValue::whole(offset);
    if (unit == TimeUnit::TimeZoneHour) return PartValue::whole(offset / 3600);
    if (unit == TimeUnit::TimeZoneMinute) return PartValue::whole(offset / 60 % 60);
  }
  return unit_error(unit, name, type);
}

Result<PartValue> date_part_of(std::string_view name, int32_t date) {
  TimeUnit unit = find_part(name);
  if (!is_finite_date(date)) return infinite_part(unit, name, TypeId::Date, date > 0);
  if (auto part = calendar_part(unit, civil_of_days(date))) return *part;
  if (unit == TimeUnit::Epoch) return PartValue::whole((date - kUnixEpochDays) * 86'400);
  if (unit == TimeUnit::Julian) return PartValue::whole(date + kJulianOfEpoch);
  return unit_error(unit, name, TypeId::Date);
}

Result<PartValue> time_part_of(std::string_view name, int64_t time) {
  TimeUnit unit = find_part(name);
  auto part = clock_part(unit, time / kUsecPerHour, time / kUsecPerMinute % 60, time / kUsecPerSecond % 60,
                         time % kUsecPerSecond);
  if (part) return *part;
  if (unit == TimeUnit::Epoch) return PartValue{time, 6, static_cast<double>(time) / 1'000'000.0};
  return unit_error(unit, name, TypeId::Time);
}

Result<PartValue> interval_part_of(std::string_view name, const Interval& interval) {
  TimeUnit unit = find_part(name);
  int64_t time = interval.microseconds, years = interval.months / 12, months = interval.months % 12;
  auto clock = clock_part(unit, time / kUsecPerHour, time / kUsecPerMinute % 60, time / kUsecPerSecond % 60,
                          time % kUsecPerSecond);
  if (clock) return *clock;
  switch (unit) {
    case TimeUnit::Day:
      return PartValue::whole(interval.days);
    case TimeUnit::Month:
      return PartValue::whole(months);
    case TimeUnit::Quarter:
      return PartValue::whole(months / 3 + 1);
    case TimeUnit::Year:
      return PartValue::whole(years);
    case TimeUnit::Decade:
      return PartValue::whole(years / 10);
    case TimeUnit::Century:
      return PartValue::whole(years / 100);
    case TimeUnit::Millennium:
      return PartValue::whole(years / 1000);
    case TimeUnit::Epoch: {
      // A year counts 365.25 days, a month 30.
      int64_t seconds = (1461 * years + 120 * months + 4 * int64_t{interval.days}) * (86'400 / 4);
      double real = static_cast<double>(time) / 1'000'000.0;
      real += 365.25 * 86'400.0 * static_cast<double>(years);
      real += 30.0 * 86'400.0 * static_cast<double>(months);
      real += 86'400.0 * interval.days;
      Int128 exact = Int128{seconds} * kUsecPerSecond + time;
      return PartValue{exact, 6, real};
    }
    default:
      return unit_error(unit, name, TypeId::Interval);
  }
}

Result<std::optional<Text>> exact_part(KernelCall& call, Result<PartValue> found) {
  PartValue part = TRY(std::move(found));
  if (part.is_null) return std::optional<Text>();
  Decimal value =
      part.infinity != 0 ? Decimal::infinity(part.infinity < 0) : Decimal::of(part.coefficient, part.scale);
  if (part.day_microseconds >= 0) {
    Decimal fraction = TRY(numeric_divide(Decimal::of(part.day_microseconds), Decimal::of(kUsecPerDay)));
    value = numeric_add(value, fraction);
  }
  return std::optional<Text>(value.encode(call.result.arena()));
}
Result<std::optional<double>> real_part(Result<PartValue> found) {
  PartValue part = TRY(std::move(found));
  if (part.is_null) return std::optional<double>();
  if (part.infinity != 0) return std::optional<double>(part.infinity * HUGE_VAL);
  return std::optional<double>(part.real);
}

Result<PartValue> zoned_part(const EvalContext& context, std::string_view name, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return timestamp_part(name, timestamp, TypeId::TimestampTz, 0);
  TimeZone zone = TRY(TimeZone::of_session(context));
  int32_t offset = zone.at_utc(timestamp).offset;
  return timestamp_part(name, timestamp + offset * kUsecPerSecond, TypeId::TimestampTz, offset);
}

Result<std::optional<Text>> extract_timestamp(KernelCall& call, std::string_view name, int64_t value) {
  return exact_part(call, timestamp_part(name, value, TypeId::Timestamp, 0));
}
Result<std::optional<Text>> extract_zoned(KernelCall& call, std::string_view name, int64_t value) {
  return exact_part(call, zoned_part(call.context, name, value));
}
Result<std::optional<Text>> extract_date(KernelCall& call, std::string_view name, int32_t value) {
  return exact_part(call, date_part_of(name, value));
}
Result<std::optional<Text>> extract_time(KernelCall& call, std::string_view name, int64_t value) {
  return exact_part(call, time_part_of(name, value));
}
Result<std::optional<Text>> extract_interval(KernelCall& call, std::string_view name, Interval value) {
  return exact_part(call, interval_part_of(name, value));
}
Result<std::optional<double>> part_timestamp(std::string_view name, int64_t value) {
  return real_part(timestamp_part(name, value, TypeId::Timestamp, 0));
}
Result<std::optional<double>> part_zoned(KernelCall& call, std::string_view name, int64_t value) {
  return real_part(zoned_part(call.context, name, value));
}
Result<std::optional<double>> part_date(std::string_view name, int32_t value) {
  int64_t timestamp = TRY(timestamp_of_date(value));
  return real_part(timestamp_part(name, timestamp, TypeId::Timestamp, 0));
}
Result<std::optional<double>> part_time(std::string_view name, int64_t value) {
  return real_part(time_part_of(name, value));
}
Result<std::optional<double>> part_interval(std::string_view name, Interval value) {
  return real_part(interval_part_of(name, value));
}

// ---- date_trunc
// --------------------------------------------------------------------------------------------

// A unit of date_trunc: what only EXTRACT knows is no unit here.
TimeUnit find_truncation(std::string_view name) {
  TimeUnit unit = find_part(name);
  bool is_zone =
      unit == TimeUnit::TimeZone || unit == TimeUnit::TimeZoneHour || unit == TimeUnit::TimeZoneMinute;
  return unit >= TimeUnit::DayOfWeek && !is_zone ? TimeUnit::Unknown : unit;
}

// The start of the unit that `fields` lies in; false: no such unit.
bool truncate_fields(TimeUnit unit, DateTime& fields) {
  auto clear_clock = [&] { fields.hour = fields.minute = fields.second = fields.microsecond = 0; };
  int64_t year = fields.year;
  switch (unit) {
    case TimeUnit::Week: {
      int64_t days = days_of_civil(fields.year, fields.month, fields.day);
      fields = civil_of_days(days - (day_of_week(days) + 6) % 7);
      return true;
    }
    case TimeUnit::Millennium:
      fields.year = year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - (year - 1)) / 1000) * 1000 + 1;
      break;
    case TimeUnit::Century:
      fields.year = year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - (year - 1)) / 100) * 100 + 1;
      break;
    case TimeUnit::Decade:
      fields.year = year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10;
      break;
    case TimeUnit::Year:
      break;
    case TimeUnit::Quarter:
      fields.month = (fields.month - 1) / 3 * 3 + 1;
      fields.day = 1;
      clear_clock();
      return true;
    case TimeUnit::Month:
      fields.day = 1;
      clear_clock();
      return true;
    case TimeUnit::Day:
      clear_clock();
      return true;
    case TimeUnit::Hour:
      fields.minute = fields.second = fields.microsecond = 0;
      return true;
    case TimeUnit::Minute:
      fields.second = fields.microsecond = 0;
      return true;
    case TimeUnit::Second:
      fields.microsecond = 0;
      return true;
    case TimeUnit::Millisecond:
      fields.microsecond -= fields.microsecond % 1000;
      return true;
    case TimeUnit::Microsecond:
      return true;
    default:
      return false;
  }
  fields.month = fields.day = 1;
  clear_clock();
  return true;
}

Result<int64_t> truncate_timestamp(std::string_view name, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  TimeUnit unit = find_truncation(name);
  DateTime fields = date_time_of(timestamp);
  if (!truncate_fields(unit, fields)) return unit_error(unit, name, TypeId::Timestamp);
  std::optional<int64_t> made = timestamp_of(fields);
  if (!made) return timestamp_out_of_range();
  return *made;
}

Result<int64_t> truncate_in_zone(std::string_view name, int64_t timestamp, const TimeZone& zone) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  TimeUnit unit = find_truncation(name);
  int32_t offset = zone.at_utc(timestamp).offset;
  DateTime fields = date_time_of(timestamp + offset * kUsecPerSecond);
  if (!truncate_fields(unit, fields)) return unit_error(unit, name, TypeId::TimestampTz);
  // The local time may lie beyond the range that UTC is held to.
  int64_t local;
  if (__builtin_mul_overflow(days_of_civil(fields.year, fields.month, fields.day), kUsecPerDay, &local) ||
      __builtin_add_overflow(local, time_of(fields), &local)) {
    return timestamp_out_of_range();
  }
  bool within_day = unit == TimeUnit::Hour || unit == TimeUnit::Minute || unit == TimeUnit::Second ||
                    unit == TimeUnit::Millisecond || unit == TimeUnit::Microsecond;
  // An hour keeps its offset; the start of a day has its own.
  int64_t utc = local - (within_day ? offset : zone.offset_of_local(local)) * kUsecPerSecond;
  if (!is_valid_timestamp(utc)) return timestamp_out_of_range();
  return utc;
}
Result<int64_t> truncate_zoned(KernelCall& call, std::string_view name, int64_t timestamp) {
  TimeZone zone = TRY(TimeZone::of_session(call.context));
  return truncate_in_zone(name, timestamp, zone);
}
Result<int64_t> truncate_zoned_in(std::string_view name, int64_t timestamp, std::string_view zone_name) {
  TimeZone zone = TRY(TimeZone::of_name(zone_name));
  return truncate_in_zone(name, timestamp, zone);
}

Result<Interval> truncate_interval(std::string_view name, Interval interval) {
  TimeUnit unit = find_truncation(name);
  int64_t time_unit = 0;
  switch (unit) {
    case TimeUnit::Millennium:
      return Interval{interval.months - interval.months % 12'000, 0, 0};
    case TimeUnit::Century:
      return Interval{interval.months - interval.months % 1200, 0, 0};
    case TimeUnit::Decade:
      return Interval{interval.months - interval.months % 120, 0, 0};
    case TimeUnit::Year:
      return Interval{interval.months - interval.months % 12, 0, 0};
    case TimeUnit::Quarter:
      return Interval{interval.months - interval.months % 12 % 3, 0, 0};
    case TimeUnit::Month:
      return Interval{interval.months, 0, 0};
    case TimeUnit::Day:
      return Interval{interval.months, interval.days, 0};
    case TimeUnit::Hour:
      time_unit = kUsecPerHour;
      break;
    case TimeUnit::Minute:
      time_unit = kUsecPerMinute;
      break;
    case TimeUnit::Second:
      time_unit = kUsecPerSecond;
      break;
    case TimeUnit::Millisecond:
      time_unit = 1000;
      break;
    case TimeUnit::Microsecond:
      return interval;
    case TimeUnit::Week:
      return unit_error(unit, name, TypeId::Interval).detail("Months usually have fractional weeks.");
    default:
      return unit_error(unit, name, TypeId::Interval);
  }
  interval.microseconds -= interval.microseconds % time_unit;
  return interval;
}

Result<int64_t> bin_timestamp(Interval stride, int64_t timestamp, int64_t origin) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  if (!is_finite_timestamp(origin)) return Error(sqlstate::datetime_field_overflow, "origin out of range");
  if (stride.months != 0) {
    return Error(sqlstate::feature_not_supported,
                 "timestamps cannot be binned into intervals containing months or years");
  }
  int64_t width, distance;
  if (__builtin_mul_overflow(int64_t{stride.days}, kUsecPerDay, &width) ||
      __builtin_add_overflow(width, stride.microseconds, &width)) {
    return interval_out_of_range();
  }
  if (width <= 0) return Error(sqlstate::datetime_field_overflow, "stride must be greater than zero");
  if (__builtin_sub_overflow(timestamp, origin, &distance)) return interval_out_of_range();
  int64_t result;
  if (__builtin_add_overflow(origin, floor_divide(distance, width) * width, &result) ||
      !is_valid_timestamp(result)) {
    return timestamp_out_of_range();
  }
  return result;
}

// ---- AT TIME ZONE
// ------------------------------------------------------------------------------------------

Result<int64_t> local_at_zone(std::string_view zone_name, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  TimeZone zone = TRY(TimeZone::of_name(zone_name));
  int64_t utc = timestamp - zone.offset_of_local(timestamp) * kUsecPerSecond;
  if (!is_valid_timestamp(utc)) return timestamp_out_of_range();
  return utc;
}
Result<int64_t> zoned_at_zone(std::string_view zone_name, int64_t timestamp) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  TimeZone zone = TRY(TimeZone::of_name(zone_name));
  int64_t local = timestamp + zone.at_utc(timestamp).offset * kUsecPerSecond;
  if (!is_valid_timestamp(local)) return timestamp_out_of_range();
  return local;
}
Result<int64_t> shift_by_interval(const Interval& zone, int64_t timestamp, int sign) {
  if (!is_finite_timestamp(timestamp)) return timestamp;
  if (zone.months != 0 || zone.days != 0) {
    std::string shown;
    format_interval(zone, "postgres", shown);
    return Error(sqlstate::invalid_parameter_value,
                 "interval time zone \"" + shown + "\" must not include months or days");
  }
  int64_t shifted = timestamp + sign * (zone.microseconds / kUsecPerSecond) * kUsecPerSecond;
  if (!is_valid_timestamp(shifted)) return timestamp_out_of_range();
  return shifted;
}
Result<int64_t> local_at_interval(Interval zone, int64_t timestamp) {
  return shift_by_interval(zone, timestamp, -1);
}
Result<int64_t> zoned_at_interval(Interval zone, int64_t timestamp) {
  return shift_by_interval(zone, timestamp, 1);
}

// ---- OVERLAPS
// ----------------------------------------------------------------------------------------------

using MaybeMoment = std::optional<int64_t>;

// Of two periods, each given by its ends in any order, one of which may be unknown.
std::optional<bool> periods_overlap(MaybeMoment start1, MaybeMoment end1, MaybeMoment start2,
                                    MaybeMoment end2) {
  for (auto [start, end] : {std::pair{&start1, &end1}, std::pair{&start2, &end2}}) {
    if (!*start) {
      if (!*end) return std::nullopt;
      std::swap(*start, *end);
    } else if (*end && **start > **end) {
      std::swap(*start, *end);
    }
  }
  if (*start1 != *start2) {
    if (*start1 > *start2) {
      std::swap(start1, start2);
      std::swap(end1, end2);
    }
    if (!end1) return std::nullopt;
    if (*start2 < *end1) return true;
    if (!end2) return std::nullopt;
    return false;
  }
  if (!end1 || !end2) return std::nullopt;
  return true;
}

// What start + interval is for each of the types.
Result<int64_t> moved_moment(TypeId type, int64_t moment, const Interval& interval,
                             const EvalContext& context) {
  if (type == TypeId::Timestamp) return timestamp_plus(moment, interval);
  if (type == TypeId::TimestampTz) return zoned_plus(moment, interval, context);
  int64_t moved = moment + interval.microseconds % kUsecPerDay;
  return moved - floor_divide(moved, kUsecPerDay) * kUsecPerDay;
}

Result<MaybeMoment> end_moment(KernelCall& call, size_t argument, MaybeMoment start, uint32_t row) {
  const Vector& vector = *call.arguments[argument];
  uint32_t at = vector.is_constant() ? 0 : row;
  if (vector.is_null(row)) return MaybeMoment();
  if (vector.type().id != TypeId::Interval) return MaybeMoment(vector.data<int64_t>()[at]);
  if (!start) return MaybeMoment();
  TypeId type = call.arguments[argument - 1]->type().id;
  int64_t moved = TRY(moved_moment(type, *start, vector.data<Interval>()[at], call.context));
  return MaybeMoment(moved);
}

Result<> overlaps_kernel(KernelCall& call) {
  for (uint32_t i = 0; i < call.rows.count(); ++i) {
    uint32_t row = call.rows[i];
    call.failed_row = row;
    MaybeMoment starts[2], ends[2];
    for (size_t side = 0; side < 2; side++) {
      const Vector& start = *call.arguments[side * 2];
      if (!start.is_null(row)) starts[side] = start.data<int64_t>()[start.is_constant() ? 0 : row];
      ends[side] = TRY(end_moment(call, side * 2 + 1, starts[side], row));
    }
    std::optional<bool> verdict = periods_overlap(starts[0], ends[0], starts[1], ends[1]);
    if (verdict) {
      call.result.data<uint8_t>()[row] = *verdict;
    } else {
      call.result.set_null(row);
    }
  }
  return {};
}

bool is_finite_date_value(int32_t date) {
  return is_finite_date(date);
}
bool is_finite_timestamp_value(int64_t timestamp) {
  return is_finite_timestamp(timestamp);
}
bool is_finite_interval_value(Interval) {
  return true;
}

}  // namespace

void register_date_parts(FunctionRegistry& registry) {
  TypeId text = TypeId::Text, date = TypeId::Date, time = TypeId::Time, timestamp = TypeId::Timestamp,
         zoned = TypeId::TimestampTz, interval = TypeId::Interval, numeric = TypeId::Numeric,
         real = TypeId::Double;
  Volatility stable = Volatility::Stable;
  registry.add(strict<&extract_timestamp>("extract", {text, timestamp}, numeric));
  registry.add(strict<&extract_zoned>("extract", {text, zoned}, numeric, stable));
  registry.add(strict<&extract_date>("extract", {text, date}, numeric));
  registry.add(strict<&extract_time>("extract", {text, time}, numeric));
  registry.add(strict<&extract_interval>("extract", {text, interval}, numeric));
  registry.add(strict<&part_timestamp>("date_part", {text, timestamp}, real));
  registry.add(strict<&part_zoned>("date_part", {text, zoned}, real, stable));
  registry.add(strict<&part_date>("date_part", {text, date}, real));
  registry.add(strict<&part_time>("date_part", {text, time}, real));
  registry.add(strict<&part_interval>("date_part", {text, interval}, real));

  registry.add(strict<&truncate_timestamp>("date_trunc", {text, timestamp}, timestamp));
  registry.add(strict<&truncate_zoned>("date_trunc", {text, zoned}, zoned, stable));
  registry.add(strict<&truncate_zoned_in>("date_trunc", {text, zoned, text}, zoned, stable));
  registry.add(strict<&truncate_interval>("date_trunc", {text, interval}, interval));
  registry.add(strict<&bin_timestamp>("date_bin", {interval, timestamp, timestamp}, timestamp));
  registry.add(strict<&bin_timestamp>("date_bin", {interval, zoned, zoned}, zoned));

  registry.add(strict<&local_at_zone>("timezone", {text, timestamp}, zoned));
  registry.add(strict<&zoned_at_zone>("timezone", {text, zoned}, timestamp));
  registry.add(strict<&local_at_interval>("timezone", {interval, timestamp}, zoned));
  registry.add(strict<&zoned_at_interval>("timezone", {interval, zoned}, timestamp));

  registry.add(strict<&is_finite_date_value>("isfinite", {date}, TypeId::Boolean));
  registry.add(strict<&is_finite_timestamp_value>("isfinite", {timestamp}, TypeId::Boolean));
  registry.add(strict<&is_finite_timestamp_value>("isfinite", {zoned}, TypeId::Boolean));
  registry.add(strict<&is_finite_interval_value>("isfinite", {interval}, TypeId::Boolean));

  for (TypeId type : {time, timestamp, zoned}) {
    for (TypeId first_end : {type, interval}) {
      for (TypeId second_end : {type, interval}) {
        Function overlaps;
        overlaps.name = "overlaps";
        overlaps.arguments = {type, first_end, type, second_end};
        overlaps.result = TypeId::Boolean;
        overlaps.is_strict = false;
        overlaps.volatility = type == zoned ? stable : Volatility::Immutable;
        overlaps.kernel = &overlaps_kernel;
        registry.add(std::move(overlaps));
      }
    }
  }
}

}  // namespace rowan
