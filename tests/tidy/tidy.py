#!/usr/bin/env python3
"""The rules of the house that no compiler checks. Each finding names its cure.

usage: tidy.py ROOT [LIBROWAN.SO]
"""
import pathlib
import re
import subprocess
import sys

# What each folder may include, besides itself (docs/architecture.md).
BELOW = {
    "types": [],
    "txn": ["types"],
    "expression": ["types"],
    "storage": ["txn", "expression", "types"],
    "parser": ["types"],
    "catalog": ["storage", "txn", "expression", "types"],
    "planner": ["parser", "catalog", "storage", "txn", "expression", "types"],
    "executor": ["planner", "parser", "catalog", "storage", "txn", "expression", "types"],
    "api": ["executor", "planner", "parser", "catalog", "storage", "txn", "expression", "types"],
    "shell": ["api", "types"],
    "examples": ["api", "types"],
}
# Finer than folders: parser/ takes only errors from types/, users of the API only what is installed with it.
ONLY_TYPES = {
    "parser": {"error.h", "result.h", "try.h", "check.h", "sqlstate.h"},
    "shell": {"error.h", "result.h", "sqlstate.h", "try.h"},
    "examples": {"error.h", "result.h", "sqlstate.h"},
}
HEAVY = re.compile(r'#include <(absl|fmt|nlohmann|boost|re2|unicode)/')
HEAVY_HEADERS = {"types/hash_map.h"}
SKIP = {"build", ".git"}
# What librowan.so may need when it starts, by licence (docs/decisions.md): the C and C++ runtimes, Apache 2.0 (Abseil),
# BSD (RE2, LZ4). Everything else is inside.
RUNTIME_LIBRARIES = re.compile(
    r"(linux-vdso|ld-linux[\w-]*|libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|librt|libabsl_\w+|libre2|liblz4)\.so")
# What it may show: the C functions, and namespace rowan's own (types/export.h).
C_NAMES = re.compile(r"rowan_[a-z0-9_]+$")
CXX_CLASSES = ("Appender", "Canceller", "Connection", "Database", "Error", "ErrorException", "Rows", "Statement")
CXX_NAMES = re.compile(r"(vtable for |typeinfo for |typeinfo name for )?rowan::((" + "|".join(CXX_CLASSES) +
                       r")(::.*)?|(check_file|version)(\[abi:cxx11\])?\(.*)$")

findings = []


def found(path, line, what):
    findings.append(f"{path}:{line}: {what}")


