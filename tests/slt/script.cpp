#include "tests/slt/script.h"

#include <sstream>

namespace rowan::slt {
namespace {

constexpr std::string_view kEngine = "postgresql";

std::vector<std::string> split_words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r\f\v") == std::string::npos;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.emplace_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string without_end(std::string sql) {
  while (!sql.empty() && (std::isspace(static_cast<unsigned char>(sql.back())) || sql.back() == ';'))
    sql.pop_back();
  return sql;
}

// "skipif NAME remark" and "onlyif NAME remark": does this line keep the record from running?
bool excludes(const std::string& line, const std::vector<std::string>& words, std::string_view unskip) {
  bool same = words.size() > 1 && words[1] == kEngine;
  if (words[0] == "onlyif") return !same;
  return same && (unskip.empty() || line.find(unskip) == std::string::npos);
}

Error script_error(size_t line, const std::string& what) {
  return Error(sqlstate::syntax_error, "line " + std::to_string(line + 1) + ": " + what);
}

}  // namespace

Result<Script> parse_script(std::string_view text, std::string_view unskip) {
  Script script;
  script.lines = split_lines(text);
  const std::vector<std::string>& lines = script.lines;
  auto is_comment = [&](size_t i) { return !lines[i].empty() && lines[i][0] == '#'; };
  size_t i = 0;
  bool skipped = false;
  std::string connection;
  while (i < lines.size()) {
    if (is_blank(lines[i]) || is_comment(i)) {
      ++i;
      continue;
    }
    std::vector<std::string> words = split_words(lines[i]);
    if (words[0] == "skipif" || words[0] == "onlyif") {
      skipped |= excludes(lines[i++], words, unskip);
      continue;
    }
    if (words[0] == "connection") {
      if (words.size() != 2) return script_error(i, "connection takes a name");
      connection = words[1];
      ++i;
      continue;
    }
    if (words[0] == "halt") {
      if (!skipped) break;
      skipped = false;
      ++i;
      continue;
    }
    if (words[0] == "hash-threshold") {
      ++i;
      continue;
    }
    Record record;
    record.line = record.header_line = i;
    ++record.line;
    record.skipped = std::exchange(skipped, false);
    record.connection = std::exchange(connection, {});
    if (words[0] == "statement") {
      record.kind = RecordKind::Statement;
      if (words.size() < 2 || (words[1] != "ok" && words[1] != "error"))
        return script_error(i, "statement ok or statement error");
      record.wants_error = words[1] == "error";
      if (record.wants_error && words.size() > 2) record.sqlstate = words[2];
    } else if (words[0] == "query") {
      record.kind = RecordKind::Query;
      if (words.size() > 1) record.types = words[1];
      record.sort = words.size() > 2 ? words[2] : "nosort";
      if (words.size() > 3 && words[3][0] != '#') record.label = words[3];
    } else {
      return script_error(i, "unknown record \"" + words[0] + "\"");
    }
    ++i;
    while (i < lines.size() && !is_blank(lines[i]) &&
           !(record.kind == RecordKind::Query && lines[i] == "----")) {
      if (!is_comment(i)) record.sql += (record.sql.empty() ? "" : "\n") + lines[i];
      ++i;
    }
    record.sql = without_end(std::move(record.sql));
    record.expected_first = record.expected_last = i;
    if (i < lines.size() && lines[i] == "----") {
      record.has_separator = true;
      record.expected_first = ++i;
      for (; i < lines.size() && !is_blank(lines[i]); ++i) {
        if (!is_comment(i)) record.expected.push_back(lines[i]);
      }
      record.expected_last = i;
    }
    script.records.push_back(std::move(record));
  }
  return script;
}

}  // namespace rowan::slt
