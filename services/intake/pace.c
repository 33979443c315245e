/* pace.c - see pace.h. */
#include "pace.h"

#include "gen/intake_queries.h"
#include "yinling/service.h"
#include "yinling/town.h"

#include <string.h>

enum { PACE_AT_ONCE = 150 /* the LIMIT of the statement */ };

struct limits {
    int64_t leads_per_hour_max, money_moving_per_day_max;
};

static int64_t hour_of(instant_ms at)
{
    return at.ms / SPAN_HOURS(1).ms;
}

instant_ms pace_next(instant_ms now)
{
    return (instant_ms){ (hour_of(now) + 1) * SPAN_HOURS(1).ms };
}

bool pace_is_web(const struct account *who)
{
    return who->kind == ACCOUNT_CHANNEL && strcmp(who->name, "web") == 0;
}

static struct limits limits_of(struct tx *tx, const struct account *who)
{
    const struct channel *channel = who->kind == ACCOUNT_CHANNEL ? town_channel(tx_town(tx), text_of(who->name)) : NULL;
    if (channel)
        return (struct limits){ channel->leads_per_hour_max, channel->money_moving_per_day_max };
    return (struct limits){ PERSON_LEADS_PER_HOUR_MAX, PERSON_MONEY_MOVING_PER_DAY_MAX };
}

struct count {
    int64_t leads, urgent;
    bool is_beyond;
};

/* One lead more for an account or one of its devices. */
static struct count count_one(struct tx *tx, instant_ms now, const struct account *who, struct text device, bool is_urgent,
                              int64_t leads_max)
{
    int64_t hour = hour_of(now), day = day_of(now);
    struct rows row = tx_all(tx, Q_PACE, p_c("account", who->name), p_text("device", device));
    bool same_hour = row.count && row_int(&row, 0, "hour", 0) == hour,
         same_day = row.count && row_int(&row, 0, "day", 0) == day;
    struct count c = { .leads = (same_hour ? row_int(&row, 0, "leads", 0) : 0) + 1,
                       .urgent = (same_day ? row_int(&row, 0, "urgent", 0) : 0) + (is_urgent ? 1 : 0) };
    c.is_beyond = c.leads > leads_max;
    tx_run(tx, row.count ? Q_PACE_SET : Q_PACE_ADD, p_c("account", who->name), p_text("device", device), p_int("hour", hour),
           p_int("leads", c.leads), p_int("day", day), p_int("urgent", c.urgent), p_int("beyond", c.is_beyond));
    return c;
}

bool pace_takes(struct tx *tx, instant_ms now, const struct account *who, struct text device, bool is_money_moving,
                bool *ret_claimed)
{
    struct limits limits = limits_of(tx, who);
    struct count c = count_one(tx, now, who, TEXT(""), is_money_moving, limits.leads_per_hour_max);
    bool is_web = pace_is_web(who);
    *ret_claimed = is_money_moving && (is_web || c.urgent > limits.money_moving_per_day_max);
    if (is_web)
        return !c.is_beyond && !(device.len && count_one(tx, now, who, device, false, WEB_DEVICE_LEADS_PER_HOUR_MAX).is_beyond);
    if (c.leads == limits.leads_per_hour_max + 1)
        alarm_raise(tx, now, "flood", "yinling status",
                    "账号%s一小时内提交的线索超过%lld条的上限；线索照常受理，请与该渠道核实。", who->name,
                    (long long) limits.leads_per_hour_max);
    return true;
}

bool pace_clean(struct tx *tx, instant_ms now)
{
    if (!tx_int(tx, 0, Q_PACE_BEYOND, p_int("hour", hour_of(now))))
        alarm_clear(tx, "flood");
    return tx_run(tx, Q_PACE_PASS, p_int("hour", hour_of(now))) < PACE_AT_ONCE;
}
