#include "catalog/catalog.h"

#include <gtest/gtest.h>

namespace rowan::catalog {
namespace {

TablePtr make_table(Oid oid, std::string name, std::vector<std::string> columns = {"id"}) {
  auto table = std::make_shared<Table>();
  table->oid = oid;
  table->name = std::move(name);
  for (std::string& column : columns) {
    Column made;
    made.name = std::move(column);
    made.type = TypeId::Integer;
    table->columns.push_back(std::move(made));
  }
  return table;
}

TEST(CatalogTest, AVersionNeverChanges) {
  Catalog catalog(std::make_shared<CatalogVersion>(), kFirstUserOid);
  CatalogPtr before = catalog.newest();
  catalog.publish({Put{make_table(16384, "patient")}});
  EXPECT_EQ(before->table(16384), nullptr);
  EXPECT_NE(catalog.newest()->table(16384), nullptr);
  EXPECT_TRUE(std::holds_alternative<TablePtr>(catalog.newest()->find_relation("", "patient")));
  EXPECT_TRUE(std::holds_alternative<TablePtr>(catalog.newest()->find_relation("public", "patient")));
  EXPECT_TRUE(
      std::holds_alternative<std::monostate>(catalog.newest()->find_relation("pg_catalog", "patient")));
}

TEST(CatalogTest, RenamingFreesTheOldName) {
  Catalog catalog(std::make_shared<CatalogVersion>(), kFirstUserOid);
  catalog.publish({Put{make_table(16384, "old")}});
  catalog.publish({Put{make_table(16384, "new")}});
  EXPECT_TRUE(std::holds_alternative<std::monostate>(catalog.newest()->find_relation("", "old")));
  EXPECT_TRUE(std::holds_alternative<TablePtr>(catalog.newest()->find_relation("", "new")));
}

TEST(OverlayTest, SeesOwnChangesAboveOthersAndForgetsThemAtASavepoint) {
  Catalog catalog(std::make_shared<CatalogVersion>(), kFirstUserOid);
  Overlay overlay(catalog);
  overlay.put(make_table(16384, "mine"));
  size_t mark = overlay.mark();
  overlay.put(make_table(16385, "later"));
  CatalogPtr with_later = overlay.current();
  EXPECT_NE(with_later->table(16385), nullptr);
  catalog.publish({Put{make_table(16390, "theirs")}});
  EXPECT_NE(overlay.current()->table(16390), nullptr);
  EXPECT_NE(overlay.current()->table(16385), nullptr);

  overlay.roll_back_to(mark);
  overlay.put(make_table(16386, "instead"));
  CatalogPtr after = overlay.current();
  EXPECT_EQ(after->table(16385), nullptr);
  EXPECT_NE(after->table(16386), nullptr);
  EXPECT_NE(after->number(), with_later->number());
}

TEST(CatalogTest, StatisticsOutliveARedefinitionAndGoWithTheTable) {
  Catalog catalog(std::make_shared<CatalogVersion>(), kFirstUserOid);
  auto statistics = std::make_shared<TableStatistics>();
  statistics->table = 16384;
  statistics->rows = 7;
  catalog.publish({Put{make_table(16384, "t")}, Put{StatisticsPtr(statistics)}});
  catalog.publish({Put{make_table(16384, "t", {"id", "more"})}});
  ASSERT_NE(catalog.newest()->statistics(16384), nullptr);
  EXPECT_EQ(catalog.newest()->statistics(16384)->rows, 7);
  catalog.publish({Drop{16384}});
  EXPECT_EQ(catalog.newest()->statistics(16384), nullptr);
}

}  // namespace
}  // namespace rowan::catalog
