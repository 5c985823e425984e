// parser/grammar.h: the grammar of PostgreSQL 15 as recursive descent, a method a rule. Inside the parser
// only. A method consumes what it stands for, or returns the error that stops the statement. Chains
// (operators, AND, UNION, joins, signs) are loops; what nests for real passes StackGuard. Each grammar_*.cpp
// holds one part.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/lexer.h"
#include "parser/parser.h"
#include "parser/stack_guard.h"
#include "types/try.h"

namespace rowan {

struct ConstraintMarks;  // grammar_constraint.cpp

class Grammar {
 public:
  Grammar(std::string_view script, size_t offset, ast::Arena& arena, std::vector<ParserNotice>& notices)
      : arena_(arena), script_(script), lexer_(script, offset, arena, notices) {}

  // ---- tokens (grammar_tokens.cpp) ----
  const Token& peek(size_t ahead = 0) {
    while (count_ <= ahead) ring_[(first_ + count_++) % kRing] = lexer_.next();
    return ring_[(first_ + ahead) % kRing];
  }
  Token advance();
  bool at(TokenKind kind) { return peek().kind == kind; }
  bool at(Keyword keyword) { return peek().keyword == keyword && peek().kind == TokenKind::Keyword; }
  bool at(Keyword first, Keyword second) { return at(first) && ahead(1, second); }
  bool ahead(size_t n, Keyword keyword) {
    return peek(n).kind == TokenKind::Keyword && peek(n).keyword == keyword;
  }
  template <class What>
  bool accept(What what) {
    if (!at(what)) return false;
    advance();
    return true;
  }
  bool accept(Keyword first, Keyword second);
  Result<> expect(TokenKind kind);
  Result<> expect(Keyword keyword);
  Result<> expect(Keyword first, Keyword second);
  // "syntax error at or near …" about the token `ahead` of the next, with a hint for a misspelt keyword.
  Error syntax_error(size_t ahead = 0);
  static Error error_at(std::string message, Position position);       // 42601
  static Error unsupported(std::string_view what, Position position);  // 0A000 "… is not supported"
  Position position() { return peek().begin; }
  Position last_end() const { return last_end_; }
  int32_t parameter_count() const { return parameter_count_; }

  // ---- names and types (grammar_names.cpp) ----
  bool at_name();  // a ColId: not a function's or type's keyword, not a reserved one
  bool at_function_name();
  bool at_label();       // any word
  bool at_bare_label();  // what may follow an expression as its name without AS
  Result<ast::Name> name();
  Result<ast::Name> label();
  Result<ast::Name> function_name();
  Result<ast::QualifiedName> qualified_name();         // at most catalog.schema.name
  Result<ast::QualifiedName> any_name();               // as many parts as there are
  Result<ast::List<ast::Name>> name_list();            // a, b
  Result<ast::List<ast::Name>> parenthesized_names();  // (a, b)
  Result<ast::List<ast::Name>> optional_names();       // (a, b) or nothing
  Result<ast::List<ast::QualifiedName>> any_name_list();
  Result<ast::TypeName*> type_name();
  Result<ast::TypeName*> simple_type_name(bool is_constant = false);
  bool at_type_keyword();           // int, char, interval … : col_name keywords with a syntax of their own
  Result<int32_t> integer();        // an unsigned integer constant
  Result<int64_t> signed_number();  // [+|-] n that fits 64 bits
  Result<std::string_view> string();

  // ---- expressions (grammar_expression.cpp, grammar_primary.cpp, grammar_call.cpp) ----
  Result<ast::ExprPtr> expression() { return expression(0, false); }
  // Without AND, OR, NOT, IN, LIKE, IS NULL … : where these could begin something else.
  Result<ast::ExprPtr> restricted_expression() { return expression(0, true); }
  Result<ast::List<ast::ExprPtr>> expression_list();
  Result<ast::ExprPtr> windowless_call();       // FROM f(…)
  Result<ast::List<ast::SortKey>> sort_keys();  // after ORDER BY
  Result<ast::List<ast::SortKey>> optional_order_by();
  Result<ast::WindowSpec*> window_definition();  // ( … )

