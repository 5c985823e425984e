#include "executor/join_keys.h"

#include "types/function.h"

namespace rowan {

namespace {

bool join_key_is_whole(TypeId type) {
  return type == TypeId::SmallInt || type == TypeId::Integer || type == TypeId::BigInt || type == TypeId::Oid;
}
bool join_key_is_float(TypeId type) {
  return type == TypeId::Real || type == TypeId::Double;
}
bool join_key_is_text(TypeId type) {
  return type == TypeId::Text || type == TypeId::VarChar || type == TypeId::Name || type == TypeId::Unknown;
}

// Do values of the two hash and compare alike as they are?
bool join_key_fits(const Type& a, const Type& b, bool same_form) {
  if (same_form && a.physical() != b.physical()) return false;
  if (a.id == TypeId::Numeric && b.id == TypeId::Numeric) return !same_form || a.scale == b.scale;
  if (a.id == b.id) return true;
  return (join_key_is_whole(a.id) && join_key_is_whole(b.id)) ||
         (join_key_is_float(a.id) && join_key_is_float(b.id)) ||
         (join_key_is_text(a.id) && join_key_is_text(b.id));
}

ExprPtr join_key_cast(const Expr& key, const Type& type) {
  const Function* cast = registry().cast(key.type.id, type.id);
  if (cast == nullptr || cast->cast_context != 'i') return nullptr;
  // Without modifiers: nothing may be rounded or cut.
  std::vector<ExprPtr> arguments;
  arguments.push_back(clone(key));
  Type target(type.id);
  if (cast->derive != nullptr) target = cast->derive(std::span<const Type>(&key.type, 1));
  return make_call(cast, target, std::move(arguments));
}

}  // namespace

JoinKeys::JoinKeys(const std::vector<ExprPtr>& left, const std::vector<ExprPtr>& right, bool same_form) {
  for (size_t i = 0; i < left.size(); ++i) {
    const Expr* a = left[i].get();
    const Expr* b = right[i].get();
    if (!join_key_fits(a->type, b->type, same_form)) {
      if (ExprPtr cast = join_key_cast(*a, b->type);
          cast != nullptr && join_key_fits(cast->type, b->type, same_form)) {
        a = cast.get();
        made_.push_back(std::move(cast));
      } else if (ExprPtr other = join_key_cast(*b, a->type);
                 other != nullptr && join_key_fits(a->type, other->type, same_form)) {
        b = other.get();
        made_.push_back(std::move(other));
      } else {
        unknown_.emplace_back(a->type, b->type);
      }
    }
    left_.push_back(a);
    right_.push_back(b);
  }
}

Result<> JoinKeys::check() const {
  if (unknown_.empty()) return {};
  return Error(sqlstate::feature_not_supported, "a join of " + type_name(unknown_[0].first) + " with " +
                                                    type_name(unknown_[0].second) +
                                                    " by their order or hash");
}

}  // namespace rowan
