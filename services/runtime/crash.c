/* crash.c - see crash.h. The handler makes only calls that are safe in a signal: a hash over memory, write, fsync. */
#include "crash.h"
#include "log.h"
#include "node.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

static int in_hand_fd = -1;
static struct text in_hand_path, in_hand_bytes;

void set_in_hand(struct text path, struct text bytes)
{
    in_hand_path = path;
    in_hand_bytes = bytes;
}

void crash_fingerprint(struct text path, struct text bytes, unsigned char ret[FINGERPRINT_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, FINGERPRINT_BYTES);
    crypto_generichash_update(&state, (const unsigned char *) path.at, path.len);
    crypto_generichash_update(&state, (const unsigned char *) "\n", 1);
    crypto_generichash_update(&state, (const unsigned char *) bytes.at, bytes.len);
    crypto_generichash_final(&state, ret, FINGERPRINT_BYTES);
}

bool crash_in_hand(unsigned char ret[FINGERPRINT_BYTES])
{
    if (in_hand_path.at)
        crash_fingerprint(in_hand_path, in_hand_bytes, ret);
    return in_hand_path.at != NULL;
}

/* Afterwards the default action gives the exit code; there are no cores (main.c). */
static void on_crash(int signal_number)
{
    unsigned char fingerprint[FINGERPRINT_BYTES];
    log_write();
    if (in_hand_fd >= 0 && crash_in_hand(fingerprint)) {
        ssize_t n = pwrite(in_hand_fd, fingerprint, sizeof fingerprint, 0);
        (void) n;
        fsync(in_hand_fd);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* On a stack of its own, or an overflow of the other would leave no trace. */
void crash_watch(void)
{
    static unsigned char stack[64 * 1024];
    sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL };
    struct sigaction action = { .sa_handler = on_crash, .sa_flags = (int) (SA_RESETHAND | SA_NODEFER | SA_ONSTACK) };
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &action, NULL);
}

void crash_learn(struct node *node, const char *path)
{
    in_hand_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (in_hand_fd < 0)
        return;
    unsigned char fingerprint[FINGERPRINT_BYTES];
    if (pread(in_hand_fd, fingerprint, sizeof fingerprint, 0) == (ssize_t) sizeof fingerprint) {
        log_event("crashed-before", "on=a-message");
        node_crashed_on(node, fingerprint);
    }
    if (ftruncate(in_hand_fd, 0) != 0)
        log_event("in-hand", "truncate=failed");
}
