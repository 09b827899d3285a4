/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An input that begins with "---" is a .cff; any other is a .cfg, and behind its first NUL byte the .dat. */
#include "tests/fuzz/fuzz.h"

#include "hal/replay/comtrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int read_pair(struct recording *recording, const char *bytes, size_t size, char error[FUZZ_ERROR])
{
    struct recording_text cfg, dat;
    const char *nul = memchr(bytes, '\0', size), *end = bytes + size;
    const char *cfg_end = nul == NULL ? end : nul, *dat_begin = nul == NULL ? end : nul + 1;
    recording_text_init(&cfg, "fuzz.cfg", bytes, (size_t)(cfg_end - bytes), error, FUZZ_ERROR);
    recording_text_init(&dat, "fuzz.dat", dat_begin, (size_t)(end - dat_begin), error, FUZZ_ERROR);
    return comtrade_read(recording, &cfg, &dat);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct recording recording = {0};
    struct recording_text cff;
    char error[FUZZ_ERROR];
    if (size == 0) /* bytes may then be NULL */
        return 0;
    memset(error, 1, sizeof error);
    int result;
    if (size >= 3 && memcmp(bytes, "---", 3) == 0) {
        recording_text_init(&cff, "fuzz.cff", (const char *)bytes, size, error, sizeof error);
        result = comtrade_read_cff(&recording, &cff);
    } else
        result = read_pair(&recording, (const char *)bytes, size, error);
    fuzz_check(&recording, result, error);
    return 0;
}
