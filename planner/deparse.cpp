#include "planner/deparse.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "planner/binder.h"
#include "types/function.h"

namespace rowan {

namespace {

bool deparse_is_operator(std::string_view name) {
  return !name.empty() && std::isalnum(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_';
}

bool deparse_is_cast(const Expr& expr) {
  const auto* call = std::get_if<expression::Call>(&expr.node);
  return call != nullptr && (call->function->name == "cast" || call->function->name == "assign") &&
         !expr.children.empty();
}

bool is_integer_type(TypeId id) {
  return id == TypeId::SmallInt || id == TypeId::Integer || id == TypeId::BigInt;
}

// PostgreSQL has operators across these types, so it casts nothing where our binder widens an operand.
bool is_silent_widening(TypeId from, TypeId to) {
  if (is_integer_type(from) && is_integer_type(to)) return true;
  if (from == TypeId::Real && to == TypeId::Double) return true;
  if (from == TypeId::Date) return to == TypeId::Timestamp || to == TypeId::TimestampTz;
  return from == TypeId::Timestamp && to == TypeId::TimestampTz;
}

std::string array_element(const Value& value, const EvalContext& eval) {
  if (value.is_null()) return "NULL";
  std::string text = format_value(value, eval);
  bool quotes = text.empty() || text == "NULL" || text == "null";
  for (char c : text)
    quotes = quotes || c == '{' || c == '}' || c == ',' || c == '"' || c == '\\' || c == ' ' ||
             (c >= 9 && c <= 13);
  if (!quotes) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// Functions without arguments that SQL writes as a word.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kWords{{
    {"current_date", "CURRENT_DATE"},
    {"current_time", "CURRENT_TIME"},
    {"current_timestamp", "CURRENT_TIMESTAMP"},
    {"localtime", "LOCALTIME"},
    {"localtimestamp", "LOCALTIMESTAMP"},
    {"current_user", "CURRENT_USER"},
    {"current_role", "CURRENT_ROLE"},
    {"session_user", "SESSION_USER"},
    {"user", "USER"},
    {"current_catalog", "CURRENT_CATALOG"},
    {"current_schema", "CURRENT_SCHEMA"},
}};

class Deparser {
 public:
  explicit Deparser(const DeparseContext& context) : context_(context) {}

  std::string take() { return std::move(out_); }

  // The whole of it. A cast that nobody wrote is said below functions and operators alone, as PostgreSQL
  // does.
  void print_root(const Expr& expr) {
    const auto* call = std::get_if<expression::Call>(&expr.node);
    bool is_unwritten = call != nullptr && call->function->name == "assign";
    print(is_unwritten ? *expr.children[0] : expr);
  }

  void print(const Expr& expr) {
    std::visit([&](const auto& node) { node_of(node, expr); }, expr.node);
  }

 private:
  // A child in parentheses of its own where the pretty form needs them; the plain form brings its own.
  void child_of(const Expr& child, const Expr& parent) {
    bool wrap = context_.pretty && !is_simple(child, parent);
    if (wrap) out_ += '(';
    print(child);
    if (wrap) out_ += ')';
  }
  void open() {
    if (!context_.pretty) out_ += '(';
  }
  void close() {
    if (!context_.pretty) out_ += ')';
  }

  static std::string_view operator_of(const Expr& expr) {
    const auto* call = std::get_if<expression::Call>(&expr.node);
    if (call == nullptr || !deparse_is_operator(call->function->name)) return {};
    return call->function->name;
  }

  static bool is_boolean_node(const Expr& expr) {
    return std::holds_alternative<expression::And>(expr.node) ||
           std::holds_alternative<expression::Or>(expr.node) ||
           std::holds_alternative<expression::Not>(expr.node);
  }

  // The parent encloses its children in brackets or commas of its own.
  static bool encloses(const Expr& parent) {
    if (std::holds_alternative<expression::Coalesce>(parent.node) ||
        std::holds_alternative<expression::MinMax>(parent.node) ||
        std::holds_alternative<expression::NullIf>(parent.node) ||
        std::holds_alternative<expression::Case>(parent.node))
      return true;
    const auto* call = std::get_if<expression::Call>(&parent.node);
    return call != nullptr && !deparse_is_operator(call->function->name) && !deparse_is_cast(parent);
  }

