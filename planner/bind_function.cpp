// Which function or operator a name means, given its arguments' types: PostgreSQL's parse_func.c and
// parse_oper.c. An exact match wins; then the candidates to which all arguments can be implicitly cast are
// thinned out by exact matches, by preferred types, and by what untyped literals are taken for.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "planner/bind_impl.h"

namespace rowan::binding {

namespace {

bool exact_match(const std::vector<TypeId>& declared, const std::vector<TypeId>& given) {
  return declared == given;
}

// The declared types, the variadic one repeated until there are `count`; empty when it cannot take so many.
bool spread(const std::vector<TypeId>& declared, bool is_variadic, size_t count, std::vector<TypeId>& out) {
  out = declared;
  if (!is_variadic) return declared.size() == count;
  if (count < declared.size()) return false;
  while (out.size() < count) out.push_back(declared.back());
  return true;
}

}  // namespace

std::string Binder::argument_types(const std::vector<ExprPtr>& arguments) const {
  std::string text;
  for (const ExprPtr& argument : arguments) {
    if (!text.empty()) text += ", ";
    text += base_type_name(argument->type.id);
  }
  return text;
}

Result<const Binder::Candidate*> Binder::choose(const std::vector<Candidate>& candidates,
                                                const std::vector<TypeId>& given, bool& ambiguous) const {
  ambiguous = false;
  size_t count = given.size();
  std::vector<const Candidate*> left;
  for (const Candidate& candidate : candidates) {
    bool fits = true;
    for (size_t i = 0; i < count && fits; ++i)
      fits = can_coerce(Type(given[i]), Type(candidate.arguments[i]), CastContext::Implicit);
    if (fits) left.push_back(&candidate);
  }
  if (left.empty()) return nullptr;
  if (left.size() == 1) return left[0];

  // Keeps the candidates with the highest score.
  auto keep_best = [&](auto&& score) {
    int best = 0;
    std::vector<const Candidate*> kept;
    for (const Candidate* candidate : left) {
      int own = score(*candidate);
      if (own > best || kept.empty()) {
        if (own > best) kept.clear();
        best = std::max(best, own);
      }
      if (own == best) kept.push_back(candidate);
    }
    left = std::move(kept);
  };
  keep_best([&](const Candidate& candidate) {
    int exact = 0;
    for (size_t i = 0; i < count; ++i)
      exact += given[i] != TypeId::Unknown && candidate.arguments[i] == given[i] ? 1 : 0;
    return exact;
  });
  if (left.size() == 1) return left[0];

  keep_best([&](const Candidate& candidate) {
    int good = 0;
    for (size_t i = 0; i < count; ++i) {
      if (given[i] == TypeId::Unknown) continue;
      TypeId declared = candidate.arguments[i];
      bool preferred = is_preferred(declared) && type_category(declared) == type_category(given[i]);
      good += declared == given[i] || preferred ? 1 : 0;
    }
    return good;
  });
  if (left.size() == 1) return left[0];

  bool any_unknown = std::find(given.begin(), given.end(), TypeId::Unknown) != given.end();
  if (!any_unknown) {
    ambiguous = true;
    return nullptr;
  }

  // An untyped literal is a string if any candidate takes one there, else of the category all agree on.
  std::vector<TypeCategory> category(count);
  std::vector<bool> has_preferred(count);
  bool resolved = true;
  for (size_t i = 0; i < count && resolved; ++i) {
    if (given[i] != TypeId::Unknown) continue;
    bool conflict = false, first = true;
    for (const Candidate* candidate : left) {
      TypeCategory own = type_category(candidate->arguments[i]);
      bool preferred = is_preferred(candidate->arguments[i]);
      if (first) {
        category[i] = own;
        has_preferred[i] = preferred;
        first = false;
      } else if (own == category[i]) {
        has_preferred[i] = has_preferred[i] || preferred;
      } else if (own == TypeCategory::String) {
        category[i] = own;
        has_preferred[i] = preferred;
      } else {
        conflict = true;
      }
    }
    if (conflict && category[i] != TypeCategory::String) resolved = false;
  }
  if (resolved) {
    std::vector<const Candidate*> kept;
    for (const Candidate* candidate : left) {
      bool keep = true;
      for (size_t i = 0; i < count && keep; ++i) {
        if (given[i] != TypeId::Unknown) continue;
        TypeId declared = candidate->arguments[i];
        keep = type_category(declared) == category[i] && (!has_preferred[i] || is_preferred(declared));
      }
      if (keep) kept.push_back(candidate);
    }
    if (!kept.empty()) left = std::move(kept);
    if (left.size() == 1) return left[0];
  }

  // All known arguments of one type: the unknown ones may be of it too.
  TypeId known = TypeId::Unknown;
  bool one_type = true;
  for (TypeId type : given) {
    if (type == TypeId::Unknown) continue;
    if (known == TypeId::Unknown)
      known = type;
    else if (known != type)
      one_type = false;
  }
  if (one_type && known != TypeId::Unknown) {
    std::vector<const Candidate*> kept;
    for (const Candidate* candidate : left) {
      bool fits = true;
      for (size_t i = 0; i < count && fits; ++i)
        fits = can_coerce(Type(known), Type(candidate->arguments[i]), CastContext::Implicit);
      if (fits) kept.push_back(candidate);
    }
    if (kept.size() == 1) return kept[0];
  }
  ambiguous = true;
  return nullptr;
}

// ---- operators --------------------------------------------------------------------------------------------

Result<const Function*> Binder::find_operator(std::string_view symbol, const Expr* left, const Expr& right,
                                              Position position) {
  std::vector<TypeId> given;
  if (left != nullptr) given.push_back(left->type.id);
  given.push_back(right.type.id);
  std::vector<Candidate> candidates;
  for (const Function* function : functions().functions(symbol)) {
    if (function->arguments.size() != given.size()) continue;
    candidates.push_back({function->arguments, function});
  }
  // An untyped operand is first taken to be of the other's type.
  std::vector<TypeId> guess = given;
  if (guess.size() == 2) {
    if (guess[0] == TypeId::Unknown) guess[0] = guess[1];
    if (guess[1] == TypeId::Unknown) guess[1] = guess[0];
  }
  for (const Candidate& candidate : candidates) {
    if (guess[0] != TypeId::Unknown && exact_match(candidate.arguments, guess))
      return static_cast<const Function*>(candidate.what);
  }
  bool ambiguous = false;
  const Candidate* chosen = TRY(choose(candidates, given, ambiguous));
  if (chosen != nullptr) return static_cast<const Function*>(chosen->what);
  std::string wanted = left == nullptr ? fmt::format("{} {}", symbol, base_type_name(right.type.id))
                                       : fmt::format("{} {} {}", base_type_name(left->type.id), symbol,
                                                     base_type_name(right.type.id));
  if (ambiguous)
    return Error(sqlstate::ambiguous_function, fmt::format("operator is not unique: {}", wanted))
        .at(position)
        .hint("Could not choose a best candidate operator. You might need to add explicit type casts.");
  return Error(sqlstate::undefined_function, fmt::format("operator does not exist: {}", wanted))
      .at(position)
      .hint(
          left == nullptr
              ? "No operator matches the given name and argument type. You might need to add an explicit "
                "type cast."
              : "No operator matches the given name and argument types. You might need to add explicit type "
                "casts.");
}

Result<ExprPtr> Binder::make_operator(std::string_view symbol, ExprPtr left, ExprPtr right,
                                      Position position) {
  const Function* function = TRY(find_operator(symbol, left.get(), *right, position));
  std::vector<ExprPtr> arguments;
  if (left != nullptr) arguments.push_back(std::move(left));
  arguments.push_back(std::move(right));
  return call_resolved(function, std::move(arguments), position);
}

Result<ExprPtr> Binder::call_resolved(const Function* function, std::vector<ExprPtr> arguments,
                                      Position position) {
  bool any_form = function->derive != nullptr || function->result == TypeId::Boolean;
  Type element(TypeId::Unknown);
  TRY(coerce_arguments(function->arguments, function->is_variadic, any_form, arguments, &element));
  Type result(function->result);
  if (function->result == TypeId::AnyElement) result = element;
  if (function->derive != nullptr) {
    std::vector<Type> types;
    for (const ExprPtr& argument : arguments) types.push_back(argument->type);
    result = function->derive(types);
  }
  if (function->volatility == Volatility::Volatile) has_effects_ = true;
  return make_call(function, result, std::move(arguments), position);
}

Result<> Binder::coerce_arguments(const std::vector<TypeId>& declared, bool is_variadic,
                                  bool any_numeric_form, std::vector<ExprPtr>& arguments, Type* any_element) {
  std::vector<TypeId> wanted;
  spread(declared, is_variadic, arguments.size(), wanted);
  std::vector<const Expr*> elements;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (wanted[i] == TypeId::AnyElement) elements.push_back(arguments[i].get());
  }
  if (!elements.empty()) {
    Type common = TRY(common_type(elements, "arguments"));
    *any_element = common_modifiers(elements, common, false);
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (wanted[i] == TypeId::AnyElement) {
      arguments[i] = TRY(coerce_common(std::move(arguments[i]), *any_element, "arguments"));
    } else if (wanted[i] == TypeId::Any) {
      arguments[i] = TRY(coerce_to_text_if_unknown(std::move(arguments[i])));
    } else if (wanted[i] == TypeId::Numeric && !any_numeric_form) {
      arguments[i] = TRY(coerce_common(std::move(arguments[i]), TypeId::Numeric, "argument"));
    } else {
      arguments[i] = TRY(coerce(std::move(arguments[i]), Type(wanted[i]), CastContext::Implicit));
    }
  }
  return {};
}

