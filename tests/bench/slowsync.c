/* slowsync.c - a disk whose flush takes 3 ms longer: preloaded in front of the C library (tests/bench/stage.c). */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_longer(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
}

int fdatasync(int fd)
{
    wait_longer();
    return (int) syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    wait_longer();
    return (int) syscall(SYS_fsync, fd);
}
