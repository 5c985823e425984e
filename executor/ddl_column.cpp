// executor/ddl_column.cpp: columns as CREATE TABLE and ADD COLUMN describe them.
#include "executor/ddl_support.h"
#include "planner/deparse.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

// SERIAL and its kin are no types: an integer column with a sequence behind it.
std::optional<TypeId> serial_type(const ast::TypeName& type) {
  std::string_view name = type.name.last();
  if (name == "serial" || name == "serial4") return TypeId::Integer;
  if (name == "bigserial" || name == "serial8") return TypeId::BigInt;
  if (name == "smallserial" || name == "serial2") return TypeId::SmallInt;
  return std::nullopt;
}

// What stands under casts.
const Expr& without_casts(const Expr& expr) {
  const auto* call = std::get_if<expression::Call>(&expr.node);
  bool is_cast = call != nullptr && (call->function->name == "cast" || call->function->name == "assign");
  return is_cast ? without_casts(*expr.children[0]) : expr;
}

bool is_null_constant(const Expr& expr) {
  const auto* constant = std::get_if<expression::Constant>(&without_casts(expr).node);
  return constant != nullptr && constant->value.is_null();
}

}  // namespace

Result<> own_sequence(DdlContext& context, const catalog::Table& table, catalog::ColumnNumber number,
                      catalog::Column& column, const ast::SequenceOptions* options) {
  std::string name;
  if (options != nullptr && !options->sequence_name.empty()) {
    TRY(target_schema(options->sequence_name));
    name = options->sequence_name.last();
    TRY(lock_name(context, name));
    if (!is_name_free(context, name))
      return Error(sqlstate::duplicate_table, "relation \"" + name + "\" already exists");
  } else {
    name = choose_name(context, table.name, column.name, "seq");
  }
  std::shared_ptr<catalog::Sequence> sequence = TRY(make_sequence(context, name, options, column.type.id));
  sequence->owner_table = table.oid;
  sequence->owner_column = number;
  column.owned_sequence = sequence->oid;
  column.default_sql = "nextval('" + quote_identifier(sequence->name) + "'::regclass)";
  column.not_null = true;
  context.overlay.put(catalog::SequencePtr(sequence));
  return {};
}

Result<std::string> default_text(DdlContext& context, const catalog::Table& table,
                                 const catalog::Column& column, const ast::Expr& expr) {
  BindOptions options = context.bind;
  options.allow_parameters = false;
  ExprPtr assigned =
      TRY(bind_table_expression(expr, table, TableExpressionKind::Default, context.overlay.current(), options,
                                &column.type, column.name));
  if (is_null_constant(*assigned)) {
    // As PostgreSQL keeps it: nothing, but where the type has modifiers, which NULL is then cast by.
    Type plain = column.type;
    plain.length = plain.precision = 0;
    bool has_modifiers = column.type.length != 0 || column.type.precision != 0;
    return has_modifiers ? "NULL::" + deparse_type(plain) : std::string();
  }
  // The cast to the column's type that nobody wrote comes back when the text is bound again.
  ExprPtr written = TRY(bind_table_expression(expr, table, TableExpressionKind::Default,
                                              context.overlay.current(), options, nullptr, column.name));
  bool is_literal = written->type.id == TypeId::Unknown;  // of the column's type, then
  std::string text = deparse_for_table(is_literal ? without_casts(*assigned) : *written, table);
  name_sequences(text, *context.overlay.current());
  return text;
}

Result<std::string> collation_name(const ast::QualifiedName& collation, const Type& type, bool points) {
  if (collation.empty()) return std::string();
  std::string_view schema = collation.schema();
  std::string name(collation.last());
  bool is_known = name == "C" || name == "POSIX" || name == "default";
  if (!is_known || (!schema.empty() && schema != "pg_catalog")) {
    return Error(sqlstate::feature_not_supported,
                 "collation \"" + name_text(collation) + "\" is not supported")
        .at(collation.position());
  }
  if (type_category(type.id) != TypeCategory::String) {
    return Error(sqlstate::datatype_mismatch,
                 "collations are not supported by type " + std::string(base_type_name(type.id)))
        .at(points ? collation.position() : kNoPosition);
  }
  return name == "default" ? std::string() : name;
}

