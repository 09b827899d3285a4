/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/bench_store_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/loop.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMAGE_BYTES = 1 << 30, SECTOR_BYTES = 512, ATTEMPTS = 10 };

static int tell(const char *what, char *error, size_t error_size)
{
    const int result = errno != 0 ? -errno : -EIO;
    snprintf(error, error_size, "%s: %s", what, strerror(-result));
    return result;
}

static int make_image(struct bench_disk *disk, char *error, size_t error_size)
{
    const int fd = open(disk->image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, IMAGE_BYTES) != 0) {
        const int result = tell(disk->image, error, error_size);
        if (fd >= 0)
            close(fd);
        return result;
    }
    close(fd);
    /* Nothing is left for the kernel to do later, when the bytes are counted. */
    char *const argv[] = {"mkfs.ext4", "-q",        "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0",
                          disk->image, (char *)NULL};
    pid_t pid;
    int status = 0;
    errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (errno != 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return tell("mkfs.ext4", error, error_size);
    return 0;
}

static int attach_number(struct bench_disk *disk, int number, int image_fd)
{
    const struct loop_config config = {
        .fd = (uint32_t)image_fd,
        .block_size = SECTOR_BYTES,
        .info = {.lo_flags = LO_FLAGS_AUTOCLEAR},
    };
    snprintf(disk->device, sizeof disk->device, "/dev/loop%d", number);
    snprintf(disk->stat, sizeof disk->stat, "/sys/block/loop%d/stat", number);
    disk->device_fd = open(disk->device, O_RDWR | O_CLOEXEC);
    if (disk->device_fd < 0)
        return -1;
    if (ioctl(disk->device_fd, LOOP_CONFIGURE, &config) == 0)
        return 0;
    close(disk->device_fd);
    disk->device_fd = -1;
    return -1;
}

/* Another program may take the free number first. */
static int attach(struct bench_disk *disk, char *error, size_t error_size)
{
    const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    const int image_fd = open(disk->image, O_RDWR | O_CLOEXEC);
    int result = -1;
    for (int i = 0; i < ATTEMPTS && control >= 0 && image_fd >= 0 && result != 0; i++)
        result = attach_number(disk, ioctl(control, LOOP_CTL_GET_FREE), image_fd);
    if (result != 0)
        result = tell("a loop device", error, error_size);
    if (control >= 0)
        close(control);
    if (image_fd >= 0)
        close(image_fd);
    return result;
}

static int mount_it(struct bench_disk *disk, bool lazy, int commit_s, char *error, size_t error_size)
{
    char data[32];
    snprintf(data, sizeof data, "commit=%d", commit_s);
    disk->mounted =
        mount(disk->device, disk->folder, "ext4", MS_NOATIME | (lazy ? MS_LAZYTIME : 0), data) == 0;
    disk->folder_fd = disk->mounted ? open(disk->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return disk->folder_fd >= 0 ? 0 : tell(disk->device, error, error_size);
}

int bench_disk_open(struct bench_disk *disk, const char *base, bool lazy, int commit_s, char *error,
                    size_t error_size)
{
    *disk = (struct bench_disk){.device_fd = -1, .folder_fd = -1};
    if (geteuid() != 0) {
        snprintf(error, error_size, "mounting an image needs root; start it with sudo");
        return -EPERM;
    }
    snprintf(disk->folder, sizeof disk->folder, "%.90s/bench_store.XXXXXX", base);
    if (mkdtemp(disk->folder) == NULL)
        return tell(disk->folder, error, error_size);
    snprintf(disk->image, sizeof disk->image, "%.120s.img", disk->folder);
    int result = make_image(disk, error, error_size);
    if (result == 0)
        result = attach(disk, error, error_size);
    if (result == 0)
        result = mount_it(disk, lazy, commit_s, error, error_size);
    if (result != 0)
        bench_disk_close(disk);
    return result;
}

int64_t bench_disk_written_bytes(const struct bench_disk *disk)
{
    int64_t sectors = -1;
    FILE *file = fopen(disk->stat, "re");
    if (file == NULL)
        return -1;
    if (fscanf(file, "%*s %*s %*s %*s %*s %*s %" SCNd64, &sectors) != 1)
        sectors = -1;
    fclose(file);
    return sectors * SECTOR_BYTES;
}

void bench_disk_sync(const struct bench_disk *disk)
{
    syncfs(disk->folder_fd);
}

void bench_disk_close(struct bench_disk *disk)
{
    if (disk->folder_fd >= 0)
        close(disk->folder_fd);
    if (disk->mounted)
        umount2(disk->folder, MNT_DETACH);
    if (disk->device_fd >= 0)
        close(disk->device_fd); /* and with it, by itself, the loop device */
    unlink(disk->image);
    rmdir(disk->folder);
    *disk = (struct bench_disk){.device_fd = -1, .folder_fd = -1};
}
