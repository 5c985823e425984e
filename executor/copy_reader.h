// executor/copy_reader.h: COPY's input as lines of fields. A field is NULL or bytes with escapes and quotes
// undone; both live until the next line. Lines lie where they were read, and so do fields that need no
// undoing: a value of a gigabyte is held once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/copy.h"

namespace rowan {

struct CopyField {
  std::string_view text;
  bool is_null = false;
  bool was_quoted = false;
};

class CopyReader {
 public:
  CopyReader(const CopyOptions& options, const CopySource& source) : options_(options), source_(source) {}

  // False: the end. Errors: 22P04 bad line ends, an unterminated quote, a corrupt end marker.
  Result<bool> next_line();
  // Splits the line; NULLs by the options' text alone (forcing is the caller's). The line is UTF-8 already.
  // Errors: 22021 an escape made a byte that is none or a zero.
  Result<> split(std::vector<CopyField>& fields);

  uint64_t line_number() const { return line_number_; }
  // The line as it came, without its end.
  std::string_view line() const { return line_; }
  // False: it ends wrongly, so there is none to show.
  bool has_line() const { return !is_reading_; }

 private:
  Result<bool> fill();
  void set_line(size_t length);  // what lies at at_
  Result<bool> read_text_line();
  Result<bool> end_at_marker(size_t scanned);
  Result<bool> read_csv_line();
  Result<> split_text(std::vector<CopyField>& fields);
  void split_csv(std::vector<CopyField>& fields);
  std::optional<std::string_view> plain_csv_field(size_t begin) const;
  void expect_unescaped();

  const CopyOptions& options_;
  const CopySource& source_;
  std::string buffer_;
  size_t at_ = 0;
  bool is_drained_ = false;  // the source has no more
  bool is_reading_ = false;
  bool is_ended_ = false;  // the end marker was met
  enum class LineEnd : uint8_t { Unknown, Newline, Return, Both } line_end_ = LineEnd::Unknown;
  std::string_view line_;  // in buffer_
  std::string unescaped_;  // fields of the line that had something to undo
  uint64_t line_number_ = 0;
};

}  // namespace rowan