  // PostgreSQL's isSimpleNode: does `child` need no parentheses under `parent`?
  static bool is_simple(const Expr& child, const Expr& parent) {
    if (is_boolean_node(child)) {
      if (is_boolean_node(parent)) {
        bool under_and_or = !std::holds_alternative<expression::Not>(parent.node);
        if (std::holds_alternative<expression::Or>(child.node))
          return std::holds_alternative<expression::Or>(parent.node);
        return under_and_or;
      }
      return encloses(parent);
    }
    std::string_view op = operator_of(child);
    bool is_test = std::holds_alternative<expression::IsNull>(child.node) ||
                   std::holds_alternative<expression::IsTruth>(child.node) ||
                   std::holds_alternative<expression::IsUnknown>(child.node) ||
                   std::holds_alternative<expression::IsDistinct>(child.node);
    if (!op.empty()) {
      std::string_view outer = operator_of(parent);
      if (!outer.empty()) return operator_nests(child, op, parent, outer);
      is_test = true;
    }
    if (is_test) return is_boolean_node(parent) || encloses(parent);
    if (std::holds_alternative<expression::InList>(child.node)) return false;
    return true;
  }

  static bool operator_nests(const Expr& child, std::string_view op, const Expr& parent,
                             std::string_view outer) {
    if (child.children.size() != 2 || parent.children.size() != 2 || op.size() != 1 || outer.size() != 1)
      return false;
    auto rank = [](char c) { return c == '+' || c == '-' ? 1 : c == '*' || c == '/' || c == '%' ? 2 : 0; };
    int inner_rank = rank(op[0]), outer_rank = rank(outer[0]);
    if (inner_rank == 0 || outer_rank == 0) return false;
    if (inner_rank != outer_rank) return inner_rank > outer_rank;
    return parent.children[0].get() == &child;
  }

  void node_of(const expression::Constant& node, const Expr& expr) { constant(node.value, expr.type); }
  void node_of(const expression::ColumnRef& node, const Expr&) {
    out_ += context_.column ? context_.column(node) : quote_identifier(node.name);
  }
  void node_of(const expression::InputRef& node, const Expr& expr) {
    std::string name = context_.input ? context_.input(node.index) : "$" + std::to_string(node.index);
    if (expr.type.id == TypeId::Text && is_varchar(expr))
      name = context_.pretty ? name + "::text" : "(" + name + ")::text";
    out_ += name;
  }
  void node_of(const expression::Parameter& node, const Expr&) {
    out_ += "$" + std::to_string(node.index + 1);
  }
  void node_of(const expression::RuntimeSlot& node, const Expr&) {
    out_ += context_.slot ? context_.slot(node.slot) : "$" + std::to_string(node.slot);
  }

  void node_of(const expression::Call& node, const Expr& expr) {
    std::string_view name = node.function->name;
    if (deparse_is_cast(expr)) return cast(expr);
    if (deparse_is_operator(name)) return operation(name, expr);
    if (expr.children.empty()) {
      for (const auto& [function, word] : kWords)
        if (function == name) {
          out_ += word;
          return;
        }
    }
    if (syntax_call(name, expr)) return;
    out_ += quote_identifier(name) + "(";
    for (size_t i = 0; i < expr.children.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (!relabelled(*expr.children[i], argument_type(*node.function, i))) print(*expr.children[i]);
    }
    out_ += ')';
  }

