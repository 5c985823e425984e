// Logical plans as text, for tests and for a person in doubt.
#include <fmt/format.h>

#include "planner/logical.h"

namespace rowan {

namespace {

std::string column_text(const LogicalColumn& column) {
  return fmt::format("{}#{}", column.name, column.id);
}

std::string dump_list(const std::vector<ExprPtr>& list) {
  std::string text;
  for (const ExprPtr& expr : list) text += (text.empty() ? "" : ", ") + dump(*expr);
  return text;
}

std::string dump_keys(const std::vector<logical::SortKey>& keys) {
  std::string text;
  for (const logical::SortKey& key : keys) {
    if (!text.empty()) text += ", ";
    text += dump(*key.key);
    if (key.descending) text += " desc";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " nulls first" : " nulls last";
  }
  return text;
}

std::string join_name(logical::Join::Kind kind) {
  using Kind = logical::Join::Kind;
  switch (kind) {
    case Kind::Inner:
      return "Inner";
    case Kind::Left:
      return "Left";
    case Kind::Right:
      return "Right";
    case Kind::Full:
      return "Full";
    case Kind::Semi:
      return "Semi";
    case Kind::Anti:
      return "Anti";
    case Kind::NullAwareAnti:
      return "NullAwareAnti";
  }
  return "";
}

std::string dump_assignments(const std::vector<std::pair<uint16_t, ExprPtr>>& list) {
  std::string text;
  for (const auto& [column, value] : list)
    text += fmt::format("{}{} := {}", text.empty() ? "" : ", ", column, dump(*value));
  return text;
}

struct StepText {
  std::string operator()(const logical::OneRow&) const { return "OneRow"; }
  std::string operator()(const logical::Empty&) const { return "Empty"; }
  std::string operator()(const logical::Get& n) const {
    return n.alias == n.table->name ? fmt::format("Get {}", n.table->name)
                                    : fmt::format("Get {} {}", n.table->name, n.alias);
  }
  std::string operator()(const logical::SystemGet& n) const { return "SystemGet " + n.view; }
  std::string operator()(const logical::ValuesList& n) const {
    std::string text = "Values";
    for (const auto& row : n.rows) text += " (" + dump_list(row) + ")";
    return text;
  }
  std::string operator()(const logical::FunctionGet& n) const {
    return fmt::format("Function {}({}){}", n.function, dump_list(n.arguments),
                       n.with_ordinality ? " with ordinality" : "");
  }
  std::string operator()(const logical::CteRef& n) const {
    return fmt::format("CteRef {} {}", n.cte, n.name);
  }
  std::string operator()(const logical::WorkTable& n) const {
    return fmt::format("WorkTable {}", n.work_table);
  }
  std::string operator()(const logical::Filter& n) const { return "Filter " + dump(*n.condition); }
  std::string operator()(const logical::Project& n) const { return "Project " + dump_list(n.expressions); }
  std::string operator()(const logical::Aggregate& n) const {
    std::string text = "Aggregate [" + dump_list(n.keys) + "]";
    for (const logical::AggregateCall& call : n.calls) {
      text += fmt::format(" {}({}{}", call.aggregate->name, call.distinct ? "distinct " : "",
                          call.aggregate->arguments.empty() ? "*" : dump_list(call.arguments));
      if (!call.order.empty()) text += " order by " + dump_keys(call.order);
      text += ")";
      if (call.filter != nullptr) text += " filter " + dump(*call.filter);
    }
    return text;
  }
  std::string operator()(const logical::Window& n) const {
    std::string text = fmt::format("Window [{}] order [{}]", dump_list(n.partition), dump_keys(n.order));
    for (const logical::WindowCall& call : n.calls)
      text += fmt::format(" {}({})", call.aggregate != nullptr ? call.aggregate->name : call.function,
                          dump_list(call.arguments));
    return text;
  }
  std::string operator()(const logical::Sort& n) const { return "Sort " + dump_keys(n.keys); }
  std::string operator()(const logical::Limit& n) const {
    return fmt::format("Limit {} offset {}{}", n.count == nullptr ? "all" : dump(*n.count),
                       n.offset == nullptr ? "0" : dump(*n.offset), n.with_ties ? " with ties" : "");
  }
  std::string operator()(const logical::Distinct& n) const {
    std::string text = "Distinct";
    if (n.is_on) text += " on";
    for (ColumnId id : n.on) text += fmt::format(" #{}", id);
    return text;
  }
  std::string operator()(const logical::LockRows& n) const {
    std::string text = "LockRows";
    for (const auto& target : n.targets) text += fmt::format(" {}#{}", target.table->name, target.row_id);
    return text;
  }
  std::string operator()(const logical::Join& n) const {
    return fmt::format("Join {}{}{}", join_name(n.kind), n.is_lateral ? " lateral" : "",
                       n.condition == nullptr ? "" : " " + dump(*n.condition));
  }
  std::string operator()(const logical::SetOperation& n) const {
    using Kind = logical::SetOperation::Kind;
    std::string text = n.kind == Kind::Union ? "Union" : n.kind == Kind::Intersect ? "Intersect" : "Except";
    return text + (n.all ? " all" : "");
  }
  std::string operator()(const logical::Recursive& n) const {
    return fmt::format("Recursive {}{}", n.work_table, n.distinct ? " distinct" : "");
  }
  std::string operator()(const logical::Insert& n) const {
    std::string text = "Insert " + n.table->name + " (";
    for (size_t i = 0; i < n.columns.size(); ++i)
      text += fmt::format("{}{}", i == 0 ? "" : " ", n.columns[i]);
    text += ")";
    if (n.on_conflict) {
      text += n.on_conflict->do_nothing ? " do nothing"
                                        : " do update " + dump_assignments(n.on_conflict->assignments);
      if (n.on_conflict->where != nullptr) text += " where " + dump(*n.on_conflict->where);
    }
    if (!n.returning.empty()) text += " returning " + dump_list(n.returning);
    return text;
  }
  std::string operator()(const logical::Update& n) const {
    return fmt::format("Update {} by #{} {}{}", n.table->name, n.row_id, dump_assignments(n.assignments),
                       n.returning.empty() ? "" : " returning " + dump_list(n.returning));
  }
  std::string operator()(const logical::Delete& n) const {
    return fmt::format("Delete {} by #{}{}", n.table->name, n.row_id,
                       n.returning.empty() ? "" : " returning " + dump_list(n.returning));
  }
  std::string operator()(const logical::Merge& n) const {
    std::string text = fmt::format("Merge {} by #{} on {}", n.table->name, n.row_id, dump(*n.on));
    for (const logical::MergeClause& clause : n.clauses) {
      constexpr std::string_view kActions[] = {"nothing", "insert", "update", "delete"};
      text += clause.is_matched ? " matched" : " not matched";
      if (clause.condition != nullptr) text += " and " + dump(*clause.condition);
      text += fmt::format(" then {}", kActions[static_cast<size_t>(clause.action)]);
      if (!clause.values.empty()) text += " " + dump_assignments(clause.values);
    }
    return text;
  }
};

void dump_node(const LogicalPlan& plan, size_t depth, std::string& text) {
  text.append(depth * 2, ' ');
  text += std::visit(StepText{}, plan.node);
  text += " ->";
  for (const LogicalColumn& column : plan.output) text += " " + column_text(column);
  text += '\n';
  for (const LogicalPtr& input : plan.inputs) dump_node(*input, depth + 1, text);
}

std::string constant_text(const Value& value) {
  if (value.is_null()) return "null";
  std::string text = format_value(value, EvalContext{});
  TypeId id = value.type().id;
  bool bare = id == TypeId::Integer || id == TypeId::Boolean || id == TypeId::Numeric;
  return bare ? text : fmt::format("'{}'::{}", text, base_type_name(id));
}

struct ExprText {
  const Expr& expr;

