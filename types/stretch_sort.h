// types/stretch_sort.h: a stable merge sort that can be asked to stop: short stretches are sorted whole,
// longer ones are merged with a look at the caller's check every few thousand items. So no step takes long,
// however many items there are, which std::stable_sort cannot promise. `Items` is a std::vector or a
// GrowingArray; the latter's memory for merging comes without a pause too.
#pragma once

#include <algorithm>
#include <cstddef>

#include "types/result.h"
#include "types/try.h"

namespace rowan {

inline constexpr size_t kSortStretch = 4096;

// Sorts items [first, end) in one go; for at most kSortStretch of them.
template <class Items, class Less>
void sort_stretch(Items& items, size_t first, size_t end, Less less) {
  std::stable_sort(items.data() + first, items.data() + end, less);
}

// Copies `count` items with a look at `check` now and then.
template <class T, class Check>
Result<> copy_items(const T* from, size_t count, T* to, Check check) {
  for (size_t done = 0; done < count; done += kSortStretch) {
    std::copy(from + done, from + std::min(done + kSortStretch, count), to + done);
    TRY(check());
  }
  return {};
}

// Items [low, middle) and [middle, high), each in order, become one stretch; `space` is for this to use.
// Errors: those of `check`; the items are then in no order, and some may be there twice.
template <class Items, class Less, class Check>
Result<> merge_halves(Items& items, size_t low, size_t middle, size_t high, Items& space, Less less,
                      Check check) {
  TRY(check());
  if (!less(items[middle], items[middle - 1])) return {};  // they came in order
  space.resize(middle - low);
  TRY(copy_items(items.data() + low, middle - low, space.data(), check));
  const auto* left = space.data();
  const auto* left_end = left + space.size();
  const auto* right = items.data() + middle;
  const auto* right_end = items.data() + high;
  auto* to = items.data() + low;
  while (left != left_end && right != right_end) {
    size_t steps = std::min(
        {kSortStretch, static_cast<size_t>(left_end - left), static_cast<size_t>(right_end - right)});
    for (size_t i = 0; i < steps; ++i) *to++ = less(*right, *left) ? *right++ : *left++;
    TRY(check());
  }
  return copy_items(left, static_cast<size_t>(left_end - left), to, check);
}

// Stretches of kSortStretch items (the last may be shorter), each in order, become one. Errors: as above.
template <class Items, class Less, class Check>
Result<> merge_stretches(Items& items, Less less, Check check) {
  Items space;
  for (size_t width = kSortStretch; width < items.size(); width *= 2)
    for (size_t low = 0; low + width < items.size(); low += 2 * width)
      TRY(merge_halves(items, low, low + width, std::min(low + 2 * width, items.size()), space, less, check));
  return {};
}

// All of it.
template <class Items, class Less, class Check>
Result<> stretch_sort(Items& items, Less less, Check check) {
  for (size_t first = 0; first < items.size(); first += kSortStretch) {
    TRY(check());
    sort_stretch(items, first, std::min(first + kSortStretch, items.size()), less);
  }
  return merge_stretches(items, less, check);
}

}  // namespace rowan
