/* ledger.c - yinling backup and yinling restore: a copy of a service's ledger, and its way back.
 *
 * Works on the state directory, on the machine of the service. A running service, which holds its lock, is asked for the copy; nothing
 * is put back while it runs. A copy that is put back is opened, checked and marked as restored before it takes the ledger's place: it gets a new epoch and is held until
 * `yinling restore release`. The ledger that was there is kept beside it. */
#include "command.h"
#include "gen/runtime_queries.h"
#include "services/runtime/node.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 20 };

struct place_of_ledger {
    const char *service;
    struct text ledger, lock, fresh; /* fresh: the copy, until it is proven */
    int fd;
};

static int no_lock(struct call *call, const struct place_of_ledger *p)
{
    if (errno == EWOULDBLOCK)
        return complain_to_user(call, EXIT_REFUSED, "服务 %s 正在运行，请先停止它。", p->service);
    return complain_to_user(call, EXIT_REFUSED, "打不开 " TEXT_FMT "：%s。", TEXT_ARG(p->lock), trouble_said());
}

static int find_place(struct call *call, struct place_of_ledger *ret)
{
    const char *service = call->operands[0], *state = state_dir(call);
    int code = EXIT_WRONG_USE;
    if (!state || !service_exists(call, service, &code))
        return code;
    *ret = (struct place_of_ledger){ .service = service,
                                     .ledger = arena_printf(call->arena, "%s/%s/%s.db", state, service, service),
                                     .lock = arena_printf(call->arena, "%s/%s/lock", state, service),
                                     .fresh = arena_printf(call->arena, "%s/%s/%s.db.new", state, service, service) };
    umask(077);
    mkdir(arena_printf(call->arena, "%s/%s", state, service).at, 0700);
    ret->fd = open(ret->lock.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return ret->fd >= 0 ? EXIT_DONE : no_lock(call, ret);
}

/* The service's lock, until this process ends: it is stopped and stays so. */
static bool has_lock(const struct place_of_ledger *p)
{
    return flock(p->fd, LOCK_EX | LOCK_NB) == 0;
}

/* -- a ledger, opened and checked ---------------------------------------------------------------------------------------- */

typedef bool ledger_work(struct tx *tx, void *context);

/* Opens (quick_check and all), runs the work in one transaction, closes. False: *ret_why. */
static bool on_ledger(struct call *call, struct text path, ledger_work *work, void *context, struct text *ret_why)
{
    struct db *db = db_open(&(struct db_settings){ .path = path.at }, ret_why, call->arena);
    if (!db)
        return false;
    jmp_buf trouble;
    volatile bool fine = false;
    db_on_trouble(db, &trouble);
    if (setjmp(trouble) == 0) {
        struct tx tx = { .db = db, .arena = call->arena };
        db_begin(db);
        fine = work(&tx, context);
        fine = db_commit(db) == DB_FINE && fine;
    }
    if (!fine && !ret_why->at)
        *ret_why = TEXT("磁盘出错，或不是银龄的账本");
    db_close(db);
    return fine;
}

/* A copy says whose it is, so that it is not put in another's place. */
static bool sign_copy(struct tx *tx, void *service)
{
    tx_run(tx, R_META_SET, p_c("key", "service"), p_c("value", service));
    return tx_text(tx, R_META, p_c("key", "epoch")).len > 0;
}

struct proof {
    const char *service;
    struct text *why;
};

static bool is_of_service(struct tx *tx, void *context)
{
    struct proof *proof = context;
    struct text whose = tx_text(tx, R_META, p_c("key", "service"));
    if (whose.at && !text_is_c(whose, proof->service))
        *proof->why = arena_printf(tx->arena, "这是 " TEXT_FMT " 的账本", TEXT_ARG(whose));
    return tx_text(tx, R_META, p_c("key", "epoch")).len > 0 && !proof->why->at;
}

static bool copy_out(struct call *call, const struct place_of_ledger *p, const char *file, struct text *ret_why)
{
    struct db *db = db_open(&(struct db_settings){ .path = p->ledger.at }, ret_why, call->arena);
    if (!db)
        return false;
    enum db_trouble end = db_copy(db, file);
    db_close(db);
    if (end != DB_FINE)
        *ret_why = end == DB_FULL ? TEXT("磁盘空间不够") : TEXT("写不进去");
    return end == DB_FINE && on_ledger(call, text_of(file), sign_copy, (void *) p->service, ret_why);
}

static bool copy_bytes(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t moved = in < 0 || out < 0 ? -1 : 1;
    while (moved > 0)
        moved = copy_file_range(in, NULL, out, NULL, COPY_BYTES, 0);
    bool fine = moved == 0 && fsync(out) == 0;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return fine;
}

/* The copy that a running service makes of itself, fetched from its place below the state directory. */
static bool copy_of_running(struct call *call, const struct place_of_ledger *p, const char *file, int *ret_exit)
{
    own(client_close) struct client *client = connected(call, "operator-1", ret_exit);
    if (!client)
        return false;
    const char *kind = arena_printf(call->arena, "operate-%s", p->service).at;
    const json_t *answer = asked(call, client, kind, json_pack("{s:s}", "action", "backup"), ret_exit);
    if (!answer)
        return false;
    const char *made = arena_printf(call->arena, "%s/" TEXT_FMT, state_dir(call), TEXT_ARG(json_text_at(answer, "file"))).at;
    struct text why = NO_TEXT;
    bool fine = copy_bytes(made, file) && on_ledger(call, text_of(file), sign_copy, (void *) p->service, &why);
    if (fine)
        unlink(made);
    else
        *ret_exit = complain_to_user(call, EXIT_REFUSED, "备份在 %s，没有能取出来：" TEXT_FMT "。", made,
                                     TEXT_ARG(why.at ? why : text_of(trouble_said())));
    return fine;
}

static bool copy_of_stopped(struct call *call, const struct place_of_ledger *p, const char *file, int *ret_exit)
{
    struct text why = NO_TEXT;
    if (access(p->ledger.at, F_OK) != 0)
        *ret_exit = complain_to_user(call, EXIT_REFUSED, "没有账本 " TEXT_FMT "。", TEXT_ARG(p->ledger));
    else if (!copy_out(call, p, file, &why))
        *ret_exit = complain_to_user(call, EXIT_REFUSED, "没有备份成：" TEXT_FMT "。",
                                     TEXT_ARG(why.at ? why : text_of(trouble_said())));
    else
        return true;
    return false;
}

int run_backup(struct call *call)
{
    struct place_of_ledger place;
    const char *file = call->operands[1];
    int code = find_place(call, &place);
    if (code != EXIT_DONE)
        return code;
    if (access(file, F_OK) == 0)
        return complain_to_user(call, EXIT_REFUSED, "%s 已经存在，请换一个文件名。", file);
    const char *part = arena_printf(call->arena, "%s.part", file).at;
    unlink(part);
    bool stopped = has_lock(&place);
    if (!stopped && errno != EWOULDBLOCK)
        return no_lock(call, &place);
    bool fine = (stopped ? copy_of_stopped : copy_of_running)(call, &place, part, &code);
    if (fine && rename(part, file) != 0) {
        code = complain_to_user(call, EXIT_REFUSED, "没有备份成：%s。", trouble_said());
        fine = false;
    }
    if (!fine) {
        unlink(part);
        return code;
    }
    if (call->json)
        print_json(json_keep(call->arena, json_pack("{s:s,s:s}", "service", place.service, "file", file)));
    else
        printf("已备份 %s 的账本到 %s。\n", place.service, file);
    return EXIT_DONE;
}

/* -- restore --------------------------------------------------------------------------------------------------------------- */

static void random_bytes(void *context, void *ret_bytes, size_t len)
{
    (void) context;
    randombytes_buf(ret_bytes, len);
}

/* The old ledger steps aside together with what it had not yet merged. */
static bool step_aside(struct call *call, const struct place_of_ledger *p, struct text *ret_kept)
{
    static const char *const parts[] = { "-wal", "-shm", "" };
    *ret_kept = arena_printf(call->arena, TEXT_FMT ".before-%lld", TEXT_ARG(p->ledger), (long long) (now_of_call().ms / 1000));
    bool fine = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && fine; i++) {
        struct text from = arena_printf(call->arena, TEXT_FMT "%s", TEXT_ARG(p->ledger), parts[i]);
        fine =
            rename(from.at, arena_printf(call->arena, TEXT_FMT "%s", TEXT_ARG(*ret_kept), parts[i]).at) == 0 || errno == ENOENT;
    }
    return fine;
}

