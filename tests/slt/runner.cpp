#include "tests/slt/runner.h"

#include <memory>

#include "api/rowan.hpp"
#include "tests/slt/values.h"
#include "types/try.h"

namespace rowan::slt {
namespace {

struct Answer {
  std::vector<Cells> rows;
  uint32_t columns = 0;
};

Result<Answer> ask(Connection& connection, const std::string& sql) {
  Answer answer;
  Rows rows = TRY(connection.query(sql));
  answer.columns = rows.column_count();
  while (TRY(rows.next())) {
    Cells& cells = answer.rows.emplace_back();
    for (uint32_t i = 0; i < answer.columns; ++i) {
      cells.push_back(rows.is_null(i) ? std::optional<std::string>() : rows.text(i));
    }
  }
  return answer;
}

class Conversation {
 public:
  Conversation(const Script& script, Database& database, bool rewriting)
      : script_(script), database_(database), rewriting_(rewriting) {}

  Report run() {
    report_.records = script_.records.size();
    for (const Record& record : script_.records) {
      if (record.skipped) {
        ++report_.skipped;
        remember_skipped(record);
      } else {
        ++report_.run;
        run_record(record);
      }
    }
    return std::move(report_);
  }

  // The script's lines with every expectation as Rowan answered.
  std::string rewritten() const {
    std::string text;
    size_t next = 0;
    auto copy_to = [&](size_t end) {
      for (; next < end; ++next) text += script_.lines[next] + "\n";
    };
    for (const auto& [record, answer] : answers_) {
      copy_to(record->header_line);
      if (!answer.header.empty()) {
        text += answer.header + "\n";
        ++next;
      }
      copy_to(record->expected_first);
      if (record->kind == RecordKind::Query && answer.header.empty()) {
        if (!record->has_separator) text += "----\n";
        for (const std::string& value : answer.values) text += value + "\n";
        next = record->expected_last;
      }
    }
    copy_to(script_.lines.size());
    return text;
  }

 private:
  struct NewExpectation {
    std::string header;  // of a statement whose outcome changed
    std::vector<std::string> values;
  };

  void fail(const Record& record, std::string what, std::string key, std::string detail) {
    report_.failures.push_back({record.line, std::move(what), std::move(key), std::move(detail)});
  }

  Result<Connection*> speaker(const std::string& name) {
    std::unique_ptr<Connection>& connection = connections_[name];
    if (!connection) {
      Connection made = TRY(database_.connect());
      connection = std::make_unique<Connection>(std::move(made));
    }
    return connection.get();
  }

  void run_record(const Record& record) {
    Result<Connection*> connection = speaker(record.connection);
    Result<Answer> answer =
        connection.ok() ? ask(**connection, record.sql) : Result<Answer>(Error(connection.error()));
    if (record.kind == RecordKind::Statement) return judge_statement(record, answer);
    if (!answer.ok()) {
      fail(record, "error", std::string(answer.error().state().text()), answer.error().message());
      return;
    }
    if (answer->columns != record.types.size()) {
      fail(record, "columns", "",
           std::to_string(answer->columns) + ", not " + std::to_string(record.types.size()));
      return;
    }
    judge_values(record, arrange(answer->rows, record.types, record.sort));
  }

  void judge_statement(const Record& record, const Result<Answer>& answer) {
    std::string state = answer.ok() ? "" : std::string(answer.error().state().text());
    bool as_told = answer.ok() != record.wants_error && (record.sqlstate.empty() || record.sqlstate == state);
    if (as_told) {
      ++report_.passed;
    } else {
      if (answer.ok()) {
        fail(record, "noerror", "", "it should fail");
      } else {
        fail(record, "error", state, state + " " + answer.error().message());
      }
      if (rewriting_)
        answers_.push_back({&record, {answer.ok() ? "statement ok" : "statement error " + state, {}}});
    }
  }

  void judge_values(const Record& record, std::vector<std::string> values) {
    std::string sum = digest(values);
    std::optional<Hashed> hashed;
    if (record.expected.size() == 1) hashed = parse_hashed(record.expected[0]);
    bool same = hashed ? hashed->count == values.size() && hashed->digest == sum : values == record.expected;
    if (!same) {
      constexpr size_t kDigestShown = 12;
      constexpr size_t kValuesShown = 8;
      std::string detail = "want";
      for (size_t i = 0; i < record.expected.size() && i < kValuesShown; ++i)
        detail += " " + record.expected[i];
      detail += " got";
      for (size_t i = 0; i < values.size() && i < kValuesShown; ++i) detail += " " + values[i];
      fail(record, "wrong", std::to_string(values.size()) + ":" + sum.substr(0, kDigestShown), detail);
      if (rewriting_) answers_.push_back({&record, {"", std::move(values)}});
    } else if (!label_agrees(record.label, sum)) {
      fail(record, "label", "", record.label);
    } else {
      ++report_.passed;
    }
  }

  bool label_agrees(const std::string& label, const std::string& sum) {
    return label.empty() || labels_.emplace(label, sum).first->second == sum;
  }

  void remember_skipped(const Record& record) {
    if (record.kind != RecordKind::Query || record.label.empty() || record.expected.empty()) return;
    std::optional<Hashed> hashed = parse_hashed(record.expected[0]);
    label_agrees(record.label, hashed ? hashed->digest : digest(record.expected));
  }

  const Script& script_;
  Database& database_;
  bool rewriting_;
  Report report_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::string> labels_;
  std::vector<std::pair<const Record*, NewExpectation>> answers_;
};

}  // namespace

Report run_script(const Script& script, const std::string& path, std::string* rewritten) {
  Result<Database> database = Database::open(path);
  if (!database.ok()) {
    Report report;
    report.failures.push_back(
        {0, "error", std::string(database.error().state().text()), database.error().message()});
    return report;
  }
  Conversation conversation(script, *database, rewritten != nullptr);
  Report report = conversation.run();
  if (rewritten != nullptr) *rewritten = conversation.rewritten();
  return report;
}

}  // namespace rowan::slt
