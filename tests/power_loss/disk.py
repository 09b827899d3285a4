# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system of its own that can be filled, frozen and broken: ext4 in a file on a loop device, else a small tmpfs."""
import os
import shutil
import subprocess

MEGABYTE = 1 << 20


class NoDisk(Exception):
    """Neither may be mounted here."""


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)


class Disk:
    def __init__(self, root, megabytes=64):
        self.image = os.path.join(root, "disk.img")
        self.path = os.path.join(root, "disk")
        self.filler = os.path.join(self.path, "filler")
        os.mkdir(self.path)
        with open(self.image, "wb") as image:
            image.truncate(megabytes * MEGABYTE)
        # No blocks for root alone: else a disk is full for everyone but the test.
        made = run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
        self.is_ext4 = made.returncode == 0 and self._mount().returncode == 0
        if self.is_ext4:
            return
        mounted = run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "vatio", self.path)
        if mounted.returncode != 0:
            raise NoDisk(mounted.stderr.strip())

    def kind(self):
        return "ext4 on a loop device" if self.is_ext4 else "tmpfs (no loop device here): not frozen, not broken"

    def _mount(self):
        return run("mount", "-o", "loop", self.image, self.path)

    def fill(self):
        """To the last byte."""
        file = os.open(self.filler, os.O_RDWR | os.O_CREAT, 0o600)
        size, step = 0, 16 * MEGABYTE
        while step >= 1024:
            try:
                os.posix_fallocate(file, size, step)
                size += step
            except OSError:
                step //= 2
        os.close(file)

    def free(self):
        os.unlink(self.filler)

    def freeze(self):
        return run("fsfreeze", "-f", self.path).returncode == 0

    def thaw(self):
        run("fsfreeze", "-u", self.path)

    def fail(self):
        """As after an error of the card: every further write is refused, until mend."""
        result = run("mount", "-o", "remount,abort", self.path)
        if result.returncode != 0:
            raise AssertionError(f"the file system cannot be made to fail: {result.stderr}")

    def mend(self):
        """Unmounted, checked, mounted again. Nobody may have files open. From a copy: the kernel keeps the failed one
        as it is while another mount namespace still has it."""
        run("umount", self.path)
        shutil.copyfile(self.image, self.image + ".copy")
        os.replace(self.image + ".copy", self.image)
        checked = run("e2fsck", "-fy", self.image)
        if checked.returncode > 1:
            raise AssertionError(f"e2fsck: {checked.returncode} {checked.stdout}{checked.stderr}")
        mounted = self._mount()
        if mounted.returncode != 0:
            raise AssertionError(f"not mounted again: {mounted.stderr}")

    def close(self):
        self.thaw()
        run("umount", self.path)