static bool prove(struct call *call, const struct place_of_ledger *p, const char *file, struct text *ret_why)
{
    if (!copy_bytes(file, p->fresh.at)) {
        *ret_why = arena_printf(call->arena, "%s 复制不过来：%s", file, trouble_said());
        return false;
    }
    struct proof proof = { p->service, ret_why };
    if (!on_ledger(call, p->fresh, is_of_service, &proof, ret_why))
        return false;
    if (ledger_restored(&(struct db_settings){ .path = p->fresh.at }, random_bytes, NULL))
        return true;
    *ret_why = TEXT("写不上恢复标记");
    return false;
}

int run_restore(struct call *call)
{
    if (strcmp(call->operands[0], "release") == 0)
        return release_service(call, call->operands[1]);
    struct place_of_ledger place;
    int code = find_place(call, &place);
    if (code != EXIT_DONE)
        return code;
    if (!has_lock(&place))
        return no_lock(call, &place);
    struct text why = NO_TEXT, kept = NO_TEXT;
    if (!prove(call, &place, call->operands[1], &why)) {
        unlink(place.fresh.at);
        return complain_to_user(call, EXIT_REFUSED, "没有恢复：" TEXT_FMT "；原来的账本没有动。", TEXT_ARG(why));
    }
    if (!step_aside(call, &place, &kept) || rename(place.fresh.at, place.ledger.at) != 0)
        return complain_to_user(call, EXIT_REFUSED, "换不进去：%s。", trouble_said());
    if (call->json)
        print_json(
            json_keep(call->arena, json_pack("{s:s,s:s,s:s}", "service", place.service, "kept", kept.at, "next",
                                             arena_printf(call->arena, "yinling restore release %s", place.service).at)));
    else
        printf("已恢复 %s 的账本，原来的留作 " TEXT_FMT
               "。\n启动 %s 后它只听不办；用 yinling status 核对，再运行 yinling restore release %s。\n",
               place.service, TEXT_ARG(kept), place.service, place.service);
    return EXIT_DONE;
}
