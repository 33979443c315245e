/* check.c - what must fit together across the parts of topics.yaml (check.h).
 *
 * One function per kind of entry; each finding names the entry and stands at its line. */
#include "services/contract/check.h"

#include <string.h>

#define SLASHES_MAX 7 /* of a whole topic; brokers in the field refuse more */

static bool is_name(struct text t, const char *besides)
{
    bool sound = t.len > 0 && t.len <= 64 && t.at[0] >= 'a' && t.at[0] <= 'z';
    for (size_t i = 0; sound && i < t.len; i++)
        sound = (t.at[i] >= 'a' && t.at[i] <= 'z') || (t.at[i] >= '0' && t.at[i] <= '9') || strchr(besides, t.at[i]);
    return sound;
}

static bool is_in(struct texts list, struct text t)
{
    for (size_t i = 0; i < list.count; i++)
        if (text_is(list.at[i], t))
            return true;
    return false;
}

const struct request *check_form(struct loading *l, struct place from, struct text name)
{
    for (size_t i = 0; i < l->form_count; i++)
        if (text_is(l->forms[i].naming.name, name))
            return &l->forms[i];
    find_error(l->into, from, "没有 form “" TEXT_FMT "”", TEXT_ARG(name));
    return NULL;
}

/* ---- paths */

static const struct type *type_of_part(struct loading *l, struct place at, const struct node *parts, struct text part)
{
    char key[65] = "";
    if (part.len < sizeof key)
        memcpy(key, part.at, part.len);
    const struct node *other = node_get(parts, key);
    const struct type *type = field_type(l, other ? node_text(other) : part);
    if (!type)
        find_error(l->into, at, "路径中的“{" TEXT_FMT "}”没有类型", TEXT_ARG(part));
    else if (type->shape != SHAPE_PATTERN && type->shape != SHAPE_WORDS)
        find_error(l->into, at, "路径中的“{" TEXT_FMT "}”应是 pattern 或 words 类型", TEXT_ARG(part));
    return type;
}

static void read_level(struct loading *l, struct topic *t, struct text token, const struct node *parts)
{
    struct level *level = &t->path.levels[t->path.level_count++];
    level->fixed = token;
    const char *end = token.at[0] == '{' ? memchr(token.at, '}', token.len) : NULL;
    if (end) {
        level->part = arena_text(l->arena, token.at + 1, (size_t) (end - token.at) - 1);
        level->fixed = (struct text){ end + 1, token.len - (size_t) (end + 1 - token.at) };
        level->type = type_of_part(l, t->naming.place, parts, level->part);
        t->path.parts++;
    }
    level->fixed = arena_copy(l->arena, level->fixed);
    bool sound = end ? level->fixed.len == 0 || (level->fixed.at[0] == '-' && is_name(text_of(level->fixed.at + 1), "-"))
                     : is_name(token, "-");
    if (!sound)
        find_error(l->into, t->naming.place, "路径的一级“" TEXT_FMT "”应是小写字母、数字和“-”，或 {名称}[-后缀]",
                   TEXT_ARG(token));
}

static void read_path(struct loading *l, struct topic *t, const struct node *parts)
{
    struct text path = t->path.text;
    for (size_t at = 0; path.at && at <= path.len;) {
        struct text token = { path.at + at, strcspn(path.at + at, "/") };
        if (token.len == 0 || t->path.level_count == LEVELS_MAX) {
            find_error(l->into, t->naming.place, "路径“" TEXT_FMT "”有空级或级数过多", TEXT_ARG(path));
            return;
        }
        read_level(l, t, token, parts);
        at += token.len + 1;
    }
    size_t root_slashes = 0;
    for (const char *c = l->contract->root.at; *c; c++)
        root_slashes += *c == '/';
    if (root_slashes + t->path.level_count > SLASHES_MAX)
        find_error(l->into, t->naming.place, "路径“" TEXT_FMT "”连同根超过%d个斜线", TEXT_ARG(path), SLASHES_MAX);
}