  // Is it a VARCHAR in truth, though read as TEXT?
  bool is_varchar(const Expr& expr) const {
    if (expr.type.id == TypeId::VarChar) return true;
    const auto* input = std::get_if<expression::InputRef>(&expr.node);
    return input != nullptr && context_.input_type && context_.input_type(input->index).id == TypeId::VarChar;
  }
  static TypeId argument_type(const Function& function, size_t i) {
    if (function.arguments.empty()) return TypeId::Unknown;
    return function.arguments[std::min(i, function.arguments.size() - 1)];
  }
  // A VARCHAR where the function takes TEXT: the binder leaves it as it is, PostgreSQL shows the cast.
  bool relabelled(const Expr& child, TypeId declared) {
    if (declared != TypeId::Text || child.type.id != TypeId::VarChar) return false;
    if (std::holds_alternative<expression::Constant>(child.node)) return false;
    bool wrap = !context_.pretty || std::holds_alternative<expression::And>(child.node);
    if (wrap) out_ += '(';
    print(child);
    out_ += wrap ? ")::text" : "::text";
    return true;
  }

  // Functions that SQL spells with words among their arguments.
  bool syntax_call(std::string_view name, const Expr& expr) {
    const auto& arguments = expr.children;
    if (name == "extract" && arguments.size() == 2) {
      out_ += "EXTRACT(";
      const auto* field = std::get_if<expression::Constant>(&arguments[0]->node);
      if (field != nullptr && !field->value.is_null())
        out_ += field->value.as_bytes();
      else
        print(*arguments[0]);
      out_ += " FROM ";
      print(*arguments[1]);
      out_ += ')';
      return true;
    }
    if (name == "position" && arguments.size() == 2) {  // position(text, part): the part comes first in SQL
      out_ += "POSITION((";
      print(*arguments[1]);
      out_ += ") IN (";
      print(*arguments[0]);
      out_ += "))";
      return true;
    }
    if (name == "timezone" && arguments.size() == 2) {
      out_ += '(';
      child_of(*arguments[1], expr);
      out_ += " AT TIME ZONE ";
      child_of(*arguments[0], expr);
      out_ += ')';
      return true;
    }
    return false;
  }

  static bool is_word_to(const Expr& operand, const Type& type) {
    const auto* call = std::get_if<expression::Call>(&operand.node);
    if (call == nullptr || operand.type.id != type.id || type.precision == 0) return false;
    std::string_view name = call->function->name;
    return name == "current_timestamp" || name == "localtimestamp" || name == "localtime";
  }

  void cast(const Expr& expr) {
    const Expr& operand = *expr.children[0];
    const auto* constant_operand = std::get_if<expression::Constant>(&operand.node);
    if (constant_operand != nullptr && operand.type == expr.type) return print(operand);
    if (is_word_to(operand, expr.type)) {  // CURRENT_TIMESTAMP(3)
      print(operand);
      out_ += "(" + std::to_string(expr.type.precision - 1) + ")";
      return;
    }
    // NUMERIC of another NUMERIC is what the binder knows of its digits, and nothing that was written.
    bool is_numeric = operand.type.id == TypeId::Numeric && expr.type.id == TypeId::Numeric;
    if (is_numeric && (expr.type.precision == 0 || !expr.type.is_declared)) return print(operand);
    // A constant under modifiers is said with one type, not with two.
    if (constant_operand != nullptr && operand.type.id == expr.type.id &&
        !constant_operand->value.is_null() && operand.type.length == 0) {
      literal(constant_operand->value, operand.type);
      out_ += "::" + deparse_type(expr.type);
      return;
    }
    // In the pretty form only what is a name or a call on its own goes without parentheses.
    bool wrap = !context_.pretty || !is_simple(operand, expr);
    if (wrap) out_ += '(';
    print(operand);
    if (wrap) out_ += ')';
    out_ += "::" + deparse_type(expr.type);
  }

  void operation(std::string_view name, const Expr& expr) {
    open();
    if (expr.children.size() == 1) {
      out_ += name;
      out_ += ' ';
      operand(*expr.children[0], expr);
    } else {
      const Function& function = *std::get<expression::Call>(expr.node).function;
      if (!relabelled(*expr.children[0], argument_type(function, 0))) operand(*expr.children[0], expr);
      out_ += ' ';
      out_ += name;
      out_ += ' ';
      if (!relabelled(*expr.children[1], argument_type(function, 1))) operand(*expr.children[1], expr);
    }
    close();
  }

