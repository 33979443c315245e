/* match.h - may this account publish, read or subscribe to this? Pure arithmetic on strings over the generated rules.
 *
 * Everything no row allows is denied. Topics and filters are given as the client wrote them, with the cell's root in front;
 * levels are [a-z0-9-]{1,64}, at most 8 of them and 256 bytes (CONTRACT.md, topic rules), so that what is not of that form can
 * neither be written nor asked for. A filter is allowed when one read row covers it: every topic the filter can match is
 * matched by that row. $share and $SYS never begin with the root, so they are refused by that alone.
 * No allocation, no clock, no file; any thread. About 30 ns a row that fails in its first level. */
#ifndef GUARD_MATCH_H
#define GUARD_MATCH_H

#include "services/guard/roster.h"
#include "services/guard/rules.h"

#include <stdint.h>

#define MATCH_TOPIC_BYTES_MAX 256
#define MATCH_LEVEL_BYTES_MAX 64
#define MATCH_LEVELS_MAX 8
#define MATCH_PAYLOAD_MAX ((size_t) 64 * 1024)
#define MATCH_LARGE_PAYLOAD_MAX ((size_t) 512 * 1024)
#define MATCH_WEB "web"             /* the public report page's account (CONTRACT.md §1) */
#define MATCH_WEB_DEVICE_CHARS 26   /* base32 of 128 random bits */
#define MATCH_ROOT_BYTES_MAX 32     /* yl/v1/<9 digits>/ */
#define MATCH_ROWS_OF_KIND_MAX 1024 /* far above what topics.yaml yields */

/* The rules of one town, sorted by kind of account. */
struct matcher {
    char root[MATCH_ROOT_BYTES_MAX]; /* with the last slash */
    size_t root_len;
    char town[10];
    const struct guard_rule *rows[ACCOUNT_KIND_COUNT][MATCH_ROWS_OF_KIND_MAX];
    int row_count[ACCOUNT_KIND_COUNT];
};
/* False when the town is not 9 digits or a kind has too many rows. `rules` must outlive the matcher. */
bool matcher_init(struct matcher *m, const char *town, const struct guard_rule *rules, int rule_count);

/* Who asks: an account of the roster, on one of its devices. */
struct subject {
    struct account account;
    char device[DEVICE_BYTES_MAX + 1]; /* "" without */
    bool director;
    int group_count;
    char groups[ROSTER_GROUPS_MAX][ROSTER_GROUP_BYTES_MAX + 1];
};
/* Client id `<account>` or `<account>@<device>`; services only without, `web` only with a device of 26 base32 characters. */
bool subject_read(const struct roster_row *row, const char *client_id, struct subject *ret);

enum publish_verdict { PUBLISH_ALLOWED, PUBLISH_NO_RULE, PUBLISH_NOT_RETAINED, PUBLISH_TOO_LARGE };
enum publish_verdict match_publish(const struct matcher *m, const struct subject *who, const char *topic, bool retain,
                                   size_t payload_len);
bool match_read(const struct matcher *m, const struct subject *who, const char *topic);
bool match_subscribe(const struct matcher *m, const struct subject *who, const char *filter);

/* True when every topic that `filter` matches is one of the pattern's, for this subject. Both relative to the root; a topic is a
 * filter without wildcards. */
bool match_covers(const struct matcher *m, const struct subject *who, const char *pattern, const char *filter);

#endif
