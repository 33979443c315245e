/* audience.c - whom a warning addresses. See audience.h. */
#include "services/warning/audience.h"

#include <stdio.h>

struct marks {
    bool *village, *worker; /* by their place in the town's lists */
};

static struct marks marks_new(struct arena *arena, const struct town *town)
{
    return (struct marks){ arena_take(arena, town->village_count + 1), arena_take(arena, town->worker_count + 1) };
}

/* The marked ones in the town's order. A worker's village is concerned with the worker. */
static struct audience gathered(struct arena *arena, const struct town *town, struct marks marks, bool on_villages)
{
    struct audience a = { .on_villages = on_villages };
    a.workers = arena_take(arena, (town->worker_count + 1) * sizeof *a.workers);
    a.villages = arena_take(arena, (town->village_count + 1) * sizeof *a.villages);
    for (size_t i = 0; i < town->worker_count; i++) {
        size_t village = (size_t) (town->workers[i].village - town->villages);
        if (!marks.worker[i] && !(on_villages && marks.village[village]))
            continue;
        a.workers[a.worker_count++] = &town->workers[i];
        marks.village[village] = true;
    }
    for (size_t i = 0; i < town->village_count; i++) {
        if (marks.village[i])
            a.villages[a.village_count++] = &town->villages[i];
    }
    return a;
}

/* A village is named by its 12 digits alone: names and short numbers are for people. */
static bool mark_village(struct marks marks, const struct town *town, struct text code)
{
    const struct village *v = town_village(town, code);
    if (!v || !text_is(v->code, code))
        return false;
    marks.village[v - town->villages] = true;
    return true;
}

static bool mark_worker(struct marks marks, const struct town *town, struct text account)
{
    const struct worker *w = town_worker(town, account);
    if (!w)
        return false;
    marks.worker[w - town->workers] = true;
    return true;
}

typedef bool marker(struct marks marks, const struct town *town, struct text name);

static void read_list(struct reader *r, const char *field, const json_t *list, struct marks marks, const struct town *town,
                      marker *mark)
{
    enum { NAME_MAX_POINTS = 32 };
    if (json_array_size(list) == 0)
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”不能为空。", field);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct text name = array_text(r, field, i, NAME_MAX_POINTS);
        if (name.len == 0 || mark(marks, town, name))
            continue;
        char path[32];
        snprintf(path, sizeof path, "%s[%zu]", field, i);
        complain(r, CODE_NO_SUCH, path, "本镇没有“" TEXT_FMT "”。", TEXT_ARG(name));
        return;
    }
}

struct audience audience_read(struct arena *arena, struct reader *order, const struct town *town)
{
    struct reader *r = need_object(order, "audience");
    struct marks marks = marks_new(arena, town);
    if (!r)
        return (struct audience){ 0 };
    bool all = want_bool(r, "all", false), says_all = has_field(r, "all");
    const json_t *villages = want_array(r, "villages", VILLAGES_MAX), *workers = want_array(r, "workers", WORKERS_MAX);
    if (says_all + has_field(r, "villages") + has_field(r, "workers") != 1) {
        complain(order, says_all || villages || workers ? CODE_OUT_OF_RANGE : CODE_MISSING, "audience",
                 "发送范围“audience”应在 all、villages、workers 中恰好写一项。");
        return (struct audience){ 0 };
    }
    if (says_all && !all)
        complain(r, CODE_OUT_OF_RANGE, "all", "“all”只能写 true。");
    for (size_t i = 0; says_all && i < town->village_count; i++)
        marks.village[i] = true;
    if (villages)
        read_list(r, "villages", villages, marks, town, mark_village);
    if (workers)
        read_list(r, "workers", workers, marks, town, mark_worker);
    return gathered(arena, town, marks, !workers);
}

static void mark_known(const json_t *list, struct marks marks, const struct town *town, marker *mark)
{
    size_t i;
    json_t *name;
    json_array_foreach((json_t *) list, i, name)
        mark(marks, town, (struct text){ json_string_value(name), json_string_length(name) });
}

struct audience audience_of(struct arena *arena, const json_t *accepted, const struct town *town)
{
    struct marks marks = marks_new(arena, town);
    const json_t *workers = json_object_get(accepted, "workers");
    for (size_t i = 0; json_is_true(json_object_get(accepted, "all")) && i < town->village_count; i++)
        marks.village[i] = true;
    mark_known(json_object_get(accepted, "villages"), marks, town, mark_village);
    mark_known(workers, marks, town, mark_worker);
    return gathered(arena, town, marks, !workers);
}
