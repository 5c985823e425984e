#include "storage/hash/hash_index.h"

#include <array>
#include <cstring>

#include "storage/btree/cursor.h"
#include "types/hash.h"
#include "types/try.h"

namespace rowan {
namespace {

// The hash as a key of the tree: eight bytes, so it lies whole in a slot.
struct HashIndexKey {
  explicit HashIndexKey(std::string_view key) {
    uint64_t hash = __builtin_bswap64(hash_bytes(key));
    std::memcpy(bytes.data(), &hash, sizeof hash);
  }
  std::string_view view() const { return {bytes.data(), bytes.size()}; }
  std::array<char, sizeof(uint64_t)> bytes;
};

class KeylessVisitor final : public EntryVisitor {
 public:
  explicit KeylessVisitor(EntryVisitor& inner) : inner_(inner) {}
  Result<bool> visit(std::string_view, RowId row) override { return inner_.visit({}, row); }

 private:
  EntryVisitor& inner_;
};

}  // namespace

Result<std::unique_ptr<HashIndex>> HashIndex::create(Storage& storage, RelationId relation) {
  std::unique_ptr<Btree> tree = TRY(Btree::create(storage, relation));
  return std::unique_ptr<HashIndex>(new HashIndex(std::move(tree)));
}

Result<std::unique_ptr<HashIndex>> HashIndex::open(Storage& storage, RelationId relation) {
  std::unique_ptr<Btree> tree = TRY(Btree::open(storage, relation));
  return std::unique_ptr<HashIndex>(new HashIndex(std::move(tree)));
}

Result<> HashIndex::drop(Storage& storage, RelationId relation) {
  return Btree::drop(storage, relation);
}

Result<InsertOutcome> HashIndex::insert(std::string_view key, RowId row, RowCheck* check) {
  return tree_->insert(HashIndexKey(key).view(), row, check);
}

Result<bool> HashIndex::remove(std::string_view key, RowId row, RowCheck* check) {
  return tree_->remove(HashIndexKey(key).view(), row, check);
}

Result<bool> HashIndex::contains(std::string_view key, RowId row) const {
  return tree_->contains(HashIndexKey(key).view(), row);
}

Result<> HashIndex::find(std::string_view key, std::vector<RowId>& rows, SsiTransaction* reader) const {
  HashIndexKey hash(key);
  BtreeCursor cursor(*tree_, KeyRange::equal(hash.view()), ScanDirection::Forward, false, reader);
  while (true) {
    uint32_t count = TRY(cursor.next());
    if (count == 0) return {};
    rows.insert(rows.end(), cursor.rows(), cursor.rows() + count);
  }
}

Result<> HashIndex::visit(std::string_view key, EntryVisitor& visitor) const {
  KeylessVisitor keyless(visitor);
  return tree_->visit(KeyRange::equal(HashIndexKey(key).view()), keyless);
}

std::string HashIndex::entry_key(std::string_view key) {
  return std::string(HashIndexKey(key).view());
}

}  // namespace rowan
