# SPDX-License-Identifier: GPL-3.0-or-later
"""The register journal, read as firmware/README.md has it and by none of the meter's own code."""
import os
import struct

SLOTS, DISTANCE, LARGEST, HEAD = 4, 4 << 20, 8192, struct.Struct("<4sIQII")
MAGIC = b"\x03VGR"
NAMES = ("import_uwh", "export_uwh", "q1_uvarh", "q2_uvarh", "q3_uvarh", "q4_uvarh", "apparent_uvah")
GRID = 0


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def whole(self):
        """Seven bits a byte, the lowest first; the sign is the lowest bit."""
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)


class Kept:
    """The newest whole record: the time that it accounts for and the grid's registers."""

    def __init__(self, record):
        reader = Reader(record)
        reader.take(33 + 33 + 2)
        points = reader.take(1)[0]
        self.utc_ms, self.mono_us, self.interval_s, metered_ns, unmetered_ns, _ = (reader.whole() for _ in range(6))
        self.metered_s, self.unmetered_s = metered_ns / 1e9, unmetered_ns / 1e9
        self.newest_seq = [reader.whole() for _ in range(5)]
        self.energy = None
        for _ in range(points):
            point = reader.take(1)[0]
            values = [reader.whole() for _ in NAMES]
            reader.take(7 * 8)
            if point == GRID:
                self.energy = dict(zip(NAMES, values))

    @property
    def accounted_s(self):
        return self.metered_s + self.unmetered_s


def read_slot(file, slot):
    """(seq, record), or None for one that is empty or damaged."""
    file.seek(slot * DISTANCE)
    data = file.read(LARGEST)
    if len(data) < HEAD.size:
        return None
    magic, size, seq, reserved, crc = HEAD.unpack_from(data)
    if magic != MAGIC or size > LARGEST - HEAD.size:
        return None
    record = data[HEAD.size:HEAD.size + size]
    return (seq, record) if crc == crc32c(HEAD.pack(magic, size, seq, reserved, 0) + record) else None


def newest(path):
    """The newest valid record of the file, None when there is none."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        found = [slot for slot in (read_slot(file, k) for k in range(SLOTS)) if slot]
    return Kept(max(found)[1]) if found else None
