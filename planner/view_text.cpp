// planner/view_text.cpp: a view's text as it would be written today. The text is bound in its world and
// edited where it no longer says what it means: a relation under its new name (with the old one as its
// alias), columns under the names the text knows them by, `*` as the columns that it stands for. The rest
// stays as typed.
#include <algorithm>
#include <optional>

#include "planner/bind_impl.h"
#include "types/quote.h"

namespace rowan::binding {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool mentions(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

// Behind the name that begins at `begin`.
size_t name_end(std::string_view text, size_t begin) {
  auto is_part = [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || c == '_' || c == '$' || (byte >= '0' && byte <= '9') ||
           (lower(c) >= 'a' && lower(c) <= 'z');
  };
  size_t at = begin;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size(); ++at) {
      if (text[at] != '"') continue;
      if (at + 1 >= text.size() || text[at + 1] != '"') return at + 1;
      ++at;
    }
    return at;
  }
  while (at < text.size() && is_part(text[at])) ++at;
  return at;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quote_identifier(name);
  return text;
}

// The SELECT that gives a query its columns; nullptr: VALUES does.
const ast::Select* leading_select(const ast::Query& query) {
  const ast::Query* at = &query;
  while (const auto* set = std::get_if<ast::SetOperation>(&at->node)) at = set->left;
  return std::get_if<ast::Select>(&at->node);
}

}  // namespace

void TextEdits::replace(size_t begin, size_t end, std::string text) {
  edits_[begin] = {end, std::move(text)};
}

std::string TextEdits::apply() const {
  std::string made;
  size_t at = 0;
  for (const auto& [begin, edit] : edits_) {
    if (begin < at) continue;
    made.append(source().substr(at, begin - at)).append(edit.second);
    at = edit.first;
  }
  return made.append(source().substr(at));
}

std::optional<std::string> TextEdits::renamed(ast::List<ast::SelectItem> items, size_t index,
                                              std::string_view name) const {
  bool is_leading = leading_ != nullptr && items.begin() == leading_->items.begin();
  if (!is_leading || index >= view_.columns.size() || view_.columns[index].name == name) return std::nullopt;
  return quote_identifier(view_.columns[index].name);
}

std::string TextEdits::fresh_name(const std::string& name, const catalog::ViewWorld& world) {
  auto is_known = [&](const std::string& candidate) {
    for (const catalog::NamedRelation& relation : world.relations)
      for (const catalog::NamedRelation::Column& column : relation.columns)
        if (column.name == candidate) return true;
    return mentions(source(), candidate);
  };
  if (!is_known(name) && !mentions(source(), "natural")) return name;
  for (;;) {
    std::string candidate = name + "_" + std::to_string(++fresh_);
    if (!is_known(candidate)) return candidate;
  }
}

void Binder::edit_relation(const ast::TableRef& ref, const ast::Alias& alias,
                           const catalog::RelationPtr& relation) {
  const catalog::NamedRelation* then = named_then(ref.name);
  if (edits_ == nullptr || stored_depth_ != 1 || then == nullptr) return;
  // What the text calls each column of today.
  std::vector<std::string> called, written;
  for (const ast::Name& name : alias.columns) written.emplace_back(name.text);
  size_t needed = 0;  // so many of them have to be said
  for (const catalog::NamedRelation::Column& column : columns_of(relation)) {
    auto known = std::find_if(then->columns.begin(), then->columns.end(),
                              [&](const auto& other) { return other.number == column.number; });
    auto place = static_cast<size_t>(known - then->columns.begin());
    called.push_back(known == then->columns.end() ? edits_->fresh_name(column.name, *world_)
                     : place < written.size()     ? written[place]
                                                  : known->name);
    if (called.back() != column.name) needed = called.size();
  }
  called.resize(needed);
  std::string name = relation_name(relation);
  auto begin = static_cast<size_t>(ref.name.parts.back().position);
  std::string_view source = edits_->source();
  std::string columns = called.empty() || called == written ? "" : list(called);
  bool is_renamed = name != then->name;
  bool has_alias = !alias.name.empty();
  if (is_renamed || (!has_alias && !columns.empty())) {
    std::string text = quote_identifier(name);
    if (!has_alias)
      text += " AS " + quote_identifier(then->name) + (columns.empty() ? "" : "(" + columns + ")");
    edits_->replace(begin, name_end(source, begin), text);
  }
  if (!has_alias || columns.empty()) return;
  if (alias.columns.empty()) {
    size_t end = name_end(source, static_cast<size_t>(alias.name.position));
    edits_->replace(end, end, "(" + columns + ")");
  } else {
    edits_->replace(static_cast<size_t>(alias.columns.front().position),
                    name_end(source, static_cast<size_t>(alias.columns.back().position)), columns);
  }
}

