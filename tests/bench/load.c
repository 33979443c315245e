/* load.c - see load.h. */
#include "load.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 * 1024,
    EVENTS_MAX = 1024,
    KEEPALIVE_S = 300,
    PING_US = 60 * 1000000,
    CONNECT = 0x10,
    CONNACK = 0x20,
    PUBLISH = 0x30,
    PUBACK = 0x40,
    SUBSCRIBE = 0x82,
    SUBACK = 0x90,
    PINGREQ = 0xc0,
    PINGRESP = 0xd0
};

struct load {
    int epoll;
    struct load_hooks hooks;
    struct line **lines;
    size_t count, room;
    struct line *dirty; /* have something to write */
    int64_t next_ping_us;
    char read[READ_BYTES];
};

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t own_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static _Noreturn void broken(const struct line *l, const char *what)
{
    fprintf(stderr, "bench: connection %d: %s (%s)\n", l->number, what, strerror(errno));
    exit(3);
}

/* -- bytes ----------------------------------------------------------------------------------------------------------- */

static char *more(struct bytes *b, size_t len)
{
    if (b->len + len > b->room) {
        b->room = b->len + len + (b->room ? b->room : 256);
        b->at = realloc(b->at, b->room);
        assert(b->at);
    }
    char *at = b->at + b->len;
    b->len += len;
    return at;
}

static void put(struct bytes *b, const void *from, size_t len)
{
    if (len)
        memcpy(more(b, len), from, len);
}

static void put_16(struct bytes *b, size_t number)
{
    const unsigned char two[] = { (unsigned char) (number >> 8), (unsigned char) number };
    put(b, two, 2);
}

static void put_text(struct bytes *b, struct text t)
{
    put_16(b, t.len);
    put(b, t.at, t.len);
}

/* The fixed header: type and flags, then the length in seven-bit digits. */
static void put_head(struct bytes *b, int type, size_t len)
{
    unsigned char head[5] = { (unsigned char) type };
    size_t used = 1;
    do {
        head[used++] = (unsigned char) ((len & 127) | (len > 127 ? 128 : 0));
        len >>= 7;
    } while (len);
    put(b, head, used);
}

static void is_dirty(struct line *l)
{
    if (l->is_dirty)
        return;
    l->is_dirty = true;
    l->next_dirty = l->load->dirty;
    l->load->dirty = l;
}

/* -- sending --------------------------------------------------------------------------------------------------------- */

static uint16_t next_id(struct line *l)
{
    l->last_id = l->last_id == 65535 ? 1 : (uint16_t) (l->last_id + 1);
    return l->last_id;
}

void line_subscribe(struct line *l, const char *filter, int qos)
{
    struct text t = text_of(filter);
    put_head(&l->out, SUBSCRIBE, 2 + 2 + t.len + 1);
    put_16(&l->out, next_id(l));
    put_text(&l->out, t);
    *more(&l->out, 1) = (char) qos;
    is_dirty(l);
}

void line_publish(struct line *l, struct text topic, struct text payload, int qos, bool retain)
{
    put_head(&l->out, PUBLISH | qos << 1 | retain, 2 + topic.len + (qos ? 2 : 0) + payload.len);
    put_text(&l->out, topic);
    if (qos) {
        put_16(&l->out, next_id(l));
        l->unacked++;
    }
    put(&l->out, payload.at, payload.len);
    is_dirty(l);
}

static void watch(struct line *l, int how)
{
    struct epoll_event e = { .events = EPOLLIN | (l->waits_for_room ? EPOLLOUT : 0), .data.ptr = l };
    if (epoll_ctl(l->load->epoll, how, l->fd, &e) != 0)
        broken(l, "epoll");
}

