// planner/bind_impl.h: the binder's own state and steps, one group of steps a bind_*.cpp file. Inside
// planner/ only. One Binder binds one statement.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/parser.h"
#include "parser/stack_guard.h"
#include "planner/bind_scope.h"
#include "planner/binder.h"
#include "planner/logical.h"
#include "types/cast.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan::binding {

// One output column of a SELECT before it becomes a Project.
struct Target {
  ExprPtr expr;
  std::string name;
  bool is_hidden = false;  // only ORDER BY or DISTINCT ON wants it
  ast::ExprPtr written = nullptr;
};

// Which candidate a call means.
struct Resolved {
  const Function* function = nullptr;
  const rowan::Aggregate* aggregate = nullptr;
  std::vector<Type> arguments;  // what each argument is cast to; Unknown id: left as it is
  Type result;
};

// A function of a FROM clause, or of windows: not in the registry, since neither is evaluated on values.
struct Signature {
  std::string_view name;
  std::vector<TypeId> arguments;
  TypeId result;
};

// Places of a text and what is to stand there instead.
class TextEdits {
 public:
  // All outlive it. `leading`: the SELECT that gives the view its columns; nullptr: VALUES does.
  TextEdits(const catalog::View& view, const ast::Select* leading) : view_(view), leading_(leading) {}
  std::string_view source() const { return view_.query_sql; }
  void replace(size_t begin, size_t end, std::string text);
  // What the view calls its column `index`, if these are the targets that make it and they call it otherwise.
  std::optional<std::string> renamed(ast::List<ast::SelectItem> items, size_t index,
                                     std::string_view name) const;
  // A name for a column that the text does not know: none of those that it does, nor one that NATURAL joins.
  std::string fresh_name(const std::string& name, const catalog::ViewWorld& world);
  std::string apply() const;

 private:
  const catalog::View& view_;
  const ast::Select* leading_;
  std::map<size_t, std::pair<size_t, std::string>>
      edits_;  // by where they begin: where they end, and with what
  int fresh_ = 0;
};

// The relation that INSERT, UPDATE, DELETE or MERGE writes: a table, or, but for MERGE, a simple view over
// one.
struct WriteTarget {
  catalog::TablePtr table;
  LogicalPtr get;  // reads it, with its row id; a view's condition is applied
  ScopeItem* item = nullptr;
  ColumnId row_id = 0;
  std::vector<ColumnId> columns;  // ids of the Get's columns by column number (0 for dropped ones)
  // One a column of the target as SQL sees it: the table column behind it; nullopt: computed by the view.
  std::vector<std::optional<uint16_t>> writable;
  std::string name;  // of the table or view
};

class Binder {
 public:
  Binder(catalog::CatalogPtr catalog, const BindOptions& options);

  Result<BoundStatement> run(const ast::Statement& statement);
  Result<ExprPtr> table_expression(const ast::Expr& expr, const catalog::Table& table,
                                   TableExpressionKind kind, const Type* target, std::string_view column);
  Result<ExprPtr> copy_condition(const ast::Expr& expr, const catalog::Table& table);
  Result<ExprPtr> argument(const ast::Expr& expr, const Type& target, uint32_t number);
  // The query of a new view, and the world that it is bound in.
  Result<BoundStatement> run_for_view(const ast::Statement& statement, catalog::ViewWorld& world);
  Result<std::string> text_today(const catalog::View& view);

 private:
  // ---- bind_scope.cpp: names ------------------------------------------------------------------------------
  Level& open_level(Level* parent);
  LogicalColumn make_column(std::string name, Type type, const ScopeItem* item = nullptr, uint32_t index = 0);
  ExprPtr reference(const ScopeColumn& column, Position position) const;
  Result<ExprPtr> resolve_column(const ast::ColumnRef& ref, Position position);
  Result<ExprPtr> resolve_bare(const ast::Name& name, bool& found);
  Result<ExprPtr> resolve_qualified(std::string_view schema, const ast::Name& relation,
                                    const ast::Name& column, Position position);
  Result<ScopeItem*> find_item(std::string_view schema, std::string_view relation, Position position,
                               bool must_exist);
  Error missing_column(std::string_view relation, std::string_view column, Position position) const;
  Error missing_relation(std::string_view relation, Position position) const;
  Result<std::vector<ScopeColumn>> expand_star(const ast::Star& star, Position position, bool in_select_list);
  std::set<ColumnId> mentioned(const Expr& expr) const;
  bool mentions_columns(const Expr& expr) const;
  std::set<ColumnId> free_columns(const LogicalPlan& plan) const;

