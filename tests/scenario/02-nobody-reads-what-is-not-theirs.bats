#!/usr/bin/env bats
# A staff account of one unit cannot read another's cards, whatever it tries.

load helpers

setup() {
    state_new
    accounts_make staff-police-1 staff-finance-1 router w200-1 office-1 office-2 operator-1 12345
    "$ACCOUNTS_TOOL" "$STATE" tag office-1 director
    "$ACCOUNTS_TOOL" "$STATE" tag staff-police-1 strike
    broker_start
}

teardown() {
    listeners_stop
    broker_stop
    show_log
}

others_are_refused() {
    local filter
    for filter in '#' '+' '+/#' "yl/#" "yl/v1/+/unit/police/#" "$TOP/#" "$TOP/unit/#" "$TOP/unit/+/#" "$TOP/unit/finance/#" \
        "$TOP/unit/finance/lead/2026-000001" "$TOP/+/police/#" "$TOP/unit/+/lead/2026-000001" "$TOP/sealed/#" "$TOP/request/#" \
        "$TOP/request/lead-reply/staff-police-1" "$TOP/answer/#" "$TOP/answer/+" "$TOP/answer/staff-finance-1" "$TOP/stream/#" \
        "$TOP/stream/router" "$TOP/svc/#" "$TOP/group/#" "$TOP/group/general/#" "$TOP/worker/w200-1/text" "$TOP/alarm/#" \
        "$TOP/channel/12345/lead/#" "\$share/g/$TOP/unit/police/#" "\$share/g/#" "\$SYS/#" "\$SYS/broker/uptime" "\$CONTROL/#"; do
        not subscribed staff-police-1 "$filter" || return 1
    done
    not subscribed office-2 "$TOP/sealed/#" && not subscribed office-1 "$TOP/request/#" && not subscribed w200-1 "$TOP/unit/police/#"
}

@test "wildcards, shared subscriptions, other units, requests, streams and the broker's own topics are refused" {
    in_both_dialects others_are_refused
}

ones_own_is_granted() {
    local filter
    for filter in "$TOP/unit/police/#" "$TOP/unit/police/lead/+" "$TOP/answer/staff-police-1" "$TOP/answer/staff-police-1/+" \
        "$TOP/village/+/warning/#" "$TOP/board/#" "$TOP/group/strike/#"; do
        subscribed staff-police-1 "$filter" || return 1
    done
    subscribed office-1 "$TOP/sealed/#" && subscribed office-1 "$TOP/unit/#" && subscribed operator-1 "$TOP/svc/+/status" &&
        subscribed w200-1 "$TOP/village/370481104200/warning/#" && subscribed 12345 "$TOP/channel/12345/lead/#"
}

@test "what the contract grants is granted" {
    in_both_dialects ones_own_is_granted
}

retained_cards_reach_their_unit_only() {
    pub router unit/finance/lead/2026-000001 card-of-finance -r
    pub router unit/police/lead/2026-000002 card-of-police -r
    listen "police$MQTT" staff-police-1 'unit/police/#' 'unit/finance/#' '#'
    wait_heard "police$MQTT" card-of-police
    pub router unit/finance/lead/2026-000003 live-card-of-finance -r
    pub router unit/police/lead/2026-000004 live-card-of-police -r
    wait_heard "police$MQTT" live-card-of-police
    not heard "police$MQTT" card-of-finance
    kill "${LISTENERS[-1]}"
    wait "${LISTENERS[-1]}" || true
}

@test "cards, kept or fresh, reach their own unit and not another that asked for everything" {
    in_both_dialects retained_cards_reach_their_unit_only
}

a_session_brings_nothing_over() {
    # The same client id as a session of the finance unit would have: refused, so nothing of it can be taken over.
    not connects staff-police-1 -i staff-finance-1@pc
    # A kept session of one's own is no way to a filter that was refused.
    not subscribed staff-police-1@kept "$TOP/unit/finance/#" -c
    pub router unit/finance/lead/2026-000009 while-away
    local out
    # shellcheck disable=SC2046
    out=$(timeout "$WAIT_S" mosquitto_sub $(client staff-police-1@kept) -c -q 1 -t "$TOP/unit/police/#" -W 1 -v 2>&1) || true
    not grep -q while-away <<<"$out"
}

@test "neither another's session nor one's own kept session brings more" {
    in_both_dialects a_session_brings_nothing_over
}

@test "a sealed lead reaches the director and no other office account" {
    listen director office-1 'sealed/#' 'unit/#'
    listen office office-2 'unit/#' 'sealed/#'
    pub router sealed/2026-000005 sealed-card -r
    pub router unit/police/lead/2026-000006 open-card -r
    wait_heard director sealed-card
    wait_heard office open-card
    not heard office sealed-card
}
