#include "executor/analyze.h"

#include <algorithm>

#include "planner/statistics.h"
#include "storage/file/clock.h"
#include "storage/heap/scan.h"
#include "storage/space/space.h"
#include "storage/storage.h"
#include "types/try.h"

namespace rowan {
namespace {

// `wanted` of the relation's pages, each as likely as another, in the order of the file (Algorithm S,
// Knuth 3.4.2).
std::vector<PageNo> sample_pages(Space& space, RelationId relation, size_t wanted, Random& random) {
  std::vector<PageNo> all(space.page_count(relation));
  size_t found = space.pages(relation, 0, all);
  all.resize(found);
  if (found <= wanted) return all;
  std::vector<PageNo> chosen;
  for (size_t i = 0; i < found && chosen.size() < wanted; ++i) {
    if (random.next() % (found - i) < wanted - chosen.size()) chosen.push_back(all[i]);
  }
  return chosen;
}

}  // namespace

Result<catalog::TableStatistics> analyze_table(Relations& relations, const catalog::Table& table,
                                               const Snapshot& snapshot, Random& random,
                                               CancelToken* cancel) {
  HeapPtr heap = TRY(relations.heap(table));
  std::vector<uint16_t> columns;
  std::vector<Type> types;
  std::vector<ColumnSample> samples;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].dropped) continue;
    columns.push_back(static_cast<uint16_t>(i));
    types.push_back(table.columns[i].type);
    samples.emplace_back(table.columns[i].type);
  }
  // A page has some hundred rows: so many pages give rows enough, and a small table is read whole.
  constexpr size_t kPagesMax = 600;
  std::vector<PageNo> pages = sample_pages(relations.storage().space(), table.storage, kPagesMax, random);
  ScanSpec spec;
  spec.projection = {heap->layout(table.layout), columns, false};
  HeapScan scan(*heap, snapshot, std::move(spec), PageRange{0, 0});
  Batch batch(types, kBatchRows);
  // Of many rows every so-manieth is kept: rows of one page resemble each other, so many pages beat many
  // rows.
  uint64_t rows = 0;
  uint64_t stride = 1;
  std::vector<uint16_t> kept;
  for (size_t i = 0; i < pages.size(); ++i) {
    if (cancel != nullptr) TRY(cancel->check());
    scan.restart(snapshot, PageRange{pages[i], pages[i] + 1});
    while (TRY(scan.next(batch, kBatchRows))) {
      kept.clear();
      for (uint32_t row = 0; row < batch.row_count(); ++row) {
        if ((rows + row) % stride == 0) kept.push_back(static_cast<uint16_t>(batch.row(row)));
      }
      Selection selection(kept.data(), static_cast<uint32_t>(kept.size()));
      for (size_t column = 0; column < samples.size(); ++column)
        samples[column].add(batch.column(column), selection);
      rows += batch.row_count();
    }
    // Told anew by each page: the first may hold a row or none where the others are full.
    stride = std::max<uint64_t>(1, rows * pages.size() / (i + 1) / kSampleRows);
  }
  size_t pages_read = pages.size();
  double total_pages = static_cast<double>(heap->size().pages);
  double space_pages = static_cast<double>(relations.page_count(table.storage));
  double scale = pages_read == 0 ? 0 : std::max(1.0, space_pages / static_cast<double>(pages_read));
  catalog::TableStatistics statistics;
  statistics.table = table.oid;
  statistics.pages = total_pages;
  statistics.rows = static_cast<double>(rows) * (pages_read < static_cast<size_t>(space_pages) ? scale : 1.0);
  for (size_t i = 0; i < samples.size(); ++i)
    statistics.columns[columns[i]] = TRY(samples[i].compute(statistics.rows, cancel));
  return statistics;
}

}  // namespace rowan
