/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not stored: live values, info, the status file. */
#include "tests/unit/net/courier_bench.h"

#include "net/status_file.h"

static void put_live(struct world *world)
{
    strcpy(world->source.live.meter_id, "m1");
    strcpy(world->source.live.store_id, "s1");
    world->source.live.live.schema = 1;
    world->source.has_live = true;
}

static void info_is_retained_and_sent_when_it_changes(void **state)
{
    struct world *world = *state;
    put_live(world);
    go_online(world);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 1);
    assert_string_equal(world->publisher.sent[1].topic, "vatio/v1/m1/info");
    assert_true(world->publisher.sent[1].retained && world->publisher.sent[1].qos == 1);
    put_live(world);
    step(world, 5000);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 1);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2);
    world->source.live.imp_per_kwh = 500;
    put_live(world);
    step(world, 5000);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 2);
    report(world, (struct publisher_event){.kind = PUBLISHER_FAILED, .ticket = 2, .reason = 0x87});
    step(world, 1);
    assert_non_null(strstr(world->courier.said_refusal, "vatio/v1/m1/info"));
}

static void live_comes_at_its_period_expires_and_is_never_old(void **state)
{
    struct world *world = *state;
    world->settings.live_period_s = 2;
    go_online(world);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 0); /* none there */
    put_live(world);
    step(world, COURIER_FRESH_MS);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 1);
    const int k = world->publisher.n - 1;
    assert_int_equal(world->publisher.sent[k].qos, 0);
    assert_false(world->publisher.sent[k].retained);
    assert_int_equal(world->publisher.sent[k].expiry_s, 60);
    put_live(world);
    step(world, 1999);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 1);
    step(world, 1);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2);
    step(world, 2000);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2); /* no new second */
    put_live(world);
    strcpy(world->source.live.store_id, "other"); /* another vatiod's mailbox */
    step(world, 2000);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2);
}

static void live_can_be_switched_off(void **state)
{
    struct world *world = *state;
    world->settings.live_period_s = 0;
    put_live(world);
    go_online(world);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 1);
    put_live(world);
    step(world, COURIER_INFO_MS);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 0);
}

static void the_status_shows_the_state_and_no_secret(void **state)
{
    struct world *world = *state;
    char text[512], path[64], read_back[2048] = "";
    strcpy(world->settings.user, "hidden-user");
    strcpy(world->settings.password_file, "/hidden/file");
    courier_describe(&world->courier, text, sizeof text);
    assert_string_equal(
        text,
        "not connected to broker 127.0.0.1:1883; waiting for vatiod; 0 records to deliver, 0 delivered");
    world->source.newest_seq[STREAM_MINUTE] = 7;
    go_online(world);
    courier_describe(&world->courier, text, sizeof text);
    assert_string_equal(text,
                        "connected to broker 127.0.0.1:1883; meter m1; 7 records to deliver, 0 delivered");
    char *json = status_file_text(&world->courier);
    assert_non_null(strstr(json, "\"connected\": true"));
    assert_non_null(strstr(json, "\"under_way\": 7"));
    assert_null(strstr(json, "hidden"));
    snprintf(path, sizeof path, "%s/status", world->dir);
    assert_int_equal(status_file_write(path, "before"), 0);
    assert_int_equal(status_file_write(path, json), 0);
    FILE *file = fopen(path, "r");
    assert_true(fread(read_back, 1, sizeof read_back - 1, file) > 0);
    fclose(file);
    assert_string_equal(read_back, json);
    free(json);
    assert_int_equal(status_file_write("/nonexistent/status", ""), -ENOENT);
    assert_int_equal(status_file_write(world->dir, ""), -EISDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(info_is_retained_and_sent_when_it_changes),
        IN_WORLD(live_comes_at_its_period_expires_and_is_never_old),
        IN_WORLD(live_can_be_switched_off),
        IN_WORLD(the_status_shows_the_state_and_no_secret),
    };
    return cmocka_run_group_tests_name("courier_live", tests, NULL, NULL);
}
