/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/emulated/test_bed.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <umockdev.h>
#include <unistd.h>

struct node {
    const char *path;
    const struct test_bed_handlers *handlers;
    void *user;
    UMockdevIoctlBase *base;
};

struct test_bed {
    UMockdevTestbed *testbed;
    struct node node[TEST_BED_NODES];
    int n;
};

static void require(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "test bed: %s\n", what);
    abort();
}

static UMockdevIoctlData *data_of(const struct test_bed_memory *memory)
{
    return (UMockdevIoctlData *)(uintptr_t)memory;
}

static struct test_bed_memory *memory_of(UMockdevIoctlData *data)
{
    return (struct test_bed_memory *)data;
}

static gboolean answer(UMockdevIoctlClient *client, long result)
{
    umockdev_ioctl_client_complete(client, result < 0 ? -1 : result, result < 0 ? (int)-result : 0);
    return TRUE;
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer user)
{
    (void)base;
    struct node *node = user;
    struct test_bed_memory *argument = memory_of(umockdev_ioctl_client_get_arg(client));
    return answer(client,
                  node->handlers->ioctl(node->user, umockdev_ioctl_client_get_request(client), argument));
}

static gboolean on_write(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer user)
{
    (void)base;
    struct node *node = user;
    UMockdevIoctlData *sent = umockdev_ioctl_client_get_arg(client);
    return answer(client, node->handlers->write(node->user, sent->data, (size_t)sent->data_len));
}

/* umockdev's character devices are pseudo-terminals. */
static bool has_terminals(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    char name[64];
    bool has = master >= 0 && ptsname_r(master, name, sizeof name) == 0 && access(name, F_OK) == 0;
    if (master >= 0)
        close(master);
    return has;
}

/* umockdev 0.17's own question, umockdev_in_mock_environment, is answered no even under its wrapper. */
bool test_bed_is_there(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    const char *why_not = NULL;
    if (!preloaded || !strstr(preloaded, "umockdev-preload"))
        why_not = "has to run under umockdev-wrapper";
    else if (!has_terminals())
        why_not = "no pseudo-terminals here (is /dev/pts mounted?)";
    if (why_not)
        printf("skipped: %s\n", why_not);
    return !why_not;
}

struct test_bed *test_bed_open(void)
{
    struct test_bed *bed = calloc(1, sizeof *bed);
    require(bed != NULL, "no memory");
    bed->testbed = umockdev_testbed_new();
    return bed;
}

void test_bed_close(struct test_bed *bed)
{
    for (int i = 0; i < bed->n; i++) {
        umockdev_testbed_detach_ioctl(bed->testbed, bed->node[i].path, NULL);
        g_object_unref(bed->node[i].base);
    }
    g_object_unref(bed->testbed);
    free(bed);
}

void test_bed_add(struct test_bed *bed, const char *description, const char *path,
                  const struct test_bed_handlers *handlers, void *user)
{
    require(bed->n < TEST_BED_NODES, "too many nodes");
    struct node *node = &bed->node[bed->n++];
    *node = (struct node){path, handlers, user, umockdev_ioctl_base_new()};
    require(umockdev_testbed_add_from_string(bed->testbed, description, NULL), "description refused");
    require(umockdev_testbed_attach_ioctl(bed->testbed, path, node->base, NULL), "handler refused");
    if (handlers->ioctl)
        g_signal_connect(node->base, "handle-ioctl", G_CALLBACK(on_ioctl), node);
    if (handlers->write)
        g_signal_connect(node->base, "handle-write", G_CALLBACK(on_write), node);
}

/* Nodes are pseudo-terminals, set to pass bytes as they are; this is their other end. */
void test_bed_feed(struct test_bed *bed, const char *path, const void *bytes, size_t size)
{
    const int fd = umockdev_testbed_get_dev_fd(bed->testbed, path);
    require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "bytes refused");
}

const void *test_bed_bytes(const struct test_bed_memory *memory)
{
    return data_of(memory)->data;
}

struct test_bed_memory *test_bed_follow(struct test_bed_memory *memory, size_t offset, size_t size)
{
    UMockdevIoctlData *target = umockdev_ioctl_data_resolve(data_of(memory), offset, size, NULL);
    require(target != NULL, "the caller's pointer leads nowhere");
    return memory_of(target);
}

void test_bed_send(struct test_bed_memory *memory, const void *bytes, size_t size)
{
    umockdev_ioctl_data_update(data_of(memory), 0, (guint8 *)(uintptr_t)bytes, (int)size);
}

void test_bed_release(struct test_bed_memory *memory)
{
    umockdev_ioctl_data_unref(data_of(memory));
}