  // ---- bind_coercion.cpp: types ---------------------------------------------------------------------------
  bool can_coerce(const Type& from, const Type& to, CastContext context) const;
  // The precise form of a target without modifiers: numeric from integer is numeric(10,0), undeclared.
  static Type precise_target(const Type& from, const Type& to);
  Result<ExprPtr> coerce(ExprPtr expr, const Type& to, CastContext context);  // 42846 when there is no way
  Result<ExprPtr> coerce_boolean(ExprPtr expr, std::string_view construct);
  Result<ExprPtr> coerce_to_text_if_unknown(ExprPtr expr);
  Result<ExprPtr> read_literal(const Expr& literal, const Type& to, CastContext context);
  Result<ExprPtr> settle_parameter(ExprPtr parameter, const Type& to);
  // PostgreSQL's select_common_type. `exprs` in order of precedence. Errors: 42804 "CASE types …".
  Result<Type> common_type(const std::vector<const Expr*>& exprs, std::string_view construct) const;
  bool try_common_type(const std::vector<const Expr*>& exprs, Type& type) const;
  // The modifiers that all of `exprs` have when they become `type`.
  static Type common_modifiers(const std::vector<const Expr*>& exprs, Type type, bool for_comparison);
  Result<ExprPtr> coerce_common(ExprPtr expr, const Type& type, std::string_view construct);
  // Assigns to a column; the error is 42804 column "c" is of type … but expression is of type ….
  Result<ExprPtr> coerce_assigned(ExprPtr expr, const Type& to, std::string_view column);
  // Makes column `index` of `plan` have `type`.
  Result<> coerce_output(LogicalPtr& plan, size_t index, const Type& type, CastContext context);
  Result<> settle_unknown_output(LogicalPtr& plan);

  // ---- bind_function.cpp: overloads -----------------------------------------------------------------------
  struct Candidate {
    std::vector<TypeId> arguments;
    const void* what = nullptr;
  };
  Result<const Candidate*> choose(const std::vector<Candidate>& candidates,
                                  const std::vector<TypeId>& arguments, bool& ambiguous) const;
  Result<const Function*> find_operator(std::string_view symbol, const Expr* left, const Expr& right,
                                        Position position);
  Result<ExprPtr> make_operator(std::string_view symbol, ExprPtr left, ExprPtr right, Position position);
  Result<ExprPtr> make_function(std::string_view name, std::vector<ExprPtr> arguments, Position position,
                                std::string_view schema = {});
  Result<ExprPtr> call_resolved(const Function* function, std::vector<ExprPtr> arguments, Position position);
  Result<> coerce_arguments(const std::vector<TypeId>& declared, bool is_variadic, bool any_numeric_form,
                            std::vector<ExprPtr>& arguments, Type* any_element);
  Result<const rowan::Aggregate*> find_aggregate(std::string_view name, std::vector<ExprPtr>& arguments,
                                                 Position position);
  Result<const Signature*> find_signature(const std::vector<Signature>& table, std::string_view name,
                                          std::vector<ExprPtr>& arguments, Position position,
                                          Type* any_element);
  Error no_function(std::string_view schema, std::string_view name, const std::vector<ExprPtr>& arguments,
                    Position position, bool ambiguous) const;
  std::string argument_types(const std::vector<ExprPtr>& arguments) const;
  const FunctionRegistry& functions() const {
    return options_.functions != nullptr ? *options_.functions : registry();
  }

