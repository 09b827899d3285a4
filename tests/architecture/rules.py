# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may know whom: the tables that tree.py, objects.py and headers.py check."""

# What a part that only computes may include of ISO C: nothing that knows of files, clocks, threads or the locale.
PURE_HEADERS = {f"{name}.h" for name in (
    "assert complex ctype errno float inttypes limits math stdalign stdarg stdbool stddef stdint stdlib string "
    "tgmath").split()}

# What the C library and Linux offer to all the other parts.
SYSTEM_HEADERS = PURE_HEADERS | {f"{name}.h" for name in (
    "dirent endian fcntl fenv getopt grp libgen locale poll pthread pwd sched setjmp signal spawn stdatomic stdio stdnoreturn "
    "strings syslog termios threads time unistd wchar").split()}
SYSTEM_FOLDERS = ("sys/", "linux/")
NETWORK_HEADERS = ("arpa/", "net/if.h", "netdb.h", "netinet/")

FFTW = ("fftw3.h",)
GPIOD = ("gpiod.h",)
SQLITE = ("sqlite3.h",)
INIH = ("ini.h",)
JANSSON = ("jansson.h",)
SYSTEMD = ("systemd/",)
PAHO = ("MQTT",)
NETTLE = ("nettle/",)


class Part:
    """What a folder may include: folders of the tree, libraries, and whether it only computes."""

    def __init__(self, own=(), libraries=(), pure=False, network=False):
        self.own = own
        self.libraries = libraries
        self.pure = pure
        self.network = network


# The longest prefix decides. A folder that is not here may not hold C files (tests may include anything).
PARTS = {
    "board/": Part(own=("board/",), pure=True),
    "dsp/": Part(own=("dsp/",), libraries=FFTW, pure=True),
    "calibration/": Part(own=("calibration/", "dsp/"), pure=True),
    "calibration/unit/": Part(own=("calibration/", "dsp/", "board/", "firmware/base/")),
    "hal/": Part(own=("hal/", "board/", "firmware/base/"), libraries=GPIOD),
    "hal/sim/": Part(own=("hal/", "board/", "firmware/base/"), libraries=FFTW),
    "firmware/": Part(own=("firmware/", "hal/", "calibration/", "dsp/", "board/"), libraries=INIH + SYSTEMD),
    "firmware/base/": Part(own=("firmware/base/",), libraries=INIH),
    "firmware/base/digest": Part(own=("firmware/base/",), libraries=NETTLE),
    "firmware/store/": Part(own=("firmware/store/", "firmware/api/", "firmware/base/"), libraries=SQLITE),
    "firmware/api/": Part(own=("firmware/api/", "firmware/base/")),
    "firmware/api/record_json": Part(own=("firmware/api/", "firmware/base/"), libraries=JANSSON),
    "firmware/api/detail_json": Part(own=("firmware/api/", "firmware/base/"), libraries=JANSSON),
    "net/": Part(own=("net/", "firmware/api/", "firmware/base/"), libraries=PAHO + JANSSON + INIH + SYSTEMD,
                 network=True),
    "tools/": Part(own=("tools/", "firmware/api/", "firmware/base/"), libraries=JANSSON + INIH),
}
# Folders within an allowed one that are closed to the outside: calibration (pure) may not use what reads files.
CLOSED = {"calibration/": ("calibration/unit/",), "hal/": ("hal/sim/",)}

# The standard types of the measuring path are double and int64_t, and its logic has one form on every machine.
NO_FLOAT = ("dsp/", "calibration/")
NO_CONDITIONALS = ("dsp/", "calibration/", "firmware/", "board/")

# Words that name the machine of whoever wrote the line; taken apart here so that this file passes.
FORBIDDEN_WORDS = tuple("".join(word) for word in (
    ("../sha", "red"), ("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/")))

# Symbols that a pure library may leave to others.
MATHS = set(
    "acos asin atan atan2 cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp "
    "hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter pow "
    "remainder rint round scalbn sin sincos sinh sqrt tan tanh tgamma trunc cexp cabs carg cpow csqrt conj "
    "__muldc3 __divdc3".split())
MEMORY = {"memcpy", "memset", "memmove", "memcmp", "strlen", "strcmp", "strncmp"}
ASSERTION = {"__assert_fail", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
PREFIXES = ("fftw_", "__asan_", "__ubsan_", "__tsan_", "__sanitizer_", "__odr_asan", "__gcov_", "llvm_")
HEAP = {"calloc", "malloc", "free", "fftw_malloc", "fftw_alloc_real", "fftw_alloc_complex", "fftw_free"}
# Sections that a running program can write: a pure library has none of its own.
WRITABLE = (".data", ".bss", "*COM*")
CONSTANT = (".data.rel.ro",)

# What a program that may not speak to a network does not call and is not linked with.
NETWORK_CALLS = {"getaddrinfo", "gethostbyname", "gethostbyname2", "gethostbyname_r", "inet_addr", "inet_aton",
                 "inet_pton", "inet_ntop", "getnameinfo", "if_nametoindex", "res_query"}
NETWORK_LIBRARIES = ("libpaho", "libcurl", "libssl", "libmosquitto", "libmicrohttpd", "libmodbus")
NETWORK_WORDS = ("AF_INET", "PF_INET", "sockaddr_in", "AF_PACKET")
