/* operate.c - what an operator may ask of any service: parked events, a stream to adopt, a restored ledger to release, a clock to
 * accept. Requests `operate-<service>`, accounts of kind operator only. No lead's content ever leaves through here. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <string.h>

enum action { PARKED_LIST, PARKED_RETRY, ADOPT, RELEASE, CLOCK_ACCEPT, STATUS, BACKUP };
static const struct choice actions[] = { { "parked-list", PARKED_LIST },
                                         { "parked-retry", PARKED_RETRY },
                                         { "adopt", ADOPT },
                                         { "release", RELEASE },
                                         { "clock-accept", CLOCK_ACCEPT },
                                         { "status", STATUS },
                                         { "backup", BACKUP },
                                         { NULL, 0 } };

bool is_operate(const struct node *node, enum request_kind kind)
{
    static const char prefix[] = "operate-";
    const char *name = request_specs[kind].name;
    return strncmp(name, prefix, sizeof prefix - 1) == 0 && strcmp(request_specs[kind].service, node->service->name) == 0;
}

static enum verdict parked_list(struct tx *tx, const struct request *r, int64_t after)
{
    struct rows rows = tx_all(tx, R_PARKED_LIST, p_int("after", after));
    json_t *list = json_array();
    for (size_t i = 0; i < rows.count; i++) {
        json_t *one = json_pack("{s:I,s:I}", "number", (json_int_t) row_int(&rows, i, "number", 0), "seq",
                                (json_int_t) row_int(&rows, i, "seq", 0));
        json_put_text(one, "producer", row_text(&rows, i, "producer"));
        json_put_text(one, "subject", row_text(&rows, i, "subject"));
        json_put_text(one, "reason", row_text(&rows, i, "reason"));
        json_put_text(one, "at", instant_text(tx->arena, row_instant(&rows, i, "at")));
        json_array_append_new(list, one);
    }
    return answer(tx, r, json_pack("{s:o}", "parked", list));
}

/* Tries the event again and, if it is taken, those of its subject that queue behind it, in order. */
static enum verdict parked_retry(struct tx *tx, const struct request *r, int64_t number)
{
    enum { BEHIND_MAX = 500 };
    struct node *node = tx->node;
    struct rows one = tx_all(tx, R_PARKED_ONE, p_int("number", number));
    if (one.count == 0)
        return refuse(tx, r, CODE_NO_SUCH, "n", "没有编号为%lld的待处理事件。", (long long) number);
    struct text producer = row_text(&one, 0, "producer"), subject = row_text(&one, 0, "subject");
    int64_t taken = 0;
    for (int i = 0; i < BEHIND_MAX; i++) {
        struct rows next = tx_all(tx, R_PARKED_NEXT, p_text("producer", producer), p_text("subject", subject));
        if (next.count == 0)
            break;
        struct text body = row_text(&next, 0, "body");
        if (event_take(node, producer, row_int(&next, 0, "seq", 0), body, true) != DONE)
            break;
        tx_run(tx, R_PARKED_DROP, p_int("number", row_int(&next, 0, "number", 0)));
        taken++;
    }
    node->parked_count = tx_int(tx, 0, R_PARKED_COUNT, NO_PARAMS);
    if (node->parked_count == 0)
        alarm_clear(tx, "parked");
    return answer(tx, r, json_pack("{s:I,s:I}", "taken", (json_int_t) taken, "parked", (json_int_t) node->parked_count));
}

/* With the producer's next message the cursor goes back to the last event its present ledger shares with what was heard; what was
 * heard beyond that stays applied. */
