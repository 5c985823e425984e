// executor/ddl.h: statements that define, change and drop objects. Definitions go into the transaction's
// overlay of the catalog, storage is made at once (an aborted CREATE leaves relations that rollback drops, or
// recovery), and what a DROP frees is freed when nobody can reach it any more: after the commit.
//
// The path of CREATE TABLE: create_table (executor/ddl_table.cpp) locks the name, makes the columns, makes
// the heap, adds constraints (executor/ddl_constraint.cpp), which make indexes (executor/ddl_index.cpp), and
// puts the Table into the overlay. Texts and SQLSTATEs are PostgreSQL's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "executor/relations.h"
#include "executor/session_services.h"
#include "parser/ast_statement.h"
#include "planner/binder.h"
#include "txn/transactions.h"
#include "types/value.h"

namespace rowan {

struct DdlContext {
  catalog::Overlay& overlay;
  Relations& relations;
  Transaction& transaction;
  EvalContext& eval;
  SessionServices& session;
  BindOptions bind;
  Wait wait;
  // NOTICEs, as they come.
  std::function<void(Error)> notice;
  // Runs a query inside the transaction, own DDL visible: what validates constraints on rows that exist.
  std::function<Result<std::vector<std::vector<Value>>>(const std::string& sql)> query;
  // Storage made and storage let go by this transaction: the first is dropped at rollback, the second after
  // commit.
  std::vector<RelationId>& created;
  std::vector<RelationId>& released;
  size_t sort_memory;  // of an index that is made, in bytes
};

// What may stand behind the columns of CREATE TABLE and before the AS of CREATE TABLE AS; no table is
// temporary. Errors: 42P16 ON COMMIT · those of storage parameters and tablespaces.
Result<> check_table_storage(const ast::List<ast::Option>& options, ast::OnCommit on_commit,
                             const ast::Name& tablespace);

// "CREATE INDEX" for CREATE UNIQUE INDEX i ON t (a); empty: it is none of DDL.
std::string ddl_tag(const ast::Statement& statement);

// Runs `statement` if it is one of DDL and returns its command tag; an empty tag: it is none.
// `source` yields the words of a range, as the catalog keeps a view's query.
Result<std::string> execute_ddl(const ast::Statement& statement,
                                const std::function<std::string_view(ast::Range)>& source,
                                DdlContext& context);

}  // namespace rowan
