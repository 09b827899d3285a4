/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file system of the database, out of lines as the kernel writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/vatio/doctor_mount.h"

#include <string.h>
#include <sys/sysmacros.h>

/* Those of ext4, overlay and tmpfs as Linux 6.18 shows them. */
static const char mounts[] =
    "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
    "29 22 0:25 / /tmp rw,nosuid,nodev shared:2 - tmpfs tmpfs rw,size=65536k,nr_inodes=1048576,inode64\n"
    "40 22 7:0 / /var/lib/vatio rw,noatime shared:3 master:1 - ext4 /dev/loop0 "
    "rw,errors=remount-ro,commit=300\n"
    "41 22 7:1 / /srv/a\\040-\\040b rw - ext4 /dev/loop1 rw,commit=30,stripe=8\n"
    "42 22 0:31 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,commit=9\n"
    "43 22 broken\n"
    "44 22 8:1 / /short rw - ext4\n";

static const struct mount_case {
    const char *name;
    unsigned int major_number, minor_number;
    const char *type;
    int64_t commit_s;
} cases[] = {
    {"the root without commit=", 179, 2, "ext4", 0},
    {"commit= at the end of the line", 7, 0, "ext4", 300},
    {"commit= amid options, a path with a separator", 7, 1, "ext4", 30},
    {"a file system in memory", 0, 25, "tmpfs", 0},
    {"a line that ends early", 8, 1, "ext4", 0},
    {"a device that is not mounted", 8, 2, "", 0},
};

static void each_device_has_its_type_and_commit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct doctor_mount mount;
        print_message("%s\n", cases[i].name);
        FILE *file = fmemopen((void *)(uintptr_t)mounts, strlen(mounts), "r");
        assert_non_null(file);
        doctor_mount_read(file, makedev(cases[i].major_number, cases[i].minor_number), &mount);
        fclose(file);
        assert_string_equal(mount.type, cases[i].type);
        assert_int_equal(mount.commit_s, cases[i].commit_s);
    }
}

static void the_folder_is_asked_and_not_the_file(void **state)
{
    (void)state;
    struct doctor_mount mount;
    doctor_collect_mount("/proc/vatio.db", &mount);
    assert_string_equal(mount.type, "proc");
}

static void what_is_not_there_is_not_known(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "vatio.db", "/vatio.db", "/no/such/folder/vatio.db"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct doctor_mount mount = {.type = "before", .commit_s = 1};
        doctor_collect_mount(paths[i], &mount);
        assert_string_equal(mount.type, "");
        assert_int_equal(mount.commit_s, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_device_has_its_type_and_commit),
        cmocka_unit_test(the_folder_is_asked_and_not_the_file),
        cmocka_unit_test(what_is_not_there_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
