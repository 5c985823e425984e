// api/session_copy.cpp: COPY between the executor's rows and a file, or the connection's callbacks.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "api/session_core.h"
#include "executor/copy.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kCopyChunk = size_t{64} << 10;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OwnedFile = std::unique_ptr<std::FILE, CloseFile>;

Result<OwnedFile> open_copy_file(const std::string& path, bool for_reading) {
  OwnedFile file(std::fopen(path.c_str(), for_reading ? "re" : "we"));
  struct stat status {};
  if (file && for_reading && fstat(fileno(file.get()), &status) == 0 && S_ISDIR(status.st_mode))
    return Error(sqlstate::wrong_object_type, "\"" + path + "\" is a directory");
  if (file) return file;
  std::string message = std::string("could not open file \"") + path + "\" for " +
                        (for_reading ? "reading" : "writing") + ": " + std::strerror(errno);
  SqlState state = errno == ENOENT   ? sqlstate::undefined_file
                   : errno == EACCES ? sqlstate::insufficient_privilege
                                     : sqlstate::io_error;
  return Error(state, message)
      .hint(for_reading
                ? "COPY FROM reads a file on the machine of the database. You may want rowan's \\copy."
                : "");
}

}  // namespace

// The table that the statement names.
Result<catalog::TablePtr> SessionCore::find_copied(const ast::Copy& copy) {
  catalog::RelationPtr found = overlay_.current()->find_relation(copy.table.schema(), copy.table.last());
  if (std::holds_alternative<std::monostate>(found)) {
    std::string near = overlay_.current()->suggest_relation(copy.table.last());
    return Error(sqlstate::undefined_table,
                 "relation \"" + std::string(copy.table.last()) + "\" does not exist")
        .hint(near.empty() ? "" : "Perhaps you meant the relation \"" + near + "\".");
  }
  const auto* base = std::get_if<catalog::TablePtr>(&found);
  if (base == nullptr) {
    bool is_view = std::holds_alternative<catalog::ViewPtr>(found);
    bool is_sequence = std::holds_alternative<catalog::SequencePtr>(found);
    if (copy.is_from && !copy.file && copy_read) {  // PostgreSQL lets the data come before it looks
      while (!TRY(copy_read()).empty()) continue;
    }
    std::string what = is_view ? "view" : is_sequence ? "sequence" : "relation";
    std::string hint = copy.is_from ? "To enable copying to a view, provide an INSTEAD OF INSERT trigger."
                                    : "Try the COPY (SELECT ...) TO variant.";
    return Error(sqlstate::wrong_object_type, std::string("cannot copy ") + (copy.is_from ? "to " : "from ") +
                                                  what + " \"" + std::string(copy.table.last()) + "\"")
        .hint(is_view ? hint : "");
  }
  return *base;
}

Result<ResultStreamPtr> SessionCore::run_copy(const std::shared_ptr<ParsedStatement>& parsed,
                                              const ast::Copy& copy) {
  if (copy.is_program)
    return Error(sqlstate::feature_not_supported, "COPY with a program is not supported")
        .at(parsed->root->position);
  CopyOptions options = TRY(copy_options(copy));
  catalog::TablePtr table;
  if (!copy.table.empty()) table = TRY(find_copied(copy));
  uint64_t count = 0;
  if (copy.is_from) {
    if (transaction_.is_read_only()) return refused_read_only("COPY FROM");
    table = TRY(lock_found([&] { return find_copied(copy); }, LockMode::RowExclusive));
    OwnedFile file;
    if (copy.file) file = TRY(open_copy_file(std::string(*copy.file), true));
    CopySource source = [&]() -> Result<std::string> {
      if (!file) return copy_read ? copy_read() : Result<std::string>(std::string());
      std::string chunk(kCopyChunk, '\0');
      chunk.resize(std::fread(chunk.data(), 1, chunk.size(), file.get()));
      if (chunk.empty() && std::ferror(file.get())) {
        return Error(sqlstate::io_error,
                     std::string("could not read from COPY file: ") + std::strerror(errno));
      }
      return chunk;
    };
    Snapshot snapshot = TRY(statement_snapshot());
    Result<uint64_t> copied = copy_from(copy, table, overlay_.current(), environment_, snapshot,
                                        bind_options(parsed->text), source);
    instance_->transactions().release_snapshot(*slot_, snapshot);
    if (!copied.ok()) return std::move(copied).error();
    count = *copied;
  } else {
    std::shared_ptr<ParsedStatement> selected = parsed;
    const ast::Statement* statement = copy.query;
    if (table) {
      std::vector<catalog::ColumnNumber> columns = TRY(copy_columns(*table, copy.columns));
      selected = TRY(parse_statement(copy_query(*table, columns)));
      statement = selected->root;
    }
    std::shared_ptr<Execution> execution = TRY(plan_statement(*statement, selected->text, {}));
    const PlannedStatement& planned = execution->statement();
    if (planned.command == PlannedStatement::Command::Merge)
      return Error(sqlstate::feature_not_supported, "MERGE not supported in COPY");
    if (planned.command != PlannedStatement::Command::Select && planned.output.empty())
      return Error(sqlstate::feature_not_supported, "COPY query must have a RETURNING clause");
    OwnedFile file;
    if (copy.file) file = TRY(open_copy_file(std::string(*copy.file), false));
    CopySink sink = [&](std::string_view bytes) -> Result<> {
      if (!file) return copy_write ? copy_write(bytes) : Result<>();
      if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size()) return {};
      return Error(errno == ENOSPC ? sqlstate::disk_full : sqlstate::io_error,
                   std::string("could not write to COPY file: ") + std::strerror(errno));
    };
    ResultStreamPtr stream = TRY(run_plan(execution, {}, {}));
    Result<uint64_t> copied = copy_to(options, *execution, eval_, sink);
    execution->close();
    release_statement_snapshot(*stream);
    if (!copied.ok()) return std::move(copied).error();
    count = *copied;
    if (file && std::fflush(file.get()) != 0) {
      return Error(errno == ENOSPC ? sqlstate::disk_full : sqlstate::io_error,
                   std::string("could not write to COPY file: ") + std::strerror(errno));
    }
  }
  ResultStreamPtr stream = tag_stream("COPY " + std::to_string(count));
  stream->row_count = count;
  return stream;
}

}  // namespace rowan
