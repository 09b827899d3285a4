/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invariants:
 *
 *  1. What decides lies in the first FRAM_COPY_DECIDES bytes: two priority records, then two heads. A body counts only through
 *     its head.
 *  2. A record is valid when its magic is ours, its seq is not 0 and belongs to its slot (seq % 2), and its checksum holds; a
 *     whole one also when its body's checksum does and kept_unpack takes it. Nothing else is believed of it.
 *  3. A write goes to the slot that does not hold the newest valid record of its kind, and to no other byte. So a cut at any
 *     byte leaves the newest one valid.
 *  4. Of a whole record the body is written first, in the order of its bytes, the head last: until the head's last byte
 *     is there, the slot is invalid or is its former record, whose body no longer matches.
 *  5. seq rises by one with each record that was written to its end; the number of a failed one is used again.
 *  6. Numbers are the chip's: after an error they are read again before anything is written, and a chip with another
 *     meter's valid record is not written to.
 */
#include "firmware/fram_copy.h"

#include "firmware/base/checksum.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PRIORITY_MAGIC UINT32_C(0x46505201) /* priority record, version 1 */
#define HEAD_MAGIC     UINT32_C(0x46574801) /* head of a whole record, version 1 */

enum { SLOTS = 2, BODY_CHUNK = FRAM_PIECE };

struct priority {
    uint32_t magic;
    uint32_t crc; /* of the record with crc = 0 */
    uint32_t seq;
    uint32_t meter; /* checksum of the meter's id */
    struct kept_totals totals;
};
_Static_assert(sizeof(struct priority) == 64, "a priority record is one piece");
_Static_assert(sizeof(struct priority) <= (int)FRAM_PIECE, "and one message");

struct head {
    uint32_t magic;
    uint32_t crc; /* of the head with crc = 0 */
    uint32_t seq;
    uint32_t size;       /* of the body */
    uint32_t body_crc;   /* of the body */
    uint32_t kept_magic; /* the body's version */
    uint64_t reserved;   /* 0 */
};
_Static_assert(FRAM_COPY_PRIORITY + SLOTS * sizeof(struct priority) == FRAM_COPY_HEADS,
               "priority, then heads");
_Static_assert(FRAM_COPY_HEADS + SLOTS * sizeof(struct head) == FRAM_COPY_DECIDES, "and no more");
_Static_assert((int)KEPT_BYTES_MAX <= (int)FRAM_COPY_BODY && 3 * FRAM_COPY_BODY <= (int)FRAM_BYTES,
               "bodies fit");

static uint32_t meter_of(const struct fram_copy *copy)
{
    return checksum(copy->meter_id, strlen(copy->meter_id));
}

static size_t priority_at(uint32_t seq)
{
    return FRAM_COPY_PRIORITY + seq % SLOTS * sizeof(struct priority);
}

static size_t head_at(uint32_t seq)
{
    return FRAM_COPY_HEADS + seq % SLOTS * sizeof(struct head);
}

static size_t body_at(uint32_t seq)
{
    return FRAM_COPY_BODY * (1 + seq % SLOTS);
}

static uint32_t priority_crc(const struct priority *priority)
{
    struct priority copy = *priority;
    copy.crc = 0;
    return checksum(&copy, sizeof copy);
}

static uint32_t head_crc(const struct head *head)
{
    struct head copy = *head;
    copy.crc = 0;
    return checksum(&copy, sizeof copy);
}

static bool is_blank(const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (size_t k = 0; k < size; k++)
        if (byte[k] != 0)
            return false;
    return true;
}

static bool is_sound(const struct kept_totals *totals)
{
    for (int k = 0; k < KEPT_TOTALS; k++)
        if (totals->energy_uwh[k] < 0 && totals->energy_uwh[k] != RECORD_ABSENT)
            return false;
    return totals->age_ms >= 0;
}

/* 1 when the slot holds a valid priority record. */
static int load_priority(struct fram_copy *copy, uint32_t slot, struct priority *priority)
{
    const int error = fram_read(copy->fram, priority_at(slot), priority, sizeof *priority);
    if (error != 0 || is_blank(priority, sizeof *priority))
        return error;
    const bool valid = priority->magic == PRIORITY_MAGIC && priority->seq != 0 &&
                       priority->seq % SLOTS == slot && priority->crc == priority_crc(priority) &&
                       is_sound(&priority->totals);
    copy->damaged += !valid;
    return valid;
}

/* 1 when the slot holds a valid whole record, which is then in kept. */
static int load_whole(struct fram_copy *copy, uint32_t slot, struct head *head, struct kept *kept)
{
    uint8_t body[KEPT_BYTES_MAX];
    int error = fram_read(copy->fram, head_at(slot), head, sizeof *head);
    if (error != 0 || is_blank(head, sizeof *head))
        return error;
    bool valid = head->magic == HEAD_MAGIC && head->seq != 0 && head->seq % SLOTS == slot &&
                 head->crc == head_crc(head) && head->size <= sizeof body;
    if (valid)
        error = fram_read(copy->fram, body_at(slot), body, head->size);
    if (error != 0)
        return error;
    valid = valid && checksum(body, head->size) == head->body_crc &&
            kept_unpack(kept, head->kept_magic, body, head->size) == 0;
    copy->damaged += !valid;
    return valid;
}

