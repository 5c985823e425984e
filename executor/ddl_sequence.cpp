// executor/ddl_sequence.cpp: CREATE, ALTER and DROP SEQUENCE. A sequence's definition is in the catalog; what
// it has given out is not transactional and lives with the session services (api/).
#include <algorithm>
#include <limits>

#include "executor/ddl_support.h"
#include "types/try.h"

namespace rowan::ddl {
namespace {

int64_t type_minimum(TypeId type) {
  if (type == TypeId::SmallInt) return std::numeric_limits<int16_t>::min();
  if (type == TypeId::Integer) return std::numeric_limits<int32_t>::min();
  return std::numeric_limits<int64_t>::min();
}

int64_t type_maximum(TypeId type) {
  if (type == TypeId::SmallInt) return std::numeric_limits<int16_t>::max();
  if (type == TypeId::Integer) return std::numeric_limits<int32_t>::max();
  return std::numeric_limits<int64_t>::max();
}

Error invalid(std::string message) {
  return Error(sqlstate::invalid_parameter_value, std::move(message));
}

// Applies what was written; `is_new`: what was not is set to PostgreSQL's defaults.
Result<> apply_options(catalog::Sequence& sequence, const ast::SequenceOptions& options, bool is_new) {
  // A bound that the old type set goes with it; one that was chosen stays.
  bool had_type_minimum = sequence.minimum == type_minimum(sequence.type.id);
  bool had_type_maximum = sequence.maximum == type_maximum(sequence.type.id);
  if (options.type != nullptr) sequence.type = TRY(resolve_type(*options.type));
  TypeId type = sequence.type.id;
  if (type != TypeId::SmallInt && type != TypeId::Integer && type != TypeId::BigInt) {
    return invalid("sequence type must be smallint, integer, or bigint");
  }
  if (options.increment) sequence.increment = *options.increment;
  if (sequence.increment == 0) return invalid("INCREMENT must not be zero");
  bool ascending = sequence.increment > 0;
  if (options.maximum) {
    sequence.maximum = *options.maximum;
  } else if (is_new || options.no_maximum) {
    sequence.maximum = ascending ? type_maximum(type) : -1;
  } else if (options.type != nullptr && had_type_maximum) {
    sequence.maximum = type_maximum(type);
  }
  if (options.minimum) {
    sequence.minimum = *options.minimum;
  } else if (is_new || options.no_minimum) {
    sequence.minimum = ascending ? 1 : type_minimum(type);
  } else if (options.type != nullptr && had_type_minimum) {
    sequence.minimum = type_minimum(type);
  }
  auto number = [](int64_t value) { return std::to_string(value); };
  if (sequence.maximum > type_maximum(type)) {
    return invalid("MAXVALUE (" + number(sequence.maximum) + ") is out of range for sequence data type " +
                   type_name(type));
  }
  if (sequence.minimum < type_minimum(type)) {
    return invalid("MINVALUE (" + number(sequence.minimum) + ") is out of range for sequence data type " +
                   type_name(type));
  }
  if (sequence.minimum >= sequence.maximum) {
    return invalid("MINVALUE (" + number(sequence.minimum) + ") must be less than MAXVALUE (" +
                   number(sequence.maximum) + ")");
  }
  if (options.start) {
    sequence.start = *options.start;
  } else if (is_new) {
    sequence.start = ascending ? sequence.minimum : sequence.maximum;
  }
  if (sequence.start < sequence.minimum) {
    return invalid("START value (" + number(sequence.start) + ") cannot be less than MINVALUE (" +
                   number(sequence.minimum) + ")");
  }
  if (sequence.start > sequence.maximum) {
    return invalid("START value (" + number(sequence.start) + ") cannot be greater than MAXVALUE (" +
                   number(sequence.maximum) + ")");
  }
  if (options.cache) sequence.cache = *options.cache;
  if (sequence.cache <= 0) return invalid("CACHE (" + number(sequence.cache) + ") must be greater than zero");
  if (options.cycle) sequence.cycles = *options.cycle;
  return {};
}

// OWNED BY table.column: the sequence goes with the column.
Result<> apply_owner(DdlContext& context, catalog::Sequence& sequence, const ast::QualifiedName& owner) {
  if (owner.empty()) return {};
  if (catalog::TablePtr old = context.overlay.current()->table(sequence.owner_table)) {
    if (is_identity_sequence(*old, sequence)) {
      return Error(sqlstate::feature_not_supported, "cannot change ownership of identity sequence")
          .detail("Sequence \"" + sequence.name + "\" is linked to table \"" + old->name + "\".");
    }
  }
  if (owner.parts.size() == 1 && owner.last() == "none") {
    sequence.owner_table = 0;
    return {};
  }
  if (owner.parts.size() < 2) {
    return Error(sqlstate::syntax_error, "invalid OWNED BY option")
        .hint("Specify OWNED BY table.column or OWNED BY NONE.")
        .at(owner.position());
  }
  ast::QualifiedName table_name{owner.parts.first(owner.parts.size() - 1)};
  catalog::TablePtr table = TRY(lock_table(context, table_name, LockMode::ShareRowExclusive));
  sequence.owner_column = TRY(find_column(*table, owner.parts.back()));
  sequence.owner_table = table->oid;
  return {};
}

std::string sequence_reference(const std::string& name) {
  return "'" + quote_identifier(name) + "'::regclass";
}

}  // namespace

Result<std::shared_ptr<catalog::Sequence>> make_sequence(DdlContext& context, std::string name,
                                                         const ast::SequenceOptions* options, TypeId type) {
  auto sequence = std::make_shared<catalog::Sequence>();
  sequence->name = std::move(name);
  sequence->type = type;
  ast::SequenceOptions none;
  TRY(apply_options(*sequence, options != nullptr ? *options : none, true));
  sequence->oid = TRY(context.relations.new_oid());
  return sequence;
}

bool names_sequence(const std::string& default_sql, const std::string& name) {
  return default_sql.find(sequence_reference(name)) != std::string::npos;
}

void rename_sequence_in(std::string& default_sql, const std::string& from, const std::string& to) {
  bool is_oid =
      !from.empty() && std::all_of(from.begin(), from.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::string old = is_oid ? "'" + from + "'::regclass" : sequence_reference(from);
  std::string fresh = sequence_reference(to);
  for (size_t at = default_sql.find(old); at != std::string::npos;
       at = default_sql.find(old, at + fresh.size()))
    default_sql.replace(at, old.size(), fresh);
}

void name_sequences(std::string& default_sql, const catalog::CatalogVersion& catalog) {
  if (default_sql.find("'::regclass") == std::string::npos) return;
  for (const catalog::SequencePtr& sequence : catalog.sequences())
    rename_sequence_in(default_sql, std::to_string(sequence->oid), sequence->name);
}

Result<> restart_sequence(DdlContext& context, catalog::Sequence& sequence, int64_t value) {
  sequence.counter = TRY(context.relations.new_oid());
  return context.session.set_value(sequence, value, false);
}

Result<> drop_sequence(DdlContext& context, catalog::Oid oid) {
  TRY(lock_oid(context, oid, LockMode::AccessExclusive));
  context.overlay.drop(oid);
  return {};
}

Result<> create_sequence(DdlContext& context, const ast::CreateSequence& statement) {
  if (statement.persistence == ast::Persistence::Temporary) {
    return Error(sqlstate::feature_not_supported, "temporary sequences are not supported")
        .at(statement.name.position());
  }
  catalog::Oid schema = TRY(target_schema(statement.name));
  std::string name(statement.name.last());
  TRY(lock_name(context, name));
  if (!is_name_free(context, name)) {
    if (!statement.if_not_exists)
      return Error(sqlstate::duplicate_table, "relation \"" + name + "\" already exists");
    context.notice(Error(sqlstate::duplicate_table, "relation \"" + name + "\" already exists, skipping"));
    return {};
  }
  std::shared_ptr<catalog::Sequence> sequence =
      TRY(make_sequence(context, name, &statement.options, TypeId::BigInt));
  sequence->schema = schema;
  TRY(apply_owner(context, *sequence, statement.options.owned_by));
  context.overlay.put(catalog::SequencePtr(std::move(sequence)));
  return {};
}

Result<> alter_sequence(DdlContext& context, const ast::AlterSequence& statement) {
  catalog::RelationPtr found = TRY(lock_relation(
      context, statement.name, [](const catalog::RelationPtr& relation) -> std::optional<LockMode> {
        if (std::holds_alternative<catalog::SequencePtr>(relation)) return LockMode::ShareRowExclusive;
        return std::nullopt;
      }));
  const catalog::SequencePtr* old = std::get_if<catalog::SequencePtr>(&found);
  if (old == nullptr) {
    if (std::holds_alternative<std::monostate>(found)) {
      if (!statement.if_exists) return undefined_relation(context, statement.name);
      context.notice(Error(sqlstate::successful_completion,
                           "relation \"" + name_text(statement.name) + "\" does not exist, skipping"));
      return {};
    }
    return Error(sqlstate::wrong_object_type,
                 "\"" + std::string(statement.name.last()) + "\" is not a sequence");
  }
  auto changed = std::make_shared<catalog::Sequence>(**old);
  TRY(apply_options(*changed, statement.options, false));
  TRY(apply_owner(context, *changed, statement.options.owned_by));
  if (statement.options.is_restart) {
    int64_t value = statement.options.restart.value_or(changed->start);
    if (value < changed->minimum || value > changed->maximum) {
      return invalid("RESTART value (" + std::to_string(value) + ") cannot be " +
                     (value < changed->minimum
                          ? "less than MINVALUE (" + std::to_string(changed->minimum)
                          : "greater than MAXVALUE (" + std::to_string(changed->maximum)) +
                     ")");
    }
    TRY(restart_sequence(context, *changed, value));
  }
  context.overlay.put(catalog::SequencePtr(std::move(changed)));
  return {};
}

}  // namespace rowan::ddl
