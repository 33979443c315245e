/* crash.c - see crash.h. The handler makes only async-signal-safe calls: it writes "path, newline, bytes" to an open file. */
#include "crash.h"
#include "node.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int in_hand_fd = -1;
static volatile struct {
    const char *path, *bytes;
    size_t path_len, bytes_len;
} in_hand;

void set_in_hand(struct text path, struct text bytes)
{
    in_hand.path = path.at;
    in_hand.path_len = path.len;
    in_hand.bytes = bytes.at;
    in_hand.bytes_len = bytes.len;
}

/* Only async-signal-safe calls; then the default action makes the core or the exit code. */
static void on_crash(int signal_number)
{
    if (in_hand_fd >= 0 && in_hand.path) {
        ssize_t n = write(in_hand_fd, in_hand.path, in_hand.path_len);
        n += write(in_hand_fd, "\n", 1);
        n += write(in_hand_fd, in_hand.bytes, in_hand.bytes_len);
        (void) n;
        fsync(in_hand_fd);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void crash_watch(void)
{
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL };
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &(struct sigaction){ .sa_handler = on_crash, .sa_flags = (int) (SA_RESETHAND | SA_NODEFER) },
                  NULL);
}

void crash_learn(struct node *node, const char *path)
{
    enum { IN_HAND_MAX = 600 * 1024 };
    in_hand_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
    if (in_hand_fd < 0)
        return;
    char *bytes = malloc(IN_HAND_MAX);
    ssize_t len = bytes ? pread(in_hand_fd, bytes, IN_HAND_MAX, 0) : 0;
    if (len > 0) {
        log_event("crashed-before", "message=\"%.80s\"", bytes);
        node_crashed_on(node, bytes, (size_t) len);
    }
    free(bytes);
    if (ftruncate(in_hand_fd, 0) != 0)
        log_event("in-hand", "truncate=failed");
}
