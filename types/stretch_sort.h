// types/stretch_sort.h: a stable merge sort that can be asked to stop: short stretches are sorted whole,
// longer ones are merged with a look at the caller's check every few thousand items. So no step takes long,
// however many items there are, which std::stable_sort cannot promise.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "types/result.h"
#include "types/try.h"

namespace rowan {

inline constexpr size_t kSortStretch = 4096;

// Sorts items [first, end) in one go; for at most kSortStretch of them.
template <class T, class Less>
void sort_stretch(std::vector<T>& items, size_t first, size_t end, Less less) {
  std::stable_sort(items.begin() + static_cast<ptrdiff_t>(first), items.begin() + static_cast<ptrdiff_t>(end),
                   less);
}

// Items [low, middle) and [middle, high), each in order, become one stretch; `space` is for this to use.
// Errors: those of `check`; the items are then in no order, and some may be there twice.
template <class T, class Less, class Check>
Result<> merge_halves(std::vector<T>& items, size_t low, size_t middle, size_t high, std::vector<T>& space,
                      Less less, Check check) {
  TRY(check());
  if (!less(items[middle], items[middle - 1])) return {};  // they came in order
  space.assign(items.begin() + static_cast<ptrdiff_t>(low), items.begin() + static_cast<ptrdiff_t>(middle));
  const T* left = space.data();
  const T* left_end = left + space.size();
  const T* right = items.data() + middle;
  const T* right_end = items.data() + high;
  T* to = items.data() + low;
  while (left != left_end && right != right_end) {
    size_t steps = std::min(
        {kSortStretch, static_cast<size_t>(left_end - left), static_cast<size_t>(right_end - right)});
    for (size_t i = 0; i < steps; ++i) *to++ = less(*right, *left) ? *right++ : *left++;
    TRY(check());
  }
  std::copy(left, left_end, to);
  return {};
}

// Stretches of kSortStretch items (the last may be shorter), each in order, become one. Errors: as above.
template <class T, class Less, class Check>
Result<> merge_stretches(std::vector<T>& items, Less less, Check check) {
  std::vector<T> space;
  for (size_t width = kSortStretch; width < items.size(); width *= 2)
    for (size_t low = 0; low + width < items.size(); low += 2 * width)
      TRY(merge_halves(items, low, low + width, std::min(low + 2 * width, items.size()), space, less, check));
  return {};
}

// All of it.
template <class T, class Less, class Check>
Result<> stretch_sort(std::vector<T>& items, Less less, Check check) {
  for (size_t first = 0; first < items.size(); first += kSortStretch) {
    TRY(check());
    sort_stretch(items, first, std::min(first + kSortStretch, items.size()), less);
  }
  return merge_stretches(items, less, check);
}

}  // namespace rowan
