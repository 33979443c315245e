/* import.c - yinling import: a whole file of leads, at most WINDOW unanswered at a time, until every row has an answer that binds.
 *
 * A row's id is made from its contents, so whatever is sent again has no second effect; what was accepted is written down in
 * FILE.progress and skipped the next time, what was refused stands in FILE.rejects.csv with its line, code and sentence. */
#include "sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 1000, BAR = 24, RETRY_MS = 1000, LOOK_MS = 200, STILL_S = 30 };

enum row_state { ROW_TODO, ROW_SENT, ROW_LATER, ROW_DONE };

struct refusal {
    struct text code, field, sentence; /* no code: none */
};

struct import_row { /* of the file, on its way */
    struct importing *of;
    size_t row;
    enum row_state state;
    int64_t again_ms; /* ROW_LATER */
    char id[SHEET_ID_CHARS + 1];
    struct refusal refusal;
    json_t *body; /* lives in the arena; NULL: cannot be sent */
};

struct importing {
    struct call *call;
    struct client *client;
    const struct sheet *sheet;
    struct import_row *rows;
    const char *account;
    FILE *progress;
    struct text progress_path, rejects_path;
    size_t open, next, accepted, duplicates, refused, skipped, loose;
    int64_t moved_ms, looked_ms;
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal_number)
{
    (void) signal_number;
    stopped = 1;
}

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- files beside the import -------------------------------------------------------------------------------------------------- */

static struct text file_bytes(struct arena *arena, const char *path, size_t max)
{
    FILE *f = fopen(path, "rbe");
    struct stat st;
    struct text bytes = NO_TEXT;
    if (f && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && (size_t) st.st_size <= max) {
        char *at = arena_take(arena, (size_t) st.st_size + 1);
        bytes = (struct text){ at, fread(at, 1, (size_t) st.st_size, f) };
    } else if (f && errno == 0) {
        errno = EFBIG;
    }
    if (f)
        fclose(f);
    return bytes;
}

static struct text beside(struct call *call, const char *file, const char *ending)
{
    const char *slash = strrchr(file, '/'), *state = option(call, "--state");
    if (!state)
        state = getenv("YL_STATE");
    if (!state || !*state)
        return arena_printf(call->arena, "%s%s", slash ? slash + 1 : file, ending);
    struct text folder = arena_printf(call->arena, "%s/import", state);
    mkdir(folder.at, 0700);
    return arena_printf(call->arena, TEXT_FMT "/%s%s", TEXT_ARG(folder), slash ? slash + 1 : file, ending);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The ids that this account has an acceptance for: lines `ACCOUNT ID LEAD`. */
static char **known_ids(struct importing *im, size_t *ret_count)
{
    struct text bytes = file_bytes(im->call->arena, im->progress_path.at, SHEET_BYTES_MAX);
    char **ids = arena_take(im->call->arena, (bytes.len / SHEET_ID_CHARS + 1) * sizeof *ids);
    size_t count = 0;
    char account[64], id[64];
    for (size_t at = 0; at < bytes.len; at += strcspn(bytes.at + at, "\n") + 1) {
        if (sscanf(bytes.at + at, "%63s %63s", account, id) == 2 && strcmp(account, im->account) == 0 &&
            strlen(id) == SHEET_ID_CHARS)
            ids[count++] = (char *) arena_text(im->call->arena, id, strlen(id)).at;
    }
    qsort(ids, count, sizeof *ids, by_text);
    *ret_count = count;
    return ids;
}

static void skip_known(struct importing *im)
{
    size_t count;
    char **ids = known_ids(im, &count);
    for (size_t i = 0; i < im->sheet->count; i++) {
        const char *id = im->rows[i].id;
        if (im->rows[i].state != ROW_TODO || !bsearch(&id, ids, count, sizeof *ids, by_text))
            continue;
        im->rows[i].state = ROW_DONE;
        im->skipped++;
        im->open--;
    }
}

static void csv_cell(FILE *to, struct text t, char after)
{
    fputc('"', to);
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '"')
            fputc('"', to);
        fputc(t.at[i], to);
    }
    fprintf(to, "\"%c", after);
}

