#include "catalog/serialize.h"

#include <gtest/gtest.h>

#include <limits>

namespace rowan::catalog {
namespace {

Put round_trip(const Put& put) {
  StoredObject bytes = serialize(put);
  return deserialize(bytes.kind, bytes.bytes).value();
}

TEST(SerializeTest, ATableComesBackWhole) {
  auto table = std::make_shared<Table>();
  table->oid = 16400;
  table->name = "Zäh\"lung";
  table->storage = 16401;
  table->layout = 3;
  Column price;
  price.name = "price";
  price.type = Type::numeric(10, 2);
  price.not_null = true;
  price.missing = Value::of_int(Type::numeric(10, 2), -995);
  Column note;
  note.name = "note";
  note.type = Type::varchar(20);
  note.default_sql = "'none'";
  note.collation = "C";
  note.missing = Value::of_bytes(Type::varchar(20), std::string("\xff\x00x", 3));
  table->columns = {price, note};
  Constraint key;
  key.oid = 16402;
  key.table = 16400;
  key.name = "parent_fkey";
  key.kind = ConstraintKind::ForeignKey;
  key.columns = {0};
  key.parent = 16300;
  key.parent_columns = {1};
  key.on_delete = ForeignKeyAction::Cascade;
  key.is_valid = false;
  Constraint check;
  check.oid = 16405;
  check.table = 16400;
  check.name = "price_check";
  check.check_sql = "price > 0";
  check.is_no_inherit = true;
  table->constraints = {key, check};
  table->indexes = {16403, 16404};

  TablePtr back = std::get<TablePtr>(round_trip(Put{TablePtr(table)}).object);
  EXPECT_EQ(back->name, table->name);
  ASSERT_EQ(back->columns.size(), 2u);
  EXPECT_EQ(back->columns[0].type, price.type);
  EXPECT_TRUE(back->columns[0].missing->identical(*price.missing));
  EXPECT_TRUE(back->columns[1].missing->identical(*note.missing));
  EXPECT_EQ(back->columns[0].collation, "");
  EXPECT_EQ(back->columns[1].collation, "C");
  ASSERT_EQ(back->constraints.size(), 2u);
  EXPECT_FALSE(back->constraints[0].is_valid);
  EXPECT_FALSE(back->constraints[0].is_no_inherit);
  EXPECT_TRUE(back->constraints[1].is_valid);
  EXPECT_TRUE(back->constraints[1].is_no_inherit);
  EXPECT_EQ(back->constraints[0].on_delete, ForeignKeyAction::Cascade);
  EXPECT_EQ(back->constraints[0].table, 16400u);
  EXPECT_EQ(back->indexes, table->indexes);
  EXPECT_EQ(back->layout, 3);
}

TEST(SerializeTest, StatisticsKeepEveryKindOfValue) {
  auto statistics = std::make_shared<TableStatistics>();
  statistics->table = 16400;
  statistics->rows = 1e6;
  ColumnStatistics column;
  column.distinct = -0.5;
  column.common_values = {Value::of_double(TypeId::Double, std::numeric_limits<double>::quiet_NaN()),
                          Value::of_int128(Type::numeric(38, 0), static_cast<__int128>(1) << 100),
                          Value::of_interval(TypeId::Interval, {1, -2, 3}), Value::boolean(true),
                          Value(TypeId::Date)};
  column.common_frequencies = {0.1, 0.2, 0.3, 0.1, 0.1};
  statistics->columns[2] = column;
  StatisticsPtr back = std::get<StatisticsPtr>(round_trip(Put{StatisticsPtr(statistics)}).object);
  const std::vector<Value>& values = back->columns.at(2).common_values;
  ASSERT_EQ(values.size(), 5u);
  EXPECT_TRUE(values[0].as_double() != values[0].as_double());
  for (size_t i = 1; i < values.size(); ++i) EXPECT_TRUE(values[i].identical(column.common_values[i])) << i;
}

TEST(SerializeTest, AViewComesBackWithItsWorldOrWithoutOne) {
  auto view = std::make_shared<View>();
  view->oid = 16500;
  view->query_sql = "SELECT * FROM t";
  view->depends_on = {16400};
  view->columns = {{"a", TypeId::Integer}};
  ViewPtr without = std::get<ViewPtr>(round_trip(Put{ViewPtr(view)}).object);
  EXPECT_FALSE(without->world.has_value());
  EXPECT_TRUE(without->reads_column(16400, 7));  // not known, so any
  EXPECT_FALSE(without->reads_column(16401, 0));

  ViewWorld& world = view->world.emplace();
  world.relations = {{"", "t", 16400, {{"a", 0}, {"\"Ü\"", 2}}}, {"public", "s", 16402, {}}};
  world.reads = {{16400, 2}};
  world.constraints = {16403};
  world.date_style = "ISO, DMY";
  world.interval_style = "sql_standard";
  world.time_zone = "Europe/Berlin";
  world.moment_us = -5;
  ViewPtr back = std::get<ViewPtr>(round_trip(Put{ViewPtr(view)}).object);
  ASSERT_TRUE(back->world.has_value());
  const NamedRelation* named = back->world->find("", "t");
  ASSERT_NE(named, nullptr);
  EXPECT_EQ(named->oid, 16400u);
  ASSERT_EQ(named->columns.size(), 2u);
  EXPECT_EQ(named->columns[1].name, "\"Ü\"");
  EXPECT_EQ(named->columns[1].number, 2);
  EXPECT_EQ(back->world->find("", "s"), nullptr);  // it was written with its schema
  EXPECT_TRUE(back->reads_column(16400, 2));
  EXPECT_FALSE(back->reads_column(16400, 0));
  EXPECT_TRUE(back->needs_constraint(16403));
  EXPECT_EQ(back->world->date_style, "ISO, DMY");
  EXPECT_EQ(back->world->interval_style, "sql_standard");
  EXPECT_EQ(back->world->time_zone, "Europe/Berlin");
  EXPECT_EQ(back->world->moment_us, -5);
}

TEST(SerializeTest, ForeignBytesAreAnErrorNotACrash) {
  EXPECT_EQ(deserialize(ObjectKind::Table, "nonsense").error().state(), sqlstate::data_corrupted);
  EXPECT_EQ(deserialize(static_cast<ObjectKind>(77), "\xa0").error().state(), sqlstate::data_corrupted);
  StoredObject sequence = serialize(Put{std::make_shared<Sequence>()});
  EXPECT_EQ(deserialize(ObjectKind::Table, sequence.bytes).error().state(), sqlstate::data_corrupted);
}

}  // namespace
}  // namespace rowan::catalog
