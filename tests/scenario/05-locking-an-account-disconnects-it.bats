#!/usr/bin/env bats
# Accounts are added, locked and given new tokens while everything runs, within a second and without touching anybody else.

load helpers

setup() {
    state_new
    accounts_make staff-police-1 staff-finance-1 router warning operator-1
    broker_start
}

teardown() {
    listeners_stop
    broker_stop
    show_log
}

@test "a locked account is disconnected and stays out until it is unlocked" {
    listen police staff-police-1 'unit/police/#'
    listen finance staff-finance-1 'unit/finance/#'
    "$ACCOUNTS_TOOL" "$STATE" lock staff-police-1
    wait_for "the lock is seen" broker_log_has 'account=staff-police-1 locked'
    not connects staff-police-1
    pub router unit/police/lead/2026-000001 after-the-lock
    pub router unit/finance/lead/2026-000002 for-finance
    wait_heard finance for-finance
    not heard police after-the-lock
    # It tries again by itself and is refused.
    wait_for "the reader was thrown out" grep -q 'Received DISCONNECT' "$STATE/heard.police"
    "$ACCOUNTS_TOOL" "$STATE" unlock staff-police-1
    wait_for "the account is in again" connects staff-police-1
}

@test "a kept session of a locked account receives nothing" {
    # shellcheck disable=SC2046
    mosquitto_sub $(client staff-police-1@kept) -c -q 1 -t "$TOP/unit/police/#" -E
    "$ACCOUNTS_TOOL" "$STATE" lock staff-police-1
    wait_for "the lock is seen" broker_log_has 'account=staff-police-1 locked'
    pub router unit/police/lead/2026-000001 while-locked
    "$ACCOUNTS_TOOL" "$STATE" unlock staff-police-1
    wait_for "the account is in again" connects staff-police-1
    pub router unit/police/lead/2026-000002 afterwards
    listen again staff-police-1@again 'unit/police/#'
    pub router unit/police/lead/2026-000003 now
    wait_heard again now
    local out
    # shellcheck disable=SC2046
    out=$(mosquitto_sub $(client staff-police-1@kept) -c -q 1 -t "$TOP/answer/staff-police-1" -W 1 2>&1) || true
    not grep -q while-locked <<<"$out"
}

@test "a new token ends the old one" {
    local old
    old=$(token staff-police-1)
    listen police staff-police-1 'unit/police/#'
    "$ACCOUNTS_TOOL" "$STATE" renew staff-police-1 >>"$STATE/tokens"
    wait_for "the new token is good" connects staff-police-1
    not connects staff-police-1 -P "$old"
    broker_log_has 'account=staff-police-1 new-token'
    connects staff-finance-1
}

@test "a new account gets in while everything runs" {
    listen finance staff-finance-1 'unit/finance/#'
    accounts_make staff-health-1
    wait_for "the new account is in" connects staff-health-1
    pub router unit/finance/lead/2026-000001 undisturbed
    wait_heard finance undisturbed
}

wills_end_with_the_account() {
    listen "operator$MQTT" "operator-1@$RANDOM" 'svc/+/status'
    rm -f "$STATE/dying" # the last one's lines must not be taken for this one's
    # shellcheck disable=SC2046
    stdbuf -oL mosquitto_sub $(client router) -t "$TOP/svc/router/probe" -d --will-topic "$TOP/svc/router/status" \
        --will-payload "will-$MQTT" --will-retain --will-qos 1 >"$STATE/dying" 2>&1 3>&- &
    LISTENERS+=($!)
    wait_for "router is connected" grep -q 'Subscribed (mid' "$STATE/dying"
    "$ACCOUNTS_TOOL" "$STATE" "$1" router >>"$STATE/tokens"
    wait_for "the service is out" grep -qE 'DISCONNECT|CONNACK \((5|135)\)' "$STATE/dying"
    broker_log_has "account=router $2"
    pub warning svc/warning/status "after-$MQTT"
    wait_heard "operator$MQTT" "after-$MQTT"
}
locked_will() {
    wills_end_with_the_account lock locked
    not heard "operator$MQTT" "will-$MQTT"
    "$ACCOUNTS_TOOL" "$STATE" unlock router
    wait_for "the service is in again" connects router
}
renewed_will() {
    wills_end_with_the_account renew new-token
    wait_heard "operator$MQTT" "will-$MQTT"
}

@test "a locked account's last will is not sent" {
    in_both_dialects locked_will
}

@test "the last will of a service with a new token says that the old connection has ended" {
    in_both_dialects renewed_will
}

@test "a reload of the broker keeps everybody connected" {
    listen police staff-police-1 'unit/police/#'
    kill -HUP "$BROKER_PID"
    pub router unit/police/lead/2026-000001 after-the-reload
    wait_heard police after-the-reload
    not broker_log_has disconnected
}