  // ---- queries (grammar_query.cpp, grammar_from.cpp) ----
  bool at_query();  // SELECT, VALUES, WITH, TABLE; not a parenthesis
  Result<ast::Query*> query();
  Result<ast::Query*> query_in_parentheses();
  Result<ast::With*> optional_with();
  Result<ast::List<ast::FromPtr>> from_list();
  Result<ast::List<ast::SelectItem>> select_items();
  Result<ast::List<ast::SelectItem>> optional_returning();
  Result<ast::ExprPtr> optional_where();

  // ---- statements (grammar_statement.cpp and the files it names) ----
  Result<const ast::Statement*> statement();

 private:
  static constexpr size_t kRing = 4;

  template <class Node>
  ast::ExprPtr make(Node node, Position position, Position begin) {
    return arena_.make(ast::Expr{std::move(node), position, ast::Range{begin, last_end_}});
  }
  template <class Node>
  const ast::Statement* make_statement(Node node, Position begin) {
    return arena_.make(ast::Statement{std::move(node), begin, ast::Range{begin, last_end_}});
  }
  ast::QualifiedName system_name(std::string_view name, Position position);

  // Expression lists in the making: a stack, so that nested lists share one vector.
  class ListBuilder {
   public:
    explicit ListBuilder(Grammar& grammar) : grammar_(grammar), first_(grammar.scratch_.size()) {}
    ~ListBuilder() { grammar_.scratch_.resize(first_); }
    ListBuilder(const ListBuilder&) = delete;
    ListBuilder& operator=(const ListBuilder&) = delete;
    void add(ast::ExprPtr expr) { grammar_.scratch_.push_back(expr); }
    ast::List<ast::ExprPtr> finish() const {
      return grammar_.arena_.list(grammar_.scratch_.data() + first_, grammar_.scratch_.size() - first_);
    }

   private:
    Grammar& grammar_;
    size_t first_;
  };

  // grammar_names.cpp
  Result<ast::Name> name_if(bool is_one);
  Result<ast::QualifiedName> dotted(ast::Name first);
  Result<> type_of_keyword(ast::TypeName& type, bool is_constant);
  Result<> type_float(ast::TypeName& type, Position begin);
  Result<> type_character(ast::TypeName& type, std::string_view name, bool may_vary);
  Result<> type_bit(ast::TypeName& type, bool is_constant);
  Result<> type_time(ast::TypeName& type, std::string_view plain, std::string_view zoned);
  Result<> type_modifiers(ast::TypeName& type);
  Result<> one_modifier(ast::TypeName& type);
  Result<> interval_fields(ast::TypeName& type);
  Result<> second_precision(ast::TypeName& type);
  Result<> array_bounds(ast::TypeName& type);

  // grammar_expression.cpp
  Result<ast::ExprPtr> expression(int level_min, bool is_restricted);
  Result<ast::ExprPtr> infix(ast::ExprPtr left, Position begin, int level_min, bool is_restricted);
  int infix_level(bool is_restricted);
  Result<ast::ExprPtr> prefixed(bool is_restricted, Position begin);
  ast::ExprPtr negate(ast::ExprPtr operand, const Token& sign, ast::Operator op);
  Result<ast::ExprPtr> operator_step(ast::ExprPtr left, Position begin, int level, bool is_restricted);
  Result<ast::ExprPtr> logical_chain(ast::ExprPtr left, Position begin, Keyword word, int level);
  Result<ast::ExprPtr> is_step(ast::ExprPtr left, Position begin, bool is_restricted);
  Result<ast::ExprPtr> match_step(ast::ExprPtr left, Position begin);
  Result<ast::ExprPtr> between_step(ast::ExprPtr left, Position begin, Position position, bool negated);
  Result<ast::ExprPtr> in_step(ast::ExprPtr left, Position begin, Position position, bool negated);
  Result<ast::ExprPtr> like_step(ast::ExprPtr left, Position begin, Position position, bool negated);
  Result<ast::ExprPtr> quantified(ast::ExprPtr left, Position begin, ast::Operator op);
  Result<ast::Operator> any_operator();        // a symbol, or OPERATOR(schema.symbol)
  Result<ast::Operator> qualified_operator();  // after OPERATOR
  bool at_quantifier();
  bool ends_select_item(size_t n);
  Result<> refuse_chain(int level, bool is_restricted);

