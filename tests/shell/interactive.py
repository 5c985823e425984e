#!/usr/bin/env python3
"""A person at the shell: prompts, the history, completion, Ctrl-C and the editor, on a real terminal (a pty).

usage: interactive.py ROWAN

Every step types something and waits for what must appear; nothing sleeps and hopes. Each test has a fresh home directory.
"""

import contextlib
import os
import pathlib
import pty
import re
import select
import signal
import sys
import tempfile
import time

PATIENCE_S = 60  # on a loaded machine; a test that works never waits so long
KEYS = {"tab": "\t", "up": "\x1b[A", "ctrl-c": "\x03", "ctrl-d": "\x04"}
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x07|\r")


class Terminal:
    """The shell on a pty. What it wrote and nobody has waited for yet is `unread`."""

    def __init__(self, rowan, home, *options, environment=None):
        self.unread = ""
        pid, self.descriptor = pty.fork()
        if pid == 0:
            for name in ("VISUAL", "EDITOR", "INPUTRC"):
                os.environ.pop(name, None)
            os.environ.update(HOME=str(home), TERM="dumb", LC_ALL="C.UTF-8", **(environment or {}))
            os.chdir(home)
            os.execv(rowan, [rowan, *options])
        self.pid = pid

    def read_some(self, deadline):
        ready, _, _ = select.select([self.descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"nothing more came; unread: {self.unread!r}")
        try:
            piece = os.read(self.descriptor, 65536)
        except OSError:  # the other end is closed
            piece = b""
        if not piece:
            raise EOFError(f"the shell has ended; unread: {self.unread!r}")
        self.unread = ESCAPES.sub("", self.unread + piece.decode("utf-8", "replace"))

    def expect(self, pattern):
        """Waits until `pattern` appears; returns what came before it and forgets both."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = re.search(pattern, self.unread)
            if found:
                before = self.unread[:found.start()]
                self.unread = self.unread[found.end():]
                return before
            self.read_some(deadline)

    def press(self, key):
        os.write(self.descriptor, KEYS.get(key, key).encode())

    def type(self, line):
        os.write(self.descriptor, (line + "\r").encode())

    def expect_end(self):
        """Waits for the shell to end; returns its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        with contextlib.suppress(EOFError):
            while True:
                self.read_some(deadline)
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def prompts(start):
    terminal = start("people.rowan", "-X")
    terminal.expect(r"people=# ")
    terminal.type("SELECT 1,")
    terminal.expect(r"people-# ")
    terminal.type("(2")
    terminal.expect(r"people\(# ")
    terminal.type("), 'three")
    terminal.expect(r"people'# ")
    terminal.type("' AS c, /* four")
    terminal.expect(r"people\*# ")
    terminal.type('*/ 5 AS "fi')
    terminal.expect(r'people"# ')
    terminal.type('ve", $$six')
    terminal.expect(r"people\$# ")
    terminal.type("$$;")
    terminal.expect(r"\(1 row\)\s+people=# ")
    terminal.type("\\if false")
    terminal.expect(r"people@# ")
    terminal.type("SELECT 1;")
    terminal.expect(r"query ignored; use \\endif or Ctrl-C to exit current \\if block\s+people@# ")
    terminal.type("\\endif")
    terminal.expect(r"people=# ")
    terminal.type("\\set PROMPT1 '%:who: %l> '")
    terminal.type("\\set who me")
    terminal.expect(r"me 1> ")
    terminal.type("\\q")
    assert terminal.expect_end() == 0


def transactions_in_the_prompt(start):
    terminal = start("-X")
    terminal.expect(r"memory=# ")
    terminal.type("BEGIN;")
    terminal.expect(r"BEGIN\s+memory=\*# ")
    terminal.type("SELECT nothing;")
    terminal.expect(r'ERROR:  column "nothing" does not exist\s+LINE 1: SELECT nothing;\s+\^\s+memory=!# ')
    terminal.type("ROLLBACK;")
    terminal.expect(r"ROLLBACK\s+memory=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0


def history(start):
    terminal = start("-X")
    terminal.expect(r"=# ")
    terminal.type("SELECT 41 + 1")
    terminal.expect(r"-# ")
    terminal.type("  AS answer;")
    terminal.expect(r"42.*\s+\(1 row\)\s+memory=# ")
    terminal.type("\\echo later")
    terminal.expect(r"later\s+memory=# ")
    terminal.type("\\q")
    assert terminal.expect_end() == 0

    # In the next session the statement is one entry, its lines together.
    terminal = start("-X")
    terminal.expect(r"=# ")
    for _ in ("\\q", "\\echo later", "the statement"):
        terminal.press("up")
    terminal.expect(r"AS answer;")
    terminal.press("\r")
    terminal.expect(r"answer\s+-+\s+42\s+\(1 row\)\s+memory=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0


def completion(start):
    terminal = start("-X")
    terminal.expect(r"=# ")
    terminal.type("CREATE TABLE zebra (stripes_count integer);")
    terminal.expect(r"CREATE TABLE\s+memory=# ")
    terminal.press("TRUNC\t")
    terminal.expect(r"TRUNCATE ")
    terminal.press("zeb\t")
    terminal.expect(r"zebra ")
    terminal.type(";")
    terminal.expect(r"TRUNCATE TABLE\s+memory=# ")
    terminal.press("trunc\t")
    terminal.expect(r"truncate ")
    terminal.type("zebra;")
    terminal.expect(r"TRUNCATE TABLE\s+memory=# ")
    terminal.press("SELECT stripes\t")
    terminal.expect(r"SELECT stripes_count ")
    terminal.type("FROM zebra;")
    terminal.expect(r"\(0 rows\)\s+memory=# ")
    terminal.press("\\timi\t")
    terminal.expect(r"\\timing ")
    terminal.type("on")
    terminal.expect(r"Timing is on\.\s+memory=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0


def interrupts(start):
    terminal = start("-X")
    terminal.expect(r"=# ")
    terminal.press("SELECT 'never to be run")
    terminal.expect(r"never to be run")
    terminal.press("ctrl-c")
    terminal.expect(r"memory=# ")
    terminal.type("SELECT 1,")
    terminal.expect(r"-# ")
    terminal.press("ctrl-c")
    terminal.expect(r"memory=# ")
    terminal.type("SELECT 7 AS seven;")
    terminal.expect(r"seven\s+-+\s+7\s+\(1 row\)\s+memory=# ")
    terminal.type("\\if false")
    terminal.expect(r"@# ")
    terminal.press("ctrl-c")
    terminal.expect(r"memory=# ")

    # A statement that would run for an hour ends at once. The one before it shows that the line has been taken
    # up: until then Ctrl-C forgets the line.
    terminal.type("SELECT 'begun' AS word; SELECT count(*) FROM generate_series(1, 100000000000);")
    terminal.expect(r"begun\s+\(1 row\)")
    for _ in range(PATIENCE_S):
        terminal.press("ctrl-c")  # the first may come before the second statement has begun
        try:
            with patience(1):
                terminal.expect(r"ERROR:  canceling statement due to user request")
            break
        except AssertionError:
            continue
    terminal.expect(r"memory=# ")
    terminal.type("SELECT 8 AS eight;")
    terminal.expect(r"eight\s+-+\s+8\s+\(1 row\)\s+memory=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0


@contextlib.contextmanager
def patience(seconds):
    global PATIENCE_S
    before, PATIENCE_S = PATIENCE_S, seconds
    try:
        yield
    finally:
        PATIENCE_S = before


def editor(start, home):
    script = home / "editor"
    script.write_text("#!/bin/sh\nsed -i 's/one/two/' \"$1\"\n")
    script.chmod(0o755)
    terminal = start("-X", environment={"EDITOR": str(script)})
    terminal.expect(r"=# ")
    terminal.type("SELECT 'one' AS word;")
    terminal.expect(r"one\s+\(1 row\)\s+memory=# ")
    # The last statement is edited and, ending in a semicolon, run.
    terminal.type("\\e")
    terminal.expect(r"\\e\s+word\s+-+\s+two\s+\(1 row\)\s+memory=# ")
    # So is what has been typed of the next one; without a semicolon it goes on.
    terminal.type("SELECT 'one' AS other")
    terminal.expect(r"-# ")
    terminal.type("\\e")
    terminal.expect(r"memory=# SELECT 'two' AS other\s+memory-# ")
    terminal.type(";")
    terminal.expect(r"other\s+-+\s+two\s+\(1 row\)\s+memory=# ")
    (home / "kept.sql").write_text("SELECT 'one' AS kept;\n")
    terminal.type("\\e kept.sql")
    terminal.expect(r"kept\s+-+\s+two\s+\(1 row\)\s+memory=# ")
    terminal.type(".q")
    assert terminal.expect_end() == 0
    assert (home / "kept.sql").read_text() == "SELECT 'two' AS kept;\n"


def copy_by_hand(start):
    terminal = start("-X")
    terminal.expect(r"=# ")
    terminal.type("CREATE TABLE t (id integer, name text);")
    terminal.expect(r"=# ")
    terminal.type("COPY t FROM STDIN;")
    terminal.expect(r"Enter data to be copied followed by a newline\.\s+End with a backslash and a period on a line by itself, or an EOF signal\.\s+>> ")
    terminal.type("1\tone".replace("\t", "\x16\t"))  # Ctrl-V: the tab itself, not a completion
    terminal.expect(r">> ")
    terminal.type("\\.")
    terminal.expect(r"COPY 1\s+memory=# ")
    terminal.type("SELECT * FROM t;")
    terminal.expect(r"1 \| one\s+\(1 row\)\s+memory=# ")
    terminal.type("\\d")
    terminal.expect(r"List of relations")
    terminal.expect(r"\(1 row\)\s+memory=# ")
    terminal.type("\\nosuch")
    terminal.expect(r"invalid command \\nosuch\s+Try \\\? for help\.\s+memory=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0


def commands_after_a_dot(start):
    terminal = start("-X")
    terminal.expect(r"memory=# ")
    terminal.type(".echo one")
    terminal.expect(r"\none\s+memory=# ")
    terminal.type("SELECT 2 AS n; .echo three")
    terminal.expect(r"\(1 row\)\s+three\s+memory=# ")
    terminal.type("/* words */")
    terminal.expect(r"memory-# ")
    terminal.type("  .echo four")
    terminal.expect(r"\nfour\s+memory-# ")
    terminal.type("SELECT x")
    terminal.type(".n FROM (SELECT 5 AS n) x;")
    terminal.expect(r" n\s+---\s+5\s+\(1 row\)\s+memory=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0


def backup(start):
    terminal = start("-X", "a.rowan")
    terminal.expect(r"a=# ")
    terminal.type("CREATE TABLE t AS SELECT 41 + 1 AS n;")
    terminal.expect(r"a=# ")
    terminal.type(".backup 'it''s.rowan'")
    terminal.expect(r"\nBACKUP\s+a=# ")
    terminal.type("\\backup 'it''s.rowan'")
    terminal.expect(r'ERROR:  file "it\'s.rowan" already exists\s+a=# ')
    terminal.type("\\backup")
    terminal.expect(r"\\backup: missing required argument\s+a=# ")
    terminal.press("ctrl-d")
    assert terminal.expect_end() == 0
    terminal = start("-X", "it's.rowan", "-c", "SELECT n FROM t")
    terminal.expect(r"\n 42\s+\(1 row\)")
    assert terminal.expect_end() == 0


def files_that_cannot_be_read(start):
    terminal = start("-X", "-f", "/")
    terminal.expect(r"rowan: error: /: Is a directory")
    assert terminal.expect_end() == 2
    terminal = start("-X", "-c", "\\i /")
    terminal.expect(r"/: Is a directory")
    assert terminal.expect_end() == 1


TESTS = [prompts, transactions_in_the_prompt, history, completion, interrupts, editor, copy_by_hand, commands_after_a_dot,
         backup, files_that_cannot_be_read]


def main():
    rowan = os.path.realpath(sys.argv[1])
    failed = 0
    for test in TESTS:
        if sys.argv[2:] and test.__name__ not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder)
            terminals = []

            def start(*options, environment=None):
                terminals.append(Terminal(rowan, home, *options, environment=environment))
                return terminals[-1]

            try:
                test(start, home) if test is editor else test(start)
                print(f"{test.__name__}: as a person expects")
            except (AssertionError, EOFError) as fault:
                failed += 1
                print(f"{test.__name__}: {fault}")
                for line in __import__("traceback").format_exc().splitlines()[-12:]:
                    print("   ", line)
            finally:
                for terminal in terminals:
                    terminal.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
