/* call.c - what every command needs: its options, a connection, the town, an answer, columns. See command.h. */
#include "command.h"
#include "yinling/edition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

const char *option(const struct call *call, const char *name)
{
    for (int i = call->given_count; i-- > 0;) {
        if (strcmp(call->given[i]->name, name) == 0)
            return call->values[i];
    }
    return NULL;
}

bool option_int(const struct call *call, const char *name, int64_t min, int64_t max, int64_t unset, int64_t *ret)
{
    const char *value = option(call, name);
    *ret = unset;
    if (!value || (text_int(text_of(value), ret) && *ret >= min && *ret <= max))
        return true;
    fprintf(stderr, "%s 应为 %lld 至 %lld 的整数，现在是“%s”。\n", name, (long long) min, (long long) max, value);
    return false;
}

static const char *option_or_environment(const struct call *call, const char *name, const char *variable, const char *unset)
{
    const char *value = option(call, name);
    if (!value)
        value = getenv(variable);
    return value && *value ? value : unset;
}

const char *state_dir(const struct call *call)
{
    const char *dir = option_or_environment(call, "--state", "YL_STATE", NULL);
    if (!dir)
        complain_to_user(call, EXIT_WRONG_USE, "请用 --state 或环境变量 YL_STATE 指明状态目录。");
    return dir;
}

const char *account_of_call(const struct call *call, const char *unset)
{
    return option_or_environment(call, "--account", "YL_ACCOUNT", unset);
}

int complain_to_user(const struct call *call, enum exit_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text sentence = arena_vprintf(call->arena, format, args);
    va_end(args);
    if (call->json) {
        json_t *error = json_pack("{s:b,s:{s:s}}", "ok", 0, "error", "message", sentence.at);
        char *line = json_dumps(error, JSON_COMPACT);
        fprintf(stderr, "%s\n", line);
        free(line);
        json_decref(error);
    } else {
        fprintf(stderr, TEXT_FMT "\n", TEXT_ARG(sentence));
    }
    return (int) code;
}

/* -- the town and the account ---------------------------------------------------------------------------------------- */

static const char *town_folder(struct call *call)
{
    const char *given = option(call, "--town");
    const char *state = option_or_environment(call, "--state", "YL_STATE", NULL);
    if (given)
        return given;
    if (state) {
        struct text current = arena_printf(call->arena, "%s/editions/current", state);
        if (access(current.at, F_OK) == 0)
            return current.at;
    }
    return "deploy/binhu";
}

static void forget_town(void *town)
{
    town_free(town);
}

const struct town *town_in_use(struct call *call)
{
    if (call->town)
        return call->town;
    own(findings_free) struct findings *findings = findings_new();
    call->town = town_load(town_folder(call), findings);
    if (call->town)
        arena_at_reset(call->arena, forget_town, (void *) call->town);
    else
        findings_print(findings, stderr);
    return call->town;
}

static struct text file_line(struct arena *arena, const char *path)
{
    FILE *f = fopen(path, "re");
    char line[512] = "";
    if (!f)
        return NO_TEXT;
    bool got = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    line[strcspn(line, "\r\n")] = '\0';
    return got && *line ? arena_text(arena, line, strlen(line)) : NO_TEXT;
}

/* The password column of DIR/accounts.csv; names hold no commas or quotes. */
static struct text password_in_csv(struct arena *arena, const char *state, const char *account)
{
    FILE *f = fopen(arena_printf(arena, "%s/accounts.csv", state).at, "re");
    struct text found = NO_TEXT;
    char line[512];
    size_t len = strlen(account);
    while (f && !found.at && fgets(line, sizeof line, f)) {
        if (strncmp(line, account, len) == 0 && line[len] == ',')
            found = arena_text(arena, line + len + 1, strcspn(line + len + 1, ",\r\n"));
    }
    if (f)
        fclose(f);
    return found;
}

