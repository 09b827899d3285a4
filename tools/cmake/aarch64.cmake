# SPDX-License-Identifier: GPL-3.0-or-later
# Debian's cross compiler and multiarch packages; tools/setup --pi installs them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_FIND_ROOT_PATH /usr/lib/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# Without -L: its loader would mix the cross C library with the multiarch one, and threads then hang.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
