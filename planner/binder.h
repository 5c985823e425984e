// planner/binder.h: what a statement's names and operators mean: syntax trees in, logical plans out. Every
// name is resolved against one CatalogVersion, every expression typed, every cast made explicit, by
// PostgreSQL 15's rules and with its errors (parser/analyze is the model for behaviour).
//
// Views are expanded where they are mentioned: their text is parsed and bound again, in the world in which
// the view was made (planner/bind_view.cpp). CTEs become entries of their own (BoundStatement::ctes); the
// rewrites inline those that are read once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "parser/ast_statement.h"
#include "planner/logical.h"
#include "types/function.h"

namespace rowan {

// A relation made from the catalog and the instance's state: pg_class, pg_settings …
struct SystemView {
  std::string_view schema;  // "pg_catalog"
  std::string_view name;
  catalog::Oid oid = 0;
  std::vector<OutputColumn> columns;
};
// A function of no arguments that returns a set is kept as a view of the name "name()".
inline bool is_set_function_name(std::string_view name) {
  return name.size() > 2 && name.substr(name.size() - 2) == "()";
}
// By schema ("" for the search path) and name; nullptr when there is none.
using SystemViewLookup = std::function<const SystemView*(std::string_view schema, std::string_view name)>;

struct BindOptions {
  // Types of $1 …; Unknown ones are inferred from where they stand, and so are further ones.
  std::vector<Type> parameter_types;
  bool allow_parameters = true;  // false: 42P02 there is no parameter $1
  SystemViewLookup system_view;
  const FunctionRegistry* functions = nullptr;  // nullptr: registry()
  // Literals are read with its settings (time zone, date style); nullptr: the defaults.
  EvalContext* evaluation = nullptr;
  std::string_view text;  // kept in the outcome, for errors
};

// SELECT, VALUES, INSERT, UPDATE, DELETE. The outcome is what was written: rewrite() comes next.
// Errors: class 42 in PostgreSQL's words, with position, detail and hint · those of reading literals (22P02
// …) · 0A000 what is understood but not supported, named · 54001 nested too deep for the stack.
Result<BoundStatement> bind(const ast::Statement& statement, catalog::CatalogPtr catalog,
                            const BindOptions& options);

// An expression over the columns of one table, which come out as InputRefs that count the table's columns by
// number (dropped ones included): what DDL stores as text. Not yet folded.
enum class TableExpressionKind : uint8_t {
  Check,           // boolean
  Default,         // no columns; assigned to `target`
  IndexKey,        // immutable functions only (42P17)
  IndexPredicate,  // boolean, immutable functions only
  Using            // ALTER COLUMN TYPE … USING; assigned to `target`
};
Result<ExprPtr> bind_table_expression(const ast::Expr& expr, const catalog::Table& table,
                                      TableExpressionKind kind, catalog::CatalogPtr catalog,
                                      const BindOptions& options, const Type* target = nullptr,
                                      std::string_view column = {});  // whose default it is, for errors
// The same from text, as the catalog keeps it; positions are left out.
Result<ExprPtr> bind_stored_expression(std::string_view sql, const catalog::Table& table,
                                       TableExpressionKind kind, catalog::CatalogPtr catalog,
                                       const BindOptions& options, const Type* target = nullptr,
                                       std::string_view column = {});
// The names of an index's columns, INCLUDE ones last, as PostgreSQL chooses them: an expression counts as
// what it would be called in a SELECT list, or "expr", and a name that comes again gets a number.
std::vector<std::string> index_column_names(const catalog::Table& table, const catalog::Index& index);
// The condition of COPY … FROM … WHERE.
Result<ExprPtr> bind_copy_condition(const ast::Expr& expr, const catalog::Table& table,
                                    catalog::CatalogPtr catalog, const BindOptions& options);
// A constant or other expression without columns, assigned to `target` (arguments of EXECUTE); `what` names
// it in errors: "parameter $1 of type integer" is made of it.
Result<ExprPtr> bind_argument(const ast::Expr& expr, const Type& target, uint32_t number,
                              catalog::CatalogPtr catalog, const BindOptions& options);

// The query of a new view, and the world in which its text means what it means now. Errors: as bind() · 0A000
// its WITH writes.
Result<BoundStatement> bind_view(const ast::Statement& query, catalog::CatalogPtr catalog,
                                 const BindOptions& options, catalog::ViewWorld& world);

// A view's text as it would be written today: relations and columns under the names that they have now, `*`
// as the columns that it stands for; a view without a world, or one that does not bind, as it was typed.
std::string view_text(const catalog::View& view, catalog::CatalogPtr catalog, const BindOptions& options);

// A type as written, with its modifiers. Errors: 42704 type "x" does not exist · 22023 bad modifiers · 0A000
// arrays and other types that are not supported.
Result<Type> resolve_type(const ast::TypeName& name);

}  // namespace rowan
