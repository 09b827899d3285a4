# SPDX-License-Identifier: GPL-3.0-or-later
"""What a meter's database says, read beside vatiod's back from a copy: to open it would fold its WAL away."""
import os
import re
import shutil
import sqlite3
import tempfile

STREAMS = ("minute", "quarter", "day")
DELTA = re.compile(r"(.+)_(import|export|q[1-4]|apparent)_delta_(uwh|uvarh|uvah)$")


class Unbalanced(AssertionError):
    """The books say what cannot be."""


def require(holds, text):
    if not holds:
        raise Unbalanced(text)


class Books:
    """What each look has found; nothing that was committed once may change, repeat or vanish.

    first_may_lack: before a stream's first record there may be energy. That of a batch which was lost is made up for by the next
    record only where there is a stored one to tell how much it was: not in a database whose first batches met a full disk."""

    def __init__(self, data, first_may_lack=False):
        self.data, self.first_may_lack = data, first_may_lack
        self.store_id = None
        self.rows = {stream: {} for stream in (*STREAMS, "event")}  # seq: row, of the present database
        self.newest = {stream: 0 for stream in self.rows}           # the highest seq ever
        self.totals = {}                                            # stream: the newest record's registers
        self.records = 0
        self.stores = 0

    def look(self):
        """Reads everything, checks it against what was read before. Returns the new events."""
        folder = tempfile.mkdtemp(prefix="vatio-books-")
        try:
            for suffix in ("", "-wal"):
                source = os.path.join(self.data, "vatio.db" + suffix)
                if os.path.exists(source):
                    shutil.copyfile(source, os.path.join(folder, "vatio.db" + suffix))
            return self._read(os.path.join(folder, "vatio.db"))
        finally:
            shutil.rmtree(folder)

    def _read(self, path):
        if not os.path.exists(path) or os.path.getsize(path) == 0 and not os.path.exists(path + "-wal"):
            return []
        database = sqlite3.connect(path)
        try:
            tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
            if not {"meta", "event", *STREAMS} <= tables:  # killed while it was made
                require(self.store_id is None, "the database has lost its tables")
                return []
            verdict = database.execute("pragma integrity_check").fetchall()
            require(verdict == [("ok",)], f"integrity_check: {verdict}")
            self._note_store(database)
            for stream in STREAMS:
                self._check_stream(database, stream)
            return self._take(database, "event", "kind, value, utc_ms, detail")
        finally:
            database.close()

    def _note_store(self, database):
        found = database.execute("select value from meta where key = 'store_id'").fetchone()
        store_id = found[0] if found else None
        if store_id == self.store_id or store_id is None:
            return
        self.store_id = store_id
        self.stores += 1
        for rows in self.rows.values():
            rows.clear()

    def _take(self, database, stream, columns):
        """Rows that are new; those that are not must be as they were. Returns them in the order of seq."""
        known, fresh = self.rows[stream], []
        found = {row[0]: row[1:] for row in database.execute(f"select seq, {columns} from {stream} order by seq")}
        for seq, row in known.items():
            require(found.get(seq) == row, f"{stream} {seq}: was {row}, is {found.get(seq)}")
        for seq, row in found.items():
            if seq in known:
                continue
            require(seq > self.newest[stream], f"{stream}: seq {seq} after {self.newest[stream]}")
            self.newest[stream] = seq
            fresh.append((seq, *row))
        known.clear()
        known.update(found)
        self.records += len(fresh)
        return fresh

    def _check_stream(self, database, stream):
        """Each record's registers are those of the one before and its own energy, exactly."""
        names = [row[1] for row in database.execute(f"pragma table_info({stream})")]
        if "utc_start_ms" not in names:  # killed before it had its columns
            require(not self.rows[stream], f"{stream} has lost its columns")
            return
        deltas = [name for name in names if DELTA.match(name)]
        totals = [name.replace("_delta_", "_") for name in deltas]
        first = not self.rows[stream]
        fresh = self._take(database, stream, ", ".join(["utc_start_ms", "utc_end_ms", "duration_us", "metered_us",
                                                        *deltas, *totals]))
        for seq, start_ms, end_ms, duration_us, metered_us, *values in fresh:
            delta = dict(zip(totals, values[:len(deltas)]))
            total = dict(zip(totals, values[len(deltas):]))
            before = self.totals.get(stream, dict.fromkeys(totals, 0))
            for name in totals:
                where = f"{stream} {seq} {name}"
                require(delta[name] >= 0, f"{where}: its own energy is {delta[name]}")
                gap = total[name] - delta[name] - before.get(name, 0)
                # What a database that was put aside had not yet committed is between the two.
                require(gap == 0 or first and gap > 0 and (self.first_may_lack or self.stores > 1),
                        f"{where}: {before.get(name, 0)} + {delta[name]} is not {total[name]}, {gap} apart")
            require(0 <= metered_us <= duration_us, f"{stream} {seq}: metered {metered_us} of {duration_us} us")
            require(start_ms <= end_ms or duration_us > 0, f"{stream} {seq}: from {start_ms} to {end_ms}")
            self.totals[stream] = total
            first = False