Result<catalog::Column> make_column(DdlContext& context, catalog::Table& table, const ast::ColumnSpec& spec,
                                    std::vector<ConstraintSpec>& later) {
  catalog::Column column;
  column.name = spec.name.text;
  if (table.find_column(column.name) != nullptr) {
    return Error(sqlstate::duplicate_column, "column \"" + column.name + "\" specified more than once");
  }
  TRY(check_column_name(column.name));
  constexpr size_t kColumnsMax = 1600;
  if (table.columns.size() >= kColumnsMax)
    return Error(sqlstate::too_many_columns, "tables can have at most 1600 columns");
  std::optional<TypeId> serial = serial_type(*spec.type);
  column.type = serial ? Type(*serial) : TRY(resolve_type(*spec.type));
  if (column.type.id == TypeId::Unknown || type_category(column.type.id) == TypeCategory::Pseudo) {
    return Error(sqlstate::invalid_table_definition,
                 "column \"" + column.name + "\" has pseudo-type " + type_name(column.type));
  }
  column.collation = TRY(collation_name(spec.collation, column.type, true));
  auto number = static_cast<catalog::ColumnNumber>(table.columns.size());
  if (serial) TRY(own_sequence(context, table, number, column, nullptr));
  bool said_null = false, has_default = serial.has_value();
  Position last_null = kNoPosition;
  for (const ast::Constraint& constraint : spec.constraints) {
    auto repeated = [&](std::string_view what) {
      bool specified = what == "default values";
      return Error(sqlstate::syntax_error, "multiple " + std::string(what) + (specified ? " specified" : "") +
                                               " for column \"" + column.name + "\" of table \"" +
                                               table.name + "\"")
          .at(constraint.position);
    };
    auto both_given = [&]() {
      return Error(sqlstate::syntax_error, "both default and identity specified for column \"" + column.name +
                                               "\" of table \"" + table.name + "\"");
    };
    if (std::holds_alternative<ast::NotNull>(constraint.node) ||
        std::holds_alternative<ast::Nullable>(constraint.node)) {
      bool is_null = std::holds_alternative<ast::Nullable>(constraint.node);
      if (is_null ? column.not_null : said_null) {
        return Error(sqlstate::syntax_error, "conflicting NULL/NOT NULL declarations for column \"" +
                                                 column.name + "\" of table \"" + table.name + "\"")
            .at(constraint.position);
      }
      said_null |= is_null;
      column.not_null |= !is_null;
      last_null = constraint.position;
    } else if (const auto* given = std::get_if<ast::Default>(&constraint.node)) {
      if (column.identity != catalog::Identity::None) return both_given().at(constraint.position);
      if (has_default) return serial ? unplaced(repeated("default values")) : repeated("default values");
      has_default = true;
      column.default_sql = TRY(default_text(context, table, column, *given->expr));
    } else if (const auto* identity = std::get_if<ast::Identity>(&constraint.node)) {
      if (column.identity != catalog::Identity::None) return repeated("identity specifications");
      if (serial) return both_given();
      if (has_default) return both_given().at(constraint.position);
      if (said_null && !column.not_null) {
        return Error(sqlstate::syntax_error, "conflicting NULL/NOT NULL declarations for column \"" +
                                                 column.name + "\" of table \"" + table.name + "\"")
            .at(last_null);
      }
      if (column.type.id != TypeId::SmallInt && column.type.id != TypeId::Integer &&
          column.type.id != TypeId::BigInt) {
        return Error(sqlstate::invalid_parameter_value,
                     "identity column type must be smallint, integer, or bigint");
      }
      TRY(own_sequence(context, table, number, column, identity->options));
      column.identity = identity->is_always ? catalog::Identity::Always : catalog::Identity::ByDefault;
    } else if (std::holds_alternative<ast::Generated>(constraint.node)) {
      return Error(sqlstate::feature_not_supported, "generated columns are not supported")
          .at(constraint.position);
    } else {
      later.push_back({&constraint, {spec.name}, spec.name.text});
    }
  }
  return column;
}

}  // namespace rowan::ddl
