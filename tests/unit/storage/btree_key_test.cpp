// Keys: the order of their bytes is SQL's order of the values.
#include "storage/btree/key.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "types/numeric.h"

namespace rowan {
namespace {

std::string btree_key_of(const KeyColumn& column, const Value& value) {
  std::string key;
  KeyEncoder({column}).encode(0, value, key);
  return key;
}

Value btree_key_decimal(const char* text) {
  return numeric_value(Decimal::parse(text).value());
}

std::vector<std::pair<Type, std::vector<Value>>> btree_rising_values() {
  double infinity = std::numeric_limits<double>::infinity();
  Type fixed = Type::numeric(10, 2);
  std::vector<Value> doubles, numerics, texts, bigints, smallints, integers;
  for (double d : {-infinity, -1.5, -1e-300, 0.0, 1e-300, 2.0, infinity, std::nan("")})
    doubles.push_back(Value::of_double(TypeId::Double, d));
  for (const char* n :
       {"-Infinity", "-1000", "-999.5", "-12.345", "-12.34", "-0.001", "0", "0.0009", "0.001", "1", "1.5",
        "9.99", "10", "10.01", "123456789012345678901234567890123456789012345", "Infinity", "NaN"})
    numerics.push_back(btree_key_decimal(n));
  for (std::string t : {std::string(), std::string("\1"), std::string("a"), std::string("a\1"),
                        std::string("a b"), std::string("ab"), std::string("b"), std::string("\xc3\xa4")})
    texts.push_back(Value::of_bytes(TypeId::Text, t));
  for (int64_t i :
       {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, std::numeric_limits<int64_t>::max()})
    bigints.push_back(Value::of_int(TypeId::BigInt, i));
  for (int i : {-32768, -1, 0, 255, 32767}) smallints.push_back(Value::of_int(TypeId::SmallInt, i));
  for (int i : {-2000000000, -256, 3, 70000}) integers.push_back(Value::of_int(TypeId::Integer, i));
  return {
      {TypeId::Boolean, {Value::of_bool(TypeId::Boolean, false), Value::of_bool(TypeId::Boolean, true)}},
      {TypeId::SmallInt, smallints},
      {TypeId::Integer, integers},
      {TypeId::BigInt, bigints},
      {fixed,
       {Value::of_int(fixed, -5), Value::of_int(fixed, 0), Value::of_int(fixed, 1234),
        Value::of_int(fixed, kNumericNan64)}},
      {TypeId::Double, doubles},
      {TypeId::Numeric, numerics},
      {TypeId::Text, texts},
      {TypeId::Interval,
       {Value::of_interval(TypeId::Interval, {-1, 0, 0}), Value::of_interval(TypeId::Interval, {0, 0, 1}),
        Value::of_interval(TypeId::Interval, {0, 29, 0}), Value::of_interval(TypeId::Interval, {1, 0, 0})}},
  };
}

TEST(btree_key, order_of_bytes_is_order_of_values) {
  for (const auto& [type, values] : btree_rising_values()) {
    for (int options = 0; options < 4; ++options) {
      KeyColumn column{type, (options & 1) != 0, (options & 2) != 0, true};
      KeyEncoder encoder({column});
      std::string null_key = btree_key_of(column, Value(type));
      for (size_t i = 0; i < values.size(); ++i) {
        std::string key = btree_key_of(column, values[i]);
        EXPECT_EQ(null_key < key, column.nulls_first);
        for (size_t j = i + 1; j < values.size(); ++j) {
          std::string other = btree_key_of(column, values[j]);
          EXPECT_EQ(key < other, !column.is_descending) << type_name(type) << ' ' << i << ' ' << j;
          EXPECT_FALSE(key.starts_with(other) || other.starts_with(key));
        }
        Vector vector(type, 3);
        vector.set_value(2, values[i]);
        const Vector* vectors[] = {&vector};
        std::string from_vector;
        EXPECT_FALSE(encoder.encode(vectors, 2, from_vector));
        EXPECT_EQ(from_vector, key);
        Vector back(type, 3);
        Vector* outs[] = {KeyEncoder::inverts(type) ? &back : nullptr};
        ASSERT_TRUE(encoder.decode(key, outs, 1).ok()) << type_name(type);
        if (outs[0] != nullptr) {
          EXPECT_TRUE(back.value(1).identical(values[i]));
        }
      }
    }
  }
}

TEST(btree_key, equal_values_have_equal_bytes) {
  KeyColumn numeric{TypeId::Numeric, false, false, false};
  EXPECT_EQ(btree_key_of(numeric, btree_key_decimal("1.0")),
            btree_key_of(numeric, btree_key_decimal("1.000")));
  EXPECT_EQ(btree_key_of(numeric, btree_key_decimal("100")),
            btree_key_of(numeric, btree_key_decimal("100.00")));
  KeyColumn real{TypeId::Double, false, false, false};
  EXPECT_EQ(btree_key_of(real, Value::of_double(TypeId::Double, -0.0)),
            btree_key_of(real, Value::of_double(TypeId::Double, 0.0)));
  KeyColumn padded{Type::character(5), false, false, false};
  EXPECT_EQ(btree_key_of(padded, Value::of_bytes(Type::character(5), "ab   ")),
            btree_key_of(padded, Value::of_bytes(Type::character(5), "ab")));
  EXPECT_EQ(key_successor("ab"), "ac");
  EXPECT_EQ(key_successor("a\xff\xff"), "b");
  EXPECT_EQ(key_successor("\xff"), "");
}

}  // namespace
}  // namespace rowan
