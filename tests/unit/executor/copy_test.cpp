// COPY's lines and fields, with the input cut at every place.
#include <gtest/gtest.h>

#include "executor/copy_reader.h"

namespace rowan {
namespace {

// Every line as its fields between bars; NULL is -, an error its message.
std::vector<std::string> copy_lines(const CopyOptions& options, const std::string& input, size_t piece) {
  size_t at = 0;
  CopySource source = [&]() -> Result<std::string> {
    std::string part = input.substr(at, piece);
    at += part.size();
    return part;
  };
  CopyReader reader(options, source);
  std::vector<std::string> lines;
  std::vector<CopyField> fields;
  while (true) {
    Result<bool> more = reader.next_line();
    if (!more.ok()) {
      lines.push_back(std::to_string(reader.line_number()) + ": " + more.error().message());
      return lines;
    }
    if (!*more) return lines;
    EXPECT_TRUE(reader.split(fields).ok());
    std::string line;
    for (const CopyField& field : fields)
      line += "|" + (field.is_null ? std::string("-") : std::string(field.text));
    lines.push_back(line);
  }
}

TEST(ExecutorCopy, ReadsTextWhereverItIsCut) {
  CopyOptions options;
  std::string input = "1\ta\\tb\t\\N\n2\tx\\\ny\t\\\\N\r";
  input.pop_back();
  input += "\n3\t\\x41\\102\t\n\\.\n4\n";
  for (size_t piece = 1; piece <= input.size(); ++piece)
    EXPECT_EQ(copy_lines(options, input, piece),
              (std::vector<std::string>{"|1|a\tb|-", "|2|x\ny|\\N", "|3|AB|"}));
  EXPECT_EQ(copy_lines(options, "a\nb\r\n", 99)[1], "2: literal carriage return found in data");
  EXPECT_EQ(copy_lines(options, "a\r\nb\r\n", 1), (std::vector<std::string>{"|a", "|b"}));
}

TEST(ExecutorCopy, ReadsCsvWhereverItIsCut) {
  CopyOptions options;
  options.csv = true;
  options.delimiter = ',';
  options.null_text = "";
  std::string input = "1,\"a,\"\"b\"\"\",\n\"two\nlines\",,\"\"\n3,x y,z";
  for (size_t piece = 1; piece <= input.size(); ++piece)
    EXPECT_EQ(copy_lines(options, input, piece),
              (std::vector<std::string>{"|1|a,\"b\"|-", "|two\nlines|-|", "|3|x y|z"}));
  EXPECT_EQ(copy_lines(options, "1,\"4\"\n2,x\n", 3), (std::vector<std::string>{"|1|4", "|2|x"}));
  options.escape = '\\';
  EXPECT_EQ(copy_lines(options, "\"a\\\"b\",2\n3,4\n", 2), (std::vector<std::string>{"|a\"b|2", "|3|4"}));
  options.escape = '"';
  EXPECT_EQ(copy_lines(options, "a,\"b\n", 2)[0], "1: unterminated CSV quoted field");
}

}  // namespace
}  // namespace rowan