  // ---- bind_expression.cpp --------------------------------------------------------------------------------
  Result<ExprPtr> bind_expr(ast::ExprPtr expr);
  Result<ExprPtr> bind_expr(ast::ExprPtr expr, ExprKind kind);  // sets and restores the level's kind
  Result<std::vector<ExprPtr>> bind_list(ast::List<ast::ExprPtr> exprs);
  Result<ExprPtr> bind_boolean(ast::ExprPtr expr, std::string_view construct);
  Result<ExprPtr> bind_literal(const ast::Literal& literal, Position position);
  Result<ExprPtr> bind_number(std::string text, Position position);
  Result<ExprPtr> bind_parameter(const ast::Parameter& parameter, Position position);
  Result<ExprPtr> bind_unary(const ast::Unary& unary, const ast::Expr& whole);
  Result<ExprPtr> bind_binary(ast::ExprPtr expr);
  Result<ExprPtr> bind_binary_operands(const ast::Operator& op, ExprPtr left, const ast::Expr& left_written,
                                       const ast::Expr& right_written, Position position);
  Result<ExprPtr> bind_row_comparison(const ast::Operator& op, const ast::Expr& left, const ast::Expr& right,
                                      Position position);
  Result<ExprPtr> compare_rows_bound(std::string_view op, std::vector<ExprPtr> left,
                                     std::vector<ExprPtr> right, Position position);
  Result<ExprPtr> bind_distinct(const ast::IsDistinct& node, Position position);
  Result<ExprPtr> make_distinct(ExprPtr left, ExprPtr right, bool negated, Position position);
  Result<ExprPtr> bind_is_null(const ast::IsNull& node, Position position);
  Result<ExprPtr> bind_between(const ast::Between& node, Position position);
  Result<ExprPtr> bind_in_list(const ast::InList& node, Position position);
  Result<ExprPtr> bind_match(const ast::Match& node, Position position);
  Result<ExprPtr> bind_case(const ast::Case& node, const ast::Expr& whole);
  Result<ExprPtr> bind_conditional(const ast::Conditional& node, const ast::Expr& whole);
  Result<ExprPtr> bind_cast(const ast::Cast& node, Position position);
  Result<ExprPtr> bind_sql_value(const ast::SqlValue& node, Position position);
  Result<ExprPtr> bind_logic(const ast::List<ast::ExprPtr>& operands, bool is_and, Position position);
  static ExprPtr negate(ExprPtr expr, Position position);

  // ---- bind_subquery.cpp ----------------------------------------------------------------------------------
  Result<ExprPtr> bind_exists(const ast::Exists& node, Position position);
  Result<ExprPtr> bind_scalar_query(const ast::Query& query, Position position, size_t column, size_t width);
  Result<ExprPtr> bind_in_query(const ast::InQuery& node, Position position);
  Result<ExprPtr> bind_quantified(const ast::Quantified& node, Position position);
  Result<ExprPtr> bind_comparison_query(std::vector<ExprPtr> tested, std::string_view op,
                                        const ast::Query& query, bool is_all, Position position);
  uint32_t keep_subquery(LogicalPtr plan);

  // ---- bind_call.cpp: functions, aggregates, windows ------------------------------------------------------
  Result<ExprPtr> bind_call(const ast::Call& call, const ast::Expr& whole);
  Result<ExprPtr> bind_aggregate(const ast::Call& call, std::string_view name, const ast::Expr& whole);
  Result<ExprPtr> bind_window_call(const ast::Call& call, std::string_view name, bool is_aggregate,
                                   const ast::Expr& whole);
  Result<ExprPtr> bind_set_function(const ast::Call& call, std::string_view name, const ast::Expr& whole);
  // Errors: 0A000 one was bound since there were `before` of them.
  Result<> refuse_set_functions(size_t before, std::string_view construct) const;
  Result<uint32_t> window_definition(const ast::WindowSpec& spec);
  Result<> complete_window(const ast::WindowSpec& spec, WindowDefinition& definition);
  Result<> bind_frame(const ast::Frame& frame, WindowDefinition& definition);
  Result<std::vector<ExprPtr>> bind_arguments(const ast::Call& call);

