// COPY's output: the bytes of an escaper that goes letter by letter, in pieces of bounded size however long a
// value is.
#include "executor/copy_writer.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

namespace rowan {
namespace {

struct CopiedValue {
  std::optional<std::string> text;
  bool force = false;
};
using CopiedRow = std::vector<CopiedValue>;

std::string plain_text(std::string_view value, char delimiter) {
  std::string out;
  for (char c : value) {
    size_t at = std::string_view("\b\f\n\r\t\v").find(c);
    if (at != std::string_view::npos) {
      out += std::string("\\") + "bfnrtv"[at];
    } else {
      if (c == '\\' || c == delimiter) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string plain_csv(std::string_view value, const CopyOptions& options, bool force, bool single) {
  bool quote = force || value == options.null_text || (single && value == "\\.");
  for (char c : value)
    quote = quote || c == options.delimiter || c == options.quote || c == '\n' || c == '\r';
  if (!quote) return std::string(value);
  std::string out(1, options.quote);
  for (char c : value) {
    if (c == options.quote || c == options.escape) out += options.escape;
    out += c;
  }
  return out + options.quote;
}

std::string plain_row(const CopiedRow& row, const CopyOptions& options) {
  std::string out;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out += options.delimiter;
    if (!row[i].text)
      out += options.null_text;
    else if (options.csv)
      out += plain_csv(*row[i].text, options, row[i].force, row.size() == 1);
    else
      out += plain_text(*row[i].text, options.delimiter);
  }
  return out + '\n';
}

// What a writer hands to its sink, no piece of it too long. The options outlive it.
class Copied {
 public:
  explicit Copied(const CopyOptions& options, size_t columns) : writer_(options, columns, sink_) {}
  void put(const CopiedRow& row) {
    for (const CopiedValue& value : row)
      EXPECT_TRUE((value.text ? writer_.value(*value.text, value.force) : writer_.null()).ok());
    EXPECT_TRUE(writer_.end_row().ok());
  }
  const std::string& all() {
    EXPECT_TRUE(writer_.finish().ok());
    return all_;
  }
  CopyWriter& writer() { return writer_; }
  size_t pieces = 0, pieces_within_rows = 0;

 private:
  CopySink sink_ = [this](std::string_view piece) -> Result<> {
    EXPECT_LE(piece.size(), CopyWriter::kPieceMax);
    EXPECT_FALSE(piece.empty());
    all_ += piece;
    ++pieces;
    pieces_within_rows += piece.back() != '\n';
    return {};
  };
  std::string all_;
  CopyWriter writer_;
};

CopyOptions csv_options(char delimiter = ',', char quote = '"', char escape = '"',
                        std::string null_text = "") {
  CopyOptions options;
  options.csv = true;
  options.delimiter = delimiter;
  options.quote = quote;
  options.escape = escape;
  options.null_text = std::move(null_text);
  return options;
}
CopyOptions text_options(char delimiter, std::string null_text) {
  CopyOptions options;
  options.delimiter = delimiter;
  options.null_text = std::move(null_text);
  return options;
}

TEST(ExecutorCopyWriter, WritesWhatAPlainEscaperWrites) {
  std::mt19937 random(11);
  const CopyOptions kinds[] = {CopyOptions{},
                               text_options('|', ""),
                               text_options('-', "none"),
                               csv_options(),
                               csv_options(';', '\'', '\\', "NULL"),
                               csv_options('\t', '"', 'e'),
                               csv_options('1', '2', 'a')};
  constexpr std::string_view kSpecial("\b\f\n\r\t\v\\|-,;'\"e.12axN\0\x7f\xc3\xa9", 25);
  for (int round = 0; round < 20000; ++round) {
    const CopyOptions& options = kinds[static_cast<size_t>(round) % std::size(kinds)];
    size_t columns = 1 + random() % 3;
    Copied copied(options, columns);
    std::string expected;
    for (size_t rows = random() % 4; rows > 0; --rows) {
      CopiedRow row(columns);
      for (CopiedValue& value : row) {
        value.force = options.csv && random() % 8 == 0;
        if (random() % 8 == 0) continue;
        if (random() % 16 == 0) {
          value.text = random() % 2 == 0 ? options.null_text : "\\.";
          continue;
        }
        value.text.emplace(random() % 50, 'q');
        for (char& c : *value.text)
          if (random() % 6 == 0) c = kSpecial[random() % kSpecial.size()];
      }
      copied.put(row);
      expected += plain_row(row, options);
    }
    ASSERT_EQ(copied.all(), expected) << "round " << round;
  }
}

TEST(ExecutorCopyWriter, HandsOutLargeValuesInPieces) {
  std::mt19937 random(12);
  for (const CopyOptions& options : {CopyOptions{}, csv_options(), csv_options(',', '"', '\\')}) {
    for (size_t one_in : {2u, 1000u, 1u << 30}) {
      std::string large(3 << 20, 'v');
      for (char& c : large)
        if (random() % one_in == 0) c = "\\\"\n,\t"[random() % 5];
      Copied copied(options, 3);
      CopiedRow row{{"before", false}, {large, false}, {std::nullopt, false}};
      copied.put(row);
      copied.put(row);
      ASSERT_TRUE(copied.all() == plain_row(row, options) + plain_row(row, options));
      EXPECT_GE(copied.pieces, (6u << 20) / CopyWriter::kPieceMax);
    }
  }
}

TEST(ExecutorCopyWriter, NeverCutsAShortRow) {
  const CopyOptions options = csv_options();
  Copied copied(options, 2);
  std::string expected;
  for (size_t i = 0; i < 3000; ++i) {
    CopiedRow row{{std::string(i * 7919 % 30000, 'x'), false}, {"y", true}};
    copied.put(row);
    expected += plain_row(row, options);
  }
  EXPECT_TRUE(copied.all() == expected);
  EXPECT_EQ(copied.pieces_within_rows, 0u);
}

TEST(ExecutorCopyWriter, WritesBytesInHex) {
  std::string bytes, hex = "\\x";
  for (size_t i = 0; i < 100000; ++i) {
    auto byte = static_cast<unsigned char>(i * 131 >> 3);
    bytes += static_cast<char>(byte);
    hex += std::string(1, "0123456789abcdef"[byte >> 4]) + "0123456789abcdef"[byte & 15];
  }
  // A digit, the x or the backslash may be what CSV delimits or quotes with.
  for (const CopyOptions& options :
       {CopyOptions{}, csv_options(), csv_options('7'), csv_options(',', 'a', 'a'),
        csv_options(',', '"', '\\'), csv_options('x'), csv_options(',', '"', '"', hex)}) {
    for (size_t length : {0u, 1u, 4095u, 4096u, 4097u, 8192u, 99999u, 100000u}) {
      for (bool force : {false, true}) {
        if (force && !options.csv) continue;
        std::string_view some = std::string_view(bytes).substr(0, length);
        Copied copied(options, 2);
        EXPECT_TRUE(copied.writer().hex(some, force).ok());
        EXPECT_TRUE(copied.writer().hex(some, force).ok());
        EXPECT_TRUE(copied.writer().end_row().ok());
        CopiedValue value{hex.substr(0, 2 + 2 * length), force};
        ASSERT_TRUE(copied.all() == plain_row({value, value}, options)) << length << " bytes";
      }
    }
  }
}

TEST(ExecutorCopyWriter, StopsWithTheSinksError) {
  size_t calls = 0;
  CopySink sink = [&](std::string_view) -> Result<> {
    if (++calls < 3) return {};
    return Error(sqlstate::disk_full, "no room");
  };
  CopyOptions options;
  CopyWriter writer(options, 1, sink);
  Result<> written = writer.value(std::string(10 << 20, 'v'), false);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().message(), "no room");
  EXPECT_EQ(calls, 3u);
}

}  // namespace
}  // namespace rowan
