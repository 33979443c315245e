/* log.c - one event, one line, key=value, to standard error; the supervisor keeps the file and adds the time. See log.h. */
#include "log.h"
#include "yinling/service.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, HELD_MAX = 192 * 1024 /* three lines of each message of a full turn */ };

static char held[HELD_MAX];
static volatile size_t held_len; /* the crash handler looks at it */
static _Thread_local bool holds;

static void write_out(const char *bytes, size_t len)
{
    ssize_t written = write(STDERR_FILENO, bytes, len);
    (void) written; /* a full log disk must not stop the service */
}

void log_hold(void)
{
    holds = true;
}

void log_let_go(void)
{
    log_write();
    holds = false;
}

void log_write(void)
{
    size_t len = held_len;
    held_len = 0;
    if (len)
        write_out(held, len);
}

size_t log_mark(void)
{
    return held_len;
}

void log_back_to(size_t at)
{
    if (at < held_len)
        held_len = at;
}

/* The bytes of a line in `to`, which has room for LINE_MAX_BYTES. */
static size_t format_line(char *to, const char *verb, const char *format, va_list args)
{
    size_t used = strlen(verb);
    assert(used < LINE_MAX_BYTES / 2);
    memcpy(to, verb, used);
    to[used++] = ' ';
    int more = vsnprintf(to + used, LINE_MAX_BYTES - used - 1, format, args);
    size_t len = used + (size_t) (more < 0 ? 0 : more);
    if (len > LINE_MAX_BYTES - 2)
        len = LINE_MAX_BYTES - 2;
    for (size_t i = used; i < len; i++) { /* outside text cannot begin a line of its own */
        if ((unsigned char) to[i] < ' ')
            to[i] = ' ';
    }
    to[len] = '\n';
    return len + 1;
}

void log_event(const char *verb, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    if (holds && HELD_MAX - held_len < LINE_MAX_BYTES)
        log_write();
    char *to = holds ? held + held_len : line;
    va_list args;
    va_start(args, format);
    size_t len = format_line(to, verb, format, args);
    va_end(args);
    if (holds)
        held_len += len;
    else
        write_out(line, len);
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
