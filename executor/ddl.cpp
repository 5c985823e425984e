#include "executor/ddl.h"

#include "executor/ddl_support.h"
#include "types/try.h"

namespace rowan {
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