static void flush(struct line *l)
{
    struct bytes *b = &l->out;
    while (b->done < b->len) {
        ssize_t n = send(l->fd, b->at + b->done, b->len - b->done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            broken(l, "cannot be written to");
        b->done += (size_t) n;
    }
    bool waits = b->done < b->len;
    if (!waits)
        b->len = b->done = 0;
    if (waits != l->waits_for_room) {
        l->waits_for_room = waits;
        watch(l, EPOLL_CTL_MOD);
    }
}

static void flush_all(struct load *load)
{
    while (load->dirty) {
        struct line *l = load->dirty;
        load->dirty = l->next_dirty;
        l->is_dirty = false;
        flush(l);
    }
}

/* -- receiving ------------------------------------------------------------------------------------------------------- */

static size_t number_16(const char *at)
{
    return (size_t) ((unsigned char) at[0] << 8 | (unsigned char) at[1]);
}

static void on_publish(struct line *l, int flags, const char *at, size_t len)
{
    struct text topic = { at + 2, number_16(at) };
    size_t used = 2 + topic.len;
    if (flags & 6) {
        put_head(&l->out, PUBACK, 2);
        put(&l->out, at + used, 2);
        is_dirty(l);
        used += 2;
    }
    if (used > len)
        broken(l, "a malformed message");
    struct load_hooks *h = &l->load->hooks;
    if (h->message)
        h->message(h->context, l, topic, (struct text){ at + used, len - used });
}

static void on_packet(struct line *l, int head, const char *at, size_t len)
{
    struct load_hooks *h = &l->load->hooks;
    switch (head & 0xf0) {
    case CONNACK:
        errno = len > 1 ? at[1] : 0;
        if (len < 2 || at[1] != 0)
            broken(l, "refused by the broker");
        l->is_up = true;
        break;
    case PUBLISH:
        on_publish(l, head & 15, at, len);
        break;
    case PUBACK:
        l->unacked--;
        if (h->acked)
            h->acked(h->context, l);
        break;
    case SUBACK:
        if (len < 3 || (unsigned char) at[2] == 0x80)
            broken(l, "a subscription was refused");
        l->subscribed++;
        break;
    case PINGRESP:
        break;
    default:
        broken(l, "an unexpected packet");
    }
}

/* Deals with the whole packets; returns how many bytes they were. */
static size_t parse(struct line *l, const char *at, size_t len)
{
    size_t used = 0;
    while (len - used >= 2) {
        size_t body = 0, digits = 0;
        unsigned char digit;
        do {
            if (used + 1 + digits >= len)
                return used;
            digit = (unsigned char) at[used + 1 + digits];
            body |= (size_t) (digit & 127) << (7 * digits);
            digits++;
        } while (digit & 128 && digits < 4);
        size_t start = used + 1 + digits;
        if (len - start < body)
            return used;
        on_packet(l, (unsigned char) at[used], at + start, body);
        used = start + body;
    }
    return used;
}

static void hear(struct line *l)
{
    struct load *load = l->load;
    for (;;) {
        size_t left = l->in.len;
        assert(left < READ_BYTES / 2);
        if (left)
            memcpy(load->read, l->in.at, left);
        l->in.len = 0;
        ssize_t n = recv(l->fd, load->read + left, READ_BYTES - left, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            n = 0;
        else if (n <= 0)
            broken(l, "closed by the broker");
        size_t len = left + (size_t) n, used = n ? parse(l, load->read, len) : 0;
        put(&l->in, load->read + used, len - used);
        if (len < READ_BYTES)
            return;
    }
}

static void ping_all(struct load *load, int64_t now)
{
    if (now < load->next_ping_us)
        return;
    load->next_ping_us = now + PING_US;
    for (size_t i = 0; i < load->count; i++) {
        if (load->lines[i]->is_up) {
            put_head(&load->lines[i]->out, PINGREQ, 0);
            is_dirty(load->lines[i]);
        }
    }
}

void load_step(struct load *load, int64_t wait_us)
{
    struct epoll_event events[EVENTS_MAX];
    ping_all(load, now_us());
    flush_all(load);
    struct timespec wait = { .tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000 };
    int count = epoll_pwait2(load->epoll, events, EVENTS_MAX, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct line *l = events[i].data.ptr;
        if (events[i].events & EPOLLOUT)
            flush(l);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            hear(l);
    }
    flush_all(load);
}

/* -- opening and closing --------------------------------------------------------------------------------------------- */

struct load *load_new(void)
{
    struct load *load = calloc(1, sizeof *load);
    assert(load);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    assert(load->epoll >= 0);
    load->next_ping_us = now_us() + PING_US;
    return load;
}

void load_hook(struct load *load, struct load_hooks hooks)
{
    load->hooks = hooks;
}

static void say_hello(struct line *l, const char *client_id, const char *account, const char *password)
{
    struct text id = text_of(client_id), user = text_of(account), word = text_of(password);
    put_head(&l->out, CONNECT, 10 + 2 + id.len + (account ? 4 + user.len + word.len : 0));
    put_text(&l->out, TEXT("MQTT"));
    put(&l->out, (const char[]){ 4, account ? (char) 0xc2 : 2 }, 2);
    put_16(&l->out, KEEPALIVE_S);
    put_text(&l->out, id);
    if (account) {
        put_text(&l->out, user);
        put_text(&l->out, word);
    }
    is_dirty(l);
}

struct line *load_line(struct load *load, int port, const char *client_id, const char *account, const char *password,
                       int number)
{
    struct line *l = calloc(1, sizeof *l);
    assert(l);
    *l = (struct line){ .number = number, .load = load };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t) port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || connect(l->fd, (struct sockaddr *) &to, sizeof to) != 0)
        broken(l, "cannot be made");
    int one = 1;
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (load->count == load->room) {
        load->room = load->room ? 2 * load->room : 64;
        load->lines = realloc(load->lines, load->room * sizeof *load->lines);
        assert(load->lines);
    }
    load->lines[load->count++] = l;
    watch(l, EPOLL_CTL_ADD);
    say_hello(l, client_id, account, password);
    return l;
}

void line_close(struct line *l)
{
    struct load *load = l->load;
    flush_all(load);
    close(l->fd);
    for (size_t i = 0; i < load->count; i++) {
        if (load->lines[i] == l) {
            load->lines[i] = load->lines[--load->count];
            break;
        }
    }
    free(l->in.at);
    free(l->out.at);
    free(l);
}

bool load_settle(struct load *load, int subscriptions, int64_t within_us)
{
    int64_t until = now_us() + within_us;
    for (;;) {
        size_t ready = 0;
        for (size_t i = 0; i < load->count; i++)
            ready += load->lines[i]->is_up && load->lines[i]->subscribed >= subscriptions;
        if (ready == load->count)
            return true;
        if (now_us() >= until)
            return false;
        load_step(load, 1000);
    }
}

int64_t load_lines(const struct load *load)
{
    return (int64_t) load->count;
}

struct load *load_free(struct load *load)
{
    if (!load)
        return NULL;
    while (load->count)
        line_close(load->lines[load->count - 1]);
    free(load->lines);
    close(load->epoll);
    free(load);
    return NULL;
}
