// executor/join_keys.h: the keys of a join's two sides, brought to types that hash and compare alike: = is
// also defined between types, a date and a timestamp, an integer and a numeric.
#pragma once

#include <utility>
#include <vector>

#include "expression/expression.h"
#include "types/result.h"

namespace rowan {

class JoinKeys {
 public:
  // Borrows the expressions; casts that are missing are put around copies.
  // `same_form`: both sides must have the same machine form (merge joins), not just comparable ones.
  JoinKeys(const std::vector<ExprPtr>& left, const std::vector<ExprPtr>& right, bool same_form);

  const std::vector<const Expr*>& left() const { return left_; }
  const std::vector<const Expr*>& right() const { return right_; }
  // Errors: 0A000 a pair of types for which no common one is known.
  Result<> check() const;

 private:
  std::vector<const Expr*> left_, right_;
  std::vector<ExprPtr> made_;
  std::vector<std::pair<Type, Type>> unknown_;
};

}  // namespace rowan
