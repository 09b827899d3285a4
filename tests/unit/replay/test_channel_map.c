/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "hal/replay/channel_map.h"
#include "memory_recording.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct column {
    const char *name;
    enum recording_unit unit;
    double primary, secondary;
    bool in_primary;
};

enum { COLUMNS = 6 };
#define V     RECORDING_VOLT
#define A     RECORDING_AMPERE
#define OTHER RECORDING_OTHER

static void make(struct recording *recording, const struct column columns[COLUMNS])
{
    memory_recording_init(recording, 4, 1000);
    for (int c = 0; c < COLUMNS && columns[c].name != NULL; c++) {
        struct recording_channel *channel = memory_recording_add(recording, columns[c].name, columns[c].unit);
        channel->primary = columns[c].primary;
        channel->secondary = columns[c].secondary;
        channel->in_primary = columns[c].in_primary;
    }
}

/* Two relays' worth of names, with ratios: 66 kV / 110 V and 600 A / 5 A. */
static const struct column relay[COLUMNS] = {{"F1-IA", A, 600, 5, false},     {"F2-IB", A, 600, 5, true},
                                             {"F5-VA", V, 66000, 110, false}, {"F6-VB", V, 66000, 110, true},
                                             {"-odd*2", V, 1, 1, false},      {"Angle", OTHER, 1, 1, false}};
static const struct column csv[COLUMNS] = {{"solar_l1", A, 1, 1, false},
                                           {"I_L1", A, 1, 1, false},
                                           {"i_l2", A, 1, 1, false},
                                           {"u_l2", V, 1, 1, false},
                                           {"u_l1", V, 1, 1, false}};
static const struct column scans[COLUMNS] = {{"u_l1", V, 1, 1, false},
                                             {"i_grid_l1", A, 1, 1, false},
                                             {"i_solar_l1", A, 1, 1, false},
                                             {"i_solar_l2", A, 1, 1, false}};
static const struct column crossed[COLUMNS] = {{"u", A, 1, 1, false}, {"i", V, 1, 1, false}};
static const struct column no_ratio[COLUMNS] = {{"u", V, 0, 0, false}, {"i", A, 5, 0, true}};

static const struct {
    const char *name;
    const struct column *columns;
    const char *text;
    enum channel_side side;
    struct channel_feed feed[CHANNEL_ROLES]; /* channel counted from 1 here; 0 = not fed */
} maps[] = {
    {"by name", relay, "u_l1=F5-VA,grid_l1=F1-IA", CHANNEL_RECORDED, {{3, 1}, {0}, {1, 1}}},
    {"by number, with blanks", relay, " u_l1 = #3 ,\tgrid_l1 = #1 ", CHANNEL_RECORDED, {{3, 1}, {0}, {1, 1}}},
    {"the case of a name does not count",
     relay,
     "u_l1=f5-va,grid_l1=f1-ia",
     CHANNEL_RECORDED,
     {{3, 1}, {0}, {1, 1}}},
    {"turned round", relay, "u_l1=F5-VA,grid_l1=-F1-IA", CHANNEL_RECORDED, {{3, 1}, {0}, {1, -1}}},
    {"scaled", relay, "u_l1=F5-VA*600,grid_l1=F1-IA * 1.5e-1", CHANNEL_RECORDED, {{3, 600}, {0}, {1, 0.15}}},
    {"turned round and scaled",
     relay,
     "u_l1=- #3 *2,grid_l1=-F1-IA*-3",
     CHANNEL_RECORDED,
     {{3, -2}, {0}, {1, 3}}},
    {"a whole name comes before its reading",
     relay,
     "u_l1=-odd*2,grid_l1=#1",
     CHANNEL_RECORDED,
     {{5, 1}, {0}, {1, 1}}},
    {"and can itself be turned and scaled",
     relay,
     "u_l1=--odd*2*4,grid_l1=#1",
     CHANNEL_RECORDED,
     {{5, -4}, {0}, {1, 1}}},
    {"a channel of no known unit, if asked for",
     relay,
     "u_l1=Angle,grid_l1=#1",
     CHANNEL_RECORDED,
     {{6, 1}, {0}, {1, 1}}},
    {"two legs and solar",
     relay,
     "solar_l1=#1,solar_l2=#2,grid_l1=#1,grid_l2=-#1,u_l2=#4,u_l1=#3",
     CHANNEL_RECORDED,
     {{3, 1}, {4, 1}, {1, 1}, {1, -1}, {1, 1}, {2, 1}}},
    {"secondary values to the primary side",
     relay,
     "u_l1=#3,grid_l1=#1",
     CHANNEL_PRIMARY,
     {{3, 600}, {0}, {1, 120}}},
    {"primary values stay there", relay, "u_l1=#4,grid_l1=#2", CHANNEL_PRIMARY, {{4, 1}, {0}, {2, 1}}},
    {"primary values to the secondary side",
     relay,
     "u_l1=#4,grid_l1=-#2",
     CHANNEL_SECONDARY,
     {{4, 1.0 / 600}, {0}, {2, -1.0 / 120}}},
    {"secondary values stay there", relay, "u_l1=#3,grid_l1=#1", CHANNEL_SECONDARY, {{3, 1}, {0}, {1, 1}}},
    {"without a ratio nothing changes", no_ratio, "", CHANNEL_SECONDARY, {{1, 1}, {0}, {2, 1}}},
    {"nothing given: first voltage, first current", relay, "", CHANNEL_RECORDED, {{3, 1}, {0}, {1, 1}}},
    {"nothing given, to the primary side", relay, "  ", CHANNEL_PRIMARY, {{3, 600}, {0}, {1, 120}}},
    {"nothing given: by name", csv, "", CHANNEL_RECORDED, {{5, 1}, {4, 1}, {2, 1}, {3, 1}, {1, 1}, {0}}},
    {"the names of vatio's own scans",
     scans,
     "",
     CHANNEL_RECORDED,
     {{1, 1}, {0}, {2, 1}, {0}, {3, 1}, {4, 1}}},
    {"a name of the wrong unit is no hint", crossed, "", CHANNEL_RECORDED, {{2, 1}, {0}, {1, 1}}},
};

