/* said.c - instants, units and villages as people say them. See command.h. */
#include "command.h"
#include "services/deadline/sentences.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct text said_instant(struct call *call, struct text rfc3339)
{
    instant_ms at;
    return instant_read(rfc3339, &at) ? sentence_instant(call->arena, at, now_of_call()) : rfc3339;
}

struct text said_unit(struct call *call, struct text code)
{
    const struct unit *unit = call->town && code.at ? town_unit(call->town, code) : NULL;
    return unit ? unit->name : code;
}

struct text said_village(struct call *call, struct text code)
{
    const struct village *village = call->town && code.at ? town_village(call->town, code) : NULL;
    return village ? village->name : code;
}

const char *trouble_said(void)
{
    static const struct {
        int number;
        const char *sentence;
    } troubles[] = { { ENOENT, "没有这个文件或目录" },
                     { EACCES, "没有权限" },
                     { EPERM, "没有权限" },
                     { EFBIG, "文件太大，或不是普通文件" },
                     { ENOSPC, "磁盘满了" },
                     { EROFS, "磁盘是只读的" },
                     { EISDIR, "这是一个目录" },
                     { ENOTDIR, "不是目录" },
                     { EIO, "磁盘出错" } };
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        if (errno == troubles[i].number)
            return troubles[i].sentence;
    }
    return strerror(errno);
}

const char *severity_colour(struct text severity)
{
    static const struct {
        const char *severity, *colour;
    } colours[] = { { "extreme", "red" }, { "severe", "orange" }, { "moderate", "yellow" } };
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        if (text_is_c(severity, colours[i].severity))
            return colours[i].colour;
    }
    return "green";
}

void print_pair(struct call *call, const char *label, struct text value)
{
    if (value.len > 0)
        printf("%s" TEXT_FMT "%s " TEXT_FMT "\n", coloured(call, "grey"), TEXT_ARG(padded(call->arena, text_of(label), 10)),
               coloured(call, NULL), TEXT_ARG(value));
}
