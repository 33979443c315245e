/* check.c - yinling check and yinling load: a town's folder before and when it comes into use. */
#include "yinling/check.h"
#include "command.h"
#include "yinling/edition.h"
#include "yinling/town.h"

#include <stdio.h>
#include <time.h>

static int64_t today(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return day_of((instant_ms){ (int64_t) t.tv_sec * 1000 });
}

static int report(struct call *call, const struct findings *findings, bool sound)
{
    for (size_t i = 0; call->json && i < findings_count(findings); i++) {
        const struct finding *f = finding_at(findings, i);
        print_json(json_keep(call->arena, json_pack("{s:s,s:i,s:b,s:s}", "file", f->place.file ? f->place.file : "", "line",
                                                    f->place.line, "error", f->is_error, "message", f->message.at)));
    }
    if (!call->json)
        findings_print(findings, stderr);
    if (sound && !call->json)
        printf("%s：没有错误。\n", call->operands[0]);
    return sound ? EXIT_DONE : EXIT_REFUSED;
}

static int diff(struct call *call, const char *new_folder)
{
    own(findings_free) struct findings *findings = findings_new();
    struct texts changes = check_diff(call->arena, call->operands[0], new_folder, findings);
    if (findings_errors(findings))
        return report(call, findings, false);
    for (size_t i = 0; i < changes.count; i++) {
        if (call->json)
            print_json(json_keep(call->arena, json_of_text(changes.at[i])));
        else
            printf(TEXT_FMT "\n", TEXT_ARG(changes.at[i]));
    }
    if (changes.count == 0 && !call->json)
        puts("没有变化。");
    return EXIT_DONE;
}

static int print(struct call *call)
{
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load(call->operands[0], findings);
    findings_print(findings, stderr);
    if (town)
        town_print(town, stdout);
    town_free(town);
    return town ? EXIT_DONE : EXIT_REFUSED;
}

int run_check(struct call *call)
{
    if (option(call, "--print"))
        return print(call);
    if (option(call, "--diff"))
        return diff(call, option(call, "--diff"));
    own(findings_free) struct findings *findings = findings_new();
    return report(call, findings, check_folder(call->operands[0], today(), findings));
}

int run_load(struct call *call)
{
    const char *state = state_dir(call);
    if (!state)
        return EXIT_WRONG_USE;
    own(findings_free) struct findings *findings = findings_new();
    char id[EDITION_HEX + 1];
    enum edition_outcome outcome = edition_install(call->operands[0], state, findings, id);
    findings_print(findings, stderr);
    if (outcome == EDITION_UNSOUND || outcome == EDITION_DISK)
        return EXIT_REFUSED;
    if (call->json)
        print_json(json_keep(call->arena, json_pack("{s:s,s:b}", "edition", id, "changed", outcome == EDITION_INSTALLED)));
    else
        printf("%s %.12s\n", outcome == EDITION_INSTALLED ? "已启用配置" : "配置没有变化", id);
    return EXIT_DONE;
}
