/* likeness.c - see likeness.h. */
#include "likeness.h"

#include "digits.h"
#include "yinling/reader.h"

#include <string.h>

enum { PHONE_MIN = 7, ACCOUNT_MIN = 6, PLATE_MIN = 5, NAME_MIN = 4 /* 王经理 is everybody */ };

static struct text phone_form(struct arena *arena, struct text given)
{
    struct text digits = digits_of(arena, given);
    size_t prefix = text_starts(digits, TEXT("0086")) ? 4 : text_starts(digits, TEXT("86")) ? 2 : 0;
    if (prefix && digits.len >= prefix + 10)
        digits = (struct text){ digits.at + prefix, digits.len - prefix };
    return digits.len >= PHONE_MIN ? digits : NO_TEXT;
}

/* Folded, with what people put between for reading taken out. */
static struct text bare(struct arena *arena, struct text given)
{
    struct text folded = text_folded(arena, given);
    char *into = arena_take(arena, folded.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < folded.len; i++) {
        bool is_dot = folded.at[i] == '\xC2' && i + 1 < folded.len && folded.at[i + 1] == '\xB7'; /* 鲁D·12345 */
        if (is_dot)
            i++;
        else if (!strchr("-_.()", folded.at[i]))
            into[len++] = folded.at[i];
    }
    return (struct text){ into, len };
}

static struct text account_form(struct arena *arena, struct text given)
{
    struct text form = bare(arena, given);
    return text_codepoints(form) >= ACCOUNT_MIN ? form : NO_TEXT;
}

static struct text plate_form(struct arena *arena, struct text given)
{
    struct text form = bare(arena, given);
    return text_codepoints(form) >= PLATE_MIN ? form : NO_TEXT;
}

/* The site alone; on sites where everybody is, the whole address. */
static struct text url_form(struct arena *arena, struct text given)
{
    static const char *const shared[] = { "qq.com",          "taobao.com",   "tmall.com",     "jd.com",
                                          "douyin.com",      "kuaishou.com", "pinduoduo.com", "yangkeduo.com",
                                          "baidu.com",       "weibo.com",    "weibo.cn",      "bilibili.com",
                                          "xiaohongshu.com", "1688.com",     "58.com",        "alipay.com" };
    struct text form = text_folded(arena, given);
    for (size_t i = 0; i + 3 < form.len; i++) {
        if (memcmp(form.at + i, "://", 3) == 0) {
            form = (struct text){ form.at + i + 3, form.len - i - 3 };
            break;
        }
    }
    if (text_starts(form, TEXT("www.")))
        form = (struct text){ form.at + 4, form.len - 4 };
    size_t host = 0;
    while (host < form.len && !strchr("/?#:", form.at[host]))
        host++;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        size_t len = strlen(shared[i]);
        if (host >= len && memcmp(form.at + host - len, shared[i], len) == 0)
            return form.len > host + 1 ? form : NO_TEXT;
    }
    return host >= 4 ? (struct text){ form.at, host } : NO_TEXT;
}

/* 滕州康寿养老服务有限责任公司 and 滕州康寿养老服务有限公司 are one firm. */
static struct text name_form(struct arena *arena, struct text given)
{
    static const char *const endings[] = { "有限责任公司", "股份有限公司", "有限公司", "分公司", "公司" };
    struct text form = bare(arena, given);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t len = strlen(endings[i]);
        if (form.len > len && memcmp(form.at + form.len - len, endings[i], len) == 0) {
            form.len -= len;
            break;
        }
    }
    return text_codepoints(form) >= NAME_MIN ? form : NO_TEXT;
}

static const struct {
    const char *why;
    struct text (*form_of)(struct arena *arena, struct text given);
} kinds[TRAITS_MAX] = {
    { "phone", phone_form }, { "account", account_form }, { "url", url_form }, { "plate", plate_form }, { "name", name_form },
};

size_t likeness_of(struct arena *arena, const json_t *subject, struct trait ret[TRAITS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; subject && i < TRAITS_MAX; i++) {
        struct text given = json_text_at(subject, kinds[i].why);
        struct text form = given.len ? kinds[i].form_of(arena, given) : NO_TEXT;
        if (form.len)
            ret[count++] = (struct trait){ kinds[i].why, form };
    }
    return count;
}