  // ---- bind_from.cpp --------------------------------------------------------------------------------------
  Result<LogicalPtr> bind_from(ast::List<ast::FromPtr> from, LogicalPtr first = nullptr);
  Result<LogicalPtr> bind_from_item(const ast::FromItem& item, std::vector<Visible>& visible,
                                    bool& is_lateral);
  LogicalPtr scan_system_view(const SystemView& view, std::string_view shown, ScopeItem& scope);
  Result<LogicalPtr> bind_table_ref(const ast::TableRef& ref, const ast::FromItem& item, ScopeItem& scope);
  Result<LogicalPtr> bind_query_ref(const ast::QueryRef& ref, const ast::FromItem& item, ScopeItem& scope);
  Result<LogicalPtr> bind_function_ref(const ast::FunctionRef& ref, const ast::FromItem& item,
                                       ScopeItem& scope);
  Result<LogicalPtr> bind_join(const ast::Join& join, const ast::FromItem& item,
                               std::vector<Visible>& visible);
  // `then`: what is to be seen of the table, inside the text of a view; nullptr: all of it.
  LogicalPtr scan_table(const catalog::TablePtr& table, std::string_view alias, ScopeItem& scope,
                        const catalog::NamedRelation* then);
  Result<LogicalPtr> read_cte(CteEntry& cte, std::string_view alias, Position position, ScopeItem& scope);
  Result<> apply_alias(const ast::Alias& alias, std::string_view fallback, ScopeItem& scope);
  Result<> check_names(const std::vector<Visible>& known, const std::vector<Visible>& added,
                       Position position) const;
  void show_output(ScopeItem& scope, const LogicalPlan& plan);

  // ---- bind_cte.cpp ---------------------------------------------------------------------------------------
  Result<> bind_with(const ast::With& with, Level& level);
  Result<> bind_recursive_cte(const ast::CommonTable& table, const ast::Query& query, CteEntry& entry);
  Result<> bind_writing_cte(const ast::CommonTable& table, bool is_recursive, Level& level);
  CteEntry* find_cte(std::string_view name) const;
  Result<> rename_cte(const ast::CommonTable& table, CteEntry& entry, const std::vector<LogicalColumn>& from);
  Result<> keep_cte(const ast::CommonTable& table, CteEntry& entry, LogicalPtr plan);
  static Result<> check_recursion(const LogicalPlan& step, const CteEntry& entry);

  // ---- bind_select.cpp, bind_set.cpp ----------------------------------------------------------------------
  // `keep_unknown`: the caller settles the type of untyped literals in the output.
  Result<LogicalPtr> bind_query(const ast::Query& query, Level* parent, bool keep_unknown);
  Result<LogicalPtr> bind_select(const ast::Select& select, const ast::Query& query, bool keep_unknown);
  Result<LogicalPtr> bind_values(const ast::Values& values, const ast::Query& query, bool keep_unknown);
  Result<LogicalPtr> bind_set_operation(const ast::Query& query);
  Result<LogicalPtr> combine(LogicalPtr left, LogicalPtr right, const ast::SetOperation& node,
                             const ast::Query& left_query, const ast::Query& right_query);
  Result<LogicalPtr> sort_by_output(LogicalPtr plan, const ast::Query& query);
  Result<std::vector<Target>> bind_targets(ast::List<ast::SelectItem> items, ExprKind kind);
  struct OrderItem {
    size_t target;
    bool descending, nulls_first;
    Position position;
  };
  Result<std::vector<OrderItem>> bind_order(ast::List<ast::SortKey> keys, std::vector<Target>& targets,
                                            ExprKind kind);
  Result<size_t> find_target(ast::ExprPtr expr, std::vector<Target>& targets, std::string_view clause,
                             ExprKind kind);
  Result<size_t> find_target_by_value(ast::ExprPtr expr, std::vector<Target>& targets, ExprKind kind);
  static Result<std::pair<bool, bool>> sort_direction(const ast::SortKey& key);
  Result<std::vector<ExprPtr>> bind_group_by(ast::List<ast::GroupItem> items, std::vector<Target>& targets);
  Result<LogicalPtr> add_limit(LogicalPtr plan, const ast::Query& query);
  Result<ExprPtr> bind_limit(ast::ExprPtr expr, ExprKind kind, std::string_view construct);
  Result<std::vector<logical::LockRows::Target>> bind_row_locks(const ast::Query& query);
  LogicalPtr project(LogicalPtr plan, std::vector<Target>& targets, std::vector<LogicalColumn>& columns);
  LogicalColumn output_column(const std::string& name, const Expr& expr, const std::set<ColumnId>& made,
                              std::set<ColumnId>& used);
  LogicalPtr add_windows(LogicalPtr plan);
  LogicalPtr add_set_functions(LogicalPtr plan);