void check_paths(struct loading *l, const struct node *parts)
{
    for (size_t i = 0; i < l->contract->topic_count; i++)
        read_path(l, &l->contract->topics[i], parts);
}

/* ---- topics */

static bool has_part(const struct path *path, const char *part)
{
    for (size_t i = 0; i < path->level_count; i++)
        if (path->levels[i].part.at && text_is_c(path->levels[i].part, part))
            return true;
    return false;
}

static bool may_anyone_read(const struct contract *c, const struct topic *t)
{
    bool found = t->reader.at != NULL || t->payload == PAYLOAD_REQUEST || has_part(&t->path, "service");
    for (size_t a = 0; a < c->account_count && !found; a++) {
        const struct account *account = &c->accounts[a];
        for (size_t i = 0; i < account->read.count; i++)
            found |= model_covers(account->read.at[i], &t->path);
        for (size_t i = 0; i < account->director_reads.count; i++)
            found |= model_covers(account->director_reads.at[i], &t->path);
    }
    return found;
}

static void check_topic(struct loading *l, size_t index)
{
    const struct contract *c = l->contract;
    const struct topic *t = &c->topics[index];
    struct place at = t->naming.place;
    bool by_all = t->writer.at && text_is_c(t->writer, "{service}");
    if (!is_name(t->naming.name, "-"))
        find_error(l->into, at, "名称“" TEXT_FMT "”应是小写字母、数字和“-”", TEXT_ARG(t->naming.name));
    for (size_t i = 0; i < index; i++)
        if (text_is(c->topics[i].path.text, t->path.text))
            find_error(l->into, at, "路径“" TEXT_FMT "”与第%d行重复", TEXT_ARG(t->path.text), c->topics[i].naming.place.line);
    if (t->writer.at && !by_all && !model_service(c, t->writer))
        find_error(l->into, at, "writer “" TEXT_FMT "”不是服务", TEXT_ARG(t->writer));
    if (by_all && !has_part(&t->path, "service") && t->payload != PAYLOAD_ANSWER)
        find_error(l->into, at, "writer 为 {service}，路径里却没有 {service}");
    if (t->reader.at && !model_service(c, t->reader))
        find_error(l->into, at, "reader “" TEXT_FMT "”不是服务", TEXT_ARG(t->reader));
    if (t->retain && !t->writer.at)
        find_error(l->into, at, "只有服务写的主题可以保留（retain）");
    if (!t->writer.at && !t->reader.at && t->payload != PAYLOAD_REQUEST)
        find_error(l->into, at, "没有 writer 的主题要写明 reader");
    if (!t->naming.later.at && t->writer.at && model_is_later(c, t->writer))
        find_error(l->into, at, "服务“" TEXT_FMT "”还没有，应写 later", TEXT_ARG(t->writer));
    if (t->max > 0 && t->payload != PAYLOAD_PLAIN)
        find_error(l->into, at, "max 只用于 plain");
    if (!may_anyone_read(c, t))
        find_error(l->into, at, "没有账号可以读“" TEXT_FMT "”", TEXT_ARG(t->path.text));
}

/* ---- who */

static const char *const tokens[] = { "{account}", "{device}", "{unit}", "{village}", "{group}" };

static void check_filter(struct loading *l, const struct account *a, struct text filter)
{
    bool covers = false;
    for (size_t i = 0; i < l->contract->topic_count; i++)
        covers |= model_covers(filter, &l->contract->topics[i].path);
    if (!covers)
        find_error(l->into, a->naming.place, "“" TEXT_FMT "”不对应任何主题", TEXT_ARG(filter));
    for (const char *open = filter.at; (open = strchr(open, '{')); open++) {
        bool known = false;
        for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
            known |= strncmp(open, tokens[i], strlen(tokens[i])) == 0;
        if (!known)
            find_error(l->into, a->naming.place, "“" TEXT_FMT "”里有不认识的占位", TEXT_ARG(filter));
    }
}