  // An operator's argument, without the widening that PostgreSQL does not need.
  void operand(const Expr& expr, const Expr& parent) {
    const Expr* shown = &expr;
    if (deparse_is_cast(expr) && is_silent_widening(expr.children[0]->type.id, expr.type.id))
      shown = expr.children[0].get();
    const auto* value = std::get_if<expression::Constant>(&shown->node);
    if (value != nullptr && !value->value.is_null() && is_integer_type(shown->type.id)) {
      int64_t number = value->value.as_int();
      if (number >= INT32_MIN && number <= INT32_MAX)
        return constant(Value::integer(static_cast<int32_t>(number)), Type(TypeId::Integer));
    }
    child_of(*shown, parent);
  }

  void node_of(const expression::And&, const Expr& expr) { junction(" AND ", expr); }
  void node_of(const expression::Or&, const Expr& expr) { junction(" OR ", expr); }
  void junction(std::string_view word, const Expr& expr) {
    open();
    for (size_t i = 0; i < expr.children.size(); ++i) {
      if (i > 0) out_ += word;
      child_of(*expr.children[i], expr);
    }
    close();
  }
  void node_of(const expression::Not&, const Expr& expr) {
    open();
    out_ += "NOT ";
    child_of(*expr.children[0], expr);
    close();
  }

  void node_of(const expression::IsNull& node, const Expr& expr) {
    test(node.negated ? "IS NOT NULL" : "IS NULL", expr);
  }
  void node_of(const expression::IsTruth& node, const Expr& expr) {
    test(node.value ? (node.negated ? "IS NOT TRUE" : "IS TRUE")
                    : (node.negated ? "IS NOT FALSE" : "IS FALSE"),
         expr);
  }
  void node_of(const expression::IsUnknown& node, const Expr& expr) {
    test(node.negated ? "IS NOT UNKNOWN" : "IS UNKNOWN", expr);
  }
  void test(std::string_view words, const Expr& expr) {
    open();
    child_of(*expr.children[0], expr);
    out_ += ' ';
    out_ += words;
    close();
  }

  void node_of(const expression::IsDistinct& node, const Expr& expr) {
    if (node.negated) {
      open();
      out_ += "NOT ";
    }
    open();
    TypeId taken = node.equals != nullptr ? argument_type(*node.equals, 0) : TypeId::Unknown;
    if (!relabelled(*expr.children[0], taken)) operand(*expr.children[0], expr);
    out_ += " IS DISTINCT FROM ";
    if (!relabelled(*expr.children[1], taken)) operand(*expr.children[1], expr);
    close();
    if (node.negated) close();
  }

  void node_of(const expression::Case& node, const Expr& expr) {
    size_t next = 0, end = expr.children.size() - (node.has_else ? 1 : 0);
    word("CASE");
    if (node.has_operand) {
      out_ += ' ';
      print(*expr.children[next++]);
    }
    ++indent_;
    while (next + 2 <= end) {
      word("WHEN ");
      when(node, *expr.children[next]);
      out_ += " THEN ";
      print(*expr.children[next + 1]);
      next += 2;
    }
    word("ELSE ");
    if (node.has_else)
      print(*expr.children.back());
    else
      out_ += "NULL::" + deparse_type(expr.type);
    --indent_;
    word("END");
  }
  // `CASE x WHEN 1` holds `(operand = 1)`: the operand is not said again.
  void when(const expression::Case& node, const Expr& condition) {
    const auto* call = std::get_if<expression::Call>(&condition.node);
    if (node.has_operand && call != nullptr && call->function->name == "=" &&
        condition.children.size() == 2 && mentions_operand(*condition.children[0], node.id))
      return operand(*condition.children[1], condition);
    print(condition);
  }
  static bool mentions_operand(const Expr& expr, uint32_t id) {
    if (const auto* reference = std::get_if<expression::CaseOperand>(&expr.node))
      return reference->case_id == id;
    return deparse_is_cast(expr) && mentions_operand(*expr.children[0], id);
  }
  // Words of CASE go on lines of their own in catalog texts.
  void word(std::string_view text) {
    if (context_.lines) {
      while (!out_.empty() && out_.back() == ' ') out_.pop_back();
      out_ += '\n';
      out_.append(static_cast<size_t>(4 * indent_), ' ');
    } else if (text != "CASE") {
      out_ += ' ';
    }
    out_ += text;
  }
  void node_of(const expression::CaseOperand&, const Expr&) { out_ += "CASE_TEST_EXPR"; }

