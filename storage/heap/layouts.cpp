// The relation's list of layouts: a stream of { length, Layout::serialize() } in a chain of meta pages that
// begins at the relation's first page. It only grows; each step is one logged change of full images.
#include <algorithm>
#include <cstring>

#include "storage/heap/internals.h"

namespace rowan {

namespace {
// In the meta page's own[].
struct MetaFacts {
  uint64_t stream_length;  // first page: bytes in all pages
  PageNo next;             // kNoPage: none
  uint32_t magic;
  static constexpr uint32_t kMagic = 0x50414548;
};
static_assert(sizeof(MetaFacts) == 16);
constexpr size_t kMetaBytes = kPageSize - kPageHeaderSize;

MetaFacts& meta_facts(Page page) {
  return *reinterpret_cast<MetaFacts*>(page.header().own);
}
const MetaFacts& meta_facts(ConstPage page) {
  return *reinterpret_cast<const MetaFacts*>(page.header().own);
}

Error damaged_meta(RelationId relation) {
  return Error(sqlstate::data_corrupted,
               "the first page of relation " + std::to_string(relation) + " is damaged");
}
}  // namespace

const Layout* HeapInternals::layout(uint32_t number) const {
  if (number < kFastLayouts) {
    const Layout* fast = fast_layouts[number].load(std::memory_order_acquire);
    if (fast != nullptr) return fast;
  }
  MutexLock lock(layout_mutex);
  return number < layouts.size() ? layouts[number].get() : nullptr;
}

LayoutPtr HeapInternals::shared_layout(LayoutNo number) const {
  MutexLock lock(layout_mutex);
  return number < layouts.size() ? layouts[number] : nullptr;
}

Result<> HeapInternals::load_layouts() {
  std::string stream;
  uint64_t length = 0;
  PageNo anchor = storage.space().anchor(relation);
  if (anchor == kNoPage) return damaged_meta(relation);
  for (PageNo page = anchor; page != kNoPage;) {
    ReadGuard guard = TRY(pool().read(page));
    const MetaFacts& facts = meta_facts(guard.page());
    if (guard.header().type != PageType::HeapMeta || guard.header().relation != relation ||
        facts.magic != MetaFacts::kMagic) {
      if (storage.space().anchor(relation) != anchor) return load_layouts();  // it has moved meanwhile
      return damaged_meta(relation);
    }
    if (page == anchor) length = facts.stream_length;
    stream.append(reinterpret_cast<const char*>(guard.page().body()), kMetaBytes);
    if (stream.size() > length + kMetaBytes) return damaged_meta(relation);
    page = facts.next;
  }
  if (stream.size() < length) return damaged_meta(relation);
  MutexLock lock(layout_mutex);
  for (size_t at = 0; at < length;) {
    uint32_t size;
    if (length - at < sizeof size) return damaged_meta(relation);
    std::memcpy(&size, stream.data() + at, sizeof size);
    at += sizeof size;
    if (length - at < size) return damaged_meta(relation);
    Layout parsed = TRY(Layout::parse(std::string_view(stream).substr(at, size)));
    if (parsed.number() != layouts.size()) return damaged_meta(relation);
    layouts.push_back(std::make_shared<const Layout>(std::move(parsed)));
    at += size;
  }
  if (layouts.empty()) return damaged_meta(relation);
  for (size_t i = 0; i < std::min(layouts.size(), kFastLayouts); ++i)
    fast_layouts[i].store(layouts[i].get(), std::memory_order_release);
  return {};
}

Result<LayoutPtr> HeapInternals::append_layout(std::vector<LayoutColumn> columns, bool is_first) {
  ENSURE(!appending_layout.exchange(true));
  struct Done {
    std::atomic<bool>& flag;
    ~Done() { flag.store(false); }
  } done{appending_layout};
  TRY(storage.begin_writing());
  size_t number;
  {
    MutexLock lock(layout_mutex);
    number = layouts.size();
  }
  if (number >= UINT16_MAX)
    return Error(sqlstate::program_limit_exceeded, "the table's columns were changed too often");
  for (LayoutColumn& column : columns)
    if (column.born == LayoutColumn::kBornNow) column.born = static_cast<LayoutNo>(number);
  auto made = std::make_shared<const Layout>(static_cast<LayoutNo>(number), std::move(columns));
  std::string record(sizeof(uint32_t), '\0');
  record += made->serialize();
  auto size = static_cast<uint32_t>(record.size() - sizeof(uint32_t));
  std::memcpy(record.data(), &size, sizeof size);

  // The first page, the last one and new ones behind it.
  std::vector<WriteGuard> guards;
  guards.reserve(Change::kPagesMax);
  if (is_first) {
    {
      WriteGuard guard = TRY(pool().create(relation, PageType::HeapMeta));
      guards.push_back(std::move(guard));
    }
  } else {
    PageNo anchor = storage.space().anchor(relation);
    {
      WriteGuard guard = TRY(pool().write(anchor));
      guards.push_back(std::move(guard));
    }
    if (guards[0].header().type != PageType::HeapMeta) return damaged_meta(relation);
    for (PageNo next = meta_facts(guards[0].page()).next; next != kNoPage;) {
      if (guards.size() == 2) guards.pop_back();
      {
        WriteGuard guard = TRY(pool().write(next));
        guards.push_back(std::move(guard));
      }
      next = meta_facts(guards.back().page()).next;
    }
  }
  uint64_t length = is_first ? 0 : meta_facts(guards[0].page()).stream_length;
  size_t old_last = guards.size() - 1;
  size_t at = is_first ? 0 : static_cast<size_t>(length % kMetaBytes);
  if (!is_first && at == 0 && length != 0) at = kMetaBytes;
  size_t needed = (at + record.size() + kMetaBytes - 1) / kMetaBytes - 1;
  if (guards.size() + needed > Change::kPagesMax)
    return Error(sqlstate::program_limit_exceeded, "a column's default value is too long")
        .detail("It may have about 200 kB.");
  for (size_t i = 0; i < needed; ++i) {
    WriteGuard guard = TRY(pool().create(relation, PageType::HeapMeta));
    guards.push_back(std::move(guard));
  }

  Change change(storage, record_type(HeapRecord::Layout), relation, kNoWriteId);
  for (WriteGuard& guard : guards) change.add_image(guard);
  TRY(change.reserve());
  for (size_t i = is_first ? 0 : old_last + 1; i < guards.size(); ++i)
    meta_facts(guards[i].page()) = {0, kNoPage, MetaFacts::kMagic};
  for (size_t i = old_last; i + 1 < guards.size(); ++i)
    meta_facts(guards[i].page()).next = guards[i + 1].number();
  meta_facts(guards[0].page()).stream_length = length + record.size();
  size_t written = 0;
  for (size_t i = old_last; written < record.size(); ++i) {
    size_t part = std::min(record.size() - written, kMetaBytes - at);
    std::memcpy(guards[i].page().body() + at, record.data() + written, part);
    written += part;
    at = 0;
  }
  change.commit();
  MutexLock lock(layout_mutex);
  layouts.push_back(made);
  if (number < kFastLayouts) fast_layouts[number].store(made.get(), std::memory_order_release);
  return made;
}

Result<bool> HeapInternals::move_layouts(PageNo limit) {
  WriteGuard old = TRY(pool().write(storage.space().anchor(relation)));
  if (old.header().type != PageType::HeapMeta) return damaged_meta(relation);
  if (meta_facts(old.page()).next != kNoPage) return false;
  WriteGuard fresh = TRY(pool().create_below(relation, PageType::HeapMeta, limit));
  if (!fresh) return false;
  std::memcpy(fresh.page().bytes(), old.page().bytes(), kPageSize);
  std::atomic<PageNo> known;  // it is asked for by storage.space().anchor() alone
  Change change(storage, RecordType::Anchor, relation, kNoWriteId);
  change.add_image(fresh);
  change.add_free(old);
  change.move_anchor(fresh, known);
  TRY(change.reserve());
  change.commit();
  return true;
}

void HeapInternals::note_dropping(TxnId who, uint16_t column, LayoutNo born) {
  MutexLock lock(layout_mutex);
  if (dropper != who) dropping.clear();
  dropper = who;
  dropping.push_back({column, born});
}

bool HeapInternals::loses_dropping(TxnId who, const Layout& from, const Layout& to) {
  MutexLock lock(layout_mutex);
  if (dropper != who) return false;
  return std::any_of(dropping.begin(), dropping.end(), [&](const Dropping& drop) {
    auto holds = [&](const Layout& layout) {
      return drop.column < layout.columns().size() && !layout.column(drop.column).dropped &&
             layout.column(drop.column).born == drop.born;
    };
    return holds(from) && !holds(to);
  });
}

}  // namespace rowan
