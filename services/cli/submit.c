/* submit.c - yinling submit and yinling track: one lead in, and how it stands. */
#include "command.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 16 * 1024 };

static struct text text_given(struct call *call)
{
    struct text text = text_of(call->operands[0]);
    if (!text_is_c(text, "-"))
        return text;
    char *bytes = arena_take(call->arena, TEXT_BYTES_MAX);
    size_t len = fread(bytes, 1, TEXT_BYTES_MAX - 1, stdin);
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    return (struct text){ bytes, len };
}

int run_submit(struct call *call)
{
    struct text text = text_given(call);
    if (text.len == 0 || !text_is_utf8(text))
        return complain_to_user(call, EXIT_WRONG_USE, "线索内容是空的，或不是 UTF-8 文字。");
    json_t *body = json_pack("{s:o}", "text", json_of_text(text));
    int code;
    if (!form_fill(call, body)) {
        json_decref(body);
        return EXIT_WRONG_USE;
    }
    own(client_close) struct client *client = connected(call, "walk-in", &code);
    const json_t *answer = client ? asked(call, client, "lead-submit", body, &code) : NULL;
    if (!client)
        json_decref(body);
    if (!answer)
        return code;
    if (call->json) {
        print_json(answer);
        return EXIT_DONE;
    }
    print_pair(call, "受理编号", json_text_at(answer, "lead"));
    print_pair(call, "查询码", json_text_at(answer, "track"));
    print_pair(call, "原受理", json_text_at(answer, "duplicate_of"));
    return EXIT_DONE;
}

int run_track(struct call *call)
{
    struct text track = text_of(call->operands[0]);
    if (track.len != 16 || strspn(track.at, "0123456789") != 16)
        return complain_to_user(call, EXIT_WRONG_USE, "查询码是 16 位数字。");
    int code;
    own(client_close) struct client *client = connected(call, "walk-in", &code);
    const json_t *answer =
        client ? asked(call, client, "lead-track", json_pack("{s:o}", "track", json_of_text(track)), &code) : NULL;
    if (!answer)
        return code;
    if (call->json) {
        print_json(answer);
        return EXIT_DONE;
    }
    print_pair(call, "进度", json_text_at(answer, "status"));
    print_pair(call, "答复", json_text_at(answer, "answer_public"));
    print_pair(call, "更新时间", said_instant(call, json_text_at(answer, "updated_at")));
    return EXIT_DONE;
}
