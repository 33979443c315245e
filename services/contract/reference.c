/* reference.c - the reference page in Markdown, Chinese titles beside English words (emit.h).
 *
 * The order is that of the contract: who, requests, answers, views and the rest, streams, types, words. */
#include "services/contract/emit.h"

#include <inttypes.h>
#include <string.h>

struct page {
    struct arena *arena;
    const struct contract *contract;
    FILE *to;
};

/* ---- fields */

static struct text anchor_of(struct page *p, const struct type *type)
{
    if (type->shape == SHAPE_PATTERN || type->shape == SHAPE_WORDS || type->shape == SHAPE_OBJECT)
        return arena_printf(p->arena, "[" TEXT_FMT "](#type-" TEXT_FMT ")", TEXT_ARG(type->naming.name),
                            TEXT_ARG(type->naming.name));
    return type->naming.name;
}

static struct text range_of(struct page *p, const struct field *f)
{
    if (!f->bounded)
        return TEXT("");
    const char *of = f->list ? " items" : f->type->shape == SHAPE_INT ? "" : " chars";
    return arena_printf(p->arena, "%" PRId64 "–%" PRId64 "%s", f->min, f->max, of);
}

static void print_field(struct page *p, const struct field *f)
{
    fprintf(p->to, "| `" TEXT_FMT "` | %s" TEXT_FMT " | " TEXT_FMT "%s" TEXT_FMT " | %s | " TEXT_FMT " |\n",
            TEXT_ARG(f->naming.name), f->list ? "list of " : "", TEXT_ARG(anchor_of(p, f->type)), TEXT_ARG(range_of(p, f)),
            f->bounded && f->unit.at ? " " : "", TEXT_ARG(f->unit), f->required ? "yes" : "", TEXT_ARG(f->naming.says));
}