// `*` and t.*; left as it is where one of its columns has no name of its own.
void Binder::edit_star(const ast::Star& star, ast::Range range, const std::vector<ScopeColumn>& columns,
                       ast::List<ast::SelectItem> items, size_t first) {
  if (edits_ == nullptr || stored_depth_ != 1) return;
  auto begin = static_cast<size_t>(range.begin), end = static_cast<size_t>(range.end);
  std::string_view qualifier = edits_->source().substr(begin, end - begin);
  qualifier = qualifier.substr(0, qualifier.rfind('*'));
  std::vector<std::string> texts;
  if (!star.qualifier.empty()) {
    for (const ScopeColumn& column : columns)
      texts.push_back(std::string(qualifier) + quote_identifier(column.name));
  } else {
    for (const Visible& visible : level_->visible) {
      if (!visible.as_columns) continue;
      for (const ScopeColumn& column : visible.item->columns) {
        bool is_qualified = visible.as_relation && !visible.item->name.empty();
        auto same = [&](const ScopeColumn& other) { return other.name == column.name; };
        ptrdiff_t bare = 0;
        for (const Visible& other : level_->visible)
          if (other.as_columns)
            bare += std::count_if(other.item->columns.begin(), other.item->columns.end(), same);
        if (!is_qualified && bare != 1) return;
        texts.push_back((is_qualified ? quote_identifier(visible.item->name) + "." : "") +
                        quote_identifier(column.name));
      }
    }
    if (texts.size() != columns.size()) return;
  }
  std::string text;
  for (size_t i = 0; i < texts.size(); ++i) {
    text += (i == 0 ? "" : ", ") + texts[i];
    if (auto name = edits_->renamed(items, first + i, columns[i].name)) text += " AS " + *name;
  }
  edits_->replace(begin, end, text);
}

void Binder::edit_target(ast::List<ast::SelectItem> items, const ast::SelectItem& item, const Target& target,
                         size_t index) {
  if (edits_ == nullptr || stored_depth_ != 1) return;
  std::optional<std::string> name = edits_->renamed(items, index, target.name);
  if (!name) return;
  if (item.alias.empty()) {
    auto end = static_cast<size_t>(item.expr->range.end);
    edits_->replace(end, end, " AS " + *name);
  } else {
    auto begin = static_cast<size_t>(item.alias.position);
    edits_->replace(begin, name_end(edits_->source(), begin), *name);
  }
}

// 'name'::regclass, and what nextval is given.
void Binder::edit_literal(Position position, const ast::QualifiedName& name,
                          const catalog::RelationPtr& relation) {
  const catalog::NamedRelation* then = named_then(name);
  if (edits_ == nullptr || stored_depth_ != 1 || then == nullptr || position == kNoPosition) return;
  std::string now = relation_name(relation);
  std::string_view source = edits_->source();
  auto begin = static_cast<size_t>(position);
  if (now.empty() || now == then->name || begin >= source.size() || source[begin] != '\'') return;
  size_t end = source.find('\'', begin + 1);
  if (end == std::string_view::npos) return;
  std::string text = then->schema.empty() ? "" : quote_identifier(then->schema) + ".";
  for (char c : quote_identifier(now)) text += std::string(c == '\'' ? 2 : 1, c);
  edits_->replace(begin, end + 1, "'" + text + "'");
}

Result<std::string> Binder::text_today(const catalog::View& view) {
  std::unique_ptr<ParsedStatement> parsed = TRY(parse_stored(view.query_sql));
  const auto* query = std::get_if<ast::QueryPtr>(&parsed->root->node);
  ENSURE(query != nullptr);
  TextEdits edits(view, leading_select(**query));
  Restore<TextEdits*> editing(edits_, &edits);
  LogicalPtr plan;
  {
    InView inside(*this, view);
    plan = TRY(bind_query(**query, nullptr, false));
  }
  std::string text = edits.apply();
  TRY(parse_stored(text));
  return text;
}

}  // namespace rowan::binding

namespace rowan {

std::string view_text(const catalog::View& view, catalog::CatalogPtr catalog, const BindOptions& options) {
  if (!view.world) return view.query_sql;
  Result<std::string> text = binding::Binder(std::move(catalog), options).text_today(view);
  return text.ok() ? *text : view.query_sql;
}

}  // namespace rowan
