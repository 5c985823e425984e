// parser/grammar_statement.cpp: which statement it is, by its first word.
#include "parser/grammar.h"

namespace rowan {

namespace {

// The query whose SELECT is written first.
const ast::Query* leftmost(const ast::Query* query) {
  while (const auto* operation = std::get_if<ast::SetOperation>(&query->node)) query = operation->left;
  return query;
}

// Is `operand` one of the SELECTs that the set operations of `query` combine?
bool is_operand(const ast::Query& query, const ast::Query* operand) {
  for (const ast::Query* at = &query;;) {
    if (at == operand) return true;
    const auto* operation = std::get_if<ast::SetOperation>(&at->node);
    if (operation == nullptr) return false;
    if (is_operand(*operation->right, operand)) return true;
    at = operation->left;
  }
}

}  // namespace

Result<const ast::Statement*> Grammar::statement() {
  Position begin = position();
  const ast::Statement* made = nullptr;
  if (at(TokenKind::LeftParen)) {
    made = TRY(data_statement());
  } else if (!at(TokenKind::Keyword)) {
    return syntax_error();
  } else {
    switch (peek().keyword) {
      case Keyword::Select:
      case Keyword::Values:
      case Keyword::Table:
      case Keyword::With:
      case Keyword::Insert:
      case Keyword::Update:
      case Keyword::Delete:
      case Keyword::Merge:
        made = TRY(data_statement());
        break;
      case Keyword::Copy:
        made = TRY(copy());
        break;
      case Keyword::Create:
        made = TRY(create());
        break;
      case Keyword::Alter:
        made = TRY(alter());
        break;
      case Keyword::Drop:
        made = TRY(drop());
        break;
      case Keyword::Truncate:
        made = TRY(truncate());
        break;
      case Keyword::Comment:
        made = TRY(comment_on());
        break;
      case Keyword::Begin:
      case Keyword::Start:
        made = TRY(begin_transaction());
        break;
      case Keyword::Commit:
      case Keyword::End:
      case Keyword::Rollback:
      case Keyword::Abort:
        made = TRY(end_transaction());
        break;
      case Keyword::Savepoint:
      case Keyword::Release:
        made = TRY(savepoint());
        break;
      case Keyword::Lock:
        made = TRY(lock_table());
        break;
      case Keyword::Set:
        made = TRY(set());
        break;
      case Keyword::Show:
      case Keyword::Reset:
        made = TRY(show_or_reset());
        break;
      case Keyword::Discard:
        made = TRY(discard());
        break;
      case Keyword::Prepare:
        made = TRY(prepare());
        break;
      case Keyword::Execute:
        made = TRY(execute());
        break;
      case Keyword::Deallocate:
        made = TRY(deallocate());
        break;
      case Keyword::Declare:
        made = TRY(declare_cursor());
        break;
      case Keyword::Fetch:
      case Keyword::Move:
        made = TRY(fetch());
        break;
      case Keyword::Close:
        made = TRY(close_cursor());
        break;
      case Keyword::Explain:
        made = TRY(explain());
        break;
      case Keyword::Analyze:
      case Keyword::Analyse:
        made = TRY(analyze());
        break;
      case Keyword::Vacuum:
        made = TRY(vacuum());
        break;
      case Keyword::Checkpoint:
        advance();
        made = make_statement(ast::Checkpoint{}, begin);
        break;
      case Keyword::Backup:
        made = TRY(backup());
        break;
      default:
        made = TRY(refused());
        break;
    }
  }
  if (!into_) return made;
  const auto* query = std::get_if<ast::QueryPtr>(&made->node);
  if (query == nullptr || leftmost(*query) != into_->query) {
    if (query != nullptr && is_operand(**query, into_->query))
      return error_at("INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT", into_->position);
    return error_at("SELECT ... INTO is not allowed here", into_->position);
  }
  ast::CreateTableAs table = into_->table;
  table.query = *query;
  return make_statement(table, begin);
}

// Statements of PostgreSQL that Rowan has not.
Result<const ast::Statement*> Grammar::refused() {
  switch (peek().keyword) {
    case Keyword::Call:
    case Keyword::Cluster:
    case Keyword::Do:
    case Keyword::Grant:
    case Keyword::Import:
    case Keyword::Listen:
    case Keyword::Load:
    case Keyword::Notify:
    case Keyword::Reassign:
    case Keyword::Refresh:
    case Keyword::Reindex:
    case Keyword::Revoke:
    case Keyword::Security:
    case Keyword::Unlisten:
      break;
    default:
      return syntax_error();
  }
  std::string what;
  for (char c : peek().text) what += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return unsupported(what, position());
}

}  // namespace rowan