static const char clear_it[] =
    "to give the chip to this meter, write 0 into its first 192 bytes (firmware/README.md), "
    "or go on without it: journal.fram = off";

static int refuse(const struct fram_copy *copy, const char *whose, char *error, size_t error_size)
{
    snprintf(error, error_size, "FRAM: these are the registers of %s, this is %s; %s", whose, copy->meter_id,
             clear_it);
    return -EMEDIUMTYPE;
}

static int read_priorities(struct fram_copy *copy, struct fram_found *found, char *error, size_t error_size)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        struct priority priority;
        const int valid = load_priority(copy, slot, &priority);
        if (valid < 0)
            return valid;
        if (valid > 0 && priority.meter != meter_of(copy))
            return refuse(copy, "another meter", error, error_size);
        if (valid == 0 || priority.seq <= copy->priority_seq)
            continue;
        copy->priority_seq = priority.seq;
        found->totals = priority.totals;
        found->has_totals = true;
    }
    return 0;
}

static int read_wholes(struct fram_copy *copy, struct fram_found *found, char *error, size_t error_size)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        struct head head;
        struct kept kept;
        const int valid = load_whole(copy, slot, &head, &kept);
        if (valid < 0)
            return valid;
        if (valid > 0 && strcmp(kept.meter_id, copy->meter_id) != 0)
            return refuse(copy, kept.meter_id, error, error_size);
        if (valid == 0 || head.seq <= copy->whole_seq)
            continue;
        copy->whole_seq = head.seq;
        found->kept = kept;
        found->has_kept = true;
    }
    return 0;
}

void fram_copy_init(struct fram_copy *copy, struct fram *fram, const char *meter_id)
{
    memset(copy, 0, sizeof *copy);
    copy->fram = fram;
    snprintf(copy->meter_id, sizeof copy->meter_id, "%s", meter_id);
}

int fram_copy_read(struct fram_copy *copy, struct fram_found *found, char *error, size_t error_size)
{
    memset(found, 0, sizeof *found);
    copy->priority_seq = copy->whole_seq = 0;
    copy->damaged = 0;
    int result = read_wholes(copy, found, error, error_size); /* these know the other meter's name */
    if (result == 0)
        result = read_priorities(copy, found, error, error_size);
    copy->known = result == 0;
    if (result < 0 && result != -EMEDIUMTYPE)
        snprintf(error, error_size, "FRAM: %s", strerror(-result));
    return result;
}

/* Invariant 6. */
static int look(struct fram_copy *copy)
{
    struct fram_found found;
    char error[256];
    return copy->known ? 0 : fram_copy_read(copy, &found, error, sizeof error);
}

/* What is on the chip after a failed write is the chip's to say. */
static int write_to(struct fram_copy *copy, size_t at, const void *bytes, size_t size)
{
    const int error = fram_write(copy->fram, at, bytes, size);
    if (error != 0)
        copy->known = false;
    return error;
}

int fram_copy_write_totals(struct fram_copy *copy, const struct kept_totals *totals)
{
    int error = look(copy);
    if (error != 0)
        return error;
    struct priority priority = {
        .magic = PRIORITY_MAGIC, .seq = copy->priority_seq + 1, .meter = meter_of(copy), .totals = *totals};
    priority.crc = priority_crc(&priority);
    error = write_to(copy, priority_at(priority.seq), &priority, sizeof priority);
    if (error == 0)
        copy->priority_seq = priority.seq;
    return error;
}

void fram_copy_begin(struct fram_copy *copy, const struct kept *kept)
{
    copy->size = kept_pack(kept, copy->body);
    copy->written = 0;
}

static int write_head(struct fram_copy *copy)
{
    struct head head = {.magic = HEAD_MAGIC,
                        .seq = copy->whole_seq + 1,
                        .size = (uint32_t)copy->size,
                        .body_crc = checksum(copy->body, copy->size),
                        .kept_magic = KEPT_MAGIC};
    head.crc = head_crc(&head);
    const int error = write_to(copy, head_at(head.seq), &head, sizeof head);
    if (error == 0)
        copy->whole_seq = head.seq;
    copy->size = 0;
    return error;
}

int fram_copy_step(struct fram_copy *copy)
{
    if (copy->size == 0)
        return 0;
    int error = look(copy);
    if (error == 0 && copy->written == copy->size)
        return write_head(copy);
    const size_t left = copy->size - copy->written;
    const size_t piece = left < BODY_CHUNK ? left : BODY_CHUNK;
    if (error == 0)
        error =
            write_to(copy, body_at(copy->whole_seq + 1) + copy->written, copy->body + copy->written, piece);
    copy->written += piece;
    if (error != 0)
        copy->size = 0;
    return error == 0 ? 1 : error;
}