  std::string child(size_t i) const { return dump(*expr.children[i]); }
  std::string joined(std::string_view separator) const {
    std::string text;
    for (const ExprPtr& one : expr.children) {
      if (!text.empty()) text += separator;
      text += dump(*one);
    }
    return text;
  }
  std::string operator()(const expression::Constant& n) const { return constant_text(n.value); }
  std::string operator()(const expression::ColumnRef& n) const {
    return fmt::format("{}#{}", n.name, n.column);
  }
  std::string operator()(const expression::InputRef& n) const { return fmt::format("@{}", n.index); }
  std::string operator()(const expression::Parameter& n) const { return fmt::format("${}", n.index + 1); }
  std::string operator()(const expression::RuntimeSlot& n) const { return fmt::format("slot{}", n.slot); }
  std::string operator()(const expression::Call& n) const {
    std::string name(n.function->name);
    if (name == "cast" || name == "assign") return fmt::format("{}::{}", child(0), type_name(expr.type));
    bool is_word = (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
    if (is_word) return fmt::format("{}({})", name, joined(", "));
    if (expr.children.size() == 1) return fmt::format("({} {})", name, child(0));
    return fmt::format("({})", joined(" " + name + " "));
  }
  std::string operator()(const expression::And&) const { return "(" + joined(" and ") + ")"; }
  std::string operator()(const expression::Or&) const { return "(" + joined(" or ") + ")"; }
  std::string operator()(const expression::Not&) const { return "(not " + child(0) + ")"; }
  std::string operator()(const expression::IsNull& n) const {
    return fmt::format("({} is {}null)", child(0), n.negated ? "not " : "");
  }
  std::string operator()(const expression::IsTruth& n) const {
    return fmt::format("({} is {}{})", child(0), n.negated ? "not " : "", n.value);
  }
  std::string operator()(const expression::IsUnknown& n) const {
    return fmt::format("({} is {}unknown)", child(0), n.negated ? "not " : "");
  }
  std::string operator()(const expression::IsDistinct& n) const {
    return fmt::format("({} is {}distinct from {})", child(0), n.negated ? "not " : "", child(1));
  }
  std::string operator()(const expression::Case&) const { return "case(" + joined(", ") + ")"; }
  std::string operator()(const expression::CaseOperand&) const { return "case_operand"; }
  std::string operator()(const expression::Coalesce&) const { return "coalesce(" + joined(", ") + ")"; }
  std::string operator()(const expression::NullIf&) const {
    return fmt::format("nullif({}, {})", child(0), child(1));
  }
  std::string operator()(const expression::MinMax& n) const {
    return fmt::format("{}({})", n.greatest ? "greatest" : "least", joined(", "));
  }
  std::string operator()(const expression::InList& n) const {
    std::string text = child(0) + (n.negated ? " not in (" : " in (");
    for (size_t i = 1; i < expr.children.size(); ++i) text += (i == 1 ? "" : ", ") + child(i);
    return text + ")";
  }
  std::string operator()(const expression::Subquery& n) const {
    using Kind = expression::SubqueryKind;
    switch (n.kind) {
      case Kind::Exists:
        return fmt::format("exists(subquery {})", n.subquery);
      case Kind::Scalar:
        return fmt::format("(subquery {})", n.subquery);
      case Kind::Any:
        return fmt::format("({}) {} any(subquery {})", joined(", "), n.compare_name, n.subquery);
      case Kind::All:
        return fmt::format("({}) {} all(subquery {})", joined(", "), n.compare_name, n.subquery);
    }
    return "";
  }
};

}  // namespace

std::string dump(const Expr& expr) {
  return std::visit(ExprText{expr}, expr.node);
}

std::string dump(const LogicalPlan& plan) {
  std::string text;
  dump_node(plan, 0, text);
  return text;
}

std::string dump(const BoundStatement& statement) {
  std::string text = dump(*statement.root);
  for (size_t i = 0; i < statement.subqueries.size(); ++i) {
    if (statement.subqueries[i].plan == nullptr) continue;
    text += fmt::format("subquery {}", i);
    for (ColumnId id : statement.subqueries[i].correlated) text += fmt::format(" #{}", id);
    text += '\n';
    dump_node(*statement.subqueries[i].plan, 1, text);
  }
  for (size_t i = 0; i < statement.ctes.size(); ++i) {
    if (statement.ctes[i].plan == nullptr) continue;
    text += fmt::format("cte {} {}\n", i, statement.ctes[i].name);
    dump_node(*statement.ctes[i].plan, 1, text);
  }
  return text;
}

}  // namespace rowan
