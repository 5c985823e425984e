// Time zone files: known moments, gaps and repeats, the rule beyond the table, and bytes that are wrong.
#include "types/zone_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace rowan {
namespace {

// Seconds since 1970, of a date and time of day.
int64_t moment(int64_t year, int month, int day, int hour = 0, int minute = 0) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t year_of_era = y - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return ((era * 146097 + day_of_era - 719468) * 24 + hour) * 3600 + minute * 60;
}

const ZoneFile& zone(const char* name) {
  const ZoneFile* found = ZoneFile::find(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(ZoneFileTest, KnowsWhenClocksChanged) {
  const ZoneFile& london = zone("Europe/London");
  EXPECT_EQ(london.at_utc(moment(2024, 1, 1)).abbreviation, "GMT");
  EXPECT_EQ(london.at_utc(moment(2024, 3, 31, 0, 59)).offset, 0);
  EXPECT_EQ(london.at_utc(moment(2024, 3, 31, 1)).offset, 3600);
  EXPECT_TRUE(london.at_utc(moment(2024, 7, 1)).is_dst);
  EXPECT_EQ(london.at_utc(moment(1970, 1, 1)).offset, 3600);  // a summer of three years
  EXPECT_FALSE(london.at_utc(moment(1970, 1, 1)).is_dst);
  EXPECT_EQ(london.at_utc(moment(1800, 1, 1)).abbreviation, "LMT");
  EXPECT_EQ(zone("Asia/Kathmandu").at_utc(moment(2024, 1, 1)).offset, 20700);
  EXPECT_EQ(zone("Etc/GMT+5").at_utc(0).offset, -18000);
}

TEST(ZoneFileTest, SkippedTimesCountBeforeTheGapAndRepeatedOnesLater) {
  const ZoneFile& york = zone("America/New_York");
  EXPECT_EQ(york.at_local(moment(2024, 3, 10, 1, 59)).offset, -18000);
  EXPECT_EQ(york.at_local(moment(2024, 3, 10, 2, 30)).offset, -18000);
  EXPECT_EQ(york.at_local(moment(2024, 3, 10, 3)).offset, -14400);
  EXPECT_EQ(york.at_local(moment(2024, 11, 3, 0, 59)).offset, -14400);
  EXPECT_EQ(york.at_local(moment(2024, 11, 3, 1, 30)).offset, -18000);
}

TEST(ZoneFileTest, TheRuleGoesOnForEver) {
  const ZoneFile& york = zone("America/New_York");
  EXPECT_EQ(york.at_utc(moment(2100, 7, 1)).abbreviation, "EDT");
  EXPECT_EQ(york.at_utc(moment(2100, 3, 14, 6, 59)).offset, -18000);
  EXPECT_EQ(york.at_utc(moment(2100, 3, 14, 7)).offset, -14400);
  EXPECT_EQ(york.at_local(moment(2100, 3, 14, 2, 30)).offset, -18000);
  EXPECT_EQ(york.at_utc(moment(99999, 12, 31)).abbreviation, "EST");
  const ZoneFile& sydney = zone("Australia/Sydney");  // its summer spans the new year
  EXPECT_TRUE(sydney.at_utc(moment(2500, 1, 1)).is_dst);
  EXPECT_TRUE(sydney.at_utc(moment(2500, 12, 31)).is_dst);
  EXPECT_FALSE(sydney.at_utc(moment(2500, 7, 1)).is_dst);
}

TEST(ZoneFileTest, NamesHaveNoCaseAndDoNotLeadAway) {
  EXPECT_EQ(ZoneFile::find("europe/LONDON"), ZoneFile::find("Europe/London"));
  for (const char* name : {"", "/etc/passwd", "../zoneinfo/UTC", "Europe", "Europe/", "Europe/Nowhere",
                           "posix/Europe/London", "right/UTC", "zone.tab", "tzdata.zi", "Europe//London/x"})
    EXPECT_EQ(ZoneFile::find(name), nullptr) << name;
}

std::string number(uint64_t value, int width) {
  std::string bytes;
  for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}
// A file without changes whose clocks follow `rule`.
std::string file_of(const std::string& rule, uint32_t periods = 1, uint32_t characters = 4) {
  std::string counts = number(0, 4) + number(0, 4) + number(0, 4) + number(0, 4);
  std::string none = counts + number(0, 4) + number(0, 4);
  std::string some = counts + number(periods, 4) + number(characters, 4);
  std::string head = "TZif2" + std::string(15, '\0');
  return head + none + head + some + number(0, 4) + std::string(2, '\0') + std::string("UTC\0", 4) + "\n" +
         rule + "\n";
}

TEST(ZoneFileTest, ReadsRulesOfEveryForm) {
  auto offset = [](const char* rule, int64_t at) {
    std::optional<ZoneFile> made = ZoneFile::parse(file_of(rule));
    EXPECT_TRUE(made) << rule;
    return made ? made->at_utc(at).offset : -1;
  };
  EXPECT_EQ(offset("<+0330>-3:30", 0), 12600);
  EXPECT_EQ(offset("AAA-1BBB,J60/0,J61/0", moment(2024, 3, 1) - 3600), 7200);  // 1 March, leap year or not
  EXPECT_EQ(offset("AAA-1BBB,J60/0,J61/0", moment(2024, 2, 29)), 3600);
  EXPECT_EQ(offset("AAA-1BBB,59/0,60/0", moment(2024, 2, 29)), 7200);  // the sixtieth day
  EXPECT_EQ(offset("AAA0BBB-2,M1.5.0/-1,M12.1.0/26", moment(2023, 1, 28, 23)), 7200);
  EXPECT_EQ(offset("AAA0BBB-2,M1.5.0/-1,M12.1.0/26", moment(2023, 1, 28, 22, 59)), 0);
  EXPECT_EQ(offset("", 0), 0);
  for (const char* rule : {"A0", "AAA", "AAA0BBB", "AAA0BBB,M13.1.0,M1.1.0", "AAA0BBB,M1.6.0,M1.1.0", "AAA0 ",
                           "<AA0", "AAA0BBB,J400,J1", "AAA0BBB,M1.1.0"})
    EXPECT_FALSE(ZoneFile::parse(file_of(rule))) << rule;
}

TEST(ZoneFileTest, WrongBytesAreNoZone) {
  EXPECT_FALSE(ZoneFile::parse(""));
  EXPECT_FALSE(ZoneFile::parse(file_of("UTC0", 0)));           // no period at all
  EXPECT_FALSE(ZoneFile::parse(file_of("UTC0", 0x7fffffff)));  // more than there is
  EXPECT_FALSE(ZoneFile::parse(file_of("UTC0", 0xffffffff)));
  EXPECT_FALSE(ZoneFile::parse(file_of("UTC0", 1, 0)));  // an abbreviation that lies outside
  std::ifstream file("/usr/share/zoneinfo/America/New_York", std::ios::binary);
  std::string whole((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_TRUE(ZoneFile::parse(whole));
  // Cut anywhere before its rule begins it is none; with any byte changed it is none, or another one.
  size_t rule = whole.rfind('\n', whole.size() - 2);
  for (size_t length = 0; length < rule; ++length)
    EXPECT_FALSE(ZoneFile::parse(whole.substr(0, length))) << length;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    std::optional<ZoneFile> parsed = ZoneFile::parse(changed);
    if (parsed) {
      parsed->at_utc(0);
      parsed->at_local(moment(2100, 1, 1));
    }
  }
}

}  // namespace
}  // namespace rowan