static void test_a_map_feeds_what_it_says(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof maps / sizeof maps[0]; c++) {
        print_message("  %s\n", maps[c].name);
        struct recording recording;
        struct channel_map map;
        char error[512] = "";
        make(&recording, maps[c].columns);
        if (channel_map_read(&map, &recording, maps[c].text, maps[c].side, error, sizeof error) != 0)
            fail_msg("%s", error);
        for (int role = 0; role < CHANNEL_ROLES; role++) {
            assert_int_equal(map.feed[role].channel, maps[c].feed[role].channel - 1);
            if (map.feed[role].channel >= 0) /* one division and one product: to rounding */
                assert_true(fabs(map.feed[role].factor / maps[c].feed[role].factor - 1) < 1e-15);
        }
        memory_recording_close(&recording);
    }
}

static const struct column long_names[COLUMNS] = {
    {"a channel name as long as names can be, or nearly as long as that", V, 1, 1, false},
    {"b channel name as long as names can be, or nearly as long as that", A, 1, 1, false}};
static const struct column only_current[COLUMNS] = {{"I", A, 1, 1, false}};

static const struct {
    const char *name;
    const struct column *columns;
    const char *text;
    const char *says;
} refusals[] = {
    {"an unknown channel is answered with those there are", relay, "u_l1=F5-VA,grid_l1=F9-IA",
     "replay.map: \"grid_l1=F9-IA\": no such channel; there are #1 F1-IA (A), #2 F2-IB (A), #3 F5-VA (V), #4 "
     "F6-VB (V), #5 -odd*2 (V), #6 Angle (another unit)"},
    {"a number too high", relay, "u_l1=#7,grid_l1=#1", "\"u_l1=#7\": no such channel"},
    {"number 0", relay, "u_l1=#0,grid_l1=#1", "\"u_l1=#0\": no such channel"},
    {"no channel", relay, "u_l1=,grid_l1=#1", "\"u_l1=\": no such channel"},
    {"only a minus sign", relay, "u_l1=-,grid_l1=#1", "\"u_l1=-\": no such channel"},
    {"a factor that is no number", relay, "u_l1=#3*two,grid_l1=#1", "no such channel"},
    {"a factor of 0", relay, "u_l1=#3*0,grid_l1=#1", "no such channel"},
    {"a factor without end", relay, "u_l1=#3*inf,grid_l1=#1", "no such channel"},
    {"an unknown role", relay, "u_l3=#3", "\"u_l3=#3\": expected u_l1, u_l2, grid_l1"},
    {"no role", relay, "#3", "\"#3\": expected u_l1"},
    {"an empty entry", relay, "u_l1=#3,,grid_l1=#1", "\"\": expected u_l1"},
    {"a role twice", relay, "u_l1=#3,u_l1=#4,grid_l1=#1", "u_l1 is given twice"},
    {"a current as voltage", relay, "u_l1=F1-IA,grid_l1=#1", "the channel is in A; one in V was expected"},
    {"a voltage as current", relay, "u_l1=#3,grid_l1=#4", "the channel is in V; one in A was expected"},
    {"no current", relay, "u_l1=#3", "no current is fed; there are #1 F1-IA"},
    {"no voltage", relay, "grid_l1=#1", "no voltage is fed"},
    {"no voltage there", only_current, "", "no voltage is fed; there are #1 I (A)"},
    {"an entry beyond any length", relay,
     "u_l1=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "no such channel"},
};

static void test_a_wrong_map_gets_one_sentence(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof refusals / sizeof refusals[0]; c++) {
        print_message("  %s\n", refusals[c].name);
        struct recording recording;
        struct channel_map map;
        char error[1024] = "";
        make(&recording, refusals[c].columns);
        assert_int_equal(
            channel_map_read(&map, &recording, refusals[c].text, CHANNEL_RECORDED, error, sizeof error),
            -EINVAL);
        if (strstr(error, refusals[c].says) == NULL)
            fail_msg("said: %s", error);
        assert_null(strchr(error, '\n'));
        memory_recording_close(&recording);
    }
}

