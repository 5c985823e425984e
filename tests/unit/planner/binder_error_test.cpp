// The very words of PostgreSQL 15, with code, position, detail and hint: each line was compared with a
// server.
#include "tests/unit/planner/binder_support.h"

namespace rowan::binder_test {
namespace {

struct WrongStatement {
  const char *sql, *error;
};

const WrongStatement kWrongStatements[] = {
    {"select nme from t",
     "ERROR 42703 at 8: column \"nme\" does not exist | HINT Perhaps you meant to reference the column "
     "\"t.name\"."},
    {"select t.nme from t",
     "ERROR 42703 at 8: column t.nme does not exist | HINT Perhaps you meant to reference the column "
     "\"t.name\"."},
    {"insert into t (nme) values ('x')",
     "ERROR 42703 at 16: column \"nme\" of relation \"t\" does not exist | HINT Perhaps you meant to "
     "reference "
     "the column \"t.name\"."},
    {"update t set nme = 'x'",
     "ERROR 42703 at 14: column \"nme\" of relation \"t\" does not exist | HINT Perhaps you meant to "
     "reference "
     "the column \"t.name\"."},
    {"select '1'::itn",
     "ERROR 42704 at 13: type \"itn\" does not exist | HINT Perhaps you meant the type \"int\"."},
    {"select x.id from t", "ERROR 42P01 at 8: missing FROM-clause entry for table \"x\""},
    {"select t.id from t a",
     "ERROR 42P01 at 8: invalid reference to FROM-clause entry for table \"t\" | HINT Perhaps you "
     "meant to reference the table alias \"a\"."},
    {"select foo from t, u", "ERROR 42703 at 8: column \"foo\" does not exist"},
    {"select id from t,u", "ERROR 42702 at 8: column reference \"id\" is ambiguous"},
    {"select u.name from t, u",
     "ERROR 42703 at 8: column u.name does not exist | HINT Perhaps you meant to reference the "
     "column \"t.name\" or the column \"u.nam\"."},
    {"select name.id from t names",
     "ERROR 42P01 at 8: missing FROM-clause entry for table \"name\" | HINT Perhaps you meant to reference "
     "the "
     "table \"names\"."},
    {"select a.* from t", "ERROR 42P01 at 8: missing FROM-clause entry for table \"a\""},
    {"select *", "ERROR 42601 at 8: SELECT * with no tables specified is not valid"},
    {"select f(1, 'a')",
     "ERROR 42883 at 8: function f(integer, unknown) does not exist | HINT No function matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select 1 + 'a'::text",
     "ERROR 42883 at 10: operator does not exist: integer + text | HINT No operator matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select - 'a'::text",
     "ERROR 42883 at 8: operator does not exist: - text | HINT No operator matches the given name "
     "and argument type. You might need to add an explicit type cast."},
    {"select id + name from t",
     "ERROR 42883 at 11: operator does not exist: integer + text | HINT No operator matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select name, count(*) from u join t on true group by tid",
     "ERROR 42803 at 8: column \"t.name\" must appear in the GROUP BY clause or be used in an "
     "aggregate function"},
    {"select name, count(*) from t group by val",
     "ERROR 42803 at 8: column \"t.name\" must appear in the GROUP BY clause or be used in an "
     "aggregate function"},
    {"select count(count(*)) from t", "ERROR 42803 at 14: aggregate function calls cannot be nested"},
    {"select * from t where count(*) > 1", "ERROR 42803 at 23: aggregate functions are not allowed in WHERE"},
    {"select * from t where row_number() over () > 1",
     "ERROR 42P20 at 23: window functions are not allowed in WHERE"},
    {"select rank() from t", "ERROR 42809 at 8: window function rank requires an OVER clause"},
    {"select id from t order by 3", "ERROR 42P10 at 27: ORDER BY position 3 is not in select list"},
    {"select id from t order by 'x'", "ERROR 42601 at 27: non-integer constant in ORDER BY"},
    {"select id from t group by 5", "ERROR 42P10 at 27: GROUP BY position 5 is not in select list"},
    {"select distinct name from t order by id",
     "ERROR 42P10 at 38: for SELECT DISTINCT, ORDER BY expressions must appear in select list"},
    {"select id, tid from u union select 1",
     "ERROR 42601 at 36: each UNION query must have the same number of columns"},
    {"select id from t union select name from t",
     "ERROR 42804 at 31: UNION types integer and text cannot be matched"},
    {"select case when true then 1 else 'a'::text end",
     "ERROR 42804 at 28: CASE types text and integer cannot be matched"},
    {"select coalesce(1, 'x'::text)", "ERROR 42804 at 20: COALESCE types integer and text cannot be matched"},
    {"select * from t where id",
     "ERROR 42804 at 23: argument of WHERE must be type boolean, not type integer"},
    {"select * from t limit id", "ERROR 42P10 at 23: argument of LIMIT must not contain variables"},
    {"select * from t limit 'a'::text",
     "ERROR 42804 at 23: argument of LIMIT must be type bigint, not type text"},
    {"select id from nope", "ERROR 42P01 at 16: relation \"nope\" does not exist"},
    {"insert into t(nope) values (1)", "ERROR 42703 at 15: column \"nope\" of relation \"t\" does not exist"},
    {"insert into t(id, id) values (1, 2)", "ERROR 42701 at 19: column \"id\" specified more than once"},
    {"insert into t(id) values (1, 2)", "ERROR 42601 at 30: INSERT has more expressions than target columns"},
    {"insert into t(id, name) values (1)",
     "ERROR 42601 at 19: INSERT has more target columns than expressions"},
    {"insert into t(id) values ('abc')", "ERROR 22P02 at 27: invalid input syntax for type integer: \"abc\""},
    {"insert into t(id) values (true)",
     "ERROR 42804 at 27: column \"id\" is of type integer but expression is of type boolean | HINT You "
     "will need to rewrite or cast the expression."},
    {"insert into t(d) values (1)",
     "ERROR 42804 at 26: column \"d\" is of type date but expression is of type integer | HINT You "
     "will need to rewrite or cast the expression."},
    {"update t set nope = 1", "ERROR 42703 at 14: column \"nope\" of relation \"t\" does not exist"},
    {"update t set id = 1, id = 2", "ERROR 42601: multiple assignments to same column \"id\""},
    {"update t set id = 'x'::text",
     "ERROR 42804 at 19: column \"id\" is of type integer but expression is of type text | HINT You "
     "will need to rewrite or cast the expression."},
    {"insert into g(id) values (1)",
     "ERROR 428C9: cannot insert a non-DEFAULT value into column \"id\" | DETAIL Column \"id\" is an "
     "identity column defined as GENERATED ALWAYS. | HINT Use OVERRIDING SYSTEM VALUE to override."},
    {"update g set id = 1",
     "ERROR 428C9: column \"id\" can only be updated to DEFAULT | DETAIL Column \"id\" is an identity "
     "column defined as GENERATED ALWAYS."},
    {"insert into t(id) values (1) on conflict (name) do nothing",
     "ERROR 42P10: there is no unique or exclusion constraint matching the ON CONFLICT specification"},
    {"insert into t(id) values (1) on conflict do update set name = 'x'",
     "ERROR 42601 at 30: ON CONFLICT DO UPDATE requires inference specification or constraint name | "
     "HINT For example, ON CONFLICT (column_name)."},
    {"select 'abc'::int", "ERROR 22P02 at 8: invalid input syntax for type integer: \"abc\""},
    {"select cast(1 as date)", "ERROR 42846 at 8: cannot cast type integer to date"},
    {"select 1::nope", "ERROR 42704 at 11: type \"nope\" does not exist"},
    {"select * from t join u using (name)",
     "ERROR 42703: column \"name\" specified in USING clause does not exist in right table"},
    {"select * from t a, t a", "ERROR 42712: table name \"a\" specified more than once"},
    {"select * from (values (1,2),(3)) v", "ERROR 42601 at 30: VALUES lists must all be the same length"},
    {"select (select id, name from t)", "ERROR 42601 at 8: subquery must return only one column"},
    {"select * from t where id in (select id, name from t)",
     "ERROR 42601 at 26: subquery has too many columns"},
    {"select * from t where (id, name) in (select id from t)",
     "ERROR 42601 at 34: subquery has too few columns"},
    {"select id from t group by id for update",
     "ERROR 0A000: FOR UPDATE is not allowed with GROUP BY clause"},
    {"update agg set n = 1",
     "ERROR 55000: cannot update view \"agg\" | DETAIL Views containing GROUP BY are not automatically "
     "updatable. | HINT To enable updating the view, provide an INSTEAD OF UPDATE trigger or an "
     "unconditional ON UPDATE DO INSTEAD rule."},
    {"insert into agg values (1, 2)",
     "ERROR 55000: cannot insert into view \"agg\" | DETAIL Views containing GROUP BY are not "
     "automatically updatable. | HINT To enable inserting into the view, provide an INSTEAD OF "
     "INSERT trigger or an unconditional ON INSERT DO INSTEAD rule."},
    {"delete from agg",
     "ERROR 55000: cannot delete from view \"agg\" | DETAIL Views containing GROUP BY are not "
     "automatically updatable. | HINT To enable deleting from the view, provide an INSTEAD OF DELETE "
     "trigger or an unconditional ON DELETE DO INSTEAD rule."},
    {"with a as (select 1), a as (select 2) select 1",
     "ERROR 42712 at 23: WITH query name \"a\" specified more than once"},
    {"select sum(name) from t",
     "ERROR 42883 at 8: function sum(text) does not exist | HINT No function matches the given name "
     "and argument types. You might need to add explicit type casts."},
    {"select lower(1)",
     "ERROR 42883 at 8: function lower(integer) does not exist | HINT No function matches the given "
     "name and argument types. You might need to add explicit type casts."},
    {"select upper()",
     "ERROR 42883 at 8: function upper() does not exist | HINT No function matches the given name "
     "and argument types. You might need to add explicit type casts."},
    {"select id from t where name = 5",
     "ERROR 42883 at 29: operator does not exist: text = integer | HINT No operator matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select * from t where val > 'abc'",
     "ERROR 22P02 at 29: invalid input syntax for type numeric: \"abc\""},
    {"select id as x, name as x from t order by x", "ERROR 42702 at 43: ORDER BY \"x\" is ambiguous"},
    {"select max(id) over (order by nope) from t",
     "ERROR 42703 at 31: column \"nope\" does not exist | HINT Perhaps you meant to reference the "
     "column \"t.name\"."},
    {"select sum(id) over w from t", "ERROR 42704 at 21: window \"w\" does not exist"},
    {"select * from t full join lateral (select t.id) s on true",
     "ERROR 42P10 at 43: invalid reference to FROM-clause entry for table \"t\" | DETAIL The combining "
     "JOIN type must be INNER or LEFT for a LATERAL reference."},
    {"select t.id from t, (select t.id) s",
     "ERROR 42P01 at 29: invalid reference to FROM-clause entry for table \"t\" | HINT There is an "
     "entry for table \"t\", but it cannot be referenced from this part of the query."},
    {"select count(*) filter (where sum(id) > 1) from t",
     "ERROR 42803 at 31: aggregate functions are not allowed in FILTER"},
    {"select 1 from t having id > 1",
     "ERROR 42803 at 24: column \"t.id\" must appear in the GROUP BY clause or be used in an aggregate "
     "function"},
    {"select sum(id) from t group by sum(id)",
     "ERROR 42803 at 32: aggregate functions are not allowed in GROUP BY"},
    {"select string_agg(name) from t",
     "ERROR 42883 at 8: function string_agg(text) does not exist | HINT No function matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select * from t where name like 1",
     "ERROR 42883 at 28: operator does not exist: text ~~ integer | HINT No operator matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select not 1", "ERROR 42804 at 12: argument of NOT must be type boolean, not type integer"},
    {"select 1 and true", "ERROR 42804 at 8: argument of AND must be type boolean, not type integer"},
    {"select now(1)",
     "ERROR 42883 at 8: function now(integer) does not exist | HINT No function matches the given "
     "name and argument types. You might need to add explicit type casts."},
    {"select greatest(1, 'x')", "ERROR 22P02 at 20: invalid input syntax for type integer: \"x\""},
    {"select 1 from t as x(a,b,c,d,e,f)",
     "ERROR 42P10: table \"x\" has 5 columns available but 6 columns specified"},
    {"with r as (select * from r) select * from r",
     "ERROR 42P01 at 26: relation \"r\" does not exist | DETAIL There is a WITH item named \"r\", but it "
     "cannot be referenced from this part of the query. | HINT Use WITH RECURSIVE, or re-order the "
     "WITH items to remove forward references."},
    {"with recursive r as (select * from r) select * from r",
     "ERROR 42P19 at 16: recursive query \"r\" does not have the form non-recursive-term UNION [ALL] "
     "recursive-term"},
    {"with x as (delete from u) select * from x",
     "ERROR 0A000 at 41: WITH query \"x\" does not have a RETURNING clause"},
    {"select (with x as (delete from u returning 1) select 1)",
     "ERROR 0A000 at 14: WITH clause containing a data-modifying statement must be at the top level"},
    {"insert into u with x as (delete from t returning id) select id from x",
     "ERROR 0A000 at 20: WITH clause containing a data-modifying statement must be at the top level"},
    {"with recursive x as (insert into t select * from x returning *) select 1",
     "ERROR 42P19 at 16: recursive query \"x\" must not contain data-modifying statements"},
    {"with x (a, b, c) as (update t set name = 'n' returning id) select 1",
     "ERROR 42P10 at 6: WITH query \"x\" has 1 columns available but 3 columns specified"},
    {"with x as (select 1) insert into x select 1", "ERROR 42P01 at 34: relation \"x\" does not exist"},
    {"with x as (delete from t returning id) select * from x for update of x",
     "ERROR 0A000 at 70: FOR UPDATE cannot be applied to a WITH query"},
    {"delete from t where id in (select nope from u)",
     "ERROR 42703 at 35: column \"nope\" does not exist | HINT Perhaps you meant to reference the "
     "column \"t.name\"."},
    {"select * from generate_series(1)",
     "ERROR 42883 at 15: function generate_series(integer) does not exist | HINT No function matches "
     "the given name and argument types. You might need to add explicit type casts."},
    {"select public.lower('x')",
     "ERROR 42883 at 8: function public.lower(unknown) does not exist | HINT No function matches the "
     "given name and argument types. You might need to add explicit type casts."},
    {"select foo.lower('x')", "ERROR 3F000 at 8: schema \"foo\" does not exist"},
    {"select * from foo.t", "ERROR 42P01 at 15: relation \"foo.t\" does not exist"},
    {"select * from public.nope", "ERROR 42P01 at 15: relation \"public.nope\" does not exist"},
    {"select val::boolean from t", "ERROR 42846 at 11: cannot cast type numeric to boolean"},
    {"select 'x'::varchar(0)", "ERROR 22023 at 13: length for type varchar must be at least 1"},
    {"select 1 = 'a'", "ERROR 22P02 at 12: invalid input syntax for type integer: \"a\""},
    {"select id is true from t",
     "ERROR 42804 at 8: argument of IS TRUE must be type boolean, not type integer"},
    {"select (1,2) = (1,2,3)", "ERROR 42601 at 14: unequal number of entries in row expressions"},
    {"select * from u where tid = any(array[1,'b'])",
     "ERROR 22P02 at 41: invalid input syntax for type integer: \"b\""},
};

TEST(BinderErrors, SayWhatPostgreSQLSays) {
  for (const WrongStatement& wrong : kWrongStatements)
    EXPECT_EQ(bound_text(wrong.sql), wrong.error) << wrong.sql;
}

}  // namespace
}  // namespace rowan::binder_test
