// planner/deparse.h: bound expressions back into SQL, exactly as PostgreSQL's ruleutils prints them: in
// EXPLAIN, in pg_get_constraintdef and its like, in error texts. The plain form sets every operator in
// parentheses, so that it reads back as the same tree; the pretty form leaves out those that precedence
// gives.
//
// Constants print in PostgreSQL's ISO form, whatever the session's DateStyle is: what is stored as text must
// mean the same for every reader.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "expression/expression.h"
#include "types/quote.h"

namespace rowan {

// How the leaves print. An unset callable prints ColumnRefs by their own name, the others as $n.
struct DeparseContext {
  std::function<std::string(const expression::ColumnRef&)> column;
  // Columns of the node's input; an expression among them comes with its parentheses.
  std::function<std::string(uint32_t)> input;
  // Their types, where known: the binder reads a VARCHAR as TEXT without a cast, PostgreSQL shows one.
  std::function<Type(uint32_t)> input_type;
  std::function<std::string(uint32_t)> slot;         // runtime slots
  std::function<std::string(const Expr&)> subquery;  // "(SubPlan 1)", "$0"
  bool pretty = false;                               // parentheses only where needed
  bool lines = false;                                // CASE over several lines, as the catalog functions do
};

std::string deparse(const Expr& expr, const DeparseContext& context);
// ColumnRefs by name, InputRefs as the table's columns by number; what the catalog stores and shows.
std::string deparse_for_table(const Expr& expr, const catalog::Table& table, bool pretty = false);

// A text in single quotes, as plans print it: backslashes stand for themselves.
std::string quote_literal(std::string_view text);
// A type after ::, as format_type prints it.
std::string deparse_type(const Type& type);

// "CREATE UNIQUE INDEX i ON public.t USING btree (a, b DESC) WHERE (a > 0)": pg_get_indexdef. Expressions
// stand as the catalog keeps them.
std::string index_definition(const catalog::Table& table, const catalog::Index& index,
                             bool with_schema = true);
// `index` with its expressions as \d shows them: with only the parentheses that are needed.
catalog::Index pretty_index(const catalog::CatalogPtr& catalog, const catalog::Table& table,
                            const catalog::Index& index);
// One key of it, from 0, INCLUDE columns after the keys: pg_get_indexdef(oid, column, …).
std::string index_key_definition(const catalog::Table& table, const catalog::Index& index, size_t key);
// "PRIMARY KEY (a)", "CHECK ((a > 0))", "FOREIGN KEY (a) REFERENCES t(id) ON DELETE CASCADE":
// pg_get_constraintdef.
std::string constraint_definition(const catalog::CatalogVersion& catalog,
                                  const catalog::Constraint& constraint);
// The same with only the parentheses that are needed, as \d shows it.
std::string constraint_definition(const catalog::CatalogPtr& catalog, const catalog::Constraint& constraint,
                                  bool pretty);

}  // namespace rowan
