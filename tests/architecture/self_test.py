#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows that the architecture checks can fail: each rule is fed something that breaks it, and something that does not."""

import pathlib
import sys
import tempfile
import unittest

import headers
import objects
import rules
import tree

LICENCE = "/* SPDX-License-Identifier: GPL-3.0-or-later */\n"


class Includes(unittest.TestCase):
    REFUSED = [
        ("mathematics that reads a clock", "dsp/a.c", "#include <time.h>"),
        ("mathematics that prints", "dsp/a.c", "#include <stdio.h>"),
        ("mathematics that logs", "dsp/a.c", '#include "firmware/base/log.h"'),
        ("mathematics that knows the device", "dsp/a.c", '#include "hal/adc.h"'),
        ("a model that reads files", "calibration/a.c", '#include "calibration/unit/unit.h"'),
        ("a driver that knows electricity", "hal/a.c", '#include "dsp/meter.h"'),
        ("a driver that knows its simulator", "hal/a.c", '#include "hal/sim/house.h"'),
        ("a driver with a spectrum", "hal/a.c", "#include <fftw3.h>"),
        ("the base that knows metering", "firmware/base/a.c", '#include "firmware/api/record.h"'),
        ("JSON in the mailbox", "firmware/api/mailbox.c", "#include <jansson.h>"),
        ("the metering daemon on a network", "firmware/a.c", "#include <netinet/in.h>"),
        ("the metering daemon with a broker", "firmware/a.c", "#include <MQTTAsync.h>"),
        ("a network process in the database", "net/a.c", "#include <sqlite3.h>"),
        ("a network process that knows the device", "net/a.c", '#include "hal/clock.h"'),
        ("a network process that computes", "net/a.c", '#include "dsp/quality.h"'),
        ("the daemon in the database", "firmware/a.c", "#include <sqlite3.h>"),
        ("the store in the daemon", "firmware/store/a.c", '#include "firmware/daemon.h"'),
        ("the command line in the database", "tools/vatio/a.c", "#include <sqlite3.h>"),
        ("an include without its folder", "dsp/a.c", '#include "meter.h"'),
        ("an include that leaves the tree", "dsp/a.c", '#include "../hal/adc.h"'),
        ("a library nobody argued for", "firmware/a.c", "#include <curl/curl.h>"),
        ("a folder without a rule", "other/a.c", "#include <stddef.h>"),
        ("a network address in the daemon", "firmware/a.c", "int f = AF_INET;"),
        ("single precision in the measuring path", "dsp/a.c", "float x;"),
        ("conditional compilation in logic", "firmware/a.c", "#ifdef __arm__\n#endif"),
    ]
    ACCEPTED = [
        ("the spectrum in dsp", "dsp/a.c", '#include "dsp/meter.h"\n#include <fftw3.h>\n#include <math.h>'),
        ("what reads a unit's file", "calibration/unit/a.c", '#include "board/board.h"\n#include <stdio.h>'),
        ("the simulator's spectrum", "hal/sim/a.c", "#include <fftw3.h>"),
        ("a driver", "hal/a.c", "#include <linux/spi/spidev.h>\n#include <sys/ioctl.h>"),
        ("records as JSON", "firmware/api/record_json.c", "#include <jansson.h>"),
        ("the daemon", "firmware/a.c", '#include "hal/sim/house.h"\n#include "firmware/store/store.h"'),
        ("the store", "firmware/store/a.c", '#include "firmware/api/record.h"\n#include <sqlite3.h>'),
        ("the broker's client", "net/a.c", '#include "firmware/api/record.h"\n#include <MQTTAsync.h>'),
        ("a header's guard", "dsp/a.h", "#ifndef VATIO_DSP_A_H\n#define VATIO_DSP_A_H\n#endif"),
        ("words in comments and texts", "dsp/a.c", '/* no float, no AF_INET */ const char *a = "float AF_INET";'),
        ("a test", "tests/unit/dsp/test_a.c", '#include "hal/adc.h"'),
    ]

    def test_refused(self):
        for name, path, text in self.REFUSED:
            with self.subTest(name):
                self.assertTrue(tree.check_source(path, LICENCE + text))

    def test_accepted(self):
        for name, path, text in self.ACCEPTED:
            with self.subTest(name):
                self.assertEqual([], tree.check_source(path, LICENCE + text))


