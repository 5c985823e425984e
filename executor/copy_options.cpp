// executor/copy_options.cpp: what COPY's options say and which of them agree.
#include <algorithm>
#include <cstring>
#include <optional>

#include "executor/copy.h"
#include "executor/ddl_support.h"
#include "types/try.h"

namespace rowan {

namespace {

Error copy_option_misuse(std::string message) {
  return Error(sqlstate::feature_not_supported, std::move(message));
}

std::string copy_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

// A boolean as DDL options write them; without a value: true.
Result<bool> copy_flag_value(const ast::Option& option) {
  if (option.kind == ast::OptionValueKind::None) return true;
  std::string text = copy_lower(option.text);
  if (option.kind == ast::OptionValueKind::Integer && (option.integer == 0 || option.integer == 1))
    return option.integer == 1;
  if (text == "true" || text == "on") return true;
  if (text == "false" || text == "off") return false;
  return Error(sqlstate::syntax_error, std::string(option.name.text) + " requires a Boolean value");
}

Result<char> copy_single_byte(const ast::Option& option, std::string_view name) {
  if (option.text.size() != 1)
    return copy_option_misuse("COPY " + std::string(name) + " must be a single one-byte character");
  return option.text[0];
}

Result<> copy_check_options(const ast::Copy& copy, const CopyOptions& made,
                            const std::vector<std::string>& seen) {
  auto given = [&](std::string_view name) { return std::find(seen.begin(), seen.end(), name) != seen.end(); };
  if (made.delimiter == '\r' || made.delimiter == '\n')
    return Error(sqlstate::invalid_parameter_value, "COPY delimiter cannot be newline or carriage return");
  if (made.null_text.find_first_of("\r\n") != std::string::npos)
    return Error(sqlstate::invalid_parameter_value,
                 "COPY null representation cannot use newline or carriage return");
  if (!made.csv && std::strchr("\\.abcdefghijklmnopqrstuvwxyz0123456789", made.delimiter) != nullptr)
    return Error(sqlstate::invalid_parameter_value,
                 "COPY delimiter cannot be \"" + std::string(1, made.delimiter) + "\"");
  if (!made.csv) {
    if (given("quote")) return copy_option_misuse("COPY quote available only in CSV mode");
    if (given("escape")) return copy_option_misuse("COPY escape available only in CSV mode");
    if (given("force_quote")) return copy_option_misuse("COPY force quote available only in CSV mode");
    if (given("force_not_null")) return copy_option_misuse("COPY force not null available only in CSV mode");
    if (given("force_null")) return copy_option_misuse("COPY force null available only in CSV mode");
  }
  if (made.csv && made.delimiter == made.quote)
    return Error(sqlstate::invalid_parameter_value, "COPY delimiter and quote must be different");
  if (given("force_quote") && copy.is_from)
    return copy_option_misuse("COPY force quote only available using COPY TO");
  if (given("force_not_null") && !copy.is_from)
    return copy_option_misuse("COPY force not null only available using COPY FROM");
  if (given("force_null") && !copy.is_from)
    return copy_option_misuse("COPY force null only available using COPY FROM");
  if (made.null_text.find(made.delimiter) != std::string::npos)
    return copy_option_misuse("COPY delimiter must not appear in the NULL specification");
  if (made.csv && made.null_text.find(made.quote) != std::string::npos)
    return copy_option_misuse("CSV quote character must not appear in the NULL specification");
  return {};
}

}  // namespace

Result<CopyOptions> copy_options(const ast::Copy& copy) {
  CopyOptions made;
  std::vector<std::string> seen;
  std::optional<char> delimiter, quote, escape;
  std::optional<std::string> null_text;
  for (const ast::Option& option : copy.options) {
    std::string name = copy_lower(option.name.text);
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return Error(sqlstate::syntax_error, "conflicting or redundant options").at(option.name.position);
    seen.push_back(name);
    if (name == "format") {
      std::string format = copy_lower(option.text);
      if (format == "binary")
        return Error(sqlstate::feature_not_supported, "COPY format \"binary\" is not supported")
            .at(option.name.position);
      if (format != "text" && format != "csv")
        return Error(sqlstate::invalid_parameter_value,
                     "COPY format \"" + std::string(option.text) + "\" not recognized")
            .at(option.name.position);
      made.csv = format == "csv";
    } else if (name == "delimiter") {
      delimiter = TRY(copy_single_byte(option, "delimiter"));
    } else if (name == "null") {
      null_text = std::string(option.text);
    } else if (name == "header") {
      if (copy_lower(option.text) == "match" && option.kind != ast::OptionValueKind::None) {
        if (!copy.is_from)
          return Error(sqlstate::feature_not_supported, "cannot use \"match\" with HEADER in COPY TO");
        made.header = CopyOptions::Header::Match;
      } else {
        Result<bool> flag = copy_flag_value(option);
        if (!flag.ok()) return Error(sqlstate::syntax_error, "header requires a Boolean value or \"match\"");
        made.header = *flag ? CopyOptions::Header::Yes : CopyOptions::Header::No;
      }
    } else if (name == "quote") {
      quote = TRY(copy_single_byte(option, "quote"));
    } else if (name == "escape") {
      escape = TRY(copy_single_byte(option, "escape"));
    } else if (name == "force_quote" || name == "force_not_null" || name == "force_null") {
      std::vector<ast::Name>& names = name == "force_quote"      ? made.force_quote
                                      : name == "force_not_null" ? made.force_not_null
                                                                 : made.force_null;
      if (option.kind == ast::OptionValueKind::Star && name == "force_quote")
        made.force_quote_all = true;
      else if (option.kind == ast::OptionValueKind::Words)
        names.assign(option.words.begin(), option.words.end());
      else
        return Error(sqlstate::invalid_parameter_value,
                     "argument to option \"" + name + "\" must be a list of column names")
            .at(option.name.position);
    } else if (name == "freeze") {
      bool freeze = TRY(copy_flag_value(option));
      if (freeze)
        return Error(sqlstate::feature_not_supported, "COPY FREEZE is not supported")
            .at(option.name.position);
    } else if (name == "encoding") {
      std::string encoding = copy_lower(option.text);
      if (encoding != "utf8" && encoding != "utf-8" && encoding != "unicode")
        return Error(sqlstate::feature_not_supported,
                     "COPY with encoding \"" + std::string(option.text) + "\" is not supported")
            .at(option.name.position);
    } else {
      return Error(sqlstate::syntax_error, "option \"" + std::string(option.name.text) + "\" not recognized")
          .at(option.name.position);
    }
  }
  made.delimiter = delimiter.value_or(made.csv ? ',' : '\t');
  made.null_text = null_text.value_or(made.csv ? "" : "\\N");
  made.quote = quote.value_or('"');
  made.escape = escape.value_or(made.quote);
  TRY(copy_check_options(copy, made, seen));
  return made;
}

Result<std::vector<catalog::ColumnNumber>> copy_columns(const catalog::Table& table,
                                                        const ast::List<ast::Name>& names) {
  std::vector<catalog::ColumnNumber> columns;
  if (names.empty()) {
    for (catalog::ColumnNumber column = 0; column < table.columns.size(); ++column)
      if (!table.columns[column].dropped) columns.push_back(column);
    return columns;
  }
  for (const ast::Name& name : names) {
    std::optional<catalog::ColumnNumber> column = table.column_number(name.text);
    if (!column)
      return Error(sqlstate::undefined_column, "column \"" + std::string(name.text) + "\" of relation \"" +
                                                   table.name + "\" does not exist")
          .hint(ddl::column_hint(table, name.text));
    if (std::find(columns.begin(), columns.end(), *column) != columns.end())
      return Error(sqlstate::duplicate_column,
                   "column \"" + std::string(name.text) + "\" specified more than once");
    columns.push_back(*column);
  }
  return columns;
}

std::string copy_query(const catalog::Table& table, const std::vector<catalog::ColumnNumber>& columns) {
  auto quoted = [](std::string_view name) {
    std::string text = "\"";
    for (char c : name) {
      if (c == '"') text += '"';
      text += c;
    }
    return text + "\"";
  };
  std::string query = "SELECT ";
  for (size_t i = 0; i < columns.size(); ++i)
    query += (i > 0 ? ", " : "") + quoted(table.columns[columns[i]].name);
  return query + " FROM ONLY public." + quoted(table.name);
}

}  // namespace rowan
