// executor/copy_from.cpp: COPY's lines become rows: fields are read as their columns' types, other columns
// get their defaults, and batches go through the same writer as INSERT's (executor/table_writer.h).
#include <algorithm>
#include <charconv>
#include <memory>

#include "executor/compute.h"
#include "executor/copy_reader.h"
#include "executor/statement_writes.h"
#include "executor/table_writer.h"
#include "types/try.h"
#include "types/utf8.h"

namespace rowan {

namespace {

// As much of a line or value as an error shows.
std::string copy_shown(std::string_view text) {
  constexpr size_t kShown = 100;
  if (text.size() <= kShown) return std::string(text);
  size_t cut = kShown;
  while (cut > 0 && is_utf8_continuation(text[cut])) --cut;
  return std::string(text.substr(0, cut)) + "...";
}

// What of a line is kept for errors: more than is shown, cut between characters.
std::string_view copy_kept(std::string_view line) {
  constexpr size_t kKept = 104;
  if (line.size() <= kKept) return line;
  size_t cut = kKept;
  while (cut > 0 && is_utf8_continuation(line[cut])) --cut;
  return line.substr(0, cut);
}

// A value of this many bytes ends its batch, so that few are held at once; a text stays in the reader's
// buffer, which moves on when the batch is written.
constexpr size_t kCopyLargeBytes = size_t{64} << 10;

class CopyFrom {
 public:
  CopyFrom(const ast::Copy& copy, catalog::TablePtr table, catalog::CatalogPtr catalog,
           Environment& environment, const BindOptions& bind, const CopySource& source, CopyOptions options)
      : copy_(copy),
        table_(std::move(table)),
        bind_(bind),
        options_(std::move(options)),
        statement_(make_statement(std::move(catalog))),
        run_(statement_, environment),
        writes_(run_),
        writer_(run_, table_),
        reader_(options_, source) {}

  Result<uint64_t> run(const Snapshot& snapshot) {
    run_.begin({}, &snapshot);
    run_.writes = &writes_;
    TRY(prepare());
    if (options_.header != CopyOptions::Header::No) TRY(read_header());
    while (true) {
      bool more = TRY(next_line());
      if (!more) break;
      TRY(read_row());
      if (count_ == rows_.capacity() || has_large_) TRY(write());
    }
    TRY(write());
    TRY(writes_.finish());
    return total_;
  }

 private:
  static PlannedStatement make_statement(catalog::CatalogPtr catalog) {
    PlannedStatement statement;
    statement.command = PlannedStatement::Command::Insert;
    statement.catalog = std::move(catalog);
    return statement;
  }

  Result<> prepare() {
    columns_ = TRY(copy_columns(*table_, copy_.columns));
    TRY(writer_.prepare({}));
    rows_ = table_row_batch(*table_, kBatchRows);
    force_null_ = TRY(forced(options_.force_null, "FORCE_NULL"));
    force_not_null_ = TRY(forced(options_.force_not_null, "FORCE_NOT_NULL"));
    std::vector<const Expr*> list;
    for (catalog::ColumnNumber column = 0; column < table_->columns.size(); ++column) {
      const catalog::Column& definition = table_->columns[column];
      bool named = std::find(columns_.begin(), columns_.end(), column) != columns_.end();
      if (definition.dropped || named) continue;
      if (definition.default_sql.empty()) {
        rest_.push_back(column);
        continue;
      }
      ExprPtr bound =
          TRY(bind_stored_expression(definition.default_sql, *table_, TableExpressionKind::Default,
                                     statement_.catalog, bind_, &definition.type, definition.name));
      list.push_back(bound.get());
      default_columns_.push_back(column);
      default_expressions_.push_back(std::move(bound));
    }
    if (!list.empty()) defaults_ = std::make_unique<Computation>(run_, std::move(list));
    if (copy_.where != nullptr) {
      where_expression_ = TRY(bind_copy_condition(*copy_.where, *table_, statement_.catalog, bind_));
      where_ = std::make_unique<Condition>(run_, where_expression_.get());
    }
    lines_.resize(kBatchRows);
    numbers_.resize(kBatchRows);
    rows_.reset();
    return {};
  }
  Result<std::vector<bool>> forced(const std::vector<ast::Name>& names, std::string_view option) const {
    std::vector<bool> list(columns_.size(), false);
    for (const ast::Name& name : names) {
      std::optional<catalog::ColumnNumber> column = table_->column_number(name.text);
      if (!column)
        return Error(sqlstate::undefined_column, "column \"" + std::string(name.text) + "\" of relation \"" +
                                                     table_->name + "\" does not exist");
      auto at = std::find(columns_.begin(), columns_.end(), *column);
      if (at == columns_.end())
        return Error(
            sqlstate::invalid_column_reference,
            std::string(option) + " column \"" + std::string(name.text) + "\" not referenced by COPY");
      list[static_cast<size_t>(at - columns_.begin())] = true;
    }
    return list;
  }

