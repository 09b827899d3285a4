/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mount_fixture.h - a child with file systems of its own over the fixture's directory, so that a disk can be really full,
 * really read-only or really stand still. Where mounting is not permitted the child says why and the test is skipped. */
#ifndef MOUNT_FIXTURE_H
#define MOUNT_FIXTURE_H

#include "tests/unit/store/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

enum { CHILD_OK = 0, CHILD_SKIP = 77 };

/* In a child, where a check is the end of it: cmocka's own would jump out into the parent's tests. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static inline void run_child(struct store_fixture *f, void (*body)(struct store_fixture *f))
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body(f);
        _exit(CHILD_OK);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_SKIP)
        skip();
    assert_int_equal(WEXITSTATUS(status), CHILD_OK);
}

static inline void give_up(const char *why)
{
    fprintf(stderr, "skipped: %s: %s\n", why, strerror(errno));
    _exit(CHILD_SKIP);
}

static inline void own_mounts(void)
{
    if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        give_up("no mount namespace here");
}

/* options as of mount(8): "size=16m" */
static inline void mount_tmpfs(struct store_fixture *f, const char *options)
{
    own_mounts();
    if (mount("tmpfs", f->dir, "tmpfs", 0, options) < 0)
        give_up("no tmpfs here");
}

static inline void remount(struct store_fixture *f, bool read_only)
{
    CHECK(mount(NULL, f->dir, NULL, MS_REMOUNT | (read_only ? MS_RDONLY : 0UL), NULL) == 0);
}

/* The real thing, 32 MiB: ext4 frees blocks only with its own journal's commit. */
static inline void mount_ext4(struct store_fixture *f)
{
    char command[1024];
    if (geteuid() != 0) {
        errno = EPERM;
        give_up("a loop device needs root");
    }
    own_mounts();
    snprintf(command, sizeof command,
             "truncate -s 32M %s/image && mkfs.ext4 -q -m 0 -O ^has_journal %s/image && "
             "tune2fs -O has_journal -J size=4 %s/image >/dev/null && mount -o loop %s/image %s",
             f->dir, f->dir, f->dir, f->dir, f->dir);
    if (system(command) != 0) /* NOLINT(cert-env33-c): a test, and its own directory */
        give_up("no loop-mounted ext4 here");
}

static inline void fill_up(struct store_fixture *f)
{
    static const char block[65536];
    char name[192];
    snprintf(name, sizeof name, "%s/filler", f->dir);
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    CHECK(fd >= 0);
    for (size_t size = sizeof block; size >= 512; size /= 2)
        while (write(fd, block, size) > 0)
            continue;
    close(fd);
}

static inline void empty(struct store_fixture *f)
{
    char name[192];
    snprintf(name, sizeof name, "%s/filler", f->dir);
    CHECK(unlink(name) == 0);
}

static inline int64_t count(struct store_fixture *f, enum record_stream stream)
{
    struct store_reader reader;
    int64_t n = 0;
    CHECK(store_reader_open(&reader, f->path, f->error, sizeof f->error) == 0);
    CHECK(store_reader_read(&reader, stream, 0, 1000000, fixture_visit_count, &n) >= 0);
    store_reader_close(&reader);
    return n;
}

static inline void add(struct store_fixture *f, enum record_stream stream, int64_t k, int64_t now_ms)
{
    struct record record;
    fixture_record(&record, stream, k);
    CHECK(store_add(&f->store, &record, now_ms) == 0);
}

#endif
