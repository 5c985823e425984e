#include "types/date_template.h"

namespace rowan {

namespace {

struct PatternWord {
  std::string_view word;  // in capitals
  DatePattern pattern;
  uint8_t digits;
  bool has_capitalized;  // Month, besides MONTH and month
};

// Of words that begin alike the longer stand first.
constexpr PatternWord kPatternWords[] = {
    {"A.D.", DatePattern::EraDots, 0, false},     {"A.M.", DatePattern::MeridianDots, 0, false},
    {"AD", DatePattern::Era, 0, false},           {"AM", DatePattern::Meridian, 0, false},
    {"B.C.", DatePattern::EraDots, 0, false},     {"BC", DatePattern::Era, 0, false},
    {"CC", DatePattern::Century, 0, false},       {"DAY", DatePattern::DayName, 0, true},
    {"DDD", DatePattern::DayOfYear, 0, false},    {"DD", DatePattern::Day, 0, false},
    {"DY", DatePattern::DayShort, 0, true},       {"D", DatePattern::DayOfWeek, 0, false},
    {"FF1", DatePattern::Fraction, 1, false},     {"FF2", DatePattern::Fraction, 2, false},
    {"FF3", DatePattern::Fraction, 3, false},     {"FF4", DatePattern::Fraction, 4, false},
    {"FF5", DatePattern::Fraction, 5, false},     {"FF6", DatePattern::Fraction, 6, false},
    {"HH24", DatePattern::Hour24, 0, false},      {"HH12", DatePattern::Hour12, 0, false},
    {"HH", DatePattern::Hour12, 0, false},        {"IDDD", DatePattern::IsoDayOfYear, 0, false},
    {"ID", DatePattern::IsoDayOfWeek, 0, false},  {"IW", DatePattern::IsoWeek, 0, false},
    {"IYYY", DatePattern::IsoYear, 4, false},     {"IYY", DatePattern::IsoYear, 3, false},
    {"IY", DatePattern::IsoYear, 2, false},       {"I", DatePattern::IsoYear, 1, false},
    {"J", DatePattern::Julian, 0, false},         {"MI", DatePattern::Minute, 0, false},
    {"MM", DatePattern::Month, 0, false},         {"MONTH", DatePattern::MonthName, 0, true},
    {"MON", DatePattern::MonthShort, 0, true},    {"MS", DatePattern::Millisecond, 0, false},
    {"OF", DatePattern::ZoneOffset, 0, false},    {"P.M.", DatePattern::MeridianDots, 0, false},
    {"PM", DatePattern::Meridian, 0, false},      {"Q", DatePattern::Quarter, 0, false},
    {"RM", DatePattern::Roman, 0, false},         {"SSSSS", DatePattern::SecondOfDay, 0, false},
    {"SSSS", DatePattern::SecondOfDay, 0, false}, {"SS", DatePattern::Second, 0, false},
    {"TZH", DatePattern::ZoneHour, 0, false},     {"TZM", DatePattern::ZoneMinute, 0, false},
    {"TZ", DatePattern::Zone, 0, false},          {"US", DatePattern::Microsecond, 0, false},
    {"WW", DatePattern::WeekOfYear, 0, false},    {"W", DatePattern::WeekOfMonth, 0, false},
    {"Y,YYY", DatePattern::YearComma, 0, false},  {"YYYY", DatePattern::Year, 4, false},
    {"YYY", DatePattern::Year, 3, false},         {"YY", DatePattern::Year, 2, false},
    {"Y", DatePattern::Year, 1, false},
};

char lower_pattern(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool begins_with(std::string_view text, std::string_view word, WordCase form) {
  if (text.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); i++) {
    bool is_lower = form == WordCase::Lower || (form == WordCase::Capitalized && i > 0);
    if (text[i] != (is_lower ? lower_pattern(word[i]) : word[i])) return false;
  }
  return true;
}

bool take_word(std::string_view& text, std::string_view upper, std::string_view lower) {
  if (text.substr(0, 2) != upper && text.substr(0, 2) != lower) return false;
  text.remove_prefix(2);
  return true;
}

bool take_pattern(std::string_view& text, DateTemplateItem& item) {
  for (const PatternWord& word : kPatternWords) {
    for (WordCase form : {WordCase::Upper, WordCase::Lower, WordCase::Capitalized}) {
      if (form == WordCase::Capitalized && !word.has_capitalized) continue;
      if (!begins_with(text, word.word, form)) continue;
      item.pattern = word.pattern;
      item.digits = word.digits;
      item.word_case = form;
      text.remove_prefix(word.word.size());
      return true;
    }
  }
  return false;
}

// One character of UTF-8.
std::string_view take_character(std::string_view& text) {
  size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) size++;
  std::string_view character = text.substr(0, size);
  text.remove_prefix(size);
  return character;
}

}  // namespace

bool is_number_pattern(DatePattern pattern) {
  switch (pattern) {
    case DatePattern::Literal:
    case DatePattern::Meridian:
    case DatePattern::MeridianDots:
    case DatePattern::Era:
    case DatePattern::EraDots:
    case DatePattern::MonthName:
    case DatePattern::MonthShort:
    case DatePattern::DayName:
    case DatePattern::DayShort:
    case DatePattern::Roman:
    case DatePattern::Zone:
    case DatePattern::ZoneOffset:
    case DatePattern::ZoneHour:
      return false;
    default:
      return true;
  }
}

DateTemplate cut_date_template(std::string_view text) {
  DateTemplate made;
  while (!text.empty()) {
    DateTemplateItem item;
    bool has_prefix = true;
    while (has_prefix) {
      if (take_word(text, "FM", "fm")) {
        item.fill = false;
      } else if (take_word(text, "FX", "fx")) {
        made.is_exact = true;
      } else if (text.substr(0, 2) == "TM" || (text.substr(0, 2) == "tm")) {
        // Names are English; translated ones are not padded.
        text.remove_prefix(2);
        item.fill = false;
      } else {
        has_prefix = false;
      }
    }
    if (text.empty()) break;
    if (take_pattern(text, item)) {
      if (text.substr(0, 2) == "TH") item.suffix = OrdinalSuffix::Upper;
      if (text.substr(0, 2) == "th") item.suffix = OrdinalSuffix::Lower;
      if (item.suffix != OrdinalSuffix::None) text.remove_prefix(2);
      if (text.substr(0, 2) == "SP") text.remove_prefix(2);
      made.items.push_back(item);
    } else if (text[0] == '"') {
      text.remove_prefix(1);
      while (!text.empty() && text[0] != '"') {
        if (text[0] == '\\' && text.size() > 1) text.remove_prefix(1);
        item.is_quoted = true;
        item.text = take_character(text);
        made.items.push_back(item);
      }
      if (!text.empty()) text.remove_prefix(1);
    } else {
      if (text[0] == '\\' && text.size() > 1 && text[1] == '"') text.remove_prefix(1);
      item.text = take_character(text);
      made.items.push_back(item);
    }
  }
  return made;
}

}  // namespace rowan