  // ---- bind_group.cpp: what may stand beside GROUP BY -----------------------------------------------------
  struct Grouping {
    std::vector<ExprPtr> keys;
    std::vector<LogicalColumn> columns;
  };
  Result<> replace_grouped(ExprPtr& expr, Grouping& grouping);
  Result<> replace_in_subquery(uint32_t subquery, Grouping& grouping);
  Result<ColumnId> depends_on_keys(ColumnId column, std::string_view name, Grouping& grouping,
                                   bool in_subquery, Position position);

  // ---- bind_view.cpp --------------------------------------------------------------------------------------
  class InView;  // while one lives, the text of that view is what is bound
  Result<LogicalPtr> expand_view(const catalog::ViewPtr& view, ScopeItem& scope);
  Result<std::unique_ptr<ParsedStatement>> parse_stored(std::string_view sql) const;
  static void forget_positions(LogicalPlan& plan);
  // What the name leads to in the world of the view whose text is bound; nullptr: no view's is, or it has
  // none.
  const catalog::NamedRelation* named_then(const ast::QualifiedName& name) const;
  // Of a table or a view that was scanned: the columns that there were, under the names they had.
  void show_as_then(const catalog::NamedRelation& then, ScopeItem& scope);
  void record_relation(const ast::QualifiedName& name, const catalog::RelationPtr& relation,
                       catalog::Oid oid);
  void record_constraint(catalog::Oid constraint);
  void record_reads(const LogicalPlan& root);

  // ---- view_text.cpp --------------------------------------------------------------------------------------
  void edit_relation(const ast::TableRef& ref, const ast::Alias& alias, const catalog::RelationPtr& relation);
  void edit_star(const ast::Star& star, ast::Range range, const std::vector<ScopeColumn>& columns,
                 ast::List<ast::SelectItem> items, size_t first);
  void edit_target(ast::List<ast::SelectItem> items, const ast::SelectItem& item, const Target& target,
                   size_t index);
  void edit_literal(Position position, const ast::QualifiedName& name, const catalog::RelationPtr& relation);

  // ---- bind_dml.cpp, bind_insert.cpp, bind_merge.cpp ------------------------------------------------------
  // `parent`: the level whose WITH the statement is an item of; nullptr: it is the whole statement.
  Result<LogicalPtr> bind_insert(const ast::Insert& insert, Level* parent = nullptr);
  Result<LogicalPtr> bind_update(const ast::Update& update, Level* parent = nullptr);
  Result<LogicalPtr> bind_delete(const ast::Delete& node, Level* parent = nullptr);
  Result<LogicalPtr> bind_write(const ast::Statement& statement, Level* parent);
  Result<LogicalPtr> bind_merge(const ast::Merge& merge);
  Result<std::vector<std::pair<uint16_t, ExprPtr>>> bind_merge_insert(const ast::Insert& insert,
                                                                      const WriteTarget& target);
  Result<WriteTarget> write_target(const ast::QualifiedName& name, const ast::Name& alias,
                                   std::string_view verb);
  Result<WriteTarget> view_target(const catalog::ViewPtr& view, std::string_view alias, std::string_view verb,
                                  const catalog::NamedRelation* then);
  std::vector<ScopeColumn> columns_of_row(const WriteTarget& target, const std::vector<ColumnId>& row) const;
  std::vector<ColumnId> make_row(const WriteTarget& target, const ScopeItem* item);
  Result<LogicalPtr> bind_insert_rows(const ast::Values& values, const ast::Insert& insert,
                                      const WriteTarget& target, std::vector<size_t>& columns);
  Result<LogicalPtr> bind_insert_query(const ast::Insert& insert, const WriteTarget& target,
                                       std::vector<size_t>& columns);
  Result<std::vector<size_t>> insert_columns(const ast::Insert& insert, const WriteTarget& target) const;
  static Result<> check_insert_width(size_t width, size_t columns, const ast::Insert& insert,
                                     Position first_too_many);
  Result<ExprPtr> inserted_value(ast::ExprPtr written, ExprPtr bound, ast::Overriding overriding,
                                 const WriteTarget& target, size_t column);
  Result<std::vector<std::pair<uint16_t, ExprPtr>>> other_defaults(const catalog::Table& table,
                                                                   const std::vector<uint16_t>& given);
  Result<> check_identity(const WriteTarget& target, size_t column, ast::Overriding overriding) const;
  Result<> bind_returning(ast::List<ast::SelectItem> items, std::vector<ExprPtr>& returning,
                          std::vector<LogicalColumn>& output);
  Result<std::vector<std::pair<uint16_t, ExprPtr>>> bind_assignments(ast::List<ast::Assignment> assignments,
                                                                     const WriteTarget& target);
  Result<logical::OnConflict> bind_on_conflict(const ast::OnConflict& node, const WriteTarget& target);
  Result<std::vector<catalog::Oid>> infer_arbiters(const ast::ConflictTarget& conflict,
                                                   const WriteTarget& target, Position position);
  Result<ExprPtr> column_default(const catalog::Table& table, uint16_t column);  // nullptr: none
  Result<size_t> find_target_column(const WriteTarget& target, const ast::Target& written,
                                    std::string_view verb) const;