/* The list for handing out may be gone, as it should be; what the machine itself logs in with stays in secrets. */
static struct text password_of(struct call *call, const char *account)
{
    const char *file = getenv("YL_PASSWORD_FILE");
    const char *state = option_or_environment(call, "--state", "YL_STATE", NULL);
    if (file && *file)
        return file_line(call->arena, file);
    struct text password = state ? password_in_csv(call->arena, state, account) : NO_TEXT;
    if (state && !password.at && !strchr(account, '/'))
        password = file_line(call->arena, arena_printf(call->arena, "%s/secrets/%s", state, account).at);
    return password;
}

static int timeout_ms(const struct call *call)
{
    int64_t seconds;
    return option_int(call, "--timeout", 1, 86400, 15, &seconds) ? (int) seconds * 1000 : -1;
}

struct client *connected(struct call *call, const char *account_if_unset, int *ret_exit)
{
    const char *account = account_of_call(call, account_if_unset);
    *ret_exit = EXIT_WRONG_USE;
    int wait_ms = timeout_ms(call);
    if (!account || wait_ms < 0) {
        complain_to_user(call, EXIT_WRONG_USE, "请用 --account 或环境变量 YL_ACCOUNT 指明账号。");
        return NULL;
    }
    call->account = account;
    struct text password = password_of(call, account);
    if (!password.at) {
        complain_to_user(call, EXIT_WRONG_USE,
                         "找不到账号 %s 的密码：请设置 YL_PASSWORD_FILE，或用 --state 指明有 accounts.csv 的目录；"
                         "密码丢了，用 yinling accounts renew 换新的。",
                         account);
        return NULL;
    }
    const struct town *town = town_in_use(call);
    if (!town)
        return NULL;
    struct text root = arena_printf(call->arena, "yl/v1/" TEXT_FMT, TEXT_ARG(town->code));
    const char *broker = option_or_environment(call, "--broker", "YL_BROKER", "tcp://127.0.0.1:1883");
    /* A device of its own, so that the command line does not throw the account's web page off; answers are remembered by device, so
     * a request with a chosen id has the same one each time. */
    if (!call->device && option(call, "--id"))
        call->device = "cli";
    struct text device = call->device ? text_of(call->device) : arena_printf(call->arena, "cli%d", (int) getpid());
    bool v5 = strcmp(option_or_environment(call, "--mqtt", "YL_MQTT", "5"), "5") == 0;
    struct client *client = client_open(&(struct client_settings){
        .broker = broker, .account = account, .password = password.at, .device = device.at, .root = root.at, .v5 = v5 });
    enum client_end end = client_wait_up(client, wait_ms);
    *ret_exit = EXIT_UNREACHABLE;
    if (end == CLIENT_DONE)
        return client;
    if (end == CLIENT_REFUSED)
        complain_to_user(call, EXIT_UNREACHABLE, "账号 %s 被拒绝登录：密码不对、账号已停用，或设备太多。", account);
    else
        complain_to_user(call, EXIT_UNREACHABLE, "连不上消息代理 %s。", broker);
    return client_close(client);
}

/* -- answers --------------------------------------------------------------------------------------------------------- */

/* Services name the field, `audience` or `audience.villages[3]`; who types knows the option, --villages. */
static bool is_about(const char *option_field, struct text field)
{
    size_t len = strlen(option_field), same = len < field.len ? len : field.len;
    if (memcmp(option_field, field.at, same) != 0)
        return false;
    return len == field.len || (len > same ? option_field[same] == '.' : strchr(".[", field.at[same]) != NULL);
}

static void say_option_of(const struct call *call, struct text field)
{
    for (const struct option_row *o = call->command->options; field.at && o->name; o++) {
        if (o->field && is_about(o->field, field))
            fprintf(stderr, "  %s%s%s：%s\n", o->name, o->argument ? " " : "", o->argument ? o->argument : "", o->says);
    }
}

