/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/fuzz.h"

#include "hal/replay/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct recording recording = {0};
    struct recording_text text;
    char error[FUZZ_ERROR];
    if (size == 0) /* bytes may then be NULL */
        return 0;
    memset(error, 1, sizeof error);
    recording_text_init(&text, "fuzz.csv", (const char *)bytes, size, error, sizeof error);
    fuzz_check(&recording, csv_read(&recording, &text), error);
    return 0;
}
