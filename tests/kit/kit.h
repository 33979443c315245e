/* kit.h - one service on the real runtime, with a ledger in memory, a bus inside the process and a clock that is set by hand.
 *
 * A handler test feeds a request, an event, a tap or time, and looks at the answer, the events said, the views shown. Each feed is
 * one turn. The service under test is included: `#define main service_main_of_test` then `#include "../../services/x/x.c"`.
 * Everything returned is borrowed until the next feed. A mistake in the test itself aborts with a sentence. */
#ifndef YINLING_KIT_H
#define YINLING_KIT_H

#include "yinling/service.h"
#include "yinling/town.h"

struct kit;
/* town_folder: normally "deploy/binhu" (tests run from the project's root). now: RFC 3339. */
struct kit *kit_new(const struct service *service, const char *town_folder, const char *now);
struct kit *kit_free(struct kit *kit);
static inline void own_kit_free(struct kit **k)
{
    *k = kit_free(*k);
}

instant_ms kit_now(const struct kit *kit);
/* Moves the clock and gives the service the turns it asked for on the way, in order. Every producer it follows is heard up to
 * `now` first, unless kit_silence was called for it. */
void kit_at(struct kit *kit, const char *now);
void kit_later(struct kit *kit, span_ms by);
void kit_silence(struct kit *kit, const char *producer, bool silent);

/* Publishes `request/<kind>/<account>` ("12345" or "web@device"); body_json may use ' for ". Returns the answer (never NULL). */
const json_t *kit_request(struct kit *kit, const char *kind, const char *account, const char *body_json);
/* The same with bytes as they are, to try malformed ones. */
const json_t *kit_request_bytes(struct kit *kit, const char *kind, const char *account, const void *bytes, size_t len);
/* The next event of that producer's stream, at the present instant. */
void kit_event(struct kit *kit, const char *type, const char *subject, const char *by, const char *data_json);
/* The same, committed by its producer at an earlier instant and heard only now; of what the producer did after that instant nothing
 * is known yet. */
void kit_event_at(struct kit *kit, const char *at, const char *type, const char *subject, const char *by,
                  const char *data_json);
void kit_tap(struct kit *kit, const char *topic, const char *payload); /* worker/w200-1/ok */
/* From here on what is fed waits, and a request returns NULL; then one turn takes it all, the events of a producer in one message, as
 * many as such a message may carry. */
void kit_hold(struct kit *kit);
void kit_let_go(struct kit *kit);

/* Events said since the kit was made, oldest first: {"type","subject","at","by","edition","data"}. */
size_t kit_said_count(const struct kit *kit);
const json_t *kit_said(const struct kit *kit, size_t i);
/* The newest event of this type about this subject (NULL: any), or NULL. */
const json_t *kit_said_last(const struct kit *kit, const char *type, const char *subject);
size_t kit_said_times(const struct kit *kit, const char *type, const char *subject);

/* Lines on the tickers so far that contain this text. */
size_t kit_ticker_count(const struct kit *kit, const char *text);

/* What the broker's retained store holds now: NULL when the topic is clear. */
const char *kit_view(const struct kit *kit, const char *topic);
const json_t *kit_view_json(struct kit *kit, const char *topic);
size_t kit_view_count(const struct kit *kit, const char *filter); /* MQTT wildcards */

/* The process dies without another word and starts again on the same ledger. */
void kit_crash(struct kit *kit);
/* A row count or value straight from the ledger, for tests only. */
int64_t kit_sql_int(struct kit *kit, const char *sql);
const char *kit_sql_text(struct kit *kit, const char *sql);
/* The configuration the kit runs under. */
const struct town *kit_town(const struct kit *kit);

#endif