static void note_refusal(struct importing *im, size_t row, struct text code, struct text field, struct text sentence)
{
    struct arena *arena = im->call->arena;
    im->refused++;
    im->rows[row].refusal = (struct refusal){ arena_copy(arena, code), arena_copy(arena, field), arena_copy(arena, sentence) };
}

/* FILE.rejects.csv, in the file's order; none when nothing was refused. */
static void write_rejects(const struct importing *im)
{
    FILE *to = im->refused > 0 ? fopen(im->rejects_path.at, "we") : NULL;
    if (im->refused == 0)
        unlink(im->rejects_path.at);
    if (!to)
        return;
    fprintf(to, "\xef\xbb\xbf行,代码,字段,说明\n"); /* the mark tells Excel that it is UTF-8 */
    for (size_t i = 0; i < im->sheet->count; i++) {
        const struct refusal *refusal = &im->rows[i].refusal;
        if (!refusal->code.at)
            continue;
        fprintf(to, "%d,", im->sheet->rows[i].line);
        csv_cell(to, refusal->code, ',');
        csv_cell(to, refusal->field, ',');
        csv_cell(to, refusal->sentence, '\n');
    }
    if (fclose(to) != 0)
        complain_to_user(im->call, EXIT_REFUSED, "写不了 " TEXT_FMT "：%s。", TEXT_ARG(im->rejects_path), trouble_said());
}

/* False: a complaint was printed. The progress file is locked while this process lives. */
static bool open_files(struct importing *im)
{
    struct call *call = im->call;
    int fd = open(im->progress_path.at, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    im->progress = fd < 0 ? NULL : fdopen(fd, "a");
    if (!im->progress) {
        complain_to_user(call, EXIT_REFUSED, "写不了进度文件 " TEXT_FMT "：%s。", TEXT_ARG(im->progress_path), trouble_said());
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        complain_to_user(call, EXIT_REFUSED, "这个文件正在被另一个 yinling import 导入。");
        return false;
    }
    return true;
}

/* -- rows ------------------------------------------------------------------------------------------------------------------------ */

/* Equal rows are counted, so that each has an id of its own: a table of the ids met, open addressing. */
struct met {
    const char **ids;
    int64_t *counts;
    size_t size; /* a power of two, twice the rows */
};

static int64_t times_met(struct met *met, const char *id)
{
    uint64_t h = 1469598103934665603u;
    for (const char *c = id; *c; c++)
        h = (h ^ (unsigned char) *c) * 1099511628211u;
    size_t i = (size_t) h & (met->size - 1);
    while (met->ids[i] && strcmp(met->ids[i], id) != 0)
        i = (i + 1) & (met->size - 1);
    met->ids[i] = id;
    return met->counts[i]++;
}

static void prepare_row(struct importing *im, const struct form *form, const struct sheet_map *map, struct met *met, size_t i)
{
    struct import_row *row = &im->rows[i];
    struct text field, why;
    row->of = im;
    row->row = i;
    row->state = ROW_DONE;
    row->body = json_keep(im->call->arena, sheet_body(form, im->sheet, map, i, &im->loose, &field, &why));
    if (!row->body) {
        note_refusal(im, i, field.at ? TEXT("out-of-range") : TEXT("malformed"), field, why);
        return;
    }
    char first[SHEET_ID_CHARS + 1];
    sheet_id(row->body, 0, first);
    int64_t nth = times_met(met, arena_text(im->call->arena, first, SHEET_ID_CHARS).at);
    sheet_id(row->body, nth, row->id);
    json_object_set_new(row->body, "id", json_string(row->id));
    if (!json_object_get(row->body, "source_ref"))
        json_object_set_new(row->body, "source_ref", json_of_text(arena_printf(im->call->arena, "import-%.16s", row->id)));
    row->state = ROW_TODO;
    im->open++;
}

static void prepare_rows(struct importing *im, const struct sheet_map *map)
{
    struct arena *arena = im->call->arena;
    struct form form = { arena, im->call->town, now_of_call() };
    struct met met = { .size = 2 };
    while (met.size < im->sheet->count * 2)
        met.size *= 2;
    met.ids = arena_take(arena, met.size * sizeof *met.ids);
    met.counts = arena_take(arena, met.size * sizeof *met.counts);
    im->rows = arena_take(arena, (im->sheet->count + 1) * sizeof *im->rows);
    for (size_t i = 0; i < im->sheet->count; i++)
        prepare_row(im, &form, map, &met, i);
    if (!option(im->call, "--again"))
        skip_known(im);
}

/* -- answers ----------------------------------------------------------------------------------------------------------------------- */

static bool binds_nothing(struct text code)
{
    return text_is_c(code, "unavailable") || text_is_c(code, "too-many") || text_is_c(code, "internal");
}

static void print_row(const struct importing *im, const struct import_row *row, const json_t *answer)
{
    json_t *line =
        json_pack("{s:i,s:b}", "line", im->sheet->rows[row->row].line, "ok", json_is_true(json_object_get(answer, "ok")));
    static const char *const fields[] = { "lead", "track", "duplicate_of", "error" };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (json_object_get(answer, fields[i]))
            json_object_set(line, fields[i], json_object_get(answer, fields[i]));
    }
    print_json(line);
    json_decref(line);
}

