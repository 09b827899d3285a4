/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "firmware/base/instance.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char dir[128];
    char path[192];
    char error[256];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *base = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/vatio-test-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/%s", f->dir, INSTANCE_FILE);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)remove(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

/* A process that holds the lock until it is killed. */
static pid_t start_holder(const struct fixture *f)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct instance instance;
        char error[256];
        byte = instance_lock(&instance, f->dir, error, sizeof error) == 0 ? 'y' : 'n';
        if (write(ready[1], &byte, 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(byte, 'y');
    return pid;
}

static void stop_holder(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_second_process_is_refused(void **state)
{
    struct fixture *f = *state;
    struct instance instance;
    char pid_text[64];
    pid_t holder = start_holder(f);
    assert_int_equal(instance_lock(&instance, f->dir, f->error, sizeof f->error), -EALREADY);
    assert_int_equal(instance.fd, -1);
    snprintf(pid_text, sizeof pid_text, "process %ld,", (long)holder);
    assert_non_null(strstr(f->error, pid_text));
    assert_non_null(strstr(f->error, f->dir));
    instance_unlock(&instance); /* of a lock not held: nothing */

    stop_holder(holder); /* killed: the file stays, the lock is gone */
    assert_int_equal(access(f->path, F_OK), 0);
    assert_int_equal(instance_lock(&instance, f->dir, f->error, sizeof f->error), 0);
    instance_unlock(&instance);
    instance_unlock(&instance);
    holder = start_holder(f); /* unlocked: free for the next */
    stop_holder(holder);
}

static void test_same_process_is_refused_too(void **state)
{
    struct fixture *f = *state;
    struct instance first, second;
    assert_int_equal(instance_lock(&first, f->dir, f->error, sizeof f->error), 0);
    assert_int_equal(instance_lock(&second, f->dir, f->error, sizeof f->error), -EALREADY);
    assert_int_equal(truncate(f->path, 0), 0); /* as between the lock and the pid */
    assert_int_equal(instance_lock(&second, f->dir, f->error, sizeof f->error), -EALREADY);
    assert_non_null(strstr(f->error, "another vatiod already"));
    instance_unlock(&first);
}

static void test_longer_text_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct instance instance;
    char text[32] = "";
    char want[32];
    FILE *file = fopen(f->path, "w");
    fputs("9999999999999999\nmore\n", file);
    fclose(file);
    assert_int_equal(instance_lock(&instance, f->dir, f->error, sizeof f->error), 0);
    file = fopen(f->path, "r");
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    snprintf(want, sizeof want, "%ld\n", (long)getpid());
    assert_int_equal(n, strlen(want));
    assert_string_equal(text, want);
    instance_unlock(&instance);
}

static void test_no_directory(void **state)
{
    struct fixture *f = *state;
    struct instance instance;
    char longer[5000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(instance_lock(&instance, "/nowhere/at/all", f->error, sizeof f->error), -ENOENT);
    assert_non_null(strstr(f->error, "/nowhere/at/all"));
    assert_int_equal(instance_lock(&instance, longer, f->error, sizeof f->error), -ENAMETOOLONG);
    assert_int_equal(instance.fd, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_second_process_is_refused),
        TEST(test_same_process_is_refused_too),
        TEST(test_longer_text_is_replaced),
        TEST(test_no_directory),
    };
    return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