static void test_a_list_of_too_many_channels_says_how_many_are_left(void **state)
{
    (void)state;
    enum { MANY = 40 };
    struct recording_channel channels[MANY];
    memset(channels, 0, sizeof channels);
    for (int c = 0; c < MANY; c++)
        snprintf(channels[c].name, sizeof channels[c].name, "a name of thirty-two letters, %02d", c + 1);
    struct recording recording = {.n_channels = MANY, .channel = channels};
    struct channel_map map;
    char error[1024];
    assert_int_equal(channel_map_read(&map, &recording, "u_l1=x", CHANNEL_RECORDED, error, sizeof error),
                     -EINVAL);
    int listed = 0;
    for (const char *hash = error; (hash = strchr(hash, '#')) != NULL; hash++)
        listed++;
    char rest[32];
    snprintf(rest, sizeof rest, " and %d more", MANY - listed);
    assert_in_range(listed, 5, MANY - 1);
    assert_string_equal(error + strlen(error) - strlen(rest), rest);
}

static void test_voltages_come_first_in_a_scan(void **state)
{
    (void)state;
    struct recording recording;
    struct channel_map map;
    enum channel_role order[CHANNEL_ROLES];
    char text[512];
    make(&recording, relay);
    assert_int_equal(channel_map_read(&map, &recording, "solar_l2=-#2,grid_l1=#1,u_l2=#3*0.5,u_l1=#4",
                                      CHANNEL_RECORDED, text, sizeof text),
                     0);
    assert_int_equal(channel_map_order(&map, order), 4);
    static const enum channel_role expected[] = {CHANNEL_U_L1, CHANNEL_U_L2, CHANNEL_GRID_L1,
                                                 CHANNEL_SOLAR_L2};
    assert_memory_equal(order, expected, sizeof expected);
    channel_map_write(&map, &recording, text, sizeof text);
    assert_string_equal(text, "u_l1=F6-VB, u_l2=F5-VA*0.5, grid_l1=F1-IA, solar_l2=F2-IB*-1");
    memory_recording_close(&recording);
}

static void test_a_map_is_written_into_little_room(void **state)
{
    (void)state;
    struct recording recording;
    struct channel_map map;
    char text[40];
    make(&recording, long_names);
    assert_int_equal(channel_map_read(&map, &recording, "", CHANNEL_RECORDED, text, sizeof text), 0);
    channel_map_write(&map, &recording, text, sizeof text);
    assert_string_equal(text, "u_l1=a channel name as long as names ca");
    memory_recording_close(&recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_map_feeds_what_it_says),
        cmocka_unit_test(test_a_wrong_map_gets_one_sentence),
        cmocka_unit_test(test_a_list_of_too_many_channels_says_how_many_are_left),
        cmocka_unit_test(test_voltages_come_first_in_a_scan),
        cmocka_unit_test(test_a_map_is_written_into_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
