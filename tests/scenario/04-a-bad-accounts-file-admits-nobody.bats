#!/usr/bin/env bats
# The accounts file missing, empty or garbled: at a start nobody gets in; while running the last good one holds, and alarm/guard says so.

load helpers

setup() {
    state_new
    accounts_make staff-police-1 operator-1
    cp "$STATE/accounts" "$STATE/good"
}

teardown() {
    listeners_stop
    broker_stop
    show_log
}

nobody_gets_in() {
    not connects staff-police-1 && not connects operator-1 &&
        not mosquitto_pub -h 127.0.0.1 -p "$PORT" -V "$(dialect)" -i x -t x -n
}

start_with() { # what happens to the file
    "$@"
    broker_start
    in_both_dialects nobody_gets_in
    broker_log_has 'accounts=refused'
    # What is put right is taken without a restart.
    cp "$STATE/good" "$STATE/accounts.new"
    mv "$STATE/accounts.new" "$STATE/accounts"
    wait_for "the good file is read" connects staff-police-1
}

truncate_to() { head -c "$1" "$STATE/good" >"$STATE/accounts"; }
garble() { head -c 4096 /dev/urandom >"$STATE/accounts"; }
change_a_letter() { sed 's/open/oben/' "$STATE/good" >"$STATE/accounts"; }
open_to_all() { chmod 666 "$STATE/accounts"; }

@test "a missing file admits nobody" { start_with rm "$STATE/accounts"; }
@test "an empty file admits nobody" { start_with truncate_to 0; }
@test "half a file admits nobody" { start_with truncate_to 150; }
@test "a garbled file admits nobody" { start_with garble; }
@test "a file with one letter changed admits nobody" { start_with change_a_letter; }
@test "a file that others may write admits nobody" { start_with open_to_all; }
@test "a directory in its place admits nobody" {
    rm "$STATE/accounts"
    mkdir "$STATE/accounts"
    broker_start
    in_both_dialects nobody_gets_in
}

@test "the broker does not start without the plugin or with an option it does not know" {
    PORT=$(free_port)
    broker_conf
    sed -i 's|^plugin .*|plugin /nonexistent/guard.so|' "$STATE/run/mosquitto.conf"
    not timeout 5 mosquitto -c "$STATE/run/mosquitto.conf"
    broker_conf
    echo "plugin_opt_acounts $STATE/accounts" >>"$STATE/run/mosquitto.conf"
    not timeout 5 mosquitto -c "$STATE/run/mosquitto.conf"
    broker_conf
    sed -i 's|^plugin_opt_town .*|plugin_opt_town 37048110|' "$STATE/run/mosquitto.conf"
    not timeout 5 mosquitto -c "$STATE/run/mosquitto.conf"
}

a_bad_file_changes_nothing() { # what happens to the file
    broker_start
    listen operator operator-1 'alarm/#'
    "$@"
    wait_heard operator '"alarms"'
    heard operator accounts
    connects staff-police-1
    # A late reader of the alarm sees it too.
    listen late operator-1@late 'alarm/#'
    wait_heard late '"alarms"'
    cp "$STATE/good" "$STATE/accounts.new"
    mv "$STATE/accounts.new" "$STATE/accounts"
    wait_for "the alarm is cleared" grep -qE "^HEARD $TOP/alarm/guard [01] $" "$STATE/heard.operator"
    connects staff-police-1
}

@test "garbled while running: the good accounts stay, the alarm comes and goes" { a_bad_file_changes_nothing garble; }
@test "deleted while running: the good accounts stay, the alarm comes and goes" { a_bad_file_changes_nothing rm "$STATE/accounts"; }
@test "cut short while running: the good accounts stay, the alarm comes and goes" { a_bad_file_changes_nothing truncate_to 100; }

@test "a reload of the broker with a bad file opens nothing" {
    broker_start
    listen police staff-police-1 'unit/police/#'
    garble
    kill -HUP "$BROKER_PID"
    wait_for "the refusal" broker_log_has 'accounts=refused'
    connects staff-police-1
    not connects staff-police-1 -P wrong
    not subscribed staff-police-1 '#'
    kill -0 "${LISTENERS[0]}"
}