static void print_fields(struct page *p, struct fields fields)
{
    if (fields.count == 0)
        return;
    fprintf(p->to, "\n| field 字段 | type 类型 | range 范围 | required 必填 | meaning 含义 |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < fields.count; i++)
        print_field(p, &fields.at[i]);
    if (fields.one_of.count > 0) {
        fprintf(p->to, "\nExactly one of 只填其一：");
        for (size_t i = 0; i < fields.one_of.count; i++)
            fprintf(p->to, "%s`" TEXT_FMT "`", i ? " " : "", TEXT_ARG(fields.one_of.at[i]));
        fprintf(p->to, "\n");
    }
}

/* A sentence ends once. */
static const char *stop_of(struct text t)
{
    bool ends = t.len > 0 && (t.at[t.len - 1] == '.' || (t.len >= 3 && memcmp(t.at + t.len - 3, "。", 3) == 0));
    return ends ? "" : ".";
}

static const char *later_mark(const struct naming *n)
{
    return n->later.at ? " *(later 待建)*" : "";
}

/* ---- how to begin */

/* Paragraphs are list items; commands that follow one another are one block. */
static void print_connecting(struct page *p)
{
    struct texts all = p->contract->connecting;
    if (all.count == 0)
        return;
    fprintf(p->to, "\n## Connecting 接入\n\n");
    bool in_block = false;
    for (size_t i = 0; i < all.count; i++) {
        bool is_command = all.at[i].len > 2 && all.at[i].at[0] == '$' && all.at[i].at[1] == ' ';
        if (is_command != in_block)
            fprintf(p->to, is_command ? "\n```\n" : "```\n\n");
        in_block = is_command;
        if (is_command)
            fprintf(p->to, "%.*s\n", (int) all.at[i].len - 2, all.at[i].at + 2);
        else
            fprintf(p->to, "- " TEXT_FMT "\n", TEXT_ARG(all.at[i]));
    }
    if (in_block)
        fprintf(p->to, "```\n");
}

/* ---- who */

static void print_list(struct page *p, struct texts list, const char *join)
{
    for (size_t i = 0; i < list.count; i++)
        fprintf(p->to, "%s`" TEXT_FMT "`", i ? join : "", TEXT_ARG(list.at[i]));
}

static void print_accounts(struct page *p)
{
    fprintf(
        p->to,
        "\n## Accounts 账号\n\n| kind 种类 | name 名称 | requests 请求 | publishes 可发布 | reads 可读 |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < p->contract->account_count; i++) {
        const struct account *a = &p->contract->accounts[i];
        fprintf(p->to, "| `" TEXT_FMT "` " TEXT_FMT " | `" TEXT_FMT "` | ", TEXT_ARG(a->naming.name), TEXT_ARG(a->naming.zh),
                TEXT_ARG(a->pattern));
        print_list(p, a->requests, " ");
        fprintf(p->to, "%s | ", a->device_only ? " (with device only)" : "");
        print_list(p, a->publish, " ");
        fprintf(p->to, " | ");
        print_list(p, a->read, " ");
        if (a->director_reads.count > 0) {
            fprintf(p->to, "; director 主任: ");
            print_list(p, a->director_reads, " ");
        }
        fprintf(p->to, " |\n");
    }
    fprintf(
        p->to,
        "\n`{account}` own name 本账号, `{device}` own device 本设备, `{unit}` own unit 本单位, `{village}` own village 本村, "
        "`{group}` own groups 所在组.\n");
}

static void print_askers(struct page *p, const struct request *r)
{
    const char *join = "";
    for (size_t i = 0; i < p->contract->account_count; i++) {
        const struct account *a = &p->contract->accounts[i];
        for (size_t k = 0; k < a->requests.count; k++)
            if (text_is(a->requests.at[k], r->naming.name)) {
                fprintf(p->to, "%s" TEXT_FMT, join, TEXT_ARG(a->naming.name));
                join = ", ";
            }
    }
}

static bool reads(const struct contract *c, const struct account *a, const struct path *path, bool *ret_own)
{
    (void) c;
    for (size_t i = 0; i < a->read.count; i++)
        if (model_covers(a->read.at[i], path)) {
            *ret_own = false;
            for (size_t b = 0; b < a->read.at[i].len; b++)
                *ret_own |= a->read.at[i].at[b] == '{';
            return true;
        }
    return false;
}

static void print_readers(struct page *p, const struct topic *t)
{
    const char *join = "";
    for (size_t i = 0; i < p->contract->account_count; i++) {
        const struct account *a = &p->contract->accounts[i];
        bool own = false;
        if (reads(p->contract, a, &t->path, &own)) {
            fprintf(p->to, "%s" TEXT_FMT "%s", join, TEXT_ARG(a->naming.name), own ? " (own)" : "");
            join = ", ";
        }
        for (size_t k = 0; k < a->director_reads.count; k++)
            if (model_covers(a->director_reads.at[k], &t->path)) {
                fprintf(p->to, "%sdirector", join);
                join = ", ";
            }
    }
    if (t->reader.at)
        fprintf(p->to, "%s" TEXT_FMT, join, TEXT_ARG(t->reader));
}

static void print_writers(struct page *p, const struct topic *t)
{
    if (t->writer.at) {
        fprintf(p->to, TEXT_FMT, TEXT_ARG(text_is_c(t->writer, "{service}") ? TEXT("each service") : t->writer));
        return;
    }
    const char *join = "";
    for (size_t i = 0; i < p->contract->account_count; i++) {
        const struct account *a = &p->contract->accounts[i];
        bool writes = t->payload == PAYLOAD_REQUEST && a->requests.count > 0;
        for (size_t k = 0; k < a->publish.count; k++)
            writes |= model_covers(a->publish.at[k], &t->path);
        if (writes) {
            fprintf(p->to, "%s" TEXT_FMT " (own)", join, TEXT_ARG(a->naming.name));
            join = ", ";
        }
    }
}

/* ---- requests and answers */

static void print_request(struct page *p, const struct request *r)
{
    fprintf(p->to, "\n### `" TEXT_FMT "` " TEXT_FMT "%s\n\n", TEXT_ARG(r->naming.name), TEXT_ARG(r->naming.zh),
            later_mark(&r->naming));
    if (r->naming.says.at)
        fprintf(p->to, TEXT_FMT "%s\n\n", TEXT_ARG(r->naming.says), stop_of(r->naming.says));
    fprintf(p->to,
            "Answered by 答复者: `" TEXT_FMT "`. Answer remembered 记忆: " TEXT_FMT ". From 可发: ", TEXT_ARG(r->service),
            TEXT_ARG(r->remembered));
    print_askers(p, r);
    fprintf(p->to, ".\n");
    print_fields(p, r->fields);
    for (size_t i = 0; i < r->action_count; i++) {
        const struct action *a = &r->actions[i];
        fprintf(p->to, "\n#### `\"action\": \"" TEXT_FMT "\"` " TEXT_FMT "%s\n", TEXT_ARG(a->naming.name),
                TEXT_ARG(a->naming.zh), later_mark(&a->naming));
        if (a->naming.says.at)
            fprintf(p->to, "\n" TEXT_FMT "%s\n", TEXT_ARG(a->naming.says), stop_of(a->naming.says));
        print_fields(p, a->fields);
    }
    fprintf(p->to, "\nAnswer 答复 (beside `request` `kind` `ok`):\n");
    print_fields(p, r->answers);
}

static void print_requests(struct page *p)
{
    const struct contract *c = p->contract;
    fprintf(p->to,
            "\n## Requests 请求\n\nEvery request has `id` ([request-id](#type-request-id)). Unknown fields are refused.\n");
    for (size_t i = 0; i < c->request_count; i++)
        print_request(p, &c->requests[i]);
    fprintf(
        p->to,
        "\n## Refusals 拒绝\n\n`{\"request\", \"kind\", \"ok\": false, \"error\": {\"code\", \"field\", \"message\"}}`; `message` is "
        "one Chinese sentence.\n\n| code | 中文 | when |\n|---|---|---|\n");
    for (size_t i = 0; i < c->error_count; i++)
        fprintf(p->to, "| `" TEXT_FMT "` | " TEXT_FMT " | " TEXT_FMT " |\n", TEXT_ARG(c->errors[i].name),
                TEXT_ARG(c->errors[i].zh), TEXT_ARG(c->errors[i].says));
}

/* ---- topics, streams, types, words */

static void print_topic(struct page *p, const struct topic *t)
{
    fprintf(p->to, "\n### `" TEXT_FMT "` " TEXT_FMT "%s\n\n" TEXT_FMT "%s\n\nWritten by 写: ", TEXT_ARG(t->path.text),
            TEXT_ARG(t->naming.zh), later_mark(&t->naming), TEXT_ARG(t->naming.says), stop_of(t->naming.says));
    print_writers(p, t);
    fprintf(p->to, ". Read by 读: ");
    print_readers(p, t);
    fprintf(p->to, ". QoS %" PRId64 "%s%s%s.", t->qos, t->retain ? ", retained 保留" : "",
            t->plain ? ", text/plain 纯文本" : "", t->lane > 0 ? ", paced 缓发" : "");
    if (t->max > 0)
        fprintf(p->to, " At most %" PRId64 " chars 字.", t->max);
    if (t->type)
        fprintf(p->to, " Payload: " TEXT_FMT ".", TEXT_ARG(anchor_of(p, t->type)));
    fprintf(p->to, "\n");
    print_fields(p, t->fields);
}

static void print_events(struct page *p)
{
    const struct contract *c = p->contract;
    fprintf(
        p->to,
        "\n## Streams 事件流\n\nServices only. Message: [stream-message](#type-stream-message).\n\n| producer | consumers |\n|---|---|\n");
    for (size_t i = 0; i < c->stream_count; i++) {
        fprintf(p->to, "| `" TEXT_FMT "` | ", TEXT_ARG(c->streams[i].naming.name));
        print_list(p, c->streams[i].consumers, " ");
        fprintf(p->to, " |\n");
    }
    for (size_t i = 0; i < c->event_count; i++) {
        const struct event *e = &c->events[i];
        fprintf(p->to, "\n### `" TEXT_FMT "` " TEXT_FMT "%s\n\n" TEXT_FMT "%s Said by `" TEXT_FMT "`, about a " TEXT_FMT ".\n",
                TEXT_ARG(e->naming.name), TEXT_ARG(e->naming.zh), later_mark(&e->naming), TEXT_ARG(e->naming.says),
                stop_of(e->naming.says), TEXT_ARG(e->producer), TEXT_ARG(e->subject));
        print_fields(p, e->fields);
    }
}

static void print_type(struct page *p, const struct type *t)
{
    if (t->shape != SHAPE_PATTERN && t->shape != SHAPE_WORDS && t->shape != SHAPE_OBJECT)
        return;
    fprintf(p->to, "\n### <a id=\"type-" TEXT_FMT "\"></a>`" TEXT_FMT "`\n\n", TEXT_ARG(t->naming.name),
            TEXT_ARG(t->naming.name));
    if (t->naming.says.at)
        fprintf(p->to, TEXT_FMT "%s\n\n", TEXT_ARG(t->naming.says), stop_of(t->naming.says));
    if (t->shape == SHAPE_PATTERN)
        fprintf(p->to, "`" TEXT_FMT "`\n", TEXT_ARG(t->pattern));
    for (size_t i = 0; i < t->word_count; i++)
        fprintf(p->to, "%s`" TEXT_FMT "` " TEXT_FMT "%s", i ? " · " : "", TEXT_ARG(t->words[i].word), TEXT_ARG(t->words[i].zh),
                i + 1 == t->word_count ? "\n" : "");
    print_fields(p, t->fields);
}

void reference_page(struct arena *arena, const struct contract *c, FILE *to)
{
    struct page p = { arena, c, to };
    fprintf(to,
            "# " TEXT_FMT "\n\n" TEXT_FMT ". Contract version %" PRId64 ", root `" TEXT_FMT
            "`. Made from topics.yaml; do not edit.\n\n"
            "Instants are RFC 3339 with offset, days `2026-05-26`, money whole yuan. An empty retained payload means: over.\n",
            TEXT_ARG(c->title_zh), TEXT_ARG(c->title_en), c->version, TEXT_ARG(c->root));
    print_connecting(&p);
    print_accounts(&p);
    print_requests(&p);
    fprintf(to, "\n## Topics 主题\n");
    for (size_t i = 0; i < c->topic_count; i++)
        print_topic(&p, &c->topics[i]);
    print_events(&p);
    fprintf(to, "\n## Types 类型\n");
    for (size_t i = 0; i < c->type_count; i++)
        print_type(&p, &c->types[i]);
    fprintf(to, "\n## Limits 限度\n\n| limit | value |\n|---|---|\n");
    for (size_t i = 0; i < c->limit_count; i++)
        fprintf(to, "| " TEXT_FMT " | %" PRId64 " |\n", TEXT_ARG(c->limits[i].naming.name), c->limits[i].value);
    fprintf(to, "\n## Words 词汇\n\n| 中文 | English | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < c->term_count; i++)
        fprintf(to, "| " TEXT_FMT " | " TEXT_FMT " | " TEXT_FMT " |\n", TEXT_ARG(c->terms[i].zh), TEXT_ARG(c->terms[i].en),
                TEXT_ARG(c->terms[i].says));
}
