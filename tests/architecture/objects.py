#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what was built. pure NM ARCHIVE [OTHER...]: the archive asks for nothing but mathematics (and for what the
other archives define), and holds nothing that can be written. offline NM PROGRAM: no call and no library for a network."""

import collections
import subprocess
import sys

import rules

Symbol = collections.namedtuple("Symbol", "member name kind section")


def read_symbols(nm, path, *flags):
    """The symbols of an archive or program, from nm's table: name|value|class|type|size|line|section."""
    listing = subprocess.run([nm, "--format=sysv", *flags, path], check=True, capture_output=True, text=True).stdout
    return parse_symbols(listing)


def parse_symbols(listing):
    symbols, member = [], ""
    for line in listing.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if line.startswith(("Symbols from ", "Undefined symbols from ")):
            member = line.rsplit("[", 1)[-1].rstrip("]:")
        elif len(fields) == 7 and fields[0] != "Name":
            symbols.append(Symbol(member, fields[0].split("@")[0], fields[2], fields[6]))
    return symbols


def is_mathematics(name):
    return (name in rules.MATHS or name in rules.MEMORY or name in rules.ASSERTION
            or name.startswith(rules.PREFIXES))


def check_pure(symbols, elsewhere=frozenset()):
    """Complaints about the symbols of a pure archive; elsewhere are names that other pure archives define."""
    defined = {symbol.name for symbol in symbols if symbol.kind != "U"} | elsewhere
    initialisers = {symbol.member for symbol in symbols if symbol.kind == "T" and symbol.name.endswith(("_init", "_close"))}
    complaints = []
    for symbol in symbols:
        if symbol.kind == "U" and symbol.name in rules.HEAP:
            if symbol.member not in initialisers:
                complaints.append(f"{symbol.member}: {symbol.name} in a file without an init or close function")
        elif symbol.kind == "U" and symbol.name not in defined and not is_mathematics(symbol.name):
            complaints.append(f"{symbol.member}: asks for {symbol.name}")
        elif (symbol.section.startswith(rules.WRITABLE) and not symbol.section.startswith(rules.CONSTANT)
              and not symbol.name.startswith(rules.PREFIXES + (".L",)) and symbol.kind in "dDbBC"):
            complaints.append(f"{symbol.member}: {symbol.name} can be written ({symbol.section})")
    return complaints


def check_offline(calls, libraries):
    complaints = [f"calls {name}" for name in sorted(calls & rules.NETWORK_CALLS)]
    return complaints + [f"is linked with {name}" for name in sorted(libraries) if name.startswith(rules.NETWORK_LIBRARIES)]


def read_libraries(readelf, path):
    table = subprocess.run([readelf, "--dynamic", "--wide", path], check=True, capture_output=True, text=True).stdout
    return {line.rsplit("[", 1)[1].rstrip("]") for line in table.splitlines() if "(NEEDED)" in line}


def main():
    mode, tool, path, *others = sys.argv[1:]
    if mode == "pure":
        elsewhere = {symbol.name for other in others for symbol in read_symbols(tool, other) if symbol.kind != "U"}
        symbols = read_symbols(tool, path)
        complaints = check_pure(symbols, frozenset(elsewhere))
    else:
        symbols = read_symbols(tool, path, "--dynamic", "--undefined-only")
        libraries = read_libraries(others[0], path)
        complaints = check_offline({symbol.name for symbol in symbols}, libraries)
    print("\n".join(complaints + [f"{path}: {len(symbols)} symbols, {len(complaints)} complaints"]))
    return 1 if complaints or not symbols else 0


if __name__ == "__main__":
    sys.exit(main())
