// BOOLEAN: text form, and its few functions. AND, OR and NOT belong to the evaluator.
#include <array>
#include <string>
#include <string_view>

#include "types/lift.h"
#include "types/text_form.h"

namespace rowan {

namespace {

struct BoolWord {
  std::string_view word;
  size_t length_min;  // a prefix of at least so many letters will do
  bool value;
};
constexpr std::array<BoolWord, 8> kBoolWords{{{"true", 1, true},
                                              {"false", 1, false},
                                              {"yes", 1, true},
                                              {"no", 1, false},
                                              {"on", 2, true},
                                              {"off", 2, false},
                                              {"1", 1, true},
                                              {"0", 1, false}}};

bool matches_bool_word(std::string_view text, const BoolWord& word) {
  if (text.size() < word.length_min || text.size() > word.word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char lower = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (lower != word.word[i]) return false;
  }
  return true;
}

Result<> parse_bool(std::string_view text, Vector& result, uint32_t row, const EvalContext&) {
  std::string_view trimmed = trim_spaces(text);
  for (const BoolWord& word : kBoolWords) {
    if (!matches_bool_word(trimmed, word)) continue;
    result.data<uint8_t>()[row] = word.value;
    return {};
  }
  return invalid_input("boolean", text);
}

void format_bool(const Vector& vector, uint32_t row, const EvalContext&, std::string& out) {
  out += vector.data<uint8_t>()[row] != 0 ? 't' : 'f';
}

int32_t bool_to_integer(bool value) {
  return value;
}
bool integer_to_bool(int32_t value) {
  return value != 0;
}

}  // namespace

void register_bool(FunctionRegistry& registry) {
  registry.set_text_form(TypeId::Boolean, {format_bool, parse_bool});
  auto cast = [&](Function function, uint8_t context) {
    function.cast_context = context;
    registry.add(std::move(function));
  };
  cast(strict<&bool_to_integer>("cast"), 'e');
  cast(strict<&integer_to_bool>("cast"), 'e');
}

}  // namespace rowan
