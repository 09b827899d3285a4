/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the driver opens and closes a device, and what it refuses. */
#include "tests/unit/hal/spidev_bench.h"

static void the_device_is_set_up_once_and_closed_once(void **state)
{
    (void)state;
    struct adc_spidev spidev;
    fake.mode = fake.bits = 0xaa;
    assert_int_equal(start(&spidev, &reference), 0);
    assert_int_equal(fake.mode, SPI_MODE_0);
    assert_int_equal(fake.bits, 8);
    assert_int_equal(fake.speed_hz, 1350000);
    assert_int_equal(fake.messages, 0);
    adc_close(&spidev.adc);
    adc_close(&spidev.adc);
    assert_int_equal(fake.opened, 1);
    assert_int_equal(fake.closed, 1);
}

static const struct {
    const char *name;
    int open_error;
    unsigned long refuse;
    int refuse_error;
    const char *sentence;
} refusals[] = {
    {"no device node", ENOENT, 0, 0, "/dev/spidev0.0: no such device: enable SPI"},
    {"a node without device", ENXIO, 0, 0, "/dev/spidev0.0: the device node has no SPI device behind it"},
    {"no permission", EACCES, 0, 0, "/dev/spidev0.0: no permission: add the user to group spi"},
    {"in use", EBUSY, 0, 0, "/dev/spidev0.0: another program holds the device"},
    {"anything else", ENOMEM, 0, 0, "/dev/spidev0.0: Cannot allocate memory"},
    {"a file that is no SPI device", 0, SPI_IOC_WR_MODE, ENOTTY,
     "/dev/spidev0.0: the device refused SPI mode 0"},
    {"a word size refused", 0, SPI_IOC_WR_BITS_PER_WORD, EINVAL,
     "/dev/spidev0.0: the device refused 8 bits per word"},
    {"a clock refused", 0, SPI_IOC_WR_MAX_SPEED_HZ, EINVAL,
     "/dev/spidev0.0: the device refused the SPI clock"},
};

static void a_device_that_cannot_be_used_is_refused_in_one_sentence_and_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct adc_spidev spidev;
        renew(NULL);
        fake.open_error = refusals[i].open_error;
        fake.refuse = refusals[i].refuse;
        fake.refuse_error = refusals[i].refuse_error;
        int code = refusals[i].open_error ? refusals[i].open_error : refusals[i].refuse_error;
        int status = start(&spidev, &reference);
        if (status != -code || strncmp(error, refusals[i].sentence, strlen(refusals[i].sentence)) != 0)
            fail_msg("%s: %d '%s'", refusals[i].name, status, error);
        assert_int_equal(fake.opened, fake.closed);
        adc_close(&spidev.adc); /* harmless */
        assert_int_equal(fake.opened, fake.closed);
    }
}

static const struct {
    const char *name;
    struct adc_plan plan;
} wrong_plans[] = {
    {"no conversion", {.n = 0, .clock_hz = 1350000}},
    {"a negative number of conversions", {.n = -1, .clock_hz = 1350000}},
    {"more conversions than channels", {.n = 9, .clock_hz = 1350000}},
    {"an input that the chip does not have", {.n = 2, .input = {0, 8}, .clock_hz = 1350000}},
    {"no clock", {.n = 2, .input = {0, 1}, .clock_hz = 0}},
};

static void a_plan_that_cannot_be_is_refused_before_the_device_is_opened(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_plans / sizeof wrong_plans[0]; i++) {
        struct adc_spidev spidev;
        int status = start(&spidev, &wrong_plans[i].plan);
        if (status != -EINVAL || strncmp(error, "scan plan: expected 1 to 8", 26) != 0)
            fail_msg("%s: %d '%s'", wrong_plans[i].name, status, error);
        assert_int_equal(fake.opened, 0);
    }
}

/* The fake's own rules, so that the tests above mean something. */
static void the_fake_refuses_what_spidev_refuses(void **state)
{
    (void)state;
    struct spi_ioc_transfer transfer[33];
    uint8_t bytes[33][3] = {{0}};
    for (int i = 0; i < 33; i++)
        transfer[i] = (struct spi_ioc_transfer){
            .tx_buf = (uintptr_t)bytes[i], .rx_buf = (uintptr_t)bytes[i], .len = 3, .speed_hz = 1000000};
    assert_int_equal(fake_spidev_request(&fake, SPI_IOC_MESSAGE(32), transfer), 96);
    assert_int_equal(fake.frames, 1); /* no cs_change: one frame, one conversion at most */
    assert_int_equal(fake_spidev_request(&fake, SPI_IOC_MESSAGE(33), transfer), -EMSGSIZE);
    assert_int_equal(fake_spidev_request(&fake, SPI_IOC_RD_LSB_FIRST, transfer), -ENOTTY);
    assert_int_equal(fake_spidev_request(&fake, _IOW(SPI_IOC_MAGIC, 0, char[31]), transfer), -EINVAL);
    transfer[0].bits_per_word = 9;
    assert_int_equal(fake_spidev_request(&fake, SPI_IOC_MESSAGE(1), transfer), -EINVAL);
}

/* The real table of calls: refusals that need no device. */
static void the_real_calls_refuse_what_is_no_spi_device(void **state)
{
    (void)state;
    struct adc_spidev spidev;
    int status = adc_spidev_init(&spidev, "/dev/spidev-none", &reference, &fake_clock, &spidev_system_calls,
                                 error, sizeof error);
    assert_int_equal(status, -ENOENT);
    status = adc_spidev_init(&spidev, "/dev/null", &reference, &fake_clock, &spidev_system_calls, error,
                             sizeof error);
    assert_int_equal(status, -ENOTTY);
    assert_int_equal(spidev.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_device_is_set_up_once_and_closed_once, renew),
        cmocka_unit_test_setup(a_device_that_cannot_be_used_is_refused_in_one_sentence_and_closed, renew),
        cmocka_unit_test_setup(a_plan_that_cannot_be_is_refused_before_the_device_is_opened, renew),
        cmocka_unit_test_setup(the_fake_refuses_what_spidev_refuses, renew),
        cmocka_unit_test_setup(the_real_calls_refuse_what_is_no_spi_device, renew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