static enum verdict adopt(struct tx *tx, const struct request *r, struct text name)
{
    struct node *node = tx->node;
    for (int i = 0; i < node->producer_count; i++) {
        struct producer *p = &node->producers[i];
        if (!text_is_c(name, p->name))
            continue;
        if (!p->stopped)
            return refuse(tx, r, CODE_NOT_NOW, "producer", "这个事件流没有中断，不需要采纳。");
        json_t *was = json_pack("{s:s,s:I}", "epoch", p->epoch, "seq", (json_int_t) p->seq);
        p->stopped = false;
        p->adopting = true;
        alarm_clear(tx, arena_printf(tx->arena, "stream-%s", p->name).at);
        return answer(tx, r, json_pack("{s:o}", "was", was));
    }
    return refuse(tx, r, CODE_NO_SUCH, "producer", "本服务不接收“" TEXT_FMT "”的事件流。", TEXT_ARG(name));
}

/* Only who has heard our stream knows how much of it the copy lacks. NO_TEXT: all have told. */
static struct text consumers_unheard(struct node *node)
{
    struct text names = NO_TEXT;
    for (int i = 0; i < node->consumer_count; i++) {
        if (!node->consumers[i].known)
            names = arena_printf(node->arena, TEXT_FMT "%s%s", TEXT_ARG(names), names.at ? "、" : "", node->consumers[i].name);
    }
    return names;
}

static enum verdict release(struct tx *tx, instant_ms now, const struct request *r)
{
    struct node *node = tx->node;
    if (!node->held)
        return refuse(tx, r, CODE_NOT_NOW, NULL, "本服务没有处于恢复状态。");
    struct text unheard = consumers_unheard(node);
    if (unheard.at) {
        node->cursors_wanted = true; /* it may run and have told, and say nothing more while we are held */
        return refuse(tx, r, CODE_NOT_NOW, NULL,
                      "还不知道 " TEXT_FMT
                      " 听到了哪里，无法确定编号从哪里接下去。请先启动它；已在运行的，请过几秒再解除一次冻结。",
                      TEXT_ARG(unheard));
    }
    if (node->clock_doubted)
        return refuse(tx, r, CODE_NOT_NOW, NULL, "请先核对服务器时间并确认时钟（clock-accept），再解除恢复状态。");
    int64_t lost = lost_events(tx);
    span_ms since_copy = between((instant_ms){ meta_int(tx, "copied", now.ms) }, now);
    if (node->service->released && !MUTANT(number_given_again))
        node->service->released(tx, now, lost, since_copy);
    meta_set(tx, "held", TEXT("0"));
    node->held = false;
    node->wanted = (instant_ms){ 0 };
    node->status_due = true;
    return answer(tx, r, json_pack("{s:I}", "events_lost", (json_int_t) lost));
}

static enum verdict clock_accepted(struct tx *tx, const struct request *r)
{
    struct node *node = tx->node;
    if (!node->clock_doubted)
        return refuse(tx, r, CODE_NOT_NOW, NULL, "时钟没有异常。");
    clock_accept(node);
    clock_keep(node);
    return answer(tx, r, NULL);
}

static enum verdict status(struct tx *tx, const struct request *r)
{
    struct node *node = tx->node;
    return answer(tx, r,
                  json_pack("{s:b,s:b,s:I,s:I,s:s}", "held", node->held, "clock_doubted", node->clock_doubted, "parked",
                            (json_int_t) node->parked_count, "head", (json_int_t) node->done.head, "epoch", node->epoch));
}

enum verdict operate(struct tx *tx, instant_ms now, const struct request *r)
{
    int action = need_choice(r->in, "action", actions);
    int64_t number = want_int(r->in, "n", 0, INT64_MAX, 0);
    struct text producer = want_id(r->in, "producer", 32);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    if (r->who.kind != ACCOUNT_OPERATOR)
        return refuse(tx, r, CODE_NOT_YOURS, NULL, "只有运维账号可以这样做。");
    switch ((enum action) action) {
    case PARKED_LIST:
        return parked_list(tx, r, number);
    case PARKED_RETRY:
        return parked_retry(tx, r, number);
    case ADOPT:
        return adopt(tx, r, producer);
    case RELEASE:
        return release(tx, now, r);
    case CLOCK_ACCEPT:
        return clock_accepted(tx, r);
    case BACKUP:
        return backup_asked(tx, now, r);
    case STATUS:
        break;
    }
    return status(tx, r);
}
