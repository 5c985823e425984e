// tests/slt/script.h: sqllogictest scripts as records. The format is SQLite's, with what Rowan's own scripts
// add: "connection NAME" in front of a record names the speaker, "statement error SQLSTATE" says which error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "types/result.h"

namespace rowan::slt {

enum class RecordKind { Statement, Query };

struct Record {
  RecordKind kind = RecordKind::Statement;
  size_t line = 0;  // of its first word, from 1
  std::string sql;
  std::string connection;  // "" = the first one
  bool wants_error = false;
  std::string sqlstate;            // "" = any
  std::string types, sort, label;  // queries
  std::vector<std::string> expected;
  bool skipped = false;
  // The lines of the script that the expectation stands in, for rewriting: [first, last), counted from 0;
  // both the place to insert at when there is none. `has_separator`: the "----" line is there.
  size_t expected_first = 0, expected_last = 0, header_line = 0;
  bool has_separator = false;
};

struct Script {
  std::vector<std::string> lines;
  std::vector<Record> records;
};

// Reads the text of a script as the engine named "postgresql" would. `unskip`: skipif records whose remark
// contains it run all the same ("": none). Errors: 42601 with the line.
Result<Script> parse_script(std::string_view text, std::string_view unskip);

}  // namespace rowan::slt
