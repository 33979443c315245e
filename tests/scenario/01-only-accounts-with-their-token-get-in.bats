#!/usr/bin/env bats
# Who connects: an account of the file, with its token, under its own client id, on at most five devices.

load helpers

setup() {
    state_new
    accounts_make staff-police-1 staff-finance-1 router web w200-1
    broker_start
}

teardown() {
    listeners_stop
    broker_stop
    show_log
}

VISIT=abcdefghijklmnopqrstuvwx27

the_account_gets_in() { connects staff-police-1 && connects staff-police-1@pc && connects router && connects web@$VISIT; }

@test "an account gets in with its token" {
    in_both_dialects the_account_gets_in
}

anonymous_is_refused() {
    local out
    out=$(mosquitto_pub -h 127.0.0.1 -p "$PORT" -V "$(dialect)" -i staff-police-1 -t x -n -d 2>&1) || true
    not grep -q 'received CONNACK (0)' <<<"$out"
    out=$(mosquitto_pub -h 127.0.0.1 -p "$PORT" -V "$(dialect)" -i staff-police-1 -u staff-police-1 -t x -n -d 2>&1) || true
    not grep -q 'received CONNACK (0)' <<<"$out"
}

@test "anonymous connections are refused" {
    in_both_dialects anonymous_is_refused
}

wrong_tokens_are_refused() {
    not connects staff-police-1 -P wrong &&
        not connects staff-police-1 -P "$(token staff-finance-1)" &&
        not connects staff-police-1 -P '' &&
        not connects staff-police-2 -P "$(token staff-police-1)" &&
        not connects nobody -P "$(token staff-police-1)"
}

@test "a wrong token, another's token, an unknown account are refused" {
    in_both_dialects wrong_tokens_are_refused
}

foreign_client_ids_are_refused() {
    local id
    for id in router staff-finance-1 staff-police-2 staff-police-1@ staff-police-1@A staff-police-1@a/b staff-police-12 \
        'staff-police-1@+' mosq-1; do
        not connects staff-police-1 -i "$id" || return 1
    done
    not connects router -i router@two && not connects web -i web && not connects web -i web@short
}

@test "a client id that is not the account's own is refused" {
    in_both_dialects foreign_client_ids_are_refused
}

@test "another account cannot throw a service off by its client id" {
    listen router router 'request/lead-reply/#'
    not connects staff-police-1 -i router
    pub staff-police-1 request/lead-reply/staff-police-1 still-here
    wait_heard router still-here
}

@test "an account has five devices and no sixth" {
    local n
    for n in 1 2 3 4 5; do
        listen "d$n" "w200-1@d$n" answer/w200-1
    done
    not connects w200-1@d6
    connects staff-police-1
    kill "${LISTENERS[0]}"
    wait_for "the place of the first device is free" connects w200-1@d6
}

@test "every refusal is in the log, and no token or stranger's name" {
    not connects staff-police-1 -P not-the-token
    not connects stranger -P not-the-token
    wait_for "the log" broker_log_has 'connect=refused account=staff-police-1 why=wrong-token'
    broker_log_has 'connect=refused account=unknown'
    not broker_log_has not-the-token
    not broker_log_has stranger
}