static void on_answer(void *context, const json_t *answer)
{
    struct import_row *row = context;
    struct importing *im = row->of;
    if (!answer)
        return;
    const json_t *error = json_object_get(answer, "error");
    struct text code = json_text_at(error, "code"), lead = json_text_at(answer, "lead");
    if (error && binds_nothing(code)) {
        row->state = ROW_LATER;
        row->again_ms =
            monotonic_ms() + json_int_at(error, "retry_after_s", json_int_at(answer, "retry_after_s", 1)) * RETRY_MS;
        return;
    }
    row->state = ROW_DONE;
    im->open--;
    im->moved_ms = monotonic_ms();
    if (error) {
        note_refusal(im, row->row, code, json_text_at(error, "field"), json_text_at(error, "message"));
    } else {
        im->accepted++;
        im->duplicates += json_object_get(answer, "duplicate_of") != NULL;
        fprintf(im->progress, "%s %s " TEXT_FMT "\n", im->account, row->id, TEXT_ARG(lead));
    }
    if (im->call->json)
        print_row(im, row, answer);
}

static void send_row(struct importing *im, struct import_row *row)
{
    row->state = ROW_SENT;
    client_send(im->client, "lead-submit", json_deep_copy(row->body), on_answer, row);
}

static void send_more(struct importing *im)
{
    for (; im->next < im->sheet->count && client_pending(im->client) < WINDOW; im->next++) {
        if (im->rows[im->next].state == ROW_TODO)
            send_row(im, &im->rows[im->next]);
    }
    int64_t now = monotonic_ms();
    if (now < im->looked_ms + LOOK_MS)
        return;
    im->looked_ms = now;
    for (size_t i = 0; i < im->next && client_pending(im->client) < WINDOW; i++) {
        if (im->rows[i].state == ROW_LATER && im->rows[i].again_ms <= now)
            send_row(im, &im->rows[i]);
    }
}

/* -- telling ------------------------------------------------------------------------------------------------------------------------- */

static void draw_bar(const struct importing *im, bool last)
{
    static int64_t drawn_ms;
    int64_t now = monotonic_ms();
    if (!isatty(STDERR_FILENO) || (!last && now < drawn_ms + 100))
        return;
    drawn_ms = now;
    size_t total = im->sheet->count, done = total - im->open, filled = total ? done * BAR / total : BAR;
    fprintf(stderr, "\r[");
    for (size_t i = 0; i < BAR; i++)
        fputs(i < filled ? "█" : "░", stderr);
    fprintf(stderr, "] %3zu%%  %zu/%zu 行  未接受 %zu ", total ? done * 100 / total : 100, done, total, im->refused);
    if (last)
        fputc('\n', stderr);
}