  void node_of(const expression::Coalesce&, const Expr& expr) {
    word_call("COALESCE(", expr, expr.children.size());
  }
  void node_of(const expression::NullIf&, const Expr& expr) { word_call("NULLIF(", expr, 2); }
  void node_of(const expression::MinMax& node, const Expr& expr) {
    word_call(node.greatest ? "GREATEST(" : "LEAST(", expr, expr.children.size());
  }
  void word_call(std::string_view head, const Expr& expr, size_t count) {
    out_ += head;
    list(expr, 0, count);
    out_ += ')';
  }
  void list(const Expr& expr, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      if (i > from) out_ += ", ";
      print(*expr.children[i]);
    }
  }

  void node_of(const expression::InList& node, const Expr& expr) {
    open();
    TypeId taken = node.equals != nullptr ? argument_type(*node.equals, 0) : TypeId::Unknown;
    if (!relabelled(*expr.children[0], taken)) operand(*expr.children[0], expr);
    out_ += node.negated ? " <> ALL (" : " = ANY (";
    Type element = expr.children.size() > 1 ? expr.children[1]->type : expr.children[0]->type;
    if (element.id == TypeId::SmallInt) element = TypeId::Integer;
    if (element.id == TypeId::VarChar) element = TypeId::Text;
    element.length = 0;
    element.is_declared = element.id != TypeId::Numeric;
    bool constants = std::all_of(expr.children.begin() + 1, expr.children.end(), [](const ExprPtr& item) {
      return std::holds_alternative<expression::Constant>(item->node);
    });
    if (constants && !context_.lines) {  // a plan has its arrays folded, a definition has them as written
      std::string items;
      for (size_t i = 1; i < expr.children.size(); ++i) {
        if (i > 1) items += ',';
        items += array_element(std::get<expression::Constant>(expr.children[i]->node).value, eval_);
      }
      out_ += quote_literal("{" + items + "}") + "::" + deparse_type(element) + "[]";
    } else if (constants && (is_varchar(*expr.children[0]) ||
                             (deparse_is_cast(*expr.children[0]) &&
                              expr.children[0]->children[0]->type.id == TypeId::VarChar))) {
      out_ += context_.pretty ? "ARRAY[" : "(ARRAY[";
      for (size_t i = 1; i < expr.children.size(); ++i) {
        if (i > 1) out_ += ", ";
        constant(std::get<expression::Constant>(expr.children[i]->node).value, Type(TypeId::VarChar));
      }
      out_ += context_.pretty ? "]::text[]" : "])::text[]";
    } else {
      out_ += "ARRAY[";
      for (size_t i = 1; i < expr.children.size(); ++i) {
        if (i > 1) out_ += ", ";
        if (element.id == TypeId::Integer && constants)
          operand(*expr.children[i], expr);
        else
          print(*expr.children[i]);
      }
      out_ += ']';
    }
    out_ += ')';
    close();
  }

  void node_of(const expression::Subquery&, const Expr& expr) {
    out_ += context_.subquery ? context_.subquery(expr) : "(SubPlan)";
  }