  std::string line_context(uint64_t number, std::string_view line) const {
    std::string context = "COPY " + table_->name + ", line " + std::to_string(number);
    if (!reader_.has_line() || !check_utf8(line).ok()) return context;  // an error is text, too
    return context + ": \"" + copy_shown(line) + "\"";
  }
  template <class T>
  Result<T> with_line_context(Result<T> result) const {
    if (result.ok()) return result;
    return std::move(result).error().context(line_context(reader_.line_number(), reader_.line()));
  }
  Error line_error(std::string message) const {
    return Error(sqlstate::bad_copy_file_format, std::move(message))
        .context(line_context(reader_.line_number(), reader_.line()));
  }

  // False: the end. Otherwise the line is UTF-8.
  Result<bool> next_line() {
    bool more = TRY(with_line_context(reader_.next_line()));
    if (more) TRY(with_line_context(check_utf8(reader_.line())));
    return more;
  }

  Result<> read_header() {
    bool more = TRY(next_line());
    if (!more || options_.header != CopyOptions::Header::Match) return {};
    TRY(with_line_context(reader_.split(fields_)));
    if (fields_.size() != columns_.size())
      return line_error("wrong number of fields in header line: got " + std::to_string(fields_.size()) +
                        ", expected " + std::to_string(columns_.size()));
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& expected = table_->columns[columns_[i]].name;
      std::string number = std::to_string(i + 1);
      if (fields_[i].is_null)
        return line_error("column name mismatch in header line field " + number + ": got null value (\"" +
                          options_.null_text + "\"), expected \"" + expected + "\"");
      if (fields_[i].text != expected)
        return line_error("column name mismatch in header line field " + number + ": got \"" +
                          std::string(fields_[i].text) + "\", expected \"" + expected + "\"");
    }
    return {};
  }