  // grammar_primary.cpp
  struct Parenthesized {  // one of them
    ast::Query* query = nullptr;
    ast::ExprPtr expr = nullptr;
    ast::List<ast::ExprPtr> list;  // two or more
  };
  Result<ast::ExprPtr> primary();
  Result<ast::ExprPtr> keyword_primary();
  Result<ast::ExprPtr> name_primary();
  Result<ast::ExprPtr> column(ast::Name first, Position begin);
  Result<Parenthesized> parenthesized();
  Result<ast::ExprPtr> parenthesized_primary();
  Result<ast::ExprPtr> indirection(ast::ExprPtr base, Position begin);
  Result<ast::ExprPtr> subscript(ast::ExprPtr base, Position begin);
  Result<ast::ExprPtr> case_expression();
  Result<ast::ExprPtr> array_constructor();
  Result<ast::ExprPtr> array_elements(Position begin);
  Result<ast::ExprPtr> row_constructor();
  Result<ast::ExprPtr> maybe_overlaps(ast::ExprPtr row);
  Result<ast::ExprPtr> constant_of_type();
  Result<ast::ExprPtr> string_of_type(ast::TypeName* type, Position begin);
  ast::ExprPtr literal();  // of the next token, which is one

  // grammar_call.cpp
  Result<ast::ExprPtr> call(ast::QualifiedName name, Position begin, bool with_window);
  Result<ast::ExprPtr> call_tail(ast::Call call, ast::CallDetail detail, Position begin);
  Result<> call_arguments(ast::Call& call, ast::CallDetail& detail);
  Result<ast::Argument> argument();
  bool at_special_call();
  Result<ast::ExprPtr> special_call();
  Result<ast::ExprPtr> system_call(std::string_view name, std::vector<ast::ExprPtr> arguments,
                                   Position begin);
  Result<ast::ExprPtr> sql_value(ast::SqlValueKind kind, bool takes_precision);
  Result<ast::ExprPtr> conditional(ast::ConditionalKind kind);
  Result<ast::ExprPtr> cast_call();
  Result<ast::ExprPtr> extract_call();
  Result<ast::ExprPtr> overlay_call();
  Result<ast::ExprPtr> position_call();
  Result<ast::ExprPtr> substring_call();
  Result<ast::ExprPtr> trim_call();
  Result<ast::ExprPtr> plain_arguments(std::string_view name, Position begin);
  Result<ast::WindowSpec*> over_clause();
  Result<const ast::Frame*> frame_clause();
  Result<ast::FrameBound> frame_bound();
  Result<ast::FrameExclusion> frame_exclusion();

  // grammar_query.cpp
  bool at_query_tail();  // UNION, ORDER BY, LIMIT …
  Result<ast::Query*> query_from(ast::Query* left, Position begin, ast::With* with);
  Result<ast::Query*> set_operations(ast::Query* left, Position begin, bool intersect_only);
  Result<ast::Query*> query_operand();
  Result<ast::Query*> select();
  Result<> select_into();
  Result<ast::Query*> values();
  Result<> query_tail(ast::Query& query);
  Result<> limit_clause(ast::Query& query, bool& has_limit);
  Result<> fetch_clause(ast::Query& query);
  Result<ast::ExprPtr> row_count();
  Result<ast::RowLock> row_lock();
  Result<ast::CommonTable> common_table();
  Result<ast::SelectItem> select_item();
  Result<ast::List<ast::GroupItem>> group_items();
  Result<ast::GroupItem> group_item();
  Result<ast::List<ast::WindowSpec>> window_clause();

