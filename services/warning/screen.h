/* screen.h - one worker's phone: what stands on it, and what a tap on it does (CONTRACT.md §3).
 *
 * The phone shows one thing: an open item, the echo of a refusal for as long as it can be taken back, the echo of the last
 * confirmation, or that nothing waits. screen_refresh is the only place that decides which, and the only one that shows
 * worker/<w>/text, todo and item. Promise: the last tap that counted is on the phone as a changed text, in the same turn. */
#ifndef WARNING_SCREEN_H
#define WARNING_SCREEN_H

#include "services/warning/receipt.h"

enum echo { ECHO_NONE = 0, ECHO_CONFIRMED = 1, ECHO_REFUSED = 2 }; /* stored: never renumber */

struct screen {
    struct receiver who;
    bool gone;           /* no worker of the town any more: nothing is shown */
    int64_t shown;       /* item.no, 0: none */
    instant_ms shown_at; /* since when, in substance */
    instant_ms tapped_at;
    bool look_again;
    enum echo echo;
    int64_t echo_item;
    instant_ms echo_at;
    instant_ms wake_at;
    struct item *known; /* an item this turn has read already and keeps up to date, with its warning; NULL: none */
    const struct warning *known_of;
};

/* NULL when no such worker was ever seen. */
struct screen *screen_of(struct tx *tx, struct text account);
struct screen *screen_numbered(struct tx *tx, int64_t worker);

/* Remembers what was read, so that it is not read again. */
void screen_knows(struct screen *s, const struct warning *w, struct item *i);
/* Whether one item more of this severity would stand on the phone at once, and how many would then wait, itself included. */
bool screen_takes(struct tx *tx, const struct screen *s, enum severity severity, int64_t *ret_open);
/* What a screen shows. Zeros: nothing yet. */
struct wording {
    struct text village;
    int64_t open; /* how many items wait */
    struct text text, todo, item;
};
/* Puts a new item on a screen that takes it: what screen_refresh would come to, without looking. The item counts as shown already.
 * `words` are those of the phone before, of the same warning at the same instant: in one village they mostly read alike. */
void screen_fill(struct tx *tx, instant_ms now, struct screen *s, const struct warning *w, struct item *i, int64_t open,
                 struct wording *words);
/* Chooses what stands on the phone now, shows it and saves the screen. `changed` is the item whose text changed in substance, so
 * that it must be looked at anew before a tap counts; 0: none. */
void screen_refresh(struct tx *tx, instant_ms now, struct screen *s, int64_t changed);

/* Taps: of the thing on the phone, by the 3 s and 10 s rule. */
void screen_ok(struct tx *tx, instant_ms now, struct screen *s);
void screen_no(struct tx *tx, instant_ms now, struct screen *s);
void screen_reach(struct tx *tx, instant_ms now, struct screen *s, struct text payload);
/* An act of the web page: names its item; done once per id. */
void screen_act(struct tx *tx, instant_ms now, struct screen *s, const struct phone_act *act);
/* The echo of a refusal has stood long enough. */
void screen_wake(struct tx *tx, instant_ms now, struct screen *s);
/* The item ended: its echoes go, and what comes instead is shown. */
void screen_item_ended(struct tx *tx, instant_ms now, struct screen *s, const struct item *i);

#endif