  Result<> read_row() {
    TRY(with_line_context(reader_.split(fields_)));
    if (columns_.empty() && reader_.line().empty()) fields_.clear();
    if (fields_.size() > columns_.size()) return line_error("extra data after last expected column");
    lines_[count_].assign(copy_kept(reader_.line()));
    numbers_[count_] = reader_.line_number();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i >= fields_.size())
        return line_error("missing data for column \"" + table_->columns[columns_[i]].name + "\"");
      CopyField field = fields_[i];
      if (field.is_null && force_not_null_[i]) field.is_null = false;
      if (!field.is_null && field.was_quoted && force_null_[i] && field.text == options_.null_text)
        field.is_null = true;
      Result<> stored = store(field, columns_[i]);
      if (!stored.ok()) {
        std::string context = "COPY " + table_->name + ", line " + std::to_string(reader_.line_number()) +
                              ", column " + table_->columns[columns_[i]].name + ": \"" +
                              copy_shown(field.text) + "\"";
        return std::move(stored).error().context(context);
      }
    }
    for (catalog::ColumnNumber column : rest_) rows_.column(column).set_null(count_);
    ++count_;
    return {};
  }
  Result<> store(const CopyField& field, catalog::ColumnNumber number) {
    Vector& to = rows_.column(number);
    if (field.is_null) {
      to.set_null(count_);
      return {};
    }
    const Type& type = to.type();
    to.set_valid(count_);
    bool is_large = field.text.size() >= kCopyLargeBytes;
    has_large_ |= is_large;
    if (type.id == TypeId::Text) {
      to.data<Text>()[count_] = is_large ? Text(field.text) : to.arena().copy(field.text);
      return {};
    }
    const char* begin = field.text.data();
    const char* end = begin + field.text.size();
    if (type.id == TypeId::Integer) {
      int32_t value;
      auto [stop, failure] = std::from_chars(begin, end, value);
      if (failure == std::errc() && stop == end) {
        to.data<int32_t>()[count_] = value;
        return {};
      }
    } else if (type.id == TypeId::BigInt) {
      int64_t value;
      auto [stop, failure] = std::from_chars(begin, end, value);
      if (failure == std::errc() && stop == end) {
        to.data<int64_t>()[count_] = value;
        return {};
      }
    }
    Value value = TRY(parse_input(field.text, type));
    to.set_value(count_, value);
    return {};
  }
  // As an assignment does: a text that is too long is an error, not cut.
  Result<Value> parse_input(std::string_view text, const Type& type) {
    if ((type.id == TypeId::VarChar || type.id == TypeId::Char) && type.length > 0) {
      std::string_view counted = text;
      while (!counted.empty() && counted.back() == ' ' &&
             utf8_length(counted) > static_cast<size_t>(type.length))
        counted.remove_suffix(1);
      if (utf8_length(counted) > static_cast<size_t>(type.length))
        return Error(sqlstate::string_data_right_truncation, "value too long for type " + type_name(type));
    }
    return parse_value(text, type, run_.eval());
  }

  Result<> write() {
    if (count_ == 0) return {};
    TRY(run_.check_cancel());
    rows_.set_row_count(count_);
    uint16_t kept[kBatchRows];
    uint32_t kept_count = list_rows(Selection(count_), kept);
    if (defaults_ != nullptr) {
      std::optional<Error> error;
      uint32_t good = defaults_->evaluate(rows_, Selection(count_), error);
      if (error) return std::move(*error).context(line_context(numbers_[good], lines_[good]));
      for (size_t i = 0; i < default_columns_.size(); ++i)
        rows_.column(default_columns_[i]).borrow(defaults_->result(i));
    }
    if (where_ != nullptr) kept_count = TRY(where_->select(rows_, Selection(count_), kept));
    Selection selection(kept, kept_count);
    std::optional<Error> error;
    uint32_t good = writer_.check(rows_, selection, error);
    Result<> inserted = writer_.insert(rows_, Selection(kept, good), ids_);
    if (!inserted.ok()) {
      uint64_t number = numbers_[writer_.failed_row()];
      return std::move(inserted).error().context("COPY " + table_->name + ", line " + std::to_string(number));
    }
    if (error) {
      uint32_t row = kept[good];
      return std::move(*error).context(line_context(numbers_[row], lines_[row]));
    }
    total_ += kept_count;
    count_ = 0;
    has_large_ = false;
    rows_.reset();
    return {};
  }

  const ast::Copy& copy_;
  catalog::TablePtr table_;
  const BindOptions& bind_;
  CopyOptions options_;
  PlannedStatement statement_;
  Run run_;
  StatementWrites writes_;
  TableWriter writer_;
  CopyReader reader_;
  std::vector<catalog::ColumnNumber> columns_;  // of the fields
  std::vector<catalog::ColumnNumber> rest_;     // neither given nor with a default
  std::vector<bool> force_null_, force_not_null_;
  std::vector<catalog::ColumnNumber> default_columns_;
  std::vector<ExprPtr> default_expressions_;
  std::unique_ptr<Computation> defaults_;
  ExprPtr where_expression_;
  std::unique_ptr<Condition> where_;
  Batch rows_;  // by table column number
  uint32_t count_ = 0;
  bool has_large_ = false;  // the last row has a value of kCopyLargeBytes
  std::vector<CopyField> fields_;
  std::vector<std::string> lines_;  // how those of the batch begin, for errors
  std::vector<uint64_t> numbers_;
  RowId ids_[kBatchRows];
  uint64_t total_ = 0;
};

}  // namespace

Result<uint64_t> copy_from(const ast::Copy& copy, catalog::TablePtr table, catalog::CatalogPtr catalog,
                           Environment& environment, const Snapshot& snapshot, const BindOptions& bind,
                           const CopySource& source) {
  CopyOptions options = TRY(copy_options(copy));
  auto work = std::make_unique<CopyFrom>(copy, std::move(table), std::move(catalog), environment, bind,
                                         source, std::move(options));
  return work->run(snapshot);
}

}  // namespace rowan
