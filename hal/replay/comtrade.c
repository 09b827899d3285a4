/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/comtrade.h"

#include "hal/replay/comtrade_cfg.h"
#include "hal/replay/comtrade_dat.h"
#include "hal/replay/comtrade_inf.h"

#include <errno.h>
#include <string.h>

static void add_channels(struct recording *recording, const struct comtrade_cfg *cfg)
{
    for (int c = 0; c < cfg->n_analog; c++) {
        double *value = recording->channel[c].value;
        recording->channel[c] = cfg->channel[c].about;
        recording->channel[c].value = value;
    }
    recording->f_nominal_hz = cfg->f_nominal_hz;
    recording->utc_start_ms = cfg->utc_start_ms;
}

int comtrade_read(struct recording *recording, struct recording_text *cfg_text, struct recording_text *dat)
{
    struct comtrade_cfg cfg;
    int result = comtrade_cfg_read(&cfg, cfg_text);
    if (result == 0)
        result = comtrade_dat_read(recording, &cfg, dat);
    if (result == 0)
        add_channels(recording, &cfg);
    comtrade_cfg_close(&cfg);
    return result;
}

enum { SECTION_CFG, SECTION_DAT, SECTION_INF, SECTIONS };

struct section {
    struct recording_text text;
    bool found;
};

/* Takes the word up to a blank or colon off the line. */
static struct recording_field next_word(struct recording_field *line)
{
    *line = recording_trimmed(*line);
    struct recording_field word = {line->at, 0};
    while (word.length < line->length && strchr(" \t:", line->at[word.length]) == NULL)
        word.length++;
    const size_t used = word.length + (word.length < line->length && line->at[word.length] == ':');
    *line = recording_trimmed((struct recording_field){line->at + used, line->length - used});
    return word;
}

/* "--- file type: DAT BINARY: 4214 ---": true, and what stands behind the colon. */
static bool is_heading(struct recording_field line, struct recording_field *rest)
{
    line = recording_trimmed(line);
    if (line.length < 3 || memcmp(line.at, "---", 3) != 0)
        return false;
    while (line.length > 3 && line.at[line.length - 1] == '-')
        line.length--;
    *rest = (struct recording_field){line.at + 3, line.length - 3};
    return recording_is(next_word(rest), "file") && recording_is(next_word(rest), "type");
}

/* Passes over a data section that is not text: its number of bytes stands in the heading. */
static int take_bytes(struct recording_text *cff, struct recording_field number)
{
    char shown[RECORDING_SHOWN];
    int64_t size;
    if (!recording_integer(number, 0, cff->end - cff->at, &size))
        return recording_refuse(cff, "\"%s\" bytes of data: at most the %lld that follow were expected",
                                recording_show(shown, number), (long long)(cff->end - cff->at));
    cff->at += size;
    return 0;
}

/* Behind a heading: *open becomes the section that the following lines belong to, NULL if none of ours. */
static int begin_section(struct recording_text *cff, struct recording_field heading,
                         struct section sections[SECTIONS], struct section **open)
{
    static const char *const words[SECTIONS] = {"CFG", "DAT", "INF"};
    const struct recording_field word = next_word(&heading), form = next_word(&heading);
    *open = NULL;
    for (int i = 0; i < SECTIONS; i++)
        if (recording_is(word, words[i]))
            *open = &sections[i];
    struct section *section = *open;
    if (section == NULL)
        return 0;
    if (section->found)
        return recording_refuse(cff, "a second section of this type: one was expected");
    *section = (struct section){*cff, true};
    int result = 0;
    if (section == &sections[SECTION_DAT] && !recording_is(form, "ASCII")) {
        result = take_bytes(cff, next_word(&heading));
        *open = NULL;
    }
    section->text.end = cff->at;
    return result;
}

static int find_sections(struct recording_text *cff, struct section sections[SECTIONS])
{
    struct section *open = NULL;
    struct recording_field line, rest;
    while (recording_text_line(cff, &line)) {
        if (is_heading(line, &rest)) {
            if (begin_section(cff, rest, sections, &open) != 0)
                return -EINVAL;
        } else if (open != NULL)
            open->text.end = cff->at;
    }
    cff->line++;
    if (sections[SECTION_CFG].found && sections[SECTION_DAT].found)
        return 0;
    return recording_refuse(cff, "the file ends: a heading \"--- file type: %s ---\" was expected",
                            sections[SECTION_CFG].found ? "DAT ASCII" : "CFG");
}

int comtrade_read_cff(struct recording *recording, struct recording_text *cff)
{
    struct section sections[SECTIONS] = {{.found = false}};
    int result = find_sections(cff, sections);
    if (result == 0)
        result = comtrade_read(recording, &sections[SECTION_CFG].text, &sections[SECTION_DAT].text);
    if (result == 0 && sections[SECTION_INF].found)
        result = comtrade_inf_read(recording, &sections[SECTION_INF].text);
    return result;
}
