/* roster.c - the accounts file, read whole or not at all, and printed (format: roster.h). */
#include "services/guard/roster.h"

#include <assert.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "yinling-accounts 1 "
#define KEY_BYTES 32
#define SUM_BYTES 16
#define SLOT_FREE UINT32_MAX

struct roster {
    unsigned char key[KEY_BYTES];
    struct roster_row *rows;
    size_t count, room;
    uint32_t *slots;   /* row numbers by the hash of the name, SLOT_FREE where empty */
    size_t slot_count; /* a power of two, at least twice `room` */
};

static void *memory_or_die(void *p)
{
    if (!p) {
        fputs("guard: out of memory\n", stderr);
        abort();
    }
    return p;
}

/* FNV-1a over the key and the name, so that names cannot be chosen to collide. */
static size_t slot_of(const struct roster *r, const char *name)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < 8; i++)
        h = (h ^ r->key[i]) * 1099511628211u;
    for (; *name; name++)
        h = (h ^ (unsigned char) *name) * 1099511628211u;
    return (size_t) (h ^ (h >> 32)) & (r->slot_count - 1);
}

static void slots_fill(struct roster *r)
{
    r->slot_count = 64;
    while (r->slot_count < 2 * r->room)
        r->slot_count *= 2;
    free(r->slots);
    r->slots = memory_or_die(malloc(r->slot_count * sizeof(*r->slots)));
    for (size_t i = 0; i < r->slot_count; i++)
        r->slots[i] = SLOT_FREE;
    for (uint32_t row = 0; row < r->count; row++) {
        size_t i = slot_of(r, r->rows[row].account.name);
        while (r->slots[i] != SLOT_FREE)
            i = (i + 1) & (r->slot_count - 1);
        r->slots[i] = row;
    }
}

static void grow(struct roster *r)
{
    r->room = r->room ? 2 * r->room : 64;
    r->rows = memory_or_die(realloc(r->rows, r->room * sizeof(*r->rows)));
    slots_fill(r);
}

struct roster *roster_new(void)
{
    struct roster *r = memory_or_die(calloc(1, sizeof(*r)));
    if (sodium_init() < 0)
        abort();
    randombytes_buf(r->key, sizeof(r->key));
    grow(r);
    return r;
}

struct roster *roster_free(struct roster *r)
{
    if (r) {
        free(r->rows);
        free(r->slots);
        sodium_memzero(r->key, sizeof(r->key));
        free(r);
    }
    return NULL;
}

size_t roster_count(const struct roster *r)
{
    return r->count;
}

const struct roster_row *roster_at(const struct roster *r, size_t i)
{
    return i < r->count ? &r->rows[i] : NULL;
}

struct roster_row *roster_edit(struct roster *r, const char *name)
{
    for (size_t i = slot_of(r, name); r->slots[i] != SLOT_FREE; i = (i + 1) & (r->slot_count - 1)) {
        struct roster_row *row = &r->rows[r->slots[i]];
        if (strcmp(row->account.name, name) == 0)
            return row;
    }
    return NULL;
}

const struct roster_row *roster_find(const struct roster *r, const char *name)
{
    return roster_edit((struct roster *) r, name);
}

struct roster_row *roster_add(struct roster *r, const char *name)
{
    struct account account;
    if (r->count >= ROSTER_ROWS_MAX || !account_read(name, strlen(name), &account) || roster_edit(r, name))
        return NULL;
    if (r->count == r->room)
        grow(r);
    struct roster_row *row = &r->rows[r->count];
    *row = (struct roster_row){ .account = account };
    randombytes_buf(row->proof, sizeof(row->proof));
    size_t i = slot_of(r, name);
    while (r->slots[i] != SLOT_FREE)
        i = (i + 1) & (r->slot_count - 1);
    r->slots[i] = (uint32_t) r->count++;
    return row;
}