// ---- functions --------------------------------------------------------------------------------------------

Error Binder::no_function(std::string_view schema, std::string_view name,
                          const std::vector<ExprPtr>& arguments, Position position, bool ambiguous) const {
  std::string shown = schema.empty() ? std::string(name) : fmt::format("{}.{}", schema, name);
  std::string call = fmt::format("{}({})", shown, argument_types(arguments));
  if (ambiguous)
    return Error(sqlstate::ambiguous_function, fmt::format("function {} is not unique", call))
        .at(position)
        .hint("Could not choose a best candidate function. You might need to add explicit type casts.");
  std::string hint =
      "No function matches the given name and argument types. You might need to add explicit type casts.";
  constexpr size_t kShortName = 3;  // anything is near to those
  if (name.size() > kShortName && functions().functions(name).empty() &&
      functions().aggregates(name).empty()) {
    Suggestion near(name);
    auto is_word = [](std::string_view candidate) {
      return !candidate.empty() && ((candidate[0] >= 'a' && candidate[0] <= 'z') || candidate[0] == '_');
    };
    for (const Function* function : functions().all_functions())
      if (is_word(function->name)) near.consider(function->name);
    for (const rowan::Aggregate* aggregate : functions().all_aggregates()) near.consider(aggregate->name);
    if (!near.best().empty()) hint = fmt::format("Perhaps you meant the function \"{}\".", near.best());
  }
  return Error(sqlstate::undefined_function, fmt::format("function {} does not exist", call))
      .at(position)
      .hint(hint);
}

