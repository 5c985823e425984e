#include "planner/selectivity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "types/function.h"

namespace rowan {

namespace {

double clamp_share(double share) {
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

const expression::ColumnRef* column_of(const Expr& expr) {
  return std::get_if<expression::ColumnRef>(&without_widening(expr).node);
}

const Value* constant_of(const Expr& expr) {
  const auto* constant = std::get_if<expression::Constant>(&expr.node);
  return constant == nullptr ? nullptr : &constant->value;
}

// Is the sides' comparison one of values as numbers? Then types need not be the same.
int compare_estimates(const Value& a, const Value& b) {
  if (a.type().physical() == b.type().physical() && a.type().id == b.type().id &&
      a.type().scale == b.type().scale)
    return compare_values(a, b);
  TypeCategory left = type_category(a.type().id), right = type_category(b.type().id);
  if (left == TypeCategory::String && right == TypeCategory::String)
    return a.as_bytes().compare(b.as_bytes());
  double x = value_as_number(a), y = value_as_number(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

// The first bytes of texts as a fraction, after the prefix that both ends of a bucket share.
double text_number(std::string_view text, size_t skip) {
  double number = 0, digit = 1.0 / 256;
  for (size_t i = skip; i < std::min(text.size(), skip + 8); ++i, digit /= 256)
    number += static_cast<unsigned char>(text[i]) * digit;
  return number;
}

// Where `value` lies between low and high, 0 … 1.
double position_between(const Value& value, const Value& low, const Value& high) {
  double at, from, to;
  if (type_category(value.type().id) == TypeCategory::String &&
      type_category(low.type().id) == TypeCategory::String) {
    const std::string &a = low.as_bytes(), &b = high.as_bytes();
    size_t common = 0;
    while (common < a.size() && common < b.size() && a[common] == b[common]) ++common;
    at = text_number(value.as_bytes(), common);
    from = text_number(a, common);
    to = text_number(b, common);
  } else {
    at = value_as_number(value);
    from = value_as_number(low);
    to = value_as_number(high);
  }
  if (!(to > from)) return 0.5;
  return clamp_share((at - from) / (to - from));
}

}  // namespace

const Expr& without_widening(const Expr& expr) {
  const Expr* inner = &expr;
  while (true) {
    const auto* call = std::get_if<expression::Call>(&inner->node);
    if (call == nullptr || call->function->name != "cast" || inner->children.empty()) return *inner;
    TypeId from = inner->children[0]->type.id, to = inner->type.id;
    bool integers = (from == TypeId::SmallInt && (to == TypeId::Integer || to == TypeId::BigInt)) ||
                    (from == TypeId::Integer && to == TypeId::BigInt);
    bool strings = (from == TypeId::VarChar || from == TypeId::Text) &&
                   (to == TypeId::Text || (to == TypeId::VarChar && inner->type.length == 0));
    bool floats = from == TypeId::Real && to == TypeId::Double;
    bool numbers = to == TypeId::Numeric && inner->type.precision == 0 &&
                   (from == TypeId::Numeric || from == TypeId::SmallInt || from == TypeId::Integer ||
                    from == TypeId::BigInt);
    if (!integers && !strings && !floats && !numbers) return *inner;
    inner = inner->children[0].get();
  }
}

std::string_view commuted_operator(std::string_view name) {
  if (name == "=" || name == "<>") return name;
  if (name == "<") return ">";
  if (name == ">") return "<";
  if (name == "<=") return ">=";
  if (name == ">=") return "<=";
  return {};
}

double value_as_number(const Value& value) {
  if (value.is_null()) return 0;
  const Type& type = value.type();
  switch (type.physical()) {
    case PhysicalType::Bool:
      return value.as_bool() ? 1 : 0;
    case PhysicalType::Int16:
    case PhysicalType::Int32:
    case PhysicalType::Int64: {
      auto number = static_cast<double>(value.as_int());
      if (type.id == TypeId::Numeric) return number / std::pow(10.0, type.scale);
      // Dates and timestamps compare with each other as microseconds.
      return type.id == TypeId::Date ? number * 86400e6 : number;
    }
    case PhysicalType::Int128:
      return static_cast<double>(value.as_int128()) / std::pow(10.0, type.scale);
    case PhysicalType::Float32:
    case PhysicalType::Float64:
      return value.as_double();
    case PhysicalType::Interval: {
      Interval span = value.as_interval();
      return (static_cast<double>(span.months) * 30 + span.days) * 86400e6 +
             static_cast<double>(span.microseconds);
    }
    case PhysicalType::Text: {
      if (type.id != TypeId::Numeric) return text_number(value.as_bytes(), 0);
      EvalContext eval;
      std::string text = format_value(value, eval);
      double number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      return number;
    }
  }
  return 0;
}

struct Estimator::Comparison {
  std::string_view op;                      // with the column on the left
  const ColumnKnowledge* column = nullptr;  // nullptr: an expression
  ColumnId id = 0;
  const Value* constant = nullptr;  // nullptr: not known yet
};

void Estimator::learn(ColumnId column, const ColumnKnowledge& knowledge) {
  if (column >= columns_.size()) columns_.resize(column + 16);
  columns_[column] = knowledge;
}

const ColumnKnowledge* Estimator::knowledge(ColumnId column) const {
  if (column >= columns_.size()) return nullptr;
  const ColumnKnowledge& found = columns_[column];
  bool is_known =
      found.statistics != nullptr || found.table_rows > 0 || found.distinct > 0 || found.is_not_null;
  return is_known ? &found : nullptr;
}

std::optional<Estimator::Comparison> Estimator::comparison(const Expr& expr) const {
  const auto* call = std::get_if<expression::Call>(&expr.node);
  if (call == nullptr || expr.children.size() != 2) return std::nullopt;
  std::string_view other = commuted_operator(call->function->name);
  if (other.empty()) return std::nullopt;
  const auto* left = column_of(*expr.children[0]);
  const auto* right = column_of(*expr.children[1]);
  Comparison found;
  bool swap = left == nullptr && (right != nullptr || constant_of(*expr.children[0]) != nullptr);
  const auto* column = swap ? right : left;
  found.op = swap ? other : call->function->name;
  if (column != nullptr) {
    found.column = knowledge(column->column);
    found.id = column->column;
  }
  found.constant = constant_of(*expr.children[swap ? 0 : 1]);
  return found;
}

double Estimator::equal_unknown(const ColumnKnowledge* column) const {
  if (column == nullptr) return kDefaultEqual;
  if (column->is_unique && column->table_rows > 0) return 1.0 / column->table_rows;
  if (column->distinct > 0) return 1.0 / column->distinct;
  if (column->statistics == nullptr) return kDefaultEqual;
  const catalog::ColumnStatistics& stats = *column->statistics;
  double count = stats.distinct < 0 ? -stats.distinct * column->table_rows : stats.distinct;
  double share = (1.0 - stats.null_fraction) / std::max(1.0, count);
  if (!stats.common_frequencies.empty()) share = std::min(share, stats.common_frequencies.front());
  return clamp_share(share);
}

double Estimator::equal_constant(const ColumnKnowledge* column, const Value& value) const {
  if (value.is_null()) return 0;
  if (column == nullptr || column->statistics == nullptr) return equal_unknown(column);
  if (column->is_unique && column->table_rows > 0) return 1.0 / column->table_rows;
  const catalog::ColumnStatistics& stats = *column->statistics;
  double common = 0;
  for (size_t i = 0; i < stats.common_values.size() && i < stats.common_frequencies.size(); ++i) {
    if (compare_estimates(stats.common_values[i], value) == 0) return stats.common_frequencies[i];
    common += stats.common_frequencies[i];
  }
  double count = stats.distinct < 0 ? -stats.distinct * column->table_rows : stats.distinct;
  double others = count - static_cast<double>(stats.common_values.size());
  double share = clamp_share(1.0 - common - stats.null_fraction);
  if (others > 1) share /= others;
  if (!stats.common_frequencies.empty()) share = std::min(share, stats.common_frequencies.back());
  return clamp_share(share);
}

// The share of values below `bound`, NULLs counted as not.
double Estimator::below(const ColumnKnowledge& column, const Value& bound, bool inclusive) const {
  const catalog::ColumnStatistics& stats = *column.statistics;
  double common_below = 0, common = 0;
  for (size_t i = 0; i < stats.common_values.size() && i < stats.common_frequencies.size(); ++i) {
    common += stats.common_frequencies[i];
    int order = compare_estimates(stats.common_values[i], bound);
    if (order < 0 || (inclusive && order == 0)) common_below += stats.common_frequencies[i];
  }
  double rest = clamp_share(1.0 - stats.null_fraction - common);
  const std::vector<Value>& bounds = stats.histogram;
  if (bounds.size() < 2)
    return bounds.empty() && stats.common_values.empty() ? kDefaultInequality
                                                         : clamp_share(common_below + rest * 0.5);
  double share;
  if (compare_estimates(bound, bounds.front()) < 0) {
    share = 0;
  } else if (compare_estimates(bound, bounds.back()) > 0 ||
             (inclusive && compare_estimates(bound, bounds.back()) == 0)) {
    share = 1;
  } else {
    size_t low = 0, high = bounds.size() - 1;
    while (high - low > 1) {
      size_t middle = (low + high) / 2;
      if (compare_estimates(bounds[middle], bound) <= 0)
        low = middle;
      else
        high = middle;
    }
    share = (static_cast<double>(low) + position_between(bound, bounds[low], bounds[low + 1])) /
            static_cast<double>(bounds.size() - 1);
  }
  // Beyond the histogram's ends there may be newer rows: never quite nothing.
  double least = 0.01 / static_cast<double>(bounds.size() - 1);
  share = std::min(std::max(share, least), 1.0 - least);
  return clamp_share(common_below + rest * share);
}

double Estimator::inequality(const Comparison& found) const {
  if (found.constant != nullptr && found.constant->is_null()) return 0;
  if (found.column == nullptr || found.column->statistics == nullptr || found.constant == nullptr)
    return kDefaultInequality;
  bool less = found.op == "<" || found.op == "<=";
  bool inclusive = found.op == "<=" || found.op == ">";
  double share = below(*found.column, *found.constant, inclusive);
  if (less) return share;
  return clamp_share(1.0 - found.column->statistics->null_fraction - share);
}

double Estimator::boolean_column(const Expr& expr, bool wanted) const {
  const auto* column = column_of(expr);
  if (column == nullptr) return 0.5;
  const ColumnKnowledge* known = knowledge(column->column);
  if (known == nullptr || known->statistics == nullptr) return 0.5;
  return equal_constant(known, Value::boolean(wanted));
}

double Estimator::match(const Expr& expr, bool negated) const {
  const Value* pattern = constant_of(*expr.children[1]);
  const auto* column = column_of(*expr.children[0]);
  const ColumnKnowledge* known = column == nullptr ? nullptr : knowledge(column->column);
  if (pattern == nullptr || pattern->is_null()) return negated ? 1 - kDefaultMatch : kDefaultMatch;
  // The fixed prefix is a range of the column; the rest thins it out, a fifth a character as PostgreSQL has
  // it.
  std::string prefix;
  double rest = 1.0;
  bool fixed = true, open = false;
  const std::string& text = pattern->as_bytes();
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      fixed = false;
      open = true;
    } else if (c == '_') {
      fixed = false;
      rest *= 0.9;
    } else {
      if (c == '\\' && i + 1 < text.size()) c = text[++i];
      if (fixed)
        prefix += c;
      else
        rest *= 0.2;
    }
  }
  if (open) rest = std::min(1.0, rest * 5.0);
  double share = kDefaultMatch;
  if (fixed) {
    share = equal_constant(known, Value::text(prefix));
  } else if (prefix.empty()) {
    share = rest * (text == "%" ? 1.0 : 0.5);
  } else if (known != nullptr && known->statistics != nullptr) {
    double range =
        below(*known, Value::text(prefix + "\xff"), true) - below(*known, Value::text(prefix), false);
    share = std::max(range, 0.0001) * rest;
  } else {
    share = kDefaultMatch * 4 * rest;
  }
  share = clamp_share(share);
  return negated ? clamp_share(1.0 - share - null_fraction(*expr.children[0])) : share;
}

double Estimator::null_fraction(const Expr& expr) const {
  const auto* column = column_of(expr);
  if (column == nullptr) return 0;
  const ColumnKnowledge* known = knowledge(column->column);
  if (known == nullptr || known->is_not_null) return 0;
  return known->statistics == nullptr ? 0 : known->statistics->null_fraction;
}

double Estimator::selectivity(const Expr& expr) const {
  if (const Value* value = constant_of(expr)) return !value->is_null() && value->as_bool() ? 1 : 0;
  if (std::holds_alternative<expression::And>(expr.node)) {
    std::vector<const Expr*> terms;
    for (const ExprPtr& child : expr.children) terms.push_back(child.get());
    return selectivity(terms);
  }
  if (std::holds_alternative<expression::Or>(expr.node)) {
    double none = 1;
    for (const ExprPtr& child : expr.children) none *= 1.0 - selectivity(*child);
    return clamp_share(1.0 - none);
  }
  if (std::holds_alternative<expression::Not>(expr.node)) {
    if (column_of(*expr.children[0]) != nullptr) return boolean_column(*expr.children[0], false);
    return clamp_share(1.0 - selectivity(*expr.children[0]));
  }
  if (const auto* test = std::get_if<expression::IsNull>(&expr.node)) {
    const auto* column = column_of(*expr.children[0]);
    const ColumnKnowledge* known = column == nullptr ? nullptr : knowledge(column->column);
    double nulls = known == nullptr || (known->statistics == nullptr && !known->is_not_null)
                       ? kDefaultEqual
                       : null_fraction(*expr.children[0]);
    return test->negated ? 1.0 - nulls : nulls;
  }
  if (const auto* truth = std::get_if<expression::IsTruth>(&expr.node)) {
    double share = selectivity(*expr.children[0]);
    return clamp_share(truth->value != truth->negated ? share : 1.0 - share);
  }
  if (const auto* unknown = std::get_if<expression::IsUnknown>(&expr.node))
    return unknown->negated ? 1 - kDefaultEqual : kDefaultEqual;
  if (const auto* list = std::get_if<expression::InList>(&expr.node)) {
    const auto* column = column_of(*expr.children[0]);
    const ColumnKnowledge* known = column == nullptr ? nullptr : knowledge(column->column);
    double share = 0;
    for (size_t i = 1; i < expr.children.size(); ++i) {
      const Value* value = constant_of(*expr.children[i]);
      share += value == nullptr ? equal_unknown(known) : equal_constant(known, *value);
    }
    share = clamp_share(share);
    return list->negated ? clamp_share(1.0 - share - null_fraction(*expr.children[0])) : share;
  }
  if (const auto* differs = std::get_if<expression::IsDistinct>(&expr.node))
    return differs->negated ? kDefaultEqual : 1 - kDefaultEqual;
  if (std::holds_alternative<expression::ColumnRef>(expr.node)) return boolean_column(expr, true);
  if (const auto* call = std::get_if<expression::Call>(&expr.node)) {
    std::string_view name = call->function->name;
    if (expr.children.size() == 2) {
      if (name == "~~" || name == "~~*") return match(expr, false);
      if (name == "!~~" || name == "!~~*") return match(expr, true);
      if (name == "~" || name == "~*") return kDefaultMatch;
    }
    if (std::optional<Comparison> found = comparison(expr)) {
      if (found->op == "=" || found->op == "<>") {
        double share;
        const auto* left = column_of(*expr.children[0]);
        const auto* right = column_of(*expr.children[1]);
        if (left != nullptr && right != nullptr)
          share = join_selectivity(*expr.children[0], *expr.children[1]);
        else
          share = found->constant != nullptr ? equal_constant(found->column, *found->constant)
                                             : equal_unknown(found->column);
        if (found->op == "=") return share;
        double nulls = found->column == nullptr || found->column->statistics == nullptr
                           ? 0
                           : found->column->statistics->null_fraction;
        return clamp_share(1.0 - share - nulls);
      }
      return inequality(*found);
    }
    return kDefaultInequality;
  }
  return 0.5;
}

double Estimator::selectivity(const std::vector<const Expr*>& conditions) const {
  struct Range {
    double low = -1, high = -1;  // shares of "> low" and "< high"
    bool is_guess = false;
    double nulls = 0;
  };
  if (conditions.size() == 1) return selectivity(*conditions[0]);
  std::map<ColumnId, Range> ranges;
  double share = 1;
  for (const Expr* condition : conditions) {
    std::optional<Comparison> found = comparison(*condition);
    bool is_bound =
        found && found->id != 0 && found->op != "=" && found->op != "<>" &&
        (column_of(*condition->children[0]) == nullptr || column_of(*condition->children[1]) == nullptr);
    double own = selectivity(*condition);
    if (!is_bound) {
      share *= own;
      continue;
    }
    Range& range = ranges[found->id];
    bool guess =
        found->constant == nullptr || found->column == nullptr || found->column->statistics == nullptr;
    range.is_guess = range.is_guess || guess;
    if (found->column != nullptr && found->column->statistics != nullptr)
      range.nulls = found->column->statistics->null_fraction;
    double& side = found->op[0] == '<' ? range.high : range.low;
    side = side < 0 ? own : std::min(side, own);
  }
  for (const auto& [column, range] : ranges) {
    if (range.low < 0 || range.high < 0) {
      share *= range.low < 0 ? range.high : range.low;
    } else if (range.is_guess) {
      share *= kDefaultRange;
    } else {
      double both = range.low + range.high - 1.0 + range.nulls;
      share *= both > 0 ? both : 1e-5;
    }
  }
  return clamp_share(share);
}

double Estimator::distinct(const Expr& expr, double rows) const {
  const auto* column = column_of(expr);
  if (column == nullptr) {
    if (expr.type.id == TypeId::Boolean) return 2;
    // An expression takes no more values than the columns it is made of.
    double product = 1;
    bool any = false;
    walk(expr, [&](const Expr& node) {
      if (std::holds_alternative<expression::ColumnRef>(node.node)) {
        product *= distinct(node, rows);
        any = true;
      }
      return true;
    });
    if (!any) return volatility(expr) == Volatility::Volatile ? rows : 1;
    return std::min(product, std::max(1.0, rows));
  }
  const ColumnKnowledge* known = knowledge(column->column);
  if (known == nullptr) return std::min(kDefaultDistinct, std::max(1.0, rows));
  double count = kDefaultDistinct;
  if (known->is_unique)
    count = known->table_rows;
  else if (known->distinct > 0)
    count = known->distinct;
  else if (known->statistics != nullptr && known->statistics->distinct != 0)
    count = known->statistics->distinct < 0 ? -known->statistics->distinct * known->table_rows
                                            : known->statistics->distinct;
  else if (expr.type.id == TypeId::Boolean)
    count = 2;
  count = std::max(1.0, count);
  // Of a part of the table some values are missing: the expected number when rows are drawn at random.
  double table = std::max(known->table_rows, count);
  if (rows < table && known->table_rows > 0)
    count = std::max(1.0, count * (1.0 - std::pow(1.0 - std::min(1.0, rows / table), table / count)));
  return std::min(count, std::max(1.0, rows));
}

double Estimator::groups(const std::vector<const Expr*>& keys, double rows) const {
  double count = 1;
  for (const Expr* key : keys) count *= std::max(1.0, distinct(*key, rows));
  // Several keys are seldom independent: PostgreSQL caps their product at a tenth of the rows.
  double most = std::max(1.0, rows);
  if (keys.size() > 1) {
    double largest = 1;
    for (const Expr* key : keys) largest = std::max(largest, distinct(*key, rows));
    most = std::max(largest, rows * 0.1);
  }
  return std::max(1.0, std::round(std::min(count, most)));
}

double Estimator::join_selectivity(const Expr& left, const Expr& right) const {
  const auto *a = column_of(left), *b = column_of(right);
  const ColumnKnowledge* known_left = a == nullptr ? nullptr : knowledge(a->column);
  const ColumnKnowledge* known_right = b == nullptr ? nullptr : knowledge(b->column);
  double left_rows = known_left == nullptr ? 1e9 : std::max(1.0, known_left->table_rows);
  double right_rows = known_right == nullptr ? 1e9 : std::max(1.0, known_right->table_rows);
  double left_values = distinct(left, left_rows), right_values = distinct(right, right_rows);
  double share =
      (1.0 - null_fraction(left)) * (1.0 - null_fraction(right)) / std::max({1.0, left_values, right_values});
  return clamp_share(share);
}

double Estimator::width_of_type(const Type& type) {
  if (type.physical() != PhysicalType::Text) return static_cast<double>(physical_width(type.physical()));
  if (type.length > 0) return std::min(type.length <= 32 ? type.length : 32 + (type.length - 32) / 2, 2000);
  return 32;
}

double Estimator::width(ColumnId column, const Type& type) const {
  const ColumnKnowledge* known = knowledge(column);
  if (known != nullptr && known->statistics != nullptr && known->statistics->average_width > 0)
    return known->statistics->average_width;
  return width_of_type(type);
}

}  // namespace rowan
