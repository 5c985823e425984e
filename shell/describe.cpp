// shell/describe.cpp: \d and its family, read from pg_catalog as anybody could.
#include <map>

#include "shell/commands.h"
#include "types/try.h"

namespace rowan::shell {
namespace {

using Grid = std::vector<std::vector<Cell>>;

Result<ResultTable> ask_catalog(Shell& shell, const std::string& sql) {
  ResultTable table;
  Rows rows = TRY(shell.connection().query(sql));
  for (uint32_t i = 0; i < rows.column_count(); ++i)
    table.headers.push_back({rows.column_name(i), rows.is_numeric(i), false, false});
  while (TRY(rows.next())) {
    std::vector<Cell>& row = table.rows.emplace_back(table.headers.size());
    for (uint32_t i = 0; i < row.size(); ++i) {
      row[i].is_null = rows.is_null(i);
      if (!row[i].is_null) rows.append_text(i, row[i].text);
    }
  }
  return table;
}

// psql's pattern as a LIKE pattern: * for any text, ? for one character; upper case folds unless quoted.
std::string like_pattern(std::string_view pattern) {
  std::string like;
  bool quoted = false;
  for (char c : pattern) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '*') {
      like += '%';
    } else if (!quoted && c == '?') {
      like += '_';
    } else if (c == '%' || c == '_' || c == '\\') {
      like += '\\';
      like += c;
    } else {
      like += quoted ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return like;
}

// "schema.name" into a condition on n.nspname and `column`.
std::string name_condition(const std::optional<std::string>& pattern, std::string_view column) {
  if (!pattern) return " AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'";
  size_t dot = pattern->find('.');
  std::string condition;
  std::string_view name = *pattern;
  if (dot != std::string::npos) {
    condition += " AND n.nspname LIKE " + quote_literal(like_pattern(name.substr(0, dot)));
    name.remove_prefix(dot + 1);
  } else {
    condition += " AND pg_catalog.pg_table_is_visible(c.oid)";
  }
  return condition + " AND " + std::string(column) + " LIKE " + quote_literal(like_pattern(name));
}

void show(Shell& shell, const ResultTable& table, bool expandable = true) {
  OutputOptions options = shell.output();
  if (!expandable) options.expanded = Expanded::Off;  // a relation's description would confuse so
  Paper paper(shell.out());
  print_table(table, options, paper);
  paper.flush();
}

bool fail(CommandCall& call, const Error& error) {
  call.shell.complain(error.message());
  return false;
}

// The modifiers behind a command's name: + for more columns, S for the system's own too.
struct Modifiers {
  bool verbose = false, system = false;
};

// \d, \dt, \di, \dv, \ds without or with a pattern: a list of relations.
bool list_relations(CommandCall& call, std::string kinds, const std::optional<std::string>& pattern,
                    Modifiers modifiers) {
  bool indexes = kinds.find('i') != std::string::npos;
  if (kinds.empty()) kinds = "tvs";
  std::string relkinds;
  for (char kind : kinds) {
    std::string_view codes = kind == 't'   ? "'r'"
                             : kind == 'v' ? "'v'"
                             : kind == 's' ? "'S'"
                             : kind == 'i' ? "'i'"
                                           : "";
    if (!codes.empty()) relkinds += (relkinds.empty() ? "" : ",") + std::string(codes);
  }
  std::string sql =
      "SELECT n.nspname AS \"Schema\", c.relname AS \"Name\", CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' "
      "THEN 'view' WHEN 'i' THEN 'index' "
      "WHEN 'S' THEN 'sequence' END AS \"Type\", 'rowan' AS \"Owner\"";
  if (indexes) sql += ", c2.relname AS \"Table\"";
  bool has_storage = kinds.find_first_of("ti") != std::string::npos;
  if (modifiers.verbose) {
    sql +=
        ", CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 't' THEN 'temporary' WHEN 'u' THEN "
        "'unlogged' END "
        "AS \"Persistence\"";
    if (has_storage) sql += ", am.amname AS \"Access method\"";
    sql +=
        ", pg_catalog.pg_size_pretty(pg_catalog.pg_table_size(c.oid)) AS \"Size\", "
        "pg_catalog.obj_description(c.oid, 'pg_class') AS \"Description\"";
  }
  sql += " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";
  if (indexes)
    sql +=
        " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class c2 ON "
        "i.indrelid = c2.oid";
  if (modifiers.verbose && has_storage) sql += " LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam";
  bool all_visible = modifiers.system && !pattern;
  sql += " WHERE c.relkind IN (" + relkinds + ")" +
         (all_visible ? " AND pg_catalog.pg_table_is_visible(c.oid)" : name_condition(pattern, "c.relname")) +
         " ORDER BY 1, 2";
  Result<ResultTable> table = ask_catalog(call.shell, sql);
  if (!table.ok()) return fail(call, table.error());
  if (table->rows.empty() && !call.shell.is_quiet()) {
    call.shell.complain(pattern ? "Did not find any relation named \"" + *pattern + "\"."
                                : "Did not find any relations.");
    return true;
  }
  table->title = "List of relations";
  show(call.shell, *table);
  return true;
}

std::string cell(const ResultTable& table, size_t row, size_t column) {
  return table.rows[row][column].text;
}

// The lists below a table: indexes, checks, foreign keys, who refers to it.
Result<> add_footers(Shell& shell, const std::string& oid, ResultTable& table) {
  ResultTable indexes = TRY(
      ask_catalog(shell,
                  "SELECT c2.relname, i.indisprimary, i.indisunique, "
                  "pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), con.contype FROM pg_catalog.pg_index i "
                  "JOIN pg_catalog.pg_class c2 ON c2.oid = i.indexrelid LEFT JOIN "
                  "pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype "
                  "IN ('p', 'u') WHERE i.indrelid = " +
                      oid + " ORDER BY i.indisprimary DESC, c2.relname"));
  if (!indexes.rows.empty()) table.footers.push_back("Indexes:");
  for (size_t i = 0; i < indexes.rows.size(); ++i) {
    std::string definition = cell(indexes, i, 3);
    size_t method = definition.find(" USING ");
    std::string line = "    \"" + cell(indexes, i, 0) + "\" ";
    if (cell(indexes, i, 1) == "t") {
      line += "PRIMARY KEY, ";
    } else if (cell(indexes, i, 4) == "u") {
      line += "UNIQUE CONSTRAINT, ";
    } else if (cell(indexes, i, 2) == "t") {
      line += "UNIQUE, ";
    }
    table.footers.push_back(line +
                            (method == std::string::npos ? definition : definition.substr(method + 7)));
  }
  struct List {
    std::string_view title;
    std::string condition;
    bool incoming;
  };
  const List lists[] = {{"Check constraints:", "conrelid = " + oid + " AND contype = 'c'", false},
                        {"Foreign-key constraints:", "conrelid = " + oid + " AND contype = 'f'", false},
                        {"Referenced by:", "confrelid = " + oid + " AND contype = 'f'", true}};
  for (const List& list : lists) {
    ResultTable found = TRY(ask_catalog(shell,
                                        "SELECT con.conname, pg_catalog.pg_get_constraintdef(con.oid, true), "
                                        "c.relname FROM pg_catalog.pg_constraint con JOIN "
                                        "pg_catalog.pg_class c ON c.oid = con.conrelid WHERE con." +
                                            list.condition + " ORDER BY con.conname"));
    if (!found.rows.empty()) table.footers.emplace_back(list.title);
    for (size_t i = 0; i < found.rows.size(); ++i) {
      std::string prefix = list.incoming ? "TABLE \"" + cell(found, i, 2) + "\" CONSTRAINT " : "";
      table.footers.push_back("    " + prefix + "\"" + cell(found, i, 0) + "\" " + cell(found, i, 1));
    }
  }
  return {};
}

// Whose sequence it is: the table whose column draws its default from it, or is an identity of it.
Result<> add_sequence_owner(Shell& shell, const std::string& schema, const std::string& name,
                            ResultTable& table) {
  std::string full = quote_literal(schema + "." + name);
  ResultTable owners = TRY(ask_catalog(shell,
                                       "SELECT n.nspname, c.relname, a.attname, a.attidentity FROM "
                                       "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                                       "ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON "
                                       "a.attrelid = c.oid WHERE c.relkind = 'r' AND "
                                       "a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384 AND "
                                       "pg_catalog.pg_get_serial_sequence(quote_ident(n.nspname) || '.' || "
                                       "quote_ident(c.relname), a.attname) = " +
                                           full));
  for (size_t i = 0; i < owners.rows.size(); ++i) {
    std::string column = cell(owners, i, 0) + "." + cell(owners, i, 1) + "." + cell(owners, i, 2);
    table.footers.push_back((cell(owners, i, 3).empty() ? "Owned by: " : "Sequence for identity column: ") +
                            column);
  }
  return {};
}

Result<> describe_one(Shell& shell, const std::string& oid, const std::string& schema,
                      const std::string& name, char kind, bool verbose) {
  std::string columns =
      "SELECT a.attname AS \"Column\", pg_catalog.format_type(a.atttypid, a.atttypmod) AS \"Type\"";
  if (kind == 'i') {
    columns +=
        ", 'yes' AS \"Key?\", pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, true) AS \"Definition\"";
  } else {
    columns +=
        ", CASE a.attcollation WHEN 950 THEN 'C' WHEN 951 THEN 'POSIX' ELSE '' END AS \"Collation\", CASE "
        "WHEN a.attnotnull THEN 'not null' ELSE '' END AS \"Nullable\", CASE "
        "a.attidentity WHEN 'a' THEN 'generated always "
        "as identity' WHEN 'd' THEN 'generated by default as identity' ELSE "
        "coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid, true), '') END AS \"Default\"";
  }
  // As PostgreSQL would store the type: in place, or compressed and out of line where it is long.
  if (verbose) {
    columns +=
        ", CASE WHEN a.atttypid = 1700 THEN 'main' WHEN a.atttypid IN (17, 25, 114, 1042, 1043, 3802) THEN "
        "'extended' ELSE 'plain' END AS \"Storage\"";
    if (kind == 'r') columns += ", '' AS \"Compression\"";
    if (kind != 'v') columns += ", '' AS \"Stats target\"";
    if (kind != 'i') columns += ", '' AS \"Description\"";
  }
  columns +=
      " FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND "
      "d.adnum = a.attnum WHERE a.attrelid = " +
      oid + " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
  if (kind == 'S') {
    columns =
        "SELECT pg_catalog.format_type(seqtypid, -1) AS \"Type\", seqstart AS \"Start\", seqmin AS "
        "\"Minimum\", seqmax AS \"Maximum\", seqincrement AS "
        "\"Increment\", CASE WHEN seqcycle THEN 'yes' ELSE 'no' END AS \"Cycles?\", seqcache AS \"Cache\" "
        "FROM pg_catalog.pg_sequence WHERE seqrelid = " +
        oid;
  }
  ResultTable table = TRY(ask_catalog(shell, columns));
  std::string_view word = kind == 'r' ? "Table" : kind == 'v' ? "View" : kind == 'S' ? "Sequence" : "Index";
  table.title = std::string(word) + " \"" + schema + "." + name + "\"";
  table.default_footer = false;
  if (kind == 'r') TRY(add_footers(shell, oid, table));
  if (kind == 'r' && verbose) table.footers.emplace_back("Access method: heap");
  if (kind == 'v' && verbose) {
    ResultTable definition =
        TRY(ask_catalog(shell, "SELECT pg_catalog.pg_get_viewdef(" + oid + "::pg_catalog.oid, true)"));
    // A system view is made by code and has none.
    if (!cell(definition, 0, 0).empty())
      table.footers.insert(table.footers.end(), {"View definition:", cell(definition, 0, 0)});
  }
  if (kind == 'S') TRY(add_sequence_owner(shell, schema, name, table));
  if (kind == 'i') {
    ResultTable facts = TRY(ask_catalog(shell,
                                        "SELECT i.indisprimary, i.indisunique, am.amname, t.relname, "
                                        "pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) FROM "
                                        "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = "
                                        "i.indexrelid JOIN pg_catalog.pg_am am ON am.oid = c.relam JOIN "
                                        "pg_catalog.pg_class t ON t.oid = i.indrelid WHERE "
                                        "i.indexrelid = " +
                                            oid));
    if (!facts.rows.empty()) {
      std::string line = cell(facts, 0, 0) == "t"   ? "primary key, "
                         : cell(facts, 0, 1) == "t" ? "unique, "
                                                    : "";
      table.footers.push_back(line + cell(facts, 0, 2) + ", for table \"" + schema + "." + cell(facts, 0, 3) +
                              "\"" +
                              (cell(facts, 0, 4).empty() ? "" : ", predicate (" + cell(facts, 0, 4) + ")"));
    }
  }
  show(shell, table, false);
  return {};
}

bool describe_relations(CommandCall& call, const std::string& pattern, Modifiers modifiers) {
  Result<ResultTable> found =
      ask_catalog(call.shell,
                  "SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c JOIN "
                  "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE true" +
                      name_condition(pattern, "c.relname") + " ORDER BY 2, 3");
  if (!found.ok()) return fail(call, found.error());
  if (found->rows.empty()) {
    if (!call.shell.is_quiet()) call.shell.complain("Did not find any relation named \"" + pattern + "\".");
    return false;
  }
  for (size_t i = 0; i < found->rows.size(); ++i) {
    Result<> described = describe_one(call.shell, cell(*found, i, 0), cell(*found, i, 1), cell(*found, i, 2),
                                      cell(*found, i, 3)[0], modifiers.verbose);
    if (!described.ok()) return fail(call, described.error());
  }
  return true;
}

// The argument types stand as numbers in the catalog: "25 23" for text and integer.
Result<ResultTable> ask_functions(Shell& shell, const std::string& condition) {
  ResultTable types =
      TRY(ask_catalog(shell, "SELECT oid, pg_catalog.format_type(oid, -1) FROM pg_catalog.pg_type"));
  std::map<std::string, std::string> names;
  for (size_t i = 0; i < types.rows.size(); ++i) names[cell(types, i, 0)] = cell(types, i, 1);
  ResultTable functions = TRY(ask_catalog(
      shell,
      "SELECT 'pg_catalog' AS \"Schema\", proname AS \"Name\", pg_catalog.format_type(prorettype, -1) "
      "AS \"Result data type\", proargtypes AS \"Argument data types\", CASE prokind WHEN 'a' THEN "
      "'agg' WHEN 'w' THEN 'window' ELSE 'func' END AS \"Type\" FROM pg_catalog.pg_proc WHERE " +
          condition + " ORDER BY 2, 4"));
  for (auto& row : functions.rows) {
    std::string list;
    std::string_view numbers = row[3].text;
    while (!numbers.empty()) {
      size_t end = std::min(numbers.find(' '), numbers.size());
      list += (list.empty() ? "" : ", ") + names[std::string(numbers.substr(0, end))];
      numbers.remove_prefix(std::min(end + 1, numbers.size()));
    }
    row[3].text = list;
  }
  return functions;
}

bool list_functions(CommandCall& call, const std::optional<std::string>& pattern) {
  std::string condition = pattern ? "proname LIKE " + quote_literal(like_pattern(*pattern)) : "false";
  Result<ResultTable> functions = ask_functions(call.shell, condition);
  if (!functions.ok()) return fail(call, functions.error());
  functions->title = "List of functions";
  show(call.shell, *functions);
  return true;
}

bool list_query(CommandCall& call, const std::string& sql, const std::string& title) {
  Result<ResultTable> table = ask_catalog(call.shell, sql);
  if (!table.ok()) return fail(call, table.error());
  table->title = title;
  show(call.shell, *table);
  return true;
}

}  // namespace

namespace {

// \d, or with any of the kinds of relations: \dt, \dtv.
bool is_list_of_relations(std::string_view name) {
  return !name.empty() && name[0] == 'd' && name.find_first_not_of("tvsi", 1) == std::string_view::npos;
}

}  // namespace

bool is_describe_command(std::string_view name) {
  constexpr std::string_view kNames[] = {"dn", "df", "du", "dT", "l", "blockers"};
  while (!name.empty() && (name.back() == '+' || name.back() == 'S')) name.remove_suffix(1);
  for (std::string_view known : kNames) {
    if (name == known) return true;
  }
  return is_list_of_relations(name);
}

bool run_describe(CommandCall& call) {
  std::string name(call.name);
  Modifiers modifiers;
  for (; !name.empty() && (name.back() == '+' || name.back() == 'S'); name.pop_back())
    (name.back() == '+' ? modifiers.verbose : modifiers.system) = true;
  std::optional<std::string> pattern = call.arguments.next();
  if (name == "d" && pattern) return describe_relations(call, *pattern, modifiers);
  if (is_list_of_relations(name)) return list_relations(call, name.substr(1), pattern, modifiers);
  if (modifiers.verbose) {
    call.shell.complain("\\" + std::string(call.name) + ": there is no form with +; \\" + name + " lists");
    return false;
  }
  if (name == "dn") {
    return list_query(
        call,
        "SELECT nspname AS \"Name\", 'pg_database_owner' AS \"Owner\" FROM pg_catalog.pg_namespace WHERE "
        "nspname = 'public' ORDER BY 1",
        "List of schemas");
  }
  if (name == "du")
    return list_query(
        call,
        "SELECT rolname AS \"Role name\", 'Superuser' AS \"Attributes\" FROM pg_catalog.pg_roles ORDER BY 1",
        "List of roles");
  if (name == "l")
    return list_query(call,
                      "SELECT datname AS \"Name\", 'rowan' AS \"Owner\", 'UTF8' AS \"Encoding\" FROM "
                      "pg_catalog.pg_database ORDER BY 1",
                      "List of databases");
  if (name == "blockers")
    return list_query(call,
                      "SELECT pid AS \"Waits\", blocked_by AS \"For\", mode AS \"Mode\", locktype || "
                      "coalesce(' of ' || relation, '') AS \"On\", query AS \"Statement\", blocker_state AS "
                      "\"Its state\", blocker_xact_start AS \"Its transaction began\", blocker_query AS "
                      "\"Its statement\" FROM pg_catalog.rowan_blockers ORDER BY 1, 2",
                      "Who waits for whom");
  // Without a pattern these list what users made, and nobody makes types or functions here.
  if (name == "dT") {
    std::string condition =
        pattern ? "pg_catalog.format_type(oid, -1) LIKE " + quote_literal(like_pattern(*pattern)) : "false";
    return list_query(call,
                      "SELECT 'pg_catalog' AS \"Schema\", pg_catalog.format_type(oid, -1) AS \"Name\", '' AS "
                      "\"Description\" FROM pg_catalog.pg_type WHERE " +
                          condition + " ORDER BY 2",
                      "List of data types");
  }
  return list_functions(call, pattern);
}

}  // namespace rowan::shell
