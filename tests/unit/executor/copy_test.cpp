// COPY's input comes in pieces that end anywhere: whatever their size, lines, fields, numbers and errors are
// those of the whole.
#include "executor/copy_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace rowan {
namespace {

std::string copied_text(const std::string& input, size_t piece, const CopyOptions& options) {
  size_t at = 0;
  CopySource source = [&]() -> Result<std::string> {
    std::string next = input.substr(at, piece);
    at += next.size();
    return next;
  };
  CopyReader reader(options, source);
  std::vector<CopyField> fields;
  std::string all;
  while (true) {
    Result<bool> more = reader.next_line();
    all += std::to_string(reader.line_number());
    if (!more.ok()) return all + " error " + more.error().message() + (reader.has_line() ? " shown" : "");
    if (!*more) return all + " end";
    Result<> split = reader.split(fields);
    if (!split.ok()) return all + " bad " + split.error().message();
    for (const CopyField& field : fields)
      all += field.is_null ? " NULL" : (field.was_quoted ? " q<" : " <") + std::string(field.text) + ">";
    all += ";";
  }
}

CopyOptions csv_with_escape(char escape) {
  CopyOptions options;
  options.csv = true;
  options.delimiter = ',';
  options.null_text = "";
  options.escape = escape;
  return options;
}

void expect_read(const std::string& input, const CopyOptions& options, const std::string& expected) {
  for (size_t piece = 1; piece <= input.size(); ++piece)
    EXPECT_EQ(copied_text(input, piece, options), expected) << "pieces of " << piece;
}

TEST(ExecutorCopy, ReadsTextWhereverItIsCut) {
  CopyOptions text;
  expect_read("1\ta\\tb\t\\N\n2\tx\\\ny\t\\\\N\n3\t\\x41\\102\t\n\\.\n4\n", text,
              "1 <1> <a\tb> NULL;2 <2> <x\ny> <\\N>;3 <3> <AB> <>;4 end");
  expect_read("longer than sixteen bytes\tx\\x41\\101\n", text, "1 <longer than sixteen bytes> <xAA>;2 end");
  expect_read("1\n2\\.\nmore\n", text, "1 <1>;2 <2>;3 end");
  expect_read("1\n2\r\n", text, "1 <1>;2 error literal carriage return found in data");
  expect_read("a\r\nb\r\n", text, "1 <a>;2 <b>;3 end");
}

TEST(ExecutorCopy, ReadsCsvWhereverItIsCut) {
  CopyOptions csv = csv_with_escape('"');
  expect_read("1,\"a,\"\"b\"\"\",\n3,x y,z", csv, "1 <1> q<a,\"b\"> NULL;2 <3> <x y> <z>;3 end");
  expect_read("a,\"b\"\"c\",\"d,e\",,\"\"\n\"two\nlines, all quoted\",x\"y\"z\n", csv,
              "1 <a> q<b\"c> q<d,e> NULL q<>;3 q<two\nlines, all quoted> q<xyz>;4 end");
  expect_read("1,\"4\"\n2,x\n", csv, "1 <1> q<4>;2 <2> <x>;3 end");
  expect_read("a\n\"b", csv, "1 <a>;2 error unterminated CSV quoted field shown");
  CopyOptions backslash = csv_with_escape('\\');
  expect_read("\"a\\\"b\",c\\d\n3,4\n", backslash, "1 q<a\"b> <c\\d>;2 <3> <4>;3 end");
}

TEST(ExecutorCopy, PiecesOfEverySizeReadAlike) {
  std::mt19937 random(7);
  constexpr const char* kParts[] = {
      "a",    "\\",  "\n",  "\r",   "\r\n", "\t",  ",",    "\"",
      "\"\"", "\\N", "\\.", "\\x4", "\\12", "\\t", "\\\\", "some twenty-odd bytes"};
  const CopyOptions kinds[] = {CopyOptions{}, csv_with_escape('"'), csv_with_escape('\\')};
  size_t lines = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string input;
    for (size_t parts = random() % 24; parts > 0; --parts) {
      // Mostly one kind of line end, or hardly an input gets anywhere.
      const char* part = kParts[random() % std::size(kParts)];
      if ((*part == '\r' && random() % 8 != 0) || random() % 3 == 0) part = round % 2 == 0 ? "b" : "c\n";
      input += part;
    }
    const CopyOptions& options = kinds[round % std::size(kinds)];
    std::string whole = copied_text(input, input.size() + 1, options);
    for (size_t piece = 1; piece <= input.size(); ++piece)
      ASSERT_EQ(copied_text(input, piece, options), whole) << "pieces of " << piece << " of: " << input;
    lines += static_cast<size_t>(std::count(whole.begin(), whole.end(), ';'));
  }
  EXPECT_GT(lines, 3000u);
}

TEST(ExecutorCopy, ShortLinesFollowGiantOnes) {
  std::string giant(5 << 20, 'g');
  std::string input = giant + "\\t\tx\ny\n" + giant + "\nz\n";
  EXPECT_EQ(copied_text(input, 64 << 10, CopyOptions{}),
            "1 <" + giant + "\t> <x>;2 <y>;3 <" + giant + ">;4 <z>;5 end");
}

}  // namespace
}  // namespace rowan
