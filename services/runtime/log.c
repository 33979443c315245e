/* log.c - one event, one line, key=value, to standard error; the supervisor keeps the file and adds the time. */
#include "yinling/service.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void log_event(const char *verb, const char *format, ...)
{
    char line[1024];
    int used = snprintf(line, sizeof line, "%s ", verb);
    assert(used > 0 && (size_t) used < sizeof line / 2);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + used, sizeof line - (size_t) used - 1, format, args);
    va_end(args);
    size_t len = (size_t) used + (size_t) (more < 0 ? 0 : more);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    for (size_t i = 0; i < len; i++) { /* outside text cannot begin a line of its own */
        if ((unsigned char) line[i] < ' ')
            line[i] = ' ';
    }
    line[len] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len + 1);
    (void) written; /* a full log disk must not stop the service */
}

bool step_of(const struct step *steps, int from, const char *event, int *ret_to)
{
    for (; steps->event; steps++) {
        if (steps->from == from && strcmp(steps->event, event) == 0) {
            *ret_to = steps->to;
            return true;
        }
    }
    return false;
}