def sources(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if relative.parts[0] in SKIP or not path.is_file():
            continue
        yield relative, path


def check_includes(relative, text):
    folder = relative.parts[0]
    if folder not in BELOW:
        return
    allowed = set(BELOW[folder]) | {folder}
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#include "([^"]+)"', line)
        if match:
            target = match.group(1)
            top, _, rest = target.partition("/")
            if top not in allowed:
                found(relative, number, f'{folder}/ may not include "{target}": arrows point down; '
                      f"hand the value or a callable in from above")
            elif top == "types" and folder in ONLY_TYPES and rest not in ONLY_TYPES[folder]:
                found(relative, number, f'{folder}/ takes only {", ".join(sorted(ONLY_TYPES[folder]))} from types/')
        if HEAVY.match(line) and relative.suffix in (".h", ".hpp") and str(relative) not in HEAVY_HEADERS:
            found(relative, number, "a heavy include belongs in the .cpp file")
        if folder != "shell" and "readline/" in line and "#include" in line:
            found(relative, number, "readline is GPL: shell/line_editor.cpp alone may know it")
    if folder == "shell" and relative.name != "line_editor.cpp" and "#include <readline" in text:
        found(relative, 1, "readline is for shell/line_editor.cpp alone")


def check_try(relative, text):
    """TRY is a whole statement or a whole right-hand side (types/try.h)."""
    if str(relative) == "types/try.h":
        return
    code = re.sub(r"//[^\n]*", "", text)
    for match in re.finditer(r"\bTRY\(", code):
        before = code[:match.start()].rstrip()
        tail = before[-1:] if before else ""
        word = re.search(r"(\w+)$", before)
        fine = tail in (";", "{", "}", "=", ":", ")") or (word and word.group(1) in ("else", "return", "do"))
        if tail == "(":
            # `if (TRY(...))`, `while (!TRY(...))` and `switch (TRY(...))` hold nothing half built.
            fine = re.search(r"\b(if|while|switch)\s*(constexpr\s*)?\($", before) is not None
        if tail in ("!", "*"):
            inner = before[:-1].rstrip()
            fine = inner.endswith(("=", "return", ";", "{", "}")) or re.search(r"\b(if|while|switch)\s*\($", inner) is not None
        if not fine:
            line = code.count("\n", 0, match.start()) + 1
            found(relative, line, "TRY must be a whole statement or a whole right-hand side: "
                  "give its value a name first (a leaked guard is a page latched for ever)")


def check_words(relative, text):
    for number, line in enumerate(text.splitlines(), 1):
        # ".XXX" is a row of a table of lock conflicts.
        if re.search(r"\b(TODO|FIXME|HACK)\b|(?<!\.)\bXXX\b", line):
            found(relative, number, "work still owed: do it, or refuse it with 0A000")
        if re.search(r"\bGTEST_SKIP\b|\bDISABLED_", line):
            found(relative, number, "a skipped test is a defect")


def check_paths(root, relative, text):
    """Quoted paths in documents exist."""
    for number, line in enumerate(text.splitlines(), 1):
        for quoted in re.findall(r"`([\w.\-]+(?:/[\w.\-]+)+/?)`", line):
            if quoted.split("/")[0] in BELOW or quoted.split("/")[0] in ("tests", "docs", "bench", ".ci", ".cmake"):
                if not (root / quoted).exists() and not (root / relative.parent / quoted).exists():
                    found(relative, number, f"`{quoted}` does not exist")


def check_readmes(root):
    for folder in list(BELOW) + ["tests", "bench", "docs"]:
        if (root / folder).is_dir() and not (root / folder / "README.md").exists():
            found(folder, 1, "each folder opens with a README.md of one screen")


def lines_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def check_library(root, path):
    # Direct needs by name, and what those pull in.
    needed = [line for line in lines_of("readelf", "-dW", path) if "(NEEDED)" in line] + lines_of("ldd", path)
    for line in needed:
        if not RUNTIME_LIBRARIES.search(line):
            found(path, 1, f"librowan needs {line.strip()}: nothing GPL or LGPL but the runtimes; name its licence in docs/decisions.md and here")
    # As the linker sees them, without versions.
    shown = {line.split()[-1].split("@")[0] for line in lines_of("nm", "-D", "--defined-only", path)}
    for name, plain in zip(sorted(shown), lines_of("c++filt", *sorted(shown))):
        if not C_NAMES.match(name) and not CXX_NAMES.match(plain):
            found(path, 1, f"librowan exports {plain}: only rowan_* and what types/export.h marks are its interface")
    # And all that the C header promises is there.
    header = (root / "api/rowan.h").read_text(encoding="utf-8")
    promised = set(re.findall(r"ROWAN_EXPORT [^;]*?\b(rowan_\w+)\(", header))
    for name in sorted(promised ^ {name for name in shown if C_NAMES.match(name)}):
        found("api/rowan.h", 1, f"{name} is not both declared there and exported by librowan")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    for relative, path in sources(root):
        if relative.suffix in (".cpp", ".h", ".hpp", ".c"):
            text = path.read_text(encoding="utf-8")
            check_includes(relative, text)
            check_try(relative, text)
            check_words(relative, text)
        elif relative.suffix == ".md":
            check_paths(root, relative, path.read_text(encoding="utf-8"))
    check_readmes(root)
    if len(sys.argv) > 2:
        check_library(root, sys.argv[2])
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
