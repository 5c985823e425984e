// executor/copy_writer.h: rows as COPY's text or CSV, handed to the sink in pieces. A value goes straight
// from where it lies into the piece, and what fills pieces of its own past it: a value of a gigabyte is held
// once. Runs between characters that need an escape are found sixteen bytes at a time.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "executor/copy.h"

namespace rowan {

class CopyWriter {
 public:
  // No call of the sink gets more than kPieceMax bytes; rows of at most kPieceMax - kPieceLeast are never
  // cut.
  static constexpr size_t kPieceMax = size_t{64} << 10;
  static constexpr size_t kPieceLeast = kPieceMax / 2;

  // `columns`: how many a row has. Options and sink outlive the writer.
  CopyWriter(const CopyOptions& options, size_t columns, const CopySink& sink);

  // The next value of the row, or NULL. `force`: in quotes whatever it is. Errors: the sink's.
  Result<> value(std::string_view value, bool force);
  Result<> null();
  // BYTEA's hex form, without making it whole.
  Result<> hex(std::string_view bytes, bool force);
  Result<> end_row();
  // What is left. Errors: the sink's.
  Result<> finish();

 private:
  Result<> begin_value();
  Result<> put(std::string_view bytes);
  Result<> put(char byte) { return put(std::string_view(&byte, 1)); }
  Result<> put_escaped(std::string_view value);
  bool needs_quotes(std::string_view value) const;
  Result<> flush();

  const CopyOptions& options_;
  const CopySink& sink_;
  const bool is_single_;  // one column a row
  // Does the byte need an escape, and does a CSV value with it need quotes?
  std::array<bool, 256> escaped_{}, quoted_{};
  std::string out_;
  bool is_first_ = true;  // of the row
};

}  // namespace rowan