Result<ExprPtr> Binder::make_function(std::string_view name, std::vector<ExprPtr> arguments,
                                      Position position, std::string_view schema) {
  std::vector<TypeId> given;
  for (const ExprPtr& argument : arguments) given.push_back(argument->type.id);
  // An untyped literal becomes text for every function but the one that is asked for its type.
  bool is_literal = given.size() == 1 && given[0] == TypeId::Unknown &&
                    std::holds_alternative<expression::Constant>(arguments[0]->node);
  if (is_literal && name == "pg_typeof" && (schema.empty() || schema == "pg_catalog"))
    return make_constant(Value::of_int(TypeId::RegType, type_oid(TypeId::Unknown)), position);
  std::vector<Candidate> candidates;
  if (schema.empty() || schema == "pg_catalog") {
    for (const Function* function : functions().functions(name)) {
      std::vector<TypeId> declared;
      if (spread(function->arguments, function->is_variadic, given.size(), declared))
        candidates.push_back({std::move(declared), function});
    }
  }
  for (const Candidate& candidate : candidates) {
    if (exact_match(candidate.arguments, given))
      return call_resolved(static_cast<const Function*>(candidate.what), std::move(arguments), position);
  }
  // type(x) is a cast, when it is one that says nothing new about how to convert: between strings and others
  // only for untyped literals and binary-compatible types.
  TypeId type;
  if (given.size() == 1 && (schema.empty() || schema == "pg_catalog") && find_type(name, type)) {
    bool is_cast = given[0] == TypeId::Unknown || given[0] == type ||
                   !needs_cast(Type(given[0]), Type(type)) ||
                   find_cast(Type(given[0]), Type(type), CastContext::Explicit) != nullptr;
    if (is_cast) return coerce(std::move(arguments[0]), Type(type), CastContext::Explicit);
  }
  bool ambiguous = false;
  const Candidate* chosen = TRY(choose(candidates, given, ambiguous));
  if (chosen != nullptr)
    return call_resolved(static_cast<const Function*>(chosen->what), std::move(arguments), position);
  return no_function(schema, name, arguments, position, ambiguous);
}

