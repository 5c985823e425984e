#!/usr/bin/env python3
"""Random queries over small tables, through psql and through rowan: the rows as a multiset (in order where ORDER BY says so) and the
SQLSTATE of what fails must be the same. A developer's tool, no part of the tests; PGHOST, PGUSER … say where the PostgreSQL 15 is.

usage: differential.py ROWAN [--queries N] [--seed N] [--batch N] [--keep DIR]

What differs is printed with its seed and number. Each bug that it finds becomes a case in tests/sql.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile

COLUMNS = {"i": "integer", "j": "integer", "s": "text", "n": "numeric(6,2)", "d": "date", "b": "boolean"}
TABLES = ["t0", "t1", "t2", "t3"]
# Division by zero and a subquery of several rows: an input that turns out empty need not be asked.
PLANS_AFFAIR = ("ERROR:  22012", "ERROR:  21000")
WORDS = ["a", "b", "ab", "B", "", "abc", "x y", "10", "9"]


def literal(rng, kind):
    if rng.random() < 0.08:
        return f"null::{kind}"
    if kind == "integer":
        return str(rng.randint(-2, 6))
    if kind == "text":
        return "'" + rng.choice(WORDS) + "'"
    if kind == "numeric":
        return rng.choice(["0.5", "1.00", "2.25", "-1.5", "3", "0"]) + "::numeric"
    if kind == "date":
        return f"date '2024-01-0{rng.randint(1, 6)}'"
    return rng.choice(["true", "false"])


def schema(rng):
    """The tables: some keys, some indexes, many NULLs, an empty table now and then."""
    lines = []
    for table in TABLES:
        lines.append(f"create table {table} (i integer, j integer, s text, n numeric(6,2), d date, b boolean);")
        count = 0 if rng.random() < 0.06 else rng.randint(1, 14)
        for _ in range(count):
            row = [literal(rng, kind.split("(")[0]) if rng.random() > 0.15 else "null" for kind in COLUMNS.values()]
            lines.append(f"insert into {table} values ({', '.join(row)});")
        for column in COLUMNS:
            if column != "b" and rng.random() < 0.3:
                method = rng.choice(["btree", "btree", "hash"])
                lines.append(f"create index on {table} using {method} ({column});")
        if rng.random() < 0.3:
            lines.append(f"create index on {table} (i, s);")
    if rng.random() < 0.7:
        lines.append("analyze;")
    return lines


class Query:
    """One query; a scope is a list of (text, kind) that may be referred to."""

    def __init__(self, rng):
        self.rng = rng
        self.aliases = 0

    def alias(self):
        self.aliases += 1
        return f"q{self.aliases}"

    def pick(self, scope, kind):
        found = [text for text, own in scope if own == kind]
        return self.rng.choice(found) if found else None

    # --- values ---
    def value(self, scope, kind, depth=2):
        rng = self.rng
        reference = self.pick(scope, kind)
        roll = rng.random()
        if depth <= 0 or roll < 0.45:
            if reference is not None and rng.random() < 0.8:
                return reference
            return literal(rng, kind)
        if roll < 0.53:
            return (f"case when {self.condition(scope, depth - 1)} then {self.value(scope, kind, depth - 1)} "
                    f"else {self.value(scope, kind, depth - 1)} end")
        if roll < 0.60:
            return f"coalesce({self.value(scope, kind, depth - 1)}, {self.value(scope, kind, depth - 1)})"
        if roll < 0.66:
            return self.scalar_subquery(scope, kind, depth - 1)
        if roll < 0.70:
            return f"nullif({self.value(scope, kind, depth - 1)}, {self.value(scope, kind, depth - 1)})"
        if roll < 0.73 and kind != "boolean":
            return f"{rng.choice(['greatest', 'least'])}({self.value(scope, kind, depth - 1)}, {self.value(scope, kind, depth - 1)})"
        left, right = self.value(scope, kind, depth - 1), self.value(scope, kind, depth - 1)
        if kind == "integer":
            return rng.choice([f"({left} + {right})", f"({left} - {right})", f"({left} * {right})", f"({left} / {right})",
                               f"({left} % {right})", f"abs({left})", f"length({self.value(scope, 'text', depth - 1)})",
                               f"(- {left})"])
        if kind == "numeric":
            return rng.choice([f"({left} + {right})", f"({left} * {right})", f"round({left}, 1)", f"({left} - {right})",
                               f"{self.value(scope, 'integer', depth - 1)}::numeric", f"({left} / {right})"])
        if kind == "text":
            return rng.choice([f"({left} || {right})", f"upper({left})", f"substr({left}, 1, 2)", f"reverse({left})",
                               f"replace({left}, 'a', 'z')", f"{self.value(scope, 'integer', depth - 1)}::text"])
        if kind == "date":
            return rng.choice([f"({left} + {rng.randint(-3, 3)})", left])
        return self.condition(scope, depth - 1)

    def kind(self):
        return self.rng.choice(["integer", "integer", "integer", "text", "numeric", "date", "boolean"])

    # --- conditions ---
    def condition(self, scope, depth=2):
        rng = self.rng
        roll = rng.random()
        if depth > 0 and roll < 0.16:
            return f"({self.condition(scope, depth - 1)} {rng.choice(['and', 'or'])} {self.condition(scope, depth - 1)})"
        if depth > 0 and roll < 0.21:
            return f"(not {self.condition(scope, depth - 1)})"
        if depth > 0 and roll < 0.30:
            return self.subquery_condition(scope, depth - 1)
        kind = self.kind()
        left = self.value(scope, kind, depth - 1)
        if roll < 0.38:
            return f"({left} is {rng.choice(['', 'not '])}null)"
        if roll < 0.46:
            items = ", ".join(literal(rng, kind) for _ in range(rng.randint(1, 4)))
            return f"({left} {rng.choice(['', 'not '])}in ({items}))"
        if roll < 0.52:
            return f"({left} {rng.choice(['', 'not '])}between {self.value(scope, kind, 0)} and {self.value(scope, kind, 0)})"
        if roll < 0.57:
            text = self.value(scope, "text", depth - 1)
            return f"({text} {rng.choice(['like', 'not like', 'ilike'])} '{rng.choice(['a%', '%b', '_', '%', '', 'A%', '%a%b'])}')"
        if roll < 0.62:
            return f"({left} is {rng.choice(['', 'not '])}distinct from {self.value(scope, kind, depth - 1)})"
        operator = rng.choice(["=", "=", "=", "<>", "<", "<=", ">", ">="])
        return f"({left} {operator} {self.value(scope, kind, depth - 1)})"

    def subquery_condition(self, scope, depth):
        rng = self.rng
        roll = rng.random()
        if roll < 0.35:
            return f"({rng.choice(['', 'not '])}exists ({self.select(scope, ['integer'], depth)}))"
        kind = self.kind()
        left = self.value(scope, kind, 0)
        inner = self.select(scope, [kind], depth)
        if roll < 0.65:
            return f"({left} {rng.choice(['in', 'not in'])} ({inner}))"
        if roll < 0.8:
            return f"({left} {rng.choice(['=', '<', '>=', '<>'])} {rng.choice(['any', 'all'])} ({inner}))"
        if roll < 0.9:
            other = self.kind()
            return (f"(({left}, {self.value(scope, other, 0)}) {rng.choice(['in', 'not in'])} "
                    f"({self.select(scope, [kind, other], depth)}))")
        return f"({left} = {self.scalar_subquery(scope, kind, depth)})"

    def scalar_subquery(self, scope, kind, depth):
        rng = self.rng
        source, inner = self.source(scope, max(depth, 0) if rng.random() < 0.3 else 0)
        where = f" where {self.condition(inner + scope, depth)}" if rng.random() < 0.8 else ""
        aggregate = rng.choice(["min", "max"]) if kind != "boolean" else rng.choice(["bool_and", "bool_or"])
        if kind == "integer" and rng.random() < 0.4:
            return f"(select count(*)::integer from {source}{where})"
        if rng.random() < 0.06:
            return f"(select {self.value(inner, kind, 0)} from {source}{where})"
        return f"(select {aggregate}({self.value(inner, kind, 1)}) from {source}{where})"

    # --- FROM ---
    def table(self):
        alias = self.alias()
        name = self.rng.choice(TABLES)
        kinds = {column: kind.split("(")[0] for column, kind in COLUMNS.items()}
        return f"{name} {alias}", [(f"{alias}.{column}", kind) for column, kind in kinds.items()]

    def source(self, outer, depth):
        rng = self.rng
        roll = rng.random()
        if depth > 0 and roll < 0.2:
            alias = self.alias()
            kinds = [self.kind() for _ in range(rng.randint(1, 3))]
            text = self.select([], kinds, depth - 1, named=True)
            return f"({text}) {alias}", [(f"{alias}.c{n}", kind) for n, kind in enumerate(kinds)]
        if depth > 0 and roll < 0.26:
            alias = self.alias()
            rows = ", ".join(f"({literal(rng, 'integer')}, {literal(rng, 'text')})" for _ in range(rng.randint(1, 4)))
            return f"(values {rows}) {alias} (c0, c1)", [(f"{alias}.c0", "integer"), (f"{alias}.c1", "text")]
        if depth > 0 and roll < 0.65:
            left, left_scope = self.source(outer, depth - 1)
            right, right_scope = self.source(outer, depth - 1)
            scope = left_scope + right_scope
            kind = rng.choice(["join", "left join", "right join", "full join", "join", "left join", "cross join"])
            if kind == "cross join":
                return f"{left} cross join {right}", scope
            joined = rng.choice(["integer", "integer", "text", "date"])
            a, b = self.pick(left_scope, joined), self.pick(right_scope, joined)
            if a is None or b is None:
                on = "true" if kind == "full join" else self.condition(scope, 0)
            else:
                on = f"{a} = {b}"
                if kind != "full join" and rng.random() < 0.35:
                    on += f" and {self.condition(scope + outer, 1)}"
                elif kind != "full join" and rng.random() < 0.15:
                    on = f"{a} {rng.choice(['<', '>=', '<>'])} {b}"
            return f"({left} {kind} {right} on {on})", scope
        return self.table()

    # --- queries ---
    def select(self, outer, kinds, depth, named=False):
        """A query with columns of `kinds`, without ORDER BY."""
        rng = self.rng
        if depth > 0 and rng.random() < 0.12:
            operator = rng.choice(["union", "union all", "intersect", "except", "intersect all", "except all"])
            return f"({self.select(outer, kinds, depth - 1, named)}) {operator} ({self.select(outer, kinds, depth - 1, named)})"
        source, scope = self.source(outer, depth)
        where = f" where {self.condition(scope + outer, depth)}" if rng.random() < 0.75 else ""
        if rng.random() < 0.25:
            return self.grouped(source, where, scope, outer, kinds, depth, named)
        distinct = "distinct " if rng.random() < 0.15 else ""
        items = [self.value(scope + outer if rng.random() < 0.3 else scope, kind, min(depth, 2)) for kind in kinds]
        return f"select {distinct}{self.named(items, named)} from {source}{where}"

    def named(self, items, named):
        return ", ".join(f"{item} as c{n}" if named else item for n, item in enumerate(items))

    def aggregate(self, scope, kind):
        rng = self.rng
        extra = f" filter (where {self.condition(scope, 1)})" if rng.random() < 0.2 else ""
        distinct = "distinct " if rng.random() < 0.2 else ""
        if kind == "integer":
            return rng.choice([f"count(*){extra}", f"count({distinct}{self.value(scope, self.kind(), 1)}){extra}",
                               f"sum({distinct}{self.value(scope, 'integer', 1)}){extra}", f"max({self.value(scope, 'integer', 1)}){extra}"])
        if kind == "numeric":
            return rng.choice([f"sum({distinct}{self.value(scope, 'numeric', 1)}){extra}",
                               f"avg({distinct}{self.value(scope, rng.choice(['integer', 'numeric']), 1)}){extra}"])
        if kind == "text":
            text = self.value(scope, "text", 1)
            return rng.choice([f"min({text}){extra}", f"string_agg({text}, ',' order by {text}){extra}"])
        if kind == "boolean":
            return f"{rng.choice(['bool_and', 'bool_or'])}({self.condition(scope, 1)}){extra}"
        return f"{rng.choice(['min', 'max'])}({self.value(scope, kind, 1)}){extra}"

    def grouped(self, source, where, scope, outer, kinds, depth, named):
        rng = self.rng
        keys = []
        for _ in range(rng.randint(0, 2)):
            kind = self.kind()
            reference = self.pick(scope, kind)
            if reference is not None:
                keys.append((reference, kind))
        items = []
        for kind in kinds:
            own = [text for text, found in keys if found == kind]
            items.append(rng.choice(own) if own and rng.random() < 0.6 else self.cast(self.aggregate(scope, kind), kind))
        group = f" group by {', '.join(text for text, _ in keys)}" if keys else ""
        having = f" having {self.cast(self.aggregate(scope, 'integer'), 'integer')} > {rng.randint(0, 2)}" if rng.random() < 0.25 else ""
        return f"select {self.named(items, named)} from {source}{where}{group}{having}"

    @staticmethod
    def cast(text, kind):
        return f"({text})::integer" if kind == "integer" else text

    def statement(self):
        """The query, and whether its rows come in an order that is fully said."""
        rng = self.rng
        depth = rng.choice([1, 2, 2, 3])
        kinds = [self.kind() for _ in range(rng.randint(1, 4))]
        prefix = ""
        roll = rng.random()
        if roll < 0.08:
            inner = [self.kind() for _ in range(2)]
            body = self.select([], inner, 1, named=True)
            scope = [(f"w.c{n}", kind) for n, kind in enumerate(inner)]
            items = [self.value(scope, kind, 1) for kind in kinds]
            other = self.alias()
            prefix = f"with w as ({body}) "
            text = f"select {self.named(items, True)} from w left join w {other} on w.c0 = {other}.c0 where {self.condition(scope, 1)}"
        elif roll < 0.14:
            source, scope = self.source([], 1)
            items = [self.value(scope, kind, 1) for kind in kinds]
            window = f"over (partition by {self.pick(scope, 'integer') or 1} order by {', '.join(text for text, _ in scope)})"
            text = f"select {self.named(items, True)}, {rng.choice(['row_number()', 'rank()', 'count(*)', 'dense_rank()'])} {window} from {source}"
        else:
            text = self.select([], kinds, depth, named=True)
        if rng.random() < 0.4:
            order = ", ".join(f"{n + 1}{rng.choice(['', ' desc', ' nulls first', ' desc nulls last'])}" for n in range(len(kinds)))
            if roll < 0.14 and roll >= 0.08:
                order += f", {len(kinds) + 1}"
            limit = f" limit {rng.randint(0, 5)}" if rng.random() < 0.4 else ""
            return f"{prefix}{text} order by {order}{limit}", True
        return prefix + text, False


def without_zeros(line):
    """The row with its decimals in their shortest form."""
    return re.sub(r"(\.\d*?)0+(?=\||$)", lambda found: found.group(1) if found.group(1) != "." else "", line)


def run(command, script, environment):
    done = subprocess.run(command, input=script.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                          timeout=600, check=False)
    answers, current = {}, None
    for line in done.stdout.decode(errors="replace").splitlines():
        if line.startswith("@@"):
            current = answers.setdefault(int(line[2:]), [])
        elif current is not None:
            at = line.find("ERROR:  ")
            current.append(line[at:] if at >= 0 else line)
    return answers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rowan")
    parser.add_argument("--queries", type=int, default=10000)
    parser.add_argument("--batch", type=int, default=400)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep", help="a folder for the script of each batch with a difference")
    options = parser.parse_args()
    environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", PGOPTIONS="-c client_min_messages=error")
    asked = failed = refused = different = 0
    for start in range(0, options.queries, options.batch):
        rng = random.Random(options.seed * 1000003 + start)
        tables = schema(rng)
        queries = [Query(rng).statement() for _ in range(min(options.batch, options.queries - start))]
        body = "".join(f"\\echo @@{n}\n{text};\n" for n, (text, _) in enumerate(queries))
        head = "\\set VERBOSITY sqlstate\n\\pset null '<null>'\nset client_min_messages = error;\n"
        fresh = "drop schema if exists public cascade;\ncreate schema public;\n"
        setup = "\n".join(tables) + "\n"
        wanted = run(["psql", "-X", "-q", "-A", "-t"], head + fresh + setup + body, environment)
        with tempfile.TemporaryDirectory() as folder:
            got = run([options.rowan, os.path.join(folder, "d.rowan"), "-X", "-q", "-A", "-t"], head + setup + body, environment)
        for n, (text, ordered) in enumerate(queries):
            asked += 1
            a, b = wanted.get(n, ["(nothing)"]), got.get(n, ["(nothing)"])
            if a and a[0].startswith("ERROR"):
                failed += 1
            if b and b[0].startswith("ERROR:  0A000"):
                refused += 1
            if (a == b) if ordered else (sorted(a) == sorted(b)):
                continue
            # Whether an error is met before the rows end is the plan's affair.
            if any(rows and rows[0] in PLANS_AFFAIR for rows in (a, b)):
                continue
            # Which of equal numbers stands for all, 1.5 or 1.50, is as free.
            if sorted(map(without_zeros, a)) == sorted(map(without_zeros, b)):
                continue
            different += 1
            print(f"--- seed {options.seed} batch {start} query {n}\n{text};\npsql:  {a[:8]}\nrowan: {b[:8]}", flush=True)
            if options.keep:
                os.makedirs(options.keep, exist_ok=True)
                with open(os.path.join(options.keep, f"{options.seed}_{start}_{n}.sql"), "w", encoding="utf-8") as out:
                    out.write(setup + text + ";\n")
    print(f"seed {options.seed}: {asked} queries, {failed} of them errors in PostgreSQL, {refused} refused with 0A000, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