  // grammar_from.cpp
  struct ParenthesizedFrom {  // one of them
    ast::Query* query = nullptr;
    ast::FromItem* item = nullptr;
  };
  Result<ast::FromItem*> from_item();
  Result<ast::FromItem*> from_primary();
  Result<ParenthesizedFrom> from_parenthesized();
  Result<ast::FromItem*> from_query(ast::Query* query, Position begin, bool is_lateral);
  Result<ast::FromItem*> from_function(Position begin, bool is_lateral);
  Result<ast::FromItem*> from_rows_from(Position begin, bool is_lateral);
  Result<> function_alias(ast::FromItem& item, ast::FunctionRef& function);
  Result<ast::List<ast::ColumnDefinition>> column_definitions();
  bool at_join();
  Result<ast::FromItem*> join_step(ast::FromItem* left);
  Result<> join_condition(ast::Join& join);
  Result<ast::Alias> optional_alias();
  Result<ast::TableRef> relation();  // [ONLY] t [*]

  // grammar_dml.cpp
  Result<const ast::Statement*> statement_with(ast::With* with, Position begin);
  Result<const ast::Statement*> data_statement();  // a query, INSERT, UPDATE, DELETE, MERGE
  Result<const ast::Statement*> query_statement(ast::With* with, Position begin);
  Result<const ast::Statement*> insert(ast::With* with, Position begin);
  Result<const ast::Statement*> update(ast::With* with, Position begin);
  Result<const ast::Statement*> remove(ast::With* with, Position begin);
  Result<ast::List<ast::Target>> insert_columns();
  Result<ast::Overriding> optional_overriding();
  Result<ast::Target> target();
  Result<ast::List<ast::Assignment>> assignments();
  Result<ast::Assignment> assignment();
  Result<const ast::OnConflict*> on_conflict();
  Result<ast::ExprPtr> where_or_current();

  // grammar_merge.cpp
  Result<const ast::Statement*> merge(ast::With* with, Position begin);
  Result<ast::MergeWhen> merge_when();
  Result<const ast::Insert*> merge_insert();

  // grammar_copy.cpp
  Result<const ast::Statement*> copy();
  Result<ast::List<ast::Option>> copy_options();
  Result<ast::Option> copy_option();
  Result<> copy_old_options(std::vector<ast::Option>& options);

  // grammar_table.cpp, grammar_alter.cpp
  Result<const ast::Statement*> create();
  Result<const ast::Statement*> create_table(Position begin, ast::Persistence persistence);
  Result<const ast::Statement*> create_table_as(ast::CreateTableAs table, Position begin);
  Result<> table_elements(ast::CreateTable& table);
  Result<ast::ColumnSpec> column_spec();
  Result<> column_constraints(ast::ColumnSpec& column);
  Result<std::optional<ast::Constraint>> column_constraint();
  Result<ast::Constraint> table_constraint();
  bool at_table_constraint();
  Result<> constraint_attribute(ast::Constraint& constraint, ConstraintMarks& marks);
  Result<> table_constraint_attributes(ast::Constraint& constraint, const char* what, bool may_defer,
                                       bool may_be_invalid, bool may_not_inherit);
  Result<> foreign_key_target(ast::ForeignKey& key);
  Result<ast::ReferenceAction> reference_action(ast::List<ast::Name>* columns);
  Result<> key_tail(ast::UniqueKey& key);
  Result<> nulls_distinct();
  Result<ast::Constraint> generated(Position begin);
  Result<ast::OnCommit> on_commit();
  Result<> table_storage(ast::List<ast::Option>& options, ast::OnCommit* on_commit, ast::Name& tablespace);
  Result<const ast::Statement*> alter();
  Result<const ast::Statement*> alter_relation(Position begin, ast::ObjectKind kind);
  Result<ast::AlterTableAction> alter_action();
  Result<ast::AlterTableNode> alter_column();
  Result<ast::AlterTableAction> change_owner();
  Result<const ast::Statement*> rename(ast::Rename rename, Position begin);
  Result<const ast::Statement*> alter_sequence(Position begin);

