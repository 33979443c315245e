/* demo.c - yinling demo: hands over to deploy/demo, which stands beside the program, in the tree or where it was installed. */
#include "command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the script and the programs stand, seen from this program: in the tree, installed. */
static const struct {
    const char *script, *programs;
} places[] = { { "../../deploy/demo", "." }, { "../share/yinling/deploy/demo", "../lib/yinling" } };

int run_demo(struct call *call)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0)
        return complain_to_user(call, EXIT_REFUSED, "不知道自己在哪里：%s。", trouble_said());
    self[len] = '\0';
    struct text folder = arena_text(call->arena, self, (size_t) (strrchr(self, '/') - self));
    if (option(call, "--once"))
        setenv("DEMO_ONCE", "1", 1);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct text script = arena_printf(call->arena, TEXT_FMT "/%s", TEXT_ARG(folder), places[i].script);
        if (access(script.at, X_OK) != 0)
            continue;
        setenv("YL_BIN", arena_printf(call->arena, TEXT_FMT "/%s", TEXT_ARG(folder), places[i].programs).at, 1);
        execl(script.at, script.at, (char *) NULL);
    }
    return complain_to_user(call, EXIT_REFUSED, "找不到演示脚本 deploy/demo。");
}
