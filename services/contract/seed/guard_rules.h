/* guard_rules.h - who may publish and read what (services/guard/rules.h); generated from topics.yaml. */
static const struct guard_rule guard_rules[] = {
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "request/lead-reply/{account}", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "request/lead-reply/{account}/{device}", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}/+", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "unit/{unit}/#", false, false },
    { ACCOUNT_CHANNEL, "web", NULL, RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}/{device}", false, false },
    { ACCOUNT_SERVICE, "router", NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "office/inbox/+-return", true, true },
    { ACCOUNT_SERVICE, "router", NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "unit/+/lead/+", true, true },
    { ACCOUNT_SERVICE, "router", NULL, RULE_NEEDS_NOTHING, RULE_READ, "request/lead-reply/#", false, false },
    { ACCOUNT_SERVICE, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "stream/{account}", false, true },
};
#define GUARD_RULE_COUNT ((int) (sizeof guard_rules / sizeof guard_rules[0]))
#define GUARD_ALARM_TOPIC "alarm/guard"
