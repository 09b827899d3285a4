#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""headers.py ROOT COMPILER [FLAG...]: each header compiles alone, and twice."""

import concurrent.futures
import pathlib
import subprocess
import sys

import tree


def compile_header(root, compiler, path):
    """What the compiler says of a file that includes nothing but this header, or an empty text."""
    part = tree.find_part(path)
    system = [] if part and part.pure else ["-D_GNU_SOURCE"]
    run = subprocess.run([*compiler, "-std=c17", "-Wall", "-Wextra", "-Werror", *system, f"-I{root}", "-fsyntax-only",
                          "-x", "c", "-"], input=f'#include "{path}"\n#include "{path}"\n', capture_output=True, text=True)
    return f"{path}: does not compile alone\n{run.stderr}" if run.returncode else ""


def check_headers(root, compiler, paths):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [text for text in pool.map(lambda path: compile_header(root, compiler, path), paths) if text]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    paths = [path for path in tree.read_tree(root) if path.endswith(".h")]
    complaints = check_headers(root, sys.argv[2:], paths)
    print("\n".join(complaints + [f"{len(paths)} headers, {len(complaints)} complaints"]))
    return 1 if complaints or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