class Text(unittest.TestCase):
    def test_licence(self):
        self.assertTrue(tree.check_licence("dsp/a.c", "int x;\n"))
        self.assertTrue(tree.check_licence("dsp/a.c", "\n" + LICENCE))
        self.assertTrue(tree.check_licence("tools/a", "#!/bin/sh\necho\n"))
        self.assertEqual([], tree.check_licence("dsp/a.c", LICENCE + "int x;\n"))
        self.assertEqual([], tree.check_licence("tools/a", f"#!/bin/sh\n# {tree.LICENCE}\n"))

    def test_words(self):
        for word in rules.FORBIDDEN_WORDS:
            with self.subTest(word):
                self.assertTrue(tree.check_words("README.md", f"see {word}x"))
        self.assertEqual([], tree.check_words("README.md", "see dsp/README.md"))

    def test_man_pages(self):
        recipe = {"net/CMakeLists.txt": "vatio_program(vatio-mqtt vatio_mqtt.c)"}
        self.assertTrue(tree.check_man_pages(recipe))
        self.assertEqual([], tree.check_man_pages({**recipe, "net/vatio-mqtt.8": ""}))

    def test_readmes(self):
        self.assertIn("dsp/README.md: missing", tree.check_readmes({}))
        self.assertNotIn("dsp/README.md: missing", tree.check_readmes({"dsp/README.md": ""}))


class Objects(unittest.TestCase):
    TABLE = ("Symbols from libx.a[a.c.o]:\n\nName Value Class Type Size Line Section\n\n"
             "a_init|0|   T  |  FUNC|1| |.text\n{0}\nSymbols from libx.a[b.c.o]:\n\nb_add|0|   T  |  FUNC|1| |.text\n{1}\n")
    REFUSED = [
        ("a clock", "", "clock_gettime|| U |NOTYPE|| |*UND*"),
        ("a file", "fopen|| U |NOTYPE|| |*UND*", ""),
        ("a log", "", "log_error|| U |NOTYPE|| |*UND*"),
        ("the heap outside init", "", "calloc|| U |NOTYPE|| |*UND*"),
        ("a global", "", "count|0|   B  |OBJECT|8| |.bss"),
        ("a static", "", "count.0|0|   d  |OBJECT|8| |.data"),
        ("a standard stream", "stderr|| U |NOTYPE|| |*UND*", ""),
    ]
    ACCEPTED = [
        ("mathematics", "sin|| U |NOTYPE|| |*UND*", "fftw_execute|| U |NOTYPE|| |*UND*"),
        ("the heap in init", "calloc|| U |NOTYPE|| |*UND*", "memcpy|| U |NOTYPE|| |*UND*"),
        ("a table of names", "", "names|0|   d  |OBJECT|8| |.data.rel.ro.local"),
        ("a constant", "", "table|0|   R  |OBJECT|8| |.rodata"),
        ("one another", "b_add|| U |NOTYPE|| |*UND*", "a_init|| U |NOTYPE|| |*UND*"),
        ("a sanitizer", "", "__asan_report_load8|| U |NOTYPE|| |*UND*"),
    ]

    def test_refused(self):
        for name, first, second in self.REFUSED:
            with self.subTest(name):
                self.assertTrue(objects.check_pure(objects.parse_symbols(self.TABLE.format(first, second))))

    def test_accepted(self):
        for name, first, second in self.ACCEPTED:
            with self.subTest(name):
                self.assertEqual([], objects.check_pure(objects.parse_symbols(self.TABLE.format(first, second))))

    def test_offline(self):
        self.assertTrue(objects.check_offline({"getaddrinfo"}, set()))
        self.assertTrue(objects.check_offline(set(), {"libpaho-mqtt3as.so.1"}))
        self.assertEqual([], objects.check_offline({"socket", "bind"}, {"libc.so.6", "libsqlite3.so.0"}))


class Headers(unittest.TestCase):
    def compile(self, text):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.h").write_text(text)
            return headers.check_headers(folder, COMPILER, ["a.h"])

    def test_header_that_leans_on_another(self):
        self.assertTrue(self.compile("extern int64_t x;\n"))

    def test_header_without_a_guard(self):
        self.assertTrue(self.compile("struct a { int x; };\n"))

    def test_good_header(self):
        self.assertEqual([], self.compile("#ifndef A_H\n#define A_H\n#include <stdint.h>\nextern int64_t x;\n#endif\n"))


COMPILER = sys.argv[1:] or ["cc"]

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