  void constant(const Value& value, const Type& type) {
    std::string label = "::" + deparse_type(type);
    if (value.is_null()) {
      out_ += "NULL" + label;
      return;
    }
    bool says_type = literal(value, type);
    bool has_typmod = type.id == TypeId::Numeric && type.precision > 0 && type.is_declared;
    if ((!says_type || has_typmod) && type.id != TypeId::Unknown) out_ += label;
  }
  // A value, not NULL, without its type: is it read back as that type?
  bool literal(const Value& value, const Type& type) {
    if (type.id == TypeId::Boolean) {
      out_ += value.as_bool() ? "true" : "false";
      return true;
    }
    std::string text = format_value(value, eval_);
    bool is_number = (type.id == TypeId::Integer && text[0] != '-') ||
                     (type.id == TypeId::Numeric && std::isdigit(static_cast<unsigned char>(text[0])) != 0 &&
                      text.find_first_of("eE.") != std::string::npos);
    out_ += is_number ? text : quote_literal(text);
    return is_number;
  }

  const DeparseContext& context_;
  EvalContext eval_;
  std::string out_;
  int indent_ = 0;
};

std::string column_list(const catalog::Table& table, const std::vector<catalog::ColumnNumber>& columns) {
  std::string list;
  for (catalog::ColumnNumber column : columns) {
    if (!list.empty()) list += ", ";
    list += quote_identifier(table.columns[column].name);
  }
  return list;
}

// A name and one pair of parentheses to the end: "lower(a)", not "lower(a) || upper(b)" or "a = ANY (…)".
bool is_written_call(std::string_view text) {
  size_t at = text.find('(');
  auto is_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '"';
  };
  if (at == 0 || at == text.npos || !std::all_of(text.begin(), text.begin() + at, is_of_name)) return false;
  int depth = 0;
  bool is_quoted = false;
  for (; at < text.size(); ++at) {
    is_quoted ^= text[at] == '\'';
    if (is_quoted) continue;
    depth += (text[at] == '(') - (text[at] == ')');
    if (depth == 0) break;
  }
  return at + 1 == text.size();
}

std::string_view action_words(catalog::ForeignKeyAction action) {
  switch (action) {
    case catalog::ForeignKeyAction::NoAction:
      return "";
    case catalog::ForeignKeyAction::Restrict:
      return "RESTRICT";
    case catalog::ForeignKeyAction::Cascade:
      return "CASCADE";
    case catalog::ForeignKeyAction::SetNull:
      return "SET NULL";
    case catalog::ForeignKeyAction::SetDefault:
      return "SET DEFAULT";
  }
  return "";
}

}  // namespace

std::string deparse(const Expr& expr, const DeparseContext& context) {
  Deparser deparser(context);
  deparser.print_root(expr);
  return deparser.take();
}

std::string deparse_for_table(const Expr& expr, const catalog::Table& table, bool pretty) {
  DeparseContext context;
  context.pretty = pretty;
  context.lines = true;
  context.input = [&table](uint32_t index) {
    return index < table.columns.size() ? quote_identifier(table.columns[index].name)
                                        : std::string("?column?");
  };
  context.input_type = [&table](uint32_t index) {
    return index < table.columns.size() ? table.columns[index].type : Type();
  };
  return deparse(expr, context);
}