  // grammar_schema.cpp: indexes, views, sequences, DROP, TRUNCATE, COMMENT, statistics
  Result<const ast::Statement*> create_index(Position begin, bool is_unique);
  Result<ast::List<ast::IndexKey>> index_keys();
  Result<ast::IndexKey> index_key();
  Result<const ast::Statement*> create_view(Position begin, ast::Persistence persistence, bool or_replace);
  Result<ast::Query*> recursive_view(const ast::CreateView& view, ast::Query* query, Position begin);
  Result<const ast::Statement*> create_sequence(Position begin, ast::Persistence persistence);
  Result<ast::SequenceOptions> sequence_options(bool in_parentheses);
  Result<bool> sequence_option(ast::SequenceOptions& options, bool names_sequence);
  Result<const ast::Statement*> create_schema(Position begin);
  Result<const ast::Statement*> create_statistics(Position begin);
  Result<const ast::Statement*> drop();
  Result<const ast::Statement*> truncate();
  Result<const ast::Statement*> comment_on();
  Result<ast::ObjectKind> object_kind();
  bool accept_cascade();  // [CASCADE | RESTRICT]
  Result<bool> if_exists();
  Result<bool> if_not_exists();
  Result<ast::List<ast::TruncateTarget>> relations();

  // grammar_transaction.cpp: transactions, locks, settings
  Result<const ast::Statement*> begin_transaction();
  Result<const ast::Statement*> end_transaction();
  Result<const ast::Statement*> savepoint();
  Result<ast::TransactionModes> transaction_modes(bool is_required);
  Result<bool> transaction_mode(ast::TransactionModes& modes);
  Result<ast::IsolationLevel> isolation_level();
  Result<bool> and_chain();
  Result<const ast::Statement*> lock_table();
  Result<ast::TableLockMode> lock_mode();
  Result<const ast::Statement*> set();
  Result<const ast::Statement*> set_constraints(Position begin);
  Result<> set_rest(ast::SetVariable& variable);
  Result<> set_time_zone(ast::SetVariable& variable);
  Result<ast::List<ast::ExprPtr>> setting_values();
  Result<ast::ExprPtr> setting_value();
  Result<std::string_view> setting_name();
  Result<std::string_view> setting_or_alias();  // also TIME ZONE, TRANSACTION ISOLATION LEVEL …
  Result<const ast::Statement*> show_or_reset();
  Result<const ast::Statement*> discard();

  // grammar_session.cpp: prepared statements, cursors, EXPLAIN, ANALYZE, VACUUM
  Result<const ast::Statement*> prepare();
  Result<const ast::Statement*> execute();
  Result<const ast::Statement*> deallocate();
  Result<const ast::Statement*> declare_cursor();
  Result<const ast::Statement*> fetch();
  Result<const ast::Statement*> close_cursor();
  Result<const ast::Statement*> explain();
  Result<const ast::Statement*> explained_create();
  Result<const ast::Statement*> analyze();
  Result<const ast::Statement*> vacuum();
  Result<const ast::Statement*> backup();
  Result<ast::List<ast::Option>> tool_options();  // ( name [value], … )
  Result<ast::Option> tool_option();
  Result<ast::List<ast::AnalyzeTarget>> analyze_targets();
  Result<ast::List<ast::Option>> storage_options();  // ( name [= value], … ) after WITH

  Result<const ast::Statement*> refused();  // GRANT and all the others, 0A000

  ast::Arena& arena_;
  std::string_view script_;
  Lexer lexer_;
  std::array<Token, kRing> ring_{};
  size_t first_ = 0, count_ = 0;
  Token last_{};  // the token that was consumed last
  Position last_end_ = 0;
  int32_t parameter_count_ = 0;
  StackGuard stack_;
  std::vector<ast::ExprPtr> scratch_;
  // SELECT … INTO: where it was seen, and in which query.
  struct Into {
    ast::CreateTableAs table;
    ast::Query* query;
    Position position;
  };
  std::optional<Into> into_;
  bool in_select_item_ = false;
};

}  // namespace rowan