static void print_summary(const struct importing *im, int64_t took_ms)
{
    if (im->call->json)
        return;
    printf("共 %zu 行，受理 %zu", im->sheet->count, im->accepted);
    const struct {
        const char *what;
        size_t count;
    } more[] = {
        { "其中原已受理", im->duplicates }, { "以前导入过", im->skipped }, { "未接受", im->refused }, { "没有答复", im->open }
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (more[i].count > 0)
            printf("，%s %zu", more[i].what, more[i].count);
    }
    printf("。用时 %lld.%lld 秒。\n", (long long) (took_ms / 1000), (long long) (took_ms % 1000 / 100));
    if (im->loose > 0)
        printf("有 %zu 处类别或紧急程度的写法不认识，没有采用；分办时按内容判断。\n", im->loose);
    if (im->refused > 0)
        printf("未接受的行和原因在 " TEXT_FMT "。\n", TEXT_ARG(im->rejects_path));
    if (im->open > 0)
        printf("再运行一次会接着做。\n");
}

static int run(struct importing *im)
{
    int64_t began = monotonic_ms(), still_s;
    if (!option_int(im->call, "--timeout", 1, 86400, STILL_S, &still_s))
        return EXIT_WRONG_USE;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    im->moved_ms = began;
    while (im->open > 0 && !stopped && monotonic_ms() < im->moved_ms + still_s * 1000) {
        send_more(im);
        client_step(im->client, 50);
        draw_bar(im, false);
        fflush(im->progress);
    }
    draw_bar(im, true);
    print_summary(im, monotonic_ms() - began);
    return im->open > 0 && !stopped ? EXIT_UNREACHABLE : im->refused > 0 || im->open > 0 ? EXIT_REFUSED : EXIT_DONE;
}

static const struct sheet *sheet_of_file(struct call *call, const char *file, struct sheet_map *ret_map, int *ret_exit)
{
    struct text why;
    errno = 0;
    struct text bytes = file_bytes(call->arena, file, SHEET_BYTES_MAX);
    *ret_exit = EXIT_REFUSED;
    if (!bytes.at) {
        complain_to_user(call, EXIT_REFUSED, "读不了 %s：%s。", file, trouble_said());
        return NULL;
    }
    const struct sheet *sheet = sheet_read(call->arena, bytes, &why);
    if (!sheet) {
        complain_to_user(call, EXIT_REFUSED, "%s：" TEXT_FMT "。", file, TEXT_ARG(why));
        return NULL;
    }
    if (sheet_map(call->arena, sheet, option(call, "--map"), ret_map, &why))
        return sheet;
    *ret_exit = complain_to_user(call, EXIT_WRONG_USE, "%s：" TEXT_FMT "。", file, TEXT_ARG(why));
    return NULL;
}

int run_import(struct call *call)
{
    const char *file = call->operands[0];
    struct sheet_map map;
    int code;
    const struct sheet *sheet = sheet_of_file(call, file, &map, &code);
    if (!sheet)
        return code;
    struct importing im = { .call = call,
                            .sheet = sheet,
                            .account = account_of_call(call, "walk-in"),
                            .progress_path = beside(call, file, ".progress"),
                            .rejects_path = beside(call, file, ".rejects.csv") };
    char device[SHEET_ID_CHARS + 1];
    json_t *place = json_keep(call->arena, json_of_text(im.progress_path));
    sheet_id(place, 0, device);
    call->device =
        arena_printf(call->arena, "import-%.12s", device).at; /* the same for the same file: answers are kept by device */
    im.client = connected(call, "walk-in", &code);
    if (im.client && !may_ask(call, "lead-submit")) {
        code = complain_to_user(call, EXIT_REFUSED, "账号 %s 不能提交线索。", im.account);
    } else if (im.client && open_files(&im)) {
        prepare_rows(&im, &map);
        code = run(&im);
    } else if (im.client) {
        code = EXIT_REFUSED;
    }
    client_close(im.client);
    if (im.rows)
        write_rejects(&im);
    if (im.progress)
        fclose(im.progress);
    return code;
}