  // ---- shared ---------------------------------------------------------------------------------------------
  Result<catalog::RelationPtr> find_relation(const ast::QualifiedName& name, const SystemView** system,
                                             bool& is_missing);
  Error no_relation(const ast::QualifiedName& name) const;
  void lock(catalog::Oid oid, TableLockMode mode);
  EvalContext& evaluation();
  Result<> finish();
  Result<> check_parameters(LogicalPlan& plan);

  catalog::CatalogPtr catalog_;
  BindOptions options_;
  BoundStatement statement_;
  EvalContext default_evaluation_;
  std::vector<std::unique_ptr<Level>> levels_;
  Level* level_ = nullptr;          // where names are looked up now
  std::vector<ColumnFacts> facts_;  // by ColumnId
  std::map<const ast::Query*, std::string> query_names_;
  std::vector<std::unique_ptr<ParsedStatement>> parsed_;  // views' texts
  // Making a view: its world, and the columns of scans that its own text asked for and has not yet read.
  bool records_ = false;
  catalog::ViewWorld made_;
  std::map<ColumnId, catalog::ColumnUse> own_columns_;
  // Inside the text of a view with a world: that, and what its literals are read with.
  const catalog::ViewWorld* world_ = nullptr;
  EvalContext* reading_ = nullptr;
  TextEdits* edits_ = nullptr;  // of the text of a view that is written anew
  uint32_t next_case_ = 0;
  int sublink_depth_ = 0;  // queries inside expressions that are being bound
  int stored_depth_ = 0;   // inside the text of a view: its tables are no relations of the statement's own
  std::vector<catalog::Oid>
      open_views_;  // being expanded, outermost first: one that comes again is in itself
  StackGuard stack_;
  bool has_effects_ = false;
};

// Restores what it was told to watch.
template <class T>
class Restore {
 public:
  Restore(T& place, T value) : place_(place), before_(std::move(place)) { place_ = std::move(value); }
  explicit Restore(T& place) : place_(place), before_(place) {}
  ~Restore() { place_ = std::move(before_); }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  T& place_;
  T before_;
};

class Binder::InView {
 public:
  InView(Binder& binder, const catalog::View& view);  // both outlive it

 private:
  EvalContext literals_;
  Restore<int> depth_, sublinks_;
  Restore<const catalog::ViewWorld*> world_;
  Restore<EvalContext*> reading_;
};

catalog::Oid oid_of(const catalog::RelationPtr& relation);  // 0 of none
std::string relation_name(const catalog::RelationPtr& relation);
// The name and number of each column there is, of a table or a view.
std::vector<catalog::NamedRelation::Column> columns_of(const catalog::RelationPtr& relation);
// Of whatever kind; nothing when there is none of that number.
catalog::RelationPtr relation_of(const catalog::CatalogVersion& catalog, catalog::Oid oid);

Error unsupported(std::string_view what, Position position);
// Where a column of a query, or of its first branch, is written; kNoPosition of VALUES. `width`: how many
// columns there are; a star takes those that are not written.
Position output_position(const ast::Query& query, size_t column, size_t width);

// generate_series and its like (bind_call.cpp).
const std::vector<Signature>& set_functions();
Error multiple_assignments(std::string_view column);
bool is_set_function(std::string_view name);

}  // namespace rowan::binding
