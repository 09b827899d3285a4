#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the text of the tree: who includes whom, licence lines, words that may not stand anywhere, man pages."""

import pathlib
import re
import subprocess
import sys

import rules

LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"')
PROGRAM = re.compile(r"^\s*vatio_program\((\S+)", re.M)
SOURCE_SUFFIXES = (".c", ".h")
LICENSED_SUFFIXES = SOURCE_SUFFIXES + (".py", ".cmake", ".sh", ".ini", ".service", ".1", ".5", ".7", ".8")


def find_part(path):
    """The part of the longest prefix of path, or None."""
    prefixes = [prefix for prefix in rules.PARTS if path.startswith(prefix)]
    return rules.PARTS[max(prefixes, key=len)] if prefixes else None


def is_closed(path, included):
    """True when included lies in a folder that is not open to the folder of path."""
    for open_folder, closed in rules.CLOSED.items():
        folder = path.rsplit("/", 1)[0] + "/"
        if folder == open_folder and included.startswith(closed):
            return True
    return False


def check_system_include(part, name):
    if name.startswith(part.libraries or ("\0",)):
        return None
    if name in (rules.PURE_HEADERS if part.pure else rules.SYSTEM_HEADERS):
        return None
    if not part.pure and name.startswith(rules.SYSTEM_FOLDERS):
        return None
    if part.network and name.startswith(rules.NETWORK_HEADERS):
        return None
    return f"may not include <{name}>"


def check_include(path, part, quote, name):
    if quote == "<":
        return check_system_include(part, name)
    if "/" not in name:
        return f'includes "{name}" without its folder'
    if not name.startswith(part.own) or is_closed(path, name):
        return f'may not include "{name}"'
    return None


def check_source(path, text):
    """Complaints about one C file or header."""
    part = find_part(path)
    if path.startswith("tests/"):
        return []
    if part is None:
        return [f"{path}: no rule says what this folder may include"]
    found = [check_include(path, part, *match) for match in INCLUDE.findall(text)]
    code = TEXT.sub('""', COMMENT.sub(" ", text))
    if path.startswith(rules.NO_FLOAT) and re.search(r"\bfloat\b", code):
        found.append("float in the measuring path; double was expected")
    if path.startswith(rules.NO_CONDITIONALS):
        for line in re.findall(r"^\s*#\s*(?:if|ifdef|elif|ifndef)\b.*$", code, re.M):
            if not re.search(r"ifndef\s+VATIO_\w+_H\s*$", line):
                found.append(f"conditional compilation in logic: {line.strip()}")
    if not part.network:
        found += [f"{word} outside net/" for word in rules.NETWORK_WORDS if re.search(rf"\b{word}\b", code)]
    return [f"{path}: {complaint}" for complaint in found if complaint]


def check_licence(path, text):
    lines = text.split("\n", 2)
    named = pathlib.PurePosixPath(path)
    if named.suffix in SOURCE_SUFFIXES:
        good = lines[0] == f"/* {LICENCE} */"
    elif named.suffix in LICENSED_SUFFIXES or named.name == "CMakeLists.txt" or lines[0].startswith("#!"):
        good = any(LICENCE in line for line in lines[:2])
    else:
        good = True
    return [] if good else [f"{path}: the first line is not the licence line \"{LICENCE}\""]


def check_words(path, text):
    return [f"{path}: holds the word {word}" for word in rules.FORBIDDEN_WORDS if word in text]


def check_man_pages(files):
    """Each program that is installed has a page NAME.1 or NAME.8 somewhere in the tree."""
    pages = {pathlib.PurePosixPath(path).name for path in files}
    programs = [name for path, text in files.items() if path.endswith("CMakeLists.txt")
                for name in PROGRAM.findall(text)]
    return [f"{name}: no man page {name}.1 or {name}.8" for name in programs
            if not {f"{name}.1", f"{name}.8"} & pages]


def check_readmes(files):
    """Each folder with a rule says in a README.md what it is for."""
    folders = {prefix for prefix in rules.PARTS if prefix.endswith("/")}
    folders |= {"tests/", "tests/architecture/", "tests/bench/"}
    return [f"{folder}README.md: missing" for folder in sorted(folders) if f"{folder}README.md" not in files]


def names_of(root):
    """What git knows of, or would add; in a tree without git (an archive that was unpacked) every file outside build/."""
    listed = subprocess.run(["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, check=False, capture_output=True, text=True) if (root / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        return listed.stdout.split("\0")
    paths = (path.relative_to(root) for path in root.rglob("*"))
    return [path.as_posix() for path in paths if path.parts[0] not in ("build", ".git")]


def read_tree(root):
    """The text files of the tree."""
    names = names_of(root)
    files = {}
    for name in sorted(set(names)):
        path = root / name
        if name and name != "LICENSE" and path.is_file():
            try:
                files[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                pass  # a picture or a recording
    return files


def check_tree(files):
    complaints = check_man_pages(files) + check_readmes(files)
    for path, text in files.items():
        complaints += check_licence(path, text) + check_words(path, text)
        if path.endswith(SOURCE_SUFFIXES):
            complaints += check_source(path, text)
    return complaints


def main():
    files = read_tree(pathlib.Path(sys.argv[1]).resolve())
    complaints = check_tree(files)
    print("\n".join(complaints + [f"{len(files)} files, {len(complaints)} complaints"]))
    return 1 if complaints or len(files) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
