// Order, equality and hashing of every type: the comparison operators, and what sorts and hash tables use.
#include "types/compare.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "types/function.h"
#include "types/hash.h"
#include "types/lift.h"
#include "types/numeric.h"

namespace rowan {

namespace {

template <class A, class B>
bool compare_eq(const A& a, const B& b) {
  return sql_equal(a, b);
}
template <class A, class B>
bool compare_ne(const A& a, const B& b) {
  return !sql_equal(a, b);
}
template <class A, class B>
bool compare_lt(const A& a, const B& b) {
  return sql_less(a, b);
}
template <class A, class B>
bool compare_gt(const A& a, const B& b) {
  return sql_less(b, a);
}
template <class A, class B>
bool compare_le(const A& a, const B& b) {
  return !sql_less(b, a);
}
template <class A, class B>
bool compare_ge(const A& a, const B& b) {
  return !sql_less(a, b);
}

template <class A, class B>
void add_comparisons(FunctionRegistry& registry, TypeId a, TypeId b) {
  registry.add(strict<&compare_eq<A, B>>("=", {a, b}, TypeId::Boolean));
  registry.add(strict<&compare_ne<A, B>>("<>", {a, b}, TypeId::Boolean));
  registry.add(strict<&compare_lt<A, B>>("<", {a, b}, TypeId::Boolean));
  registry.add(strict<&compare_gt<A, B>>(">", {a, b}, TypeId::Boolean));
  registry.add(strict<&compare_le<A, B>>("<=", {a, b}, TypeId::Boolean));
  registry.add(strict<&compare_ge<A, B>>(">=", {a, b}, TypeId::Boolean));
}
template <class T>
void add_comparisons(FunctionRegistry& registry, TypeId type) {
  add_comparisons<T, T>(registry, type, type);
}

// CHAR(n): the blanks of the padding do not count.
template <class Verdict>
bool char_verdict(std::string_view a, std::string_view b) {
  return Verdict::of(without_trailing_blanks(a).compare(without_trailing_blanks(b)));
}
struct CharEq {
  static bool of(int order) { return order == 0; }
};
struct CharNe {
  static bool of(int order) { return order != 0; }
};
struct CharLt {
  static bool of(int order) { return order < 0; }
};
struct CharGt {
  static bool of(int order) { return order > 0; }
};
struct CharLe {
  static bool of(int order) { return order <= 0; }
};
struct CharGe {
  static bool of(int order) { return order >= 0; }
};

}  // namespace

void register_comparisons(FunctionRegistry& registry) {
  add_comparisons<int32_t>(registry, TypeId::Integer);
  add_comparisons<int64_t>(registry, TypeId::BigInt);
  add_comparisons<int16_t>(registry, TypeId::SmallInt);
  add_comparisons<int32_t, int64_t>(registry, TypeId::Integer, TypeId::BigInt);
  add_comparisons<int64_t, int32_t>(registry, TypeId::BigInt, TypeId::Integer);
  add_comparisons<int16_t, int32_t>(registry, TypeId::SmallInt, TypeId::Integer);
  add_comparisons<int32_t, int16_t>(registry, TypeId::Integer, TypeId::SmallInt);
  add_comparisons<int16_t, int64_t>(registry, TypeId::SmallInt, TypeId::BigInt);
  add_comparisons<int64_t, int16_t>(registry, TypeId::BigInt, TypeId::SmallInt);
  add_comparisons<double>(registry, TypeId::Double);
  add_comparisons<float>(registry, TypeId::Real);
  add_comparisons<float, double>(registry, TypeId::Real, TypeId::Double);
  add_comparisons<double, float>(registry, TypeId::Double, TypeId::Real);
  add_comparisons<bool>(registry, TypeId::Boolean);
  for (TypeId text : {TypeId::Text, TypeId::Bytea, TypeId::Uuid, TypeId::Name, TypeId::QuotedChar})
    add_comparisons<Text>(registry, text);
  add_comparisons<Text, Text>(registry, TypeId::Name, TypeId::Text);
  add_comparisons<Text, Text>(registry, TypeId::Text, TypeId::Name);
  add_comparisons<int32_t>(registry, TypeId::Date);
  for (TypeId word : {TypeId::Time, TypeId::Timestamp, TypeId::TimestampTz, TypeId::Oid})
    add_comparisons<int64_t>(registry, word);
  add_comparisons<Interval>(registry, TypeId::Interval);
  TypeId character = TypeId::Char;
  registry.add(strict<&char_verdict<CharEq>>("=", {character, character}, TypeId::Boolean));
  registry.add(strict<&char_verdict<CharNe>>("<>", {character, character}, TypeId::Boolean));
  registry.add(strict<&char_verdict<CharLt>>("<", {character, character}, TypeId::Boolean));
  registry.add(strict<&char_verdict<CharGt>>(">", {character, character}, TypeId::Boolean));
  registry.add(strict<&char_verdict<CharLe>>("<=", {character, character}, TypeId::Boolean));
  registry.add(strict<&char_verdict<CharGe>>(">=", {character, character}, TypeId::Boolean));
}

int compare_rows(const Vector& a, uint32_t a_row, const Vector& b, uint32_t b_row) {
  if (a.is_constant()) a_row = 0;
  if (b.is_constant()) b_row = 0;
  if (a.type().id == TypeId::Numeric) return compare_numeric_rows(a, a_row, b, b_row);
  switch (a.physical()) {
    case PhysicalType::Bool:
      return sql_compare(a.data<uint8_t>()[a_row], b.data<uint8_t>()[b_row]);
    case PhysicalType::Int16:
      return sql_compare(a.data<int16_t>()[a_row], b.data<int16_t>()[b_row]);
    case PhysicalType::Int32:
      return sql_compare(a.data<int32_t>()[a_row], b.data<int32_t>()[b_row]);
    case PhysicalType::Int64:
      return sql_compare(a.data<int64_t>()[a_row], b.data<int64_t>()[b_row]);
    case PhysicalType::Int128:
      return sql_compare(a.data<Int128>()[a_row], b.data<Int128>()[b_row]);
    case PhysicalType::Float32:
      return sql_compare(a.data<float>()[a_row], b.data<float>()[b_row]);
    case PhysicalType::Float64:
      return sql_compare(a.data<double>()[a_row], b.data<double>()[b_row]);
    case PhysicalType::Interval:
      return sql_compare(a.data<Interval>()[a_row], b.data<Interval>()[b_row]);
    case PhysicalType::Text:
      break;
  }
  const Text& a_text = a.data<Text>()[a_row];
  const Text& b_text = b.data<Text>()[b_row];
  if (a.type().id == TypeId::Char)
    return without_trailing_blanks(a_text.view()).compare(without_trailing_blanks(b_text.view()));
  return a_text.compare(b_text);
}

int compare_values(const Value& a, const Value& b) {
  Vector a_row(a.type(), 1), b_row(b.type(), 1);
  a_row.set_constant(a);
  b_row.set_constant(b);
  return compare_rows(a_row, 0, b_row, 0);
}

uint64_t hash_bytes(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

namespace {

// NULLs hash alike, so that rows that GROUP BY and DISTINCT hold equal meet.
constexpr uint64_t kNullHash = 0x6e756c6c;

template <class T, class HashOf>
void hash_column(const Vector& vector, Selection rows, uint64_t* hashes, bool combine, HashOf hash_of) {
  const T* values = vector.data<T>();
  uint32_t count = rows.count();
  auto one = [&](uint32_t row) {
    return vector.is_null(row) ? kNullHash : hash_of(values[vector.is_constant() ? 0 : row]);
  };
  if (!vector.may_have_nulls() && !vector.is_constant() && rows.is_dense()) {
    if (combine)
      for (uint32_t i = 0; i < count; ++i) hashes[i] = hash_combine(hashes[i], hash_of(values[i]));
    else
      for (uint32_t i = 0; i < count; ++i) hashes[i] = hash_of(values[i]);
    return;
  }
  for (uint32_t i = 0; i < count; ++i)
    hashes[i] = combine ? hash_combine(hashes[i], one(rows[i])) : one(rows[i]);
}

}  // namespace

void hash_rows(const Vector& vector, Selection rows, uint64_t* hashes, bool combine) {
  auto integer_hash = [](auto value) { return hash_word(static_cast<uint64_t>(int64_t{value})); };
  auto float_hash = [](auto value) { return hash_double(double{value}); };
  if (vector.type().id == TypeId::Numeric) {
    for (uint32_t i = 0; i < rows.count(); ++i) {
      uint64_t hash = vector.is_null(rows[i]) ? kNullHash : hash_numeric_row(vector, rows[i]);
      hashes[i] = combine ? hash_combine(hashes[i], hash) : hash;
    }
    return;
  }
  switch (vector.physical()) {
    case PhysicalType::Bool:
      return hash_column<uint8_t>(vector, rows, hashes, combine, integer_hash);
    case PhysicalType::Int16:
      return hash_column<int16_t>(vector, rows, hashes, combine, integer_hash);
    case PhysicalType::Int32:
      return hash_column<int32_t>(vector, rows, hashes, combine, integer_hash);
    case PhysicalType::Int64:
      return hash_column<int64_t>(vector, rows, hashes, combine, integer_hash);
    case PhysicalType::Int128:
      return hash_column<Int128>(vector, rows, hashes, combine, [](Int128 value) {
        return hash_combine(hash_word(static_cast<uint64_t>(value)), static_cast<uint64_t>(value >> 64));
      });
    case PhysicalType::Float32:
      return hash_column<float>(vector, rows, hashes, combine, float_hash);
    case PhysicalType::Float64:
      return hash_column<double>(vector, rows, hashes, combine, float_hash);
    case PhysicalType::Interval:
      return hash_column<Interval>(vector, rows, hashes, combine, [](const Interval& value) {
        Int128 length = interval_length(value);
        return hash_combine(hash_word(static_cast<uint64_t>(length)), static_cast<uint64_t>(length >> 64));
      });
    case PhysicalType::Text:
      break;
  }
  if (vector.type().id == TypeId::Char)
    hash_column<Text>(vector, rows, hashes, combine,
                      [](const Text& text) { return hash_bytes(without_trailing_blanks(text.view())); });
  else
    hash_column<Text>(vector, rows, hashes, combine,
                      [](const Text& text) { return hash_bytes(text.view()); });
}

}  // namespace rowan
