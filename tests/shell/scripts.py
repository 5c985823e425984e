"""What `run` and `record` share: which scripts there are, and how one is started.

A script is NAME.sql with NAME.out beside it. Its first line may say how it is run:

    -- options: -X -q -A -t -f      the script's name is put behind a closing -f (as when nothing is said: -X -a -f)
    -- options: -X -a <             the script is standard input
    -- options: -X -c 'SELECT 1'    neither: the options are all there is

Each script has a fresh database and a fresh current directory, in which it may write; `include` there is the folder of that name.
"""

import os
import pathlib
import shlex
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ANNOUNCEMENT = "-- options:"
TIMEOUT_S = 120


def find(wanted):
    """The scripts whose path below this folder contains one of `wanted`; all of them when nothing is asked for."""
    scripts = sorted(path for path in HERE.rglob("*.sql") if path.parent.name != "include")
    return [path for path in scripts if not wanted or any(text in name_of(path) for text in wanted)]


def name_of(script):
    return str(script.relative_to(HERE).with_suffix(""))


def run(program, script):
    """What `program` (a list of words) prints for the script: standard output and error as one stream of bytes."""
    with open(script, encoding="utf-8", errors="surrogateescape") as text:
        first = text.readline()
    options = shlex.split(first[len(ANNOUNCEMENT):]) if first.startswith(ANNOUNCEMENT) else ["-X", "-a", "-f"]
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / script.name).symlink_to(script)
        if (script.parent / "include").is_dir():
            (pathlib.Path(folder) / "include").symlink_to(script.parent / "include")
        fed = options[-1] == "<"
        words = options[:-1] if fed else options + ([script.name] if options[-1] == "-f" else [])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PSQL")}
        environment.update(HOME=folder, LC_ALL="C.UTF-8", TZ="UTC", COLUMNS="")
        with open(script if fed else os.devnull, "rb") as standard_input:
            done = subprocess.run(program + words, cwd=folder, env=environment, stdin=standard_input,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
        return done.stdout