Result<const rowan::Aggregate*> Binder::find_aggregate(std::string_view name, std::vector<ExprPtr>& arguments,
                                                       Position position) {
  std::vector<TypeId> given;
  for (const ExprPtr& argument : arguments) given.push_back(argument->type.id);
  std::vector<Candidate> candidates;
  for (const rowan::Aggregate* aggregate : functions().aggregates(name)) {
    if (aggregate->arguments.size() == given.size()) candidates.push_back({aggregate->arguments, aggregate});
  }
  const rowan::Aggregate* found = nullptr;
  for (const Candidate& candidate : candidates) {
    if (exact_match(candidate.arguments, given)) found = static_cast<const rowan::Aggregate*>(candidate.what);
  }
  bool ambiguous = false;
  if (found == nullptr) {
    const Candidate* chosen = TRY(choose(candidates, given, ambiguous));
    if (chosen != nullptr) found = static_cast<const rowan::Aggregate*>(chosen->what);
  }
  if (found == nullptr) return no_function({}, name, arguments, position, ambiguous);
  Type element(TypeId::Unknown);
  bool any_form = found->derive != nullptr || found->result != TypeId::Numeric;
  TRY(coerce_arguments(found->arguments, false, any_form, arguments, &element));
  return found;
}

Result<const Signature*> Binder::find_signature(const std::vector<Signature>& table, std::string_view name,
                                                std::vector<ExprPtr>& arguments, Position position,
                                                Type* any_element) {
  std::vector<TypeId> given;
  for (const ExprPtr& argument : arguments) given.push_back(argument->type.id);
  std::vector<Candidate> candidates;
  for (const Signature& signature : table) {
    if (signature.name == name && signature.arguments.size() == given.size())
      candidates.push_back({signature.arguments, &signature});
  }
  const Signature* found = nullptr;
  for (const Candidate& candidate : candidates) {
    if (exact_match(candidate.arguments, given)) found = static_cast<const Signature*>(candidate.what);
  }
  bool ambiguous = false;
  if (found == nullptr) {
    const Candidate* chosen = TRY(choose(candidates, given, ambiguous));
    if (chosen != nullptr) found = static_cast<const Signature*>(chosen->what);
  }
  if (found == nullptr) return no_function({}, name, arguments, position, ambiguous);
  TRY(coerce_arguments(found->arguments, false, false, arguments, any_element));
  return found;
}

}  // namespace rowan::binding