bool roster_put_group(struct roster_row *row, const char *group)
{
    struct account shape; /* a group's code has the alphabet of an account */
    size_t len = strlen(group);
    if (len > ROSTER_GROUP_BYTES_MAX || row->group_count >= ROSTER_GROUPS_MAX || !account_read(group, len, &shape))
        return false;
    for (int i = 0; i < row->group_count; i++) {
        if (strcmp(row->groups[i], group) == 0)
            return false;
    }
    memcpy(row->groups[row->group_count++], group, len + 1);
    return true;
}

static void proof_of(const struct roster *r, const char *token, unsigned char ret[ROSTER_PROOF_BYTES])
{
    crypto_generichash(ret, ROSTER_PROOF_BYTES, (const unsigned char *) token, strlen(token), r->key, sizeof(r->key));
}

void roster_put_token(struct roster *r, struct roster_row *row, const char *token)
{
    proof_of(r, token, row->proof);
}

bool roster_admits(const struct roster *r, const struct roster_row *row, const char *token)
{
    unsigned char proof[ROSTER_PROOF_BYTES];
    proof_of(r, token, proof);
    return sodium_memcmp(proof, row->proof, sizeof(proof)) == 0 && !row->locked;
}

void roster_token(char ret_token[ROSTER_TOKEN_CHARS + 1])
{
    static const char alphabet[33] = "abcdefghijklmnopqrstuvwxyz234567";
    if (sodium_init() < 0)
        abort();
    for (int i = 0; i < ROSTER_TOKEN_CHARS; i++)
        ret_token[i] = alphabet[randombytes_uniform(32)];
    ret_token[ROSTER_TOKEN_CHARS] = '\0';
}

/* ---- reading: a cursor over the bytes that remembers its first complaint ---- */

struct lines {
    const char *at, *end;
    int line;
    const char *why; /* NULL while all is well */
    char text[ROSTER_LINE_MAX + 1];
};

static void *wrong(struct lines *in, const char *why)
{
    if (!in->why)
        in->why = why;
    return NULL;
}

/* The next line without its newline into in->text. */
static bool line_read(struct lines *in)
{
    const char *newline = in->at < in->end ? memchr(in->at, '\n', (size_t) (in->end - in->at)) : NULL;
    in->line++;
    if (!newline)
        return wrong(in, "文件不完整");
    size_t len = (size_t) (newline - in->at);
    if (len > ROSTER_LINE_MAX)
        return wrong(in, "有一行过长");
    if (memchr(in->at, '\0', len))
        return wrong(in, "有一行含空字节");
    memcpy(in->text, in->at, len);
    in->text[len] = '\0';
    in->at = newline + 1;
    return true;
}

/* Cuts the next field, up to one space or the end, off *at. */
static char *field(char **at)
{
    char *start = *at, *space = strchr(start, ' ');
    *at = space ? space + 1 : start + strlen(start);
    if (space)
        *space = '\0';
    return start;
}

static bool hex_read(const char *hex, unsigned char *ret, size_t len)
{
    size_t got = 0;
    return strlen(hex) == 2 * len && sodium_hex2bin(ret, len, hex, 2 * len, NULL, &got, NULL) == 0 && got == len;
}

static bool tags_read(struct lines *in, char *tags, struct roster_row *row)
{
    if (strcmp(tags, "-") == 0)
        return true;
    for (char *save = NULL, *tag = strtok_r(tags, ",", &save); tag; tag = strtok_r(NULL, ",", &save)) {
        if (strcmp(tag, "director") == 0 && row->account.kind == ACCOUNT_OFFICE)
            row->director = true;
        else if (strncmp(tag, "group=", 6) != 0 || !roster_put_group(row, tag + 6))
            return wrong(in, "有不认识的标签");
    }
    return true;
}

static bool row_read(struct roster *r, struct lines *in)
{
    char *at = in->text;
    const char *name = field(&at), *state = field(&at), *proof = field(&at);
    char *tags = field(&at);
    struct roster_row *row = roster_add(r, name);
    if (!row)
        return wrong(in, "账号名不合规则或重复");
    row->locked = strcmp(state, "locked") == 0;
    if (!row->locked && strcmp(state, "open") != 0)
        return wrong(in, "状态既不是 open 也不是 locked");
    if (!hex_read(proof, row->proof, sizeof(row->proof)))
        return wrong(in, "口令摘要格式不对");
    if (*tags == '\0' || *at != '\0')
        return wrong(in, "一行的栏数不对");
    return tags_read(in, tags, row);
}