const json_t *asked(struct call *call, struct client *client, const char *kind, json_t *take_body, int *ret_exit)
{
    json_t *answer = NULL;
    if (!may_ask(call, kind)) {
        json_decref(take_body);
        *ret_exit = complain_to_user(call, EXIT_REFUSED, "账号 %s 不能发 %s 这种请求。", call->account, kind);
        return NULL;
    }
    enum client_end end = client_ask(client, kind, take_body, timeout_ms(call), &answer);
    if (end != CLIENT_DONE) {
        *ret_exit = complain_to_user(call, EXIT_UNREACHABLE, "没有等到答复；请求可以原样再发，不会重复生效。");
        return NULL;
    }
    json_keep(call->arena, answer);
    if (json_is_true(json_object_get(answer, "ok"))) {
        *ret_exit = EXIT_DONE;
        return answer;
    }
    *ret_exit = EXIT_REFUSED;
    if (call->json) {
        print_json(answer);
        return NULL;
    }
    const json_t *error = json_object_get(answer, "error");
    struct text code = json_text_at(error, "code"), message = json_text_at(error, "message"),
                field = json_text_at(error, "field");
    fprintf(stderr, "被拒绝（" TEXT_FMT "%s" TEXT_FMT "）：" TEXT_FMT "\n", TEXT_ARG(code), field.at ? "，" : "",
            TEXT_ARG(field), TEXT_ARG(message));
    say_option_of(call, field);
    return NULL;
}

void hear_what_stands(struct client *client, bool *heard)
{
    enum { QUIET_MS = 400, LISTEN_MAX_MS = 10000, STEP_MS = 50 };
    int waited_ms = 0;
    do {
        *heard = false;
        for (int ms = 0; ms < QUIET_MS && !*heard; ms += STEP_MS)
            client_step(client, STEP_MS);
        waited_ms += STEP_MS;
    } while (*heard && waited_ms < LISTEN_MAX_MS);
}

void print_json(const json_t *value)
{
    char *line = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (line)
        puts(line);
    free(line);
}

/* -- columns --------------------------------------------------------------------------------------------------------- */

struct text padded(struct arena *arena, struct text t, size_t columns)
{
    size_t used = 0, at = 0, cut_at = 0;
    bool cut = false;
    while (at < t.len) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *) t.at + at, (utf8proc_ssize_t) (t.len - at), &point);
        if (n <= 0)
            break;
        int width = utf8proc_charwidth(point);
        if (used + (size_t) width > columns) {
            cut = true;
            break;
        }
        if (used + (size_t) width <= columns - 1)
            cut_at = at + (size_t) n;
        used += (size_t) width;
        at += (size_t) n;
    }
    if (cut) {
        struct text shorter = { t.at, cut_at };
        return padded(arena, arena_printf(arena, TEXT_FMT "…", TEXT_ARG(shorter)), columns);
    }
    return arena_printf(arena, TEXT_FMT "%*s", (int) at, t.at ? t.at : "", (int) (columns - used), "");
}

struct text cut_to_screen(struct arena *arena, struct text t, size_t columns_used)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col <= columns_used + 8)
        return t;
    size_t room = size.ws_col - columns_used - 1;
    struct text cut = padded(arena, t, room);
    return text_starts(cut, t) ? t : cut;
}

const char *coloured(const struct call *call, const char *colour)
{
    static const struct {
        const char *name, *code;
    } codes[] = { { "red", "\033[31m" },  { "orange", "\033[38;5;208m" }, { "yellow", "\033[33m" }, { "green", "\033[32m" },
                  { "blue", "\033[36m" }, { "grey", "\033[90m" },         { "bold", "\033[1m" } };
    if (!call->colours)
        return "";
    for (size_t i = 0; colour && i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(codes[i].name, colour) == 0)
            return codes[i].code;
    }
    return "\033[0m";
}
