/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_store_disk.h - an ext4 of its own on a loop device, and how many bytes were written to it: the kernel's own count
 * below the file system.
 *
 * Errors:  -errno and one sentence; -EPERM when this is not root. What was set up is taken down by bench_disk_close.
 */
#ifndef VATIO_BENCH_STORE_DISK_H
#define VATIO_BENCH_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_disk {
    char image[128];
    char folder[128]; /* where it is mounted */
    char device[32];
    char stat[64]; /* of the device in /sys */
    int device_fd;
    int folder_fd;
    bool mounted;
};

/* base: folder for the image, best in memory. lazy: the mount option lazytime, commit_s: the option commit=; noatime always. */
int bench_disk_open(struct bench_disk *disk, const char *base, bool lazy, int commit_s, char *error,
                    size_t error_size);

/* Written to the device since it was made. */
int64_t bench_disk_written_bytes(const struct bench_disk *disk);

/* Everything that is still in memory. */
void bench_disk_sync(const struct bench_disk *disk);

void bench_disk_close(struct bench_disk *disk);

#endif
