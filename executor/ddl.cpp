#include "executor/ddl.h"

#include "executor/ddl_support.h"
#include "types/try.h"

namespace rowan {
namespace ddl {

Result<> create_view(DdlContext& context, const ast::CreateView& statement, std::string_view query,
                     const ast::Statement& whole) {
  if (statement.persistence == ast::Persistence::Temporary) {
    return Error(sqlstate::feature_not_supported, "temporary views are not supported")
        .at(statement.name.position());
  }
  if (statement.check_option != ast::CheckOption::None) {
    return Error(sqlstate::feature_not_supported, "WITH CHECK OPTION is not supported").at(whole.position);
  }
  auto view = std::make_shared<catalog::View>();
  view->schema = TRY(target_schema(statement.name));
  view->name = statement.name.last();
  view->query_sql = query;
  TRY(lock_name(context, view->name));
  BindOptions options = context.bind;
  options.allow_parameters = false;
  ast::Statement select{statement.query, whole.position, whole.range};
  BoundStatement bound = TRY(rowan::bind(select, context.overlay.current(), options));
  if (statement.columns.size() > bound.output.size()) {
    return Error(sqlstate::syntax_error, "CREATE VIEW specifies more column names than columns");
  }
  for (size_t i = 0; i < bound.output.size(); ++i) {
    catalog::ViewColumn column{bound.output[i].name, bound.output[i].type};
    if (i < statement.columns.size()) column.name = statement.columns[i].text;
    if (column.type.id == TypeId::Unknown) column.type = TypeId::Text;
    for (const catalog::ViewColumn& other : view->columns) {
      if (other.name == column.name) {
        return Error(sqlstate::duplicate_column, "column \"" + column.name + "\" specified more than once");
      }
    }
    view->columns.push_back(std::move(column));
  }
  view->depends_on = TRY(relations_read(select, context.overlay.current(), options));
  catalog::RelationPtr existing = find(context, statement.name);
  if (const auto* old = std::get_if<catalog::ViewPtr>(&existing); old != nullptr && statement.or_replace) {
    TRY(lock_oid(context, (*old)->oid, LockMode::AccessExclusive));
    if (view->columns.size() < (*old)->columns.size()) {
      return Error(sqlstate::invalid_table_definition, "cannot drop columns from view");
    }
    for (size_t i = 0; i < (*old)->columns.size(); ++i) {
      const catalog::ViewColumn& before = (*old)->columns[i];
      const catalog::ViewColumn& after = view->columns[i];
      if (before.name != after.name) {
        return Error(sqlstate::invalid_table_definition,
                     "cannot change name of view column \"" + before.name + "\" to \"" + after.name + "\"")
            .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
      }
      if (before.type.id != after.type.id) {
        return Error(sqlstate::invalid_table_definition,
                     "cannot change data type of view column \"" + before.name + "\" from " +
                         type_name(before.type) + " to " + type_name(after.type));
      }
    }
    view->oid = (*old)->oid;
  } else if (!std::holds_alternative<std::monostate>(existing)) {
    if (statement.or_replace)
      return Error(sqlstate::wrong_object_type, "\"" + view->name + "\" is not a view");
    return Error(sqlstate::duplicate_table, "relation \"" + view->name + "\" already exists");
  } else {
    view->oid = TRY(context.relations.new_oid());
  }
  context.overlay.put(catalog::ViewPtr(std::move(view)));
  return {};
}

}  // namespace ddl

namespace {

std::string object_word(ast::ObjectKind kind) {
  switch (kind) {
    case ast::ObjectKind::View:
      return "VIEW";
    case ast::ObjectKind::Index:
      return "INDEX";
    case ast::ObjectKind::Sequence:
      return "SEQUENCE";
    case ast::ObjectKind::MaterializedView:
      return "MATERIALIZED VIEW";
    case ast::ObjectKind::Schema:
      return "SCHEMA";
    case ast::ObjectKind::Type:
      return "TYPE";
    case ast::ObjectKind::Domain:
      return "DOMAIN";
    case ast::ObjectKind::Function:
      return "FUNCTION";
    case ast::ObjectKind::Statistics:
      return "STATISTICS";
    default:
      return "TABLE";
  }
}

// An empty one where no arm says more.
struct Tag {
  std::string operator()(const ast::CreateTable&) const { return "CREATE TABLE"; }
  std::string operator()(const ast::AlterTable& node) const { return "ALTER " + object_word(node.kind); }
  std::string operator()(const ast::Rename& node) const { return "ALTER " + object_word(node.kind); }
  std::string operator()(const ast::CreateIndex&) const { return "CREATE INDEX"; }
  std::string operator()(const ast::CreateView&) const { return "CREATE VIEW"; }
  std::string operator()(const ast::CreateSequence&) const { return "CREATE SEQUENCE"; }
  std::string operator()(const ast::AlterSequence&) const { return "ALTER SEQUENCE"; }
  std::string operator()(const ast::Drop& node) const { return "DROP " + object_word(node.kind); }
  std::string operator()(const ast::Truncate&) const { return "TRUNCATE TABLE"; }
  std::string operator()(const ast::CommentOn&) const { return "COMMENT"; }
  std::string operator()(const ast::CreateSchema&) const { return "CREATE SCHEMA"; }
  std::string operator()(const ast::CreateStatistics&) const { return "CREATE STATISTICS"; }
  template <class Node>
  std::string operator()(const Node&) const {
    return {};
  }
};

}  // namespace

std::string ddl_tag(const ast::Statement& statement) {
  return std::visit(Tag{}, statement.node);
}

Result<std::string> execute_ddl(const ast::Statement& statement,
                                const std::function<std::string_view(ast::Range)>& source,
                                DdlContext& context) {
  std::string tag = ddl_tag(statement);
  if (const auto* node = std::get_if<ast::CreateTable>(&statement.node)) {
    TRY(ddl::create_table(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::AlterTable>(&statement.node)) {
    TRY(ddl::alter_table(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::Rename>(&statement.node)) {
    TRY(ddl::rename(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::CreateIndex>(&statement.node)) {
    TRY(ddl::create_index(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::CreateView>(&statement.node)) {
    TRY(ddl::create_view(context, *node, source(node->query->range), statement));
    return tag;
  }
  if (const auto* node = std::get_if<ast::CreateSequence>(&statement.node)) {
    TRY(ddl::create_sequence(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::AlterSequence>(&statement.node)) {
    TRY(ddl::alter_sequence(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::Drop>(&statement.node)) {
    TRY(ddl::drop(context, *node));
    return tag;
  }
  if (const auto* node = std::get_if<ast::Truncate>(&statement.node)) {
    TRY(ddl::truncate(context, *node));
    return tag;
  }
  if (tag.empty()) return tag;
  return Error(sqlstate::feature_not_supported, tag + " is not supported").at(statement.position);
}

}  // namespace rowan