static void check_account(struct loading *l, const struct account *a)
{
    for (size_t i = 0; i < a->requests.count; i++)
        if (!model_request(l->contract, a->requests.at[i]))
            find_error(l->into, a->naming.place, "没有请求“" TEXT_FMT "”", TEXT_ARG(a->requests.at[i]));
    for (size_t i = 0; i < a->publish.count; i++)
        check_filter(l, a, a->publish.at[i]);
    for (size_t i = 0; i < a->read.count; i++)
        check_filter(l, a, a->read.at[i]);
    for (size_t i = 0; i < a->director_reads.count; i++)
        check_filter(l, a, a->director_reads.at[i]);
}

/* ---- requests, streams, events */

static void check_request(struct loading *l, const struct request *r)
{
    const struct contract *c = l->contract;
    struct place at = r->naming.place;
    bool asked = false;
    for (size_t i = 0; i < c->account_count; i++)
        asked |= is_in(c->accounts[i].requests, r->naming.name);
    if (!asked)
        find_error(l->into, at, "没有账号可以发“" TEXT_FMT "”", TEXT_ARG(r->naming.name));
    if (!r->service.at || !model_service(c, r->service))
        find_error(l->into, at, "请求“" TEXT_FMT "”没有服务", TEXT_ARG(r->naming.name));
    else if (model_is_later(c, r->service) && !r->naming.later.at)
        find_error(l->into, at, "服务“" TEXT_FMT "”还没有，应写 later", TEXT_ARG(r->service));
    if (r->until_then.at && (!r->naming.later.at || !model_service(c, r->until_then) || model_is_later(c, r->until_then)))
        find_error(l->into, at, "until-then 应是已有的服务，且只用于 later 的请求");
    if (!r->remembered.at)
        find_error(l->into, at, "请求“" TEXT_FMT "”要写明 remembered", TEXT_ARG(r->naming.name));
    for (size_t i = 0; i < r->action_count; i++) {
        const struct action *action = &r->actions[i];
        (void) field_join(l, r->fields, action->fields); /* finds names used twice */
    }
}

static void check_stream(struct loading *l, const struct stream *s)
{
    if (!model_service(l->contract, s->naming.name))
        find_error(l->into, s->naming.place, "“" TEXT_FMT "”不是服务", TEXT_ARG(s->naming.name));
    for (size_t i = 0; i < s->consumers.count; i++)
        if (!model_service(l->contract, s->consumers.at[i]) || text_is(s->consumers.at[i], s->naming.name))
            find_error(l->into, s->naming.place, "“" TEXT_FMT "”不能是它的消费者", TEXT_ARG(s->consumers.at[i]));
}

static void check_event(struct loading *l, const struct event *e)
{
    struct place at = e->naming.place;
    const char *dot = strchr(e->naming.name.at, '.');
    if (!dot || strchr(dot + 1, '.') || !is_name(e->naming.name, ".-"))
        find_error(l->into, at, "事件名“" TEXT_FMT "”应写作 lead.received", TEXT_ARG(e->naming.name));
    bool says = false;
    for (size_t i = 0; i < l->contract->stream_count; i++)
        says |= text_is(l->contract->streams[i].naming.name, e->producer);
    if (!says)
        find_error(l->into, at, "“" TEXT_FMT "”没有事件流", TEXT_ARG(e->producer));
    if (!field_type(l, e->subject))
        find_error(l->into, at, "没有类型“" TEXT_FMT "”", TEXT_ARG(e->subject));
}

void check_contract(struct loading *l)
{
    const struct contract *c = l->contract;
    for (size_t i = 0; i < c->topic_count; i++)
        check_topic(l, i);
    for (size_t i = 0; i < c->account_count; i++)
        check_account(l, &c->accounts[i]);
    for (size_t i = 0; i < c->request_count; i++)
        check_request(l, &c->requests[i]);
    for (size_t i = 0; i < c->stream_count; i++)
        check_stream(l, &c->streams[i]);
    for (size_t i = 0; i < c->event_count; i++)
        check_event(l, &c->events[i]);
}
