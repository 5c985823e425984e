#include "storage/btree/writer.h"

#include <fmt/format.h>

#include "storage/change.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

using btree::BtreeRecord;
using btree::Node;
using btree::NodeOp;
using btree::NodeView;
using btree::OpHead;

Result<> BtreeWriter::change(WriteGuard& page, BtreeRecord record, const OpHead& op, std::string_view text) {
  Change change(storage_, btree::record_type(record), relation_, kNoWriteId);
  change.add(page, op.bytes(), btree::as_bytes_of(text));
  TRY(change.reserve());
  Node node(page.page());
  btree::apply(node, op, text);
  change.commit();
  return {};
}

Result<InsertOutcome> BtreeWriter::insert(std::string_view key, RowId row, RowCheck* check) {
  if (key.size() > kIndexKeyMax) {
    return Error(sqlstate::program_limit_exceeded,
                 fmt::format("index row size {} exceeds maximum {} for an index", key.size(), kIndexKeyMax));
  }
  btree::EntryText text(key, row);
  while (true) {
    InsertOutcome outcome;
    bool done = TRY(try_insert(key, text.view(), check, outcome));
    if (done) return outcome;
  }
}

Result<bool> BtreeWriter::try_insert(std::string_view key, std::string_view text, RowCheck* check,
                                     InsertOutcome& outcome) {
  // The first leaf that may hold the key stays latched to the end: two inserts of one key meet there.
  WriteGuard first = TRY(reader_.write_leaf(check != nullptr ? key : text));
  if (NodeView(first.page()).is_incomplete()) {
    PageNo number = first.number();
    first.release();
    TRY(finish_split(number, 0));
    return false;
  }
  uint16_t place = kNoPlace;
  if (check != nullptr) {
    outcome = TRY(look_for_duplicates(first, key, *check, place));
    if (outcome.kind != InsertOutcome::Kind::Inserted) return true;
  }
  // Among equal keys the row id decides, perhaps further right.
  WriteGuard further;
  WriteGuard* at = &first;
  while (NodeView(at->page()).is_right_of(text)) {
    WriteGuard next = TRY(reader_.pool().write(NodeView(at->page()).info().right));
    TRY(reader_.expect_node(next.page(), next.number()));
    further = std::move(next);
    at = &further;
  }
  Node node(at->page());
  if (node.is_incomplete()) {
    PageNo number = at->number();
    further.release();
    first.release();
    TRY(finish_split(number, 0));
    return false;
  }
  if (at != &first || place == kNoPlace) place = node.place_for(text);
  if (place < node.count() && node.has_key(place, key) && node.entry(place) == text) return true;
  if (node.has_room(text.size(), items_max())) {
    TRY(change(*at, BtreeRecord::Insert, {NodeOp::InsertLeaf, place, kNoPage}, text));
    return true;
  }
  if (at != &first) first.release();
  TRY(split(std::move(*at), text));
  return false;
}

Result<InsertOutcome> BtreeWriter::look_for_duplicates(const WriteGuard& first, std::string_view key,
                                                       RowCheck& check, uint16_t& place) {
  InsertOutcome outcome;
  ReadGuard further;
  ConstPage page = first.page();
  while (true) {
    NodeView node(page);
    uint16_t start = node.place_for(key);
    // Behind all of them, so is the key with any row id.
    if (!further && start == node.count()) place = start;
    for (uint16_t i = start; i < node.count(); ++i) {
      if (!node.has_key(i, key)) return outcome;
      RowVerdict verdict = TRY(check.look(node.row(i)));
      switch (verdict.kind) {
        case RowVerdict::Kind::Dead:
          continue;
        case RowVerdict::Kind::Conflict:
          outcome = {InsertOutcome::Kind::Duplicate, node.row(i), kNoWriteId};
          return outcome;
        case RowVerdict::Kind::WaitFor:
          outcome = {InsertOutcome::Kind::WaitFor, node.row(i), verdict.writer};
          return outcome;
      }
    }
    // All keys here are below or equal; equal ones may go on where the fence begins with the key.
    if (!node.has_upper() || !node.upper().starts_with(key)) return outcome;
    ReadGuard next = TRY(reader_.pool().read(node.info().right));
    TRY(reader_.expect_node(next.page(), next.number()));
    further = std::move(next);
    page = further.page();
  }
}

Result<bool> BtreeWriter::remove(std::string_view key, RowId row, RowCheck* check) {
  std::string text = btree::entry_string(key, row);
  WriteGuard leaf = TRY(reader_.write_leaf(text));
  Node node(leaf.page());
  uint16_t place = node.lower_bound(text);
  if (place >= node.count() || node.entry(place) != text) return false;
  if (check != nullptr) {
    RowVerdict verdict = TRY(check->look(row));
    if (verdict.kind != RowVerdict::Kind::Dead) return false;
  }
  TRY(change(leaf, BtreeRecord::Remove, {NodeOp::Remove, place, kNoPage}, {}));
  bool merges = is_sparse(node);
  leaf.release();
  // The entry is gone whatever becomes of that.
  if (merges) static_cast<void>(merge_around(text).ok());
  return true;
}

Result<WriteGuard> BtreeWriter::write_node(PageNo number, uint16_t level) {
  return level == 0 ? reader_.pool().write(number) : reader_.pool().write_inner(number);
}

}  // namespace rowan