std::string quote_literal(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string deparse_type(const Type& type) {
  if (type.id == TypeId::Char && type.length == 0) return "bpchar";
  return type_name(type);
}

std::string index_key_definition(const catalog::Table& table, const catalog::Index& index, size_t key) {
  if (key >= index.keys.size()) {
    size_t included = key - index.keys.size();
    if (included >= index.include.size()) return "";
    return quote_identifier(table.columns[index.include[included]].name);
  }
  const catalog::IndexKey& part = index.keys[key];
  if (part.column) return quote_identifier(table.columns[*part.column].name);
  // Only a plain call goes without parentheses of its own.
  const std::string& text = part.expression_sql;
  return is_written_call(text) ? text : "(" + text + ")";
}

std::string index_definition(const catalog::Table& table, const catalog::Index& index, bool with_schema) {
  std::string text = index.is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  text += quote_identifier(index.name) + " ON ";
  if (with_schema) text += table.schema == catalog::kPgCatalogSchema ? "pg_catalog." : "public.";
  text += quote_identifier(table.name) +
          (index.method == catalog::IndexMethod::Hash ? " USING hash (" : " USING btree (");
  for (size_t i = 0; i < index.keys.size(); ++i) {
    const catalog::IndexKey& key = index.keys[i];
    if (i > 0) text += ", ";
    text += index_key_definition(table, index, i);
    if (!key.collation.empty()) text += " COLLATE " + quote_identifier(key.collation);
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  text += ")";
  if (!index.include.empty()) text += " INCLUDE (" + column_list(table, index.include) + ")";
  if (!index.predicate_sql.empty()) text += " WHERE " + index.predicate_sql;
  return text;
}

catalog::Index pretty_index(const catalog::CatalogPtr& catalog, const catalog::Table& table,
                            const catalog::Index& index) {
  catalog::Index pretty = index;
  auto make_pretty = [&](std::string& sql, TableExpressionKind kind) {
    if (sql.empty()) return;
    Result<ExprPtr> bound = bind_stored_expression(sql, table, kind, catalog, BindOptions{});
    if (bound.ok()) sql = deparse_for_table(**bound, table, true);
  };
  for (catalog::IndexKey& key : pretty.keys) make_pretty(key.expression_sql, TableExpressionKind::IndexKey);
  make_pretty(pretty.predicate_sql, TableExpressionKind::IndexPredicate);
  return pretty;
}

namespace {

// What stands behind a constraint of any kind.
std::string with_marks(std::string text, const catalog::Constraint& constraint) {
  if (constraint.is_no_inherit) text += " NO INHERIT";
  if (!constraint.is_valid) text += " NOT VALID";
  return text;
}

}  // namespace

std::string constraint_definition(const catalog::CatalogVersion& catalog,
                                  const catalog::Constraint& constraint) {
  catalog::TablePtr table = catalog.table(constraint.table);
  if (table == nullptr) return "";
  switch (constraint.kind) {
    case catalog::ConstraintKind::Check:
      return with_marks("CHECK (" + constraint.check_sql + ")", constraint);
    case catalog::ConstraintKind::PrimaryKey:
    case catalog::ConstraintKind::Unique: {
      std::string text =
          constraint.kind == catalog::ConstraintKind::PrimaryKey ? "PRIMARY KEY (" : "UNIQUE (";
      text += column_list(*table, constraint.columns) + ")";
      catalog::IndexPtr index = catalog.index(constraint.index);
      if (index != nullptr && !index->include.empty())
        text += " INCLUDE (" + column_list(*table, index->include) + ")";
      return text;
    }
    case catalog::ConstraintKind::ForeignKey: {
      catalog::TablePtr parent = catalog.table(constraint.parent);
      std::string text = "FOREIGN KEY (" + column_list(*table, constraint.columns) + ") REFERENCES ";
      if (parent != nullptr)
        text += quote_identifier(parent->name) + "(" + column_list(*parent, constraint.parent_columns) + ")";
      if (constraint.match == catalog::ForeignKeyMatch::Full) text += " MATCH FULL";
      if (auto words = action_words(constraint.on_update); !words.empty())
        text += " ON UPDATE " + std::string(words);
      if (auto words = action_words(constraint.on_delete); !words.empty()) {
        text += " ON DELETE " + std::string(words);
        if (!constraint.set_columns.empty()) text += " (" + column_list(*table, constraint.set_columns) + ")";
      }
      return with_marks(std::move(text), constraint);
    }
  }
  return "";
}

std::string constraint_definition(const catalog::CatalogPtr& catalog, const catalog::Constraint& constraint,
                                  bool pretty) {
  catalog::TablePtr table = catalog->table(constraint.table);
  if (pretty && table != nullptr && constraint.kind == catalog::ConstraintKind::Check) {
    Result<ExprPtr> bound = bind_stored_expression(constraint.check_sql, *table, TableExpressionKind::Check,
                                                   catalog, BindOptions{});
    if (bound.ok()) return with_marks("CHECK (" + deparse_for_table(**bound, *table, true) + ")", constraint);
  }
  return constraint_definition(*catalog, constraint);
}

}  // namespace rowan
