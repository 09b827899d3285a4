/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "firmware/spsc.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { CAPACITY = 8, STRESS_CAPACITY = 64, STRESS = 200000 };

/* Every word of an element carries its number, so that a torn element is seen. */
struct element {
    uint64_t number;
    uint64_t copy[5];
};

static void fill(struct element *element, uint64_t number)
{
    element->number = number;
    for (size_t i = 0; i < 5; i++)
        element->copy[i] = number ^ (UINT64_C(0x9e3779b97f4a7c15) * (i + 1));
}

static int whole(const struct element *element, uint64_t number)
{
    struct element want;
    fill(&want, number);
    return memcmp(&want, element, sizeof want) == 0;
}

static void test_init(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t element_size;
        size_t capacity;
        int result;
    } cases[] = {
        {"a power of two is taken", 8, 16, 0},
        {"one element is a power of two", 1, 1, 0},
        {"no capacity is refused", 8, 0, -EINVAL},
        {"a capacity that is no power of two is refused", 8, 12, -EINVAL},
        {"elements without size are refused", 0, 16, -EINVAL},
    };
    unsigned char memory[128];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spsc ring;
        print_message("%s\n", cases[i].name);
        assert_int_equal(spsc_init(&ring, memory, cases[i].element_size, cases[i].capacity), cases[i].result);
    }
}

static void test_order(void **state)
{
    (void)state;
    struct element memory[CAPACITY];
    struct element element;
    struct spsc ring;
    uint64_t pushed = 0;
    uint64_t popped = 0;
    assert_int_equal(spsc_init(&ring, memory, sizeof element, CAPACITY), 0);
    assert_false(spsc_pop(&ring, &element));
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 1 + round % CAPACITY; i++) {
            fill(&element, pushed);
            bool room = pushed - popped < CAPACITY;
            assert_int_equal(spsc_push(&ring, &element), room);
            pushed += room;
        }
        assert_int_equal(spsc_count(&ring), pushed - popped);
        for (int i = 0; i < 1 + (round * 3) % CAPACITY; i++) {
            bool any = popped < pushed;
            assert_int_equal(spsc_pop(&ring, &element), any);
            assert_true(!any || whole(&element, popped));
            popped += any;
        }
    }
    assert_true(pushed > 10 * CAPACITY);
}

static void test_full_keeps_what_is_inside(void **state)
{
    (void)state;
    struct element memory[CAPACITY];
    struct element element;
    struct spsc ring;
    assert_int_equal(spsc_init(&ring, memory, sizeof element, CAPACITY), 0);
    for (uint64_t i = 0; i < 2 * CAPACITY; i++) {
        fill(&element, i);
        assert_int_equal(spsc_push(&ring, &element), i < CAPACITY);
    }
    assert_int_equal(spsc_count(&ring), CAPACITY);
    for (uint64_t i = 0; i < CAPACITY; i++) {
        assert_true(spsc_pop(&ring, &element));
        assert_true(whole(&element, i));
    }
    assert_false(spsc_pop(&ring, &element));
}

static void test_positions_wrap(void **state)
{
    (void)state;
    struct element memory[CAPACITY];
    struct element element;
    struct spsc ring;
    assert_int_equal(spsc_init(&ring, memory, sizeof element, CAPACITY), 0);
    /* As if SIZE_MAX - 3 elements had gone through. */
    atomic_store(&ring.head, SIZE_MAX - 3);
    atomic_store(&ring.tail, SIZE_MAX - 3);
    ring.head_seen = SIZE_MAX - 3;
    ring.tail_seen = SIZE_MAX - 3;
    for (uint64_t i = 0; i < CAPACITY; i++) {
        fill(&element, i);
        assert_true(spsc_push(&ring, &element));
    }
    assert_false(spsc_push(&ring, &element));
    assert_int_equal(spsc_count(&ring), CAPACITY);
    for (uint64_t i = 0; i < CAPACITY; i++) {
        assert_true(spsc_pop(&ring, &element));
        assert_true(whole(&element, i));
    }
    assert_int_equal(spsc_count(&ring), 0);
}

static void *produce(void *argument)
{
    struct spsc *ring = argument;
    for (uint64_t i = 0; i < STRESS; i++) {
        struct element element;
        fill(&element, i);
        while (!spsc_push(ring, &element))
            sched_yield();
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    (void)state;
    static struct element memory[STRESS_CAPACITY];
    struct spsc ring;
    pthread_t thread;
    assert_int_equal(spsc_init(&ring, memory, sizeof memory[0], STRESS_CAPACITY), 0);
    assert_int_equal(pthread_create(&thread, NULL, produce, &ring), 0);
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < STRESS; i++) {
        struct element element;
        while (!spsc_pop(&ring, &element))
            sched_yield();
        wrong += !whole(&element, i);
        wrong += spsc_count(&ring) > STRESS_CAPACITY;
    }
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(spsc_count(&ring), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_full_keeps_what_is_inside),
        cmocka_unit_test(test_positions_wrap),
        cmocka_unit_test(test_two_threads),
    };
    return cmocka_run_group_tests_name("spsc", tests, NULL, NULL);
}