static void sum_of(const struct roster *r, const char *bytes, size_t len, unsigned char ret[SUM_BYTES])
{
    crypto_generichash(ret, SUM_BYTES, (const unsigned char *) bytes, len, r->key, sizeof(r->key));
}

/* in->text is `end <rows> <sum>` */
static bool end_read(const struct roster *r, struct lines *in, const char *bytes, size_t len)
{
    unsigned char sum[SUM_BYTES], said[SUM_BYTES];
    char count[24];
    char *at = in->text + 4;
    const char *said_count = field(&at), *said_sum = field(&at);
    snprintf(count, sizeof(count), "%zu", r->count);
    if (strcmp(count, said_count) != 0)
        return wrong(in, "账号数与结尾所记不符");
    sum_of(r, bytes, len, sum);
    if (*at != '\0' || !hex_read(said_sum, said, sizeof(said)) || sodium_memcmp(sum, said, sizeof(sum)) != 0)
        return wrong(in, "校验和不符");
    if (in->at != in->end)
        return wrong(in, "结尾之后还有内容");
    return true;
}

static bool rows_read(struct roster *r, struct lines *in, const char *bytes)
{
    for (size_t i = 0; i <= ROSTER_ROWS_MAX; i++) {
        size_t len = (size_t) (in->at - bytes);
        if (!line_read(in))
            return false;
        if (strncmp(in->text, "end ", 4) == 0)
            return end_read(r, in, bytes, len);
        if (!row_read(r, in))
            return false;
    }
    return wrong(in, "账号过多");
}

struct roster *roster_read(const char *bytes, size_t len, const char **ret_why, int *ret_line)
{
    struct lines in = { .at = bytes, .end = bytes + len };
    struct roster *r = roster_new();
    if (len > ROSTER_BYTES_MAX)
        wrong(&in, "文件过大");
    else if (line_read(&in)) {
        if (strncmp(in.text, MAGIC, strlen(MAGIC)) != 0 || !hex_read(in.text + strlen(MAGIC), r->key, sizeof(r->key)))
            wrong(&in, "不是账号文件");
        else
            rows_read(r, &in, bytes);
    }
    if (!in.why)
        return r;
    *ret_why = in.why;
    *ret_line = in.line;
    return roster_free(r);
}

/* ---- printing ---- */

static void row_print(FILE *to, const struct roster_row *row)
{
    char proof[2 * ROSTER_PROOF_BYTES + 1];
    const char *comma = "";
    sodium_bin2hex(proof, sizeof(proof), row->proof, sizeof(row->proof));
    fprintf(to, "%s %s %s ", row->account.name, row->locked ? "locked" : "open", proof);
    if (row->director) {
        fputs("director", to);
        comma = ",";
    }
    for (int i = 0; i < row->group_count; i++, comma = ",")
        fprintf(to, "%sgroup=%s", comma, row->groups[i]);
    fputs(*comma ? "\n" : "-\n", to);
}

char *roster_print(const struct roster *r, size_t *ret_len)
{
    char *bytes = NULL, hex[2 * KEY_BYTES + 1];
    unsigned char sum[SUM_BYTES];
    size_t len = 0;
    FILE *to = memory_or_die(open_memstream(&bytes, &len));
    fprintf(to, MAGIC "%s\n", sodium_bin2hex(hex, sizeof(hex), r->key, sizeof(r->key)));
    for (size_t i = 0; i < r->count; i++)
        row_print(to, &r->rows[i]);
    fflush(to);
    sum_of(r, bytes, len, sum);
    fprintf(to, "end %zu %s\n", r->count, sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum)));
    if (fclose(to) != 0)
        abort();
    *ret_len = len;
    return bytes;
}
