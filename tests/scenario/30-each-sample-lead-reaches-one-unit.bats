#!/usr/bin/env bats
# Sixty-six leads go in; each is on exactly one responsible unit's topic, with its due dates; a warning reaches a plain phone.
# dialects 5 3.1.1

load town

setup() {
    town_start
}
teardown() { town_stop; }

phone() { # WORKER WHAT - what the worker's tile shows
    # shellcheck disable=SC2046
    timeout "$WAIT_S" mosquitto_sub -h 127.0.0.1 -p "$PORT" -V mqttv311 -u "$1" -P "$(token "$1")" -i "$1@tile" -C 1 -t "$TOP/worker/$1/$2"
}
phone_shows() { phone "$1" text | grep -qF -- "$2"; }
tap() { mosquitto_pub -h 127.0.0.1 -p "$PORT" -V mqttv311 -u "$1" -P "$(token "$1")" -i "$1@button" -q 1 -t "$TOP/worker/$1/$2" -m 1; }

all_on_a_unit() { [[ $(retained office-1 unit/+/lead/+ | grep -c '"role":"lead"') = 66 ]]; }
all_with_due_dates() { [[ $(retained office-1 unit/+/due/+ | wc -l) -ge 66 ]]; }

@test "all 66 sample leads are on a unit's topic, none on none, each with its due dates" {
    run yl import "$ROOT/deploy/binhu/samples/sample-leads.jsonl" --account 12345
    [[ $status = 0 && $output = *"受理 66"* ]]
    wait_for "66 leading cards" all_on_a_unit
    wait_for "their due dates" all_with_due_dates
    [[ $(retained office-1 unit/+/lead/+ | grep '"role":"lead"' | sed -E 's|.*/lead/([0-9-]+) .*|\1|' | sort | uniq -d | wc -l) = 0 ]]
    # the same file again makes nothing new
    rm -rf "$STATE/import"
    run yl import "$ROOT/deploy/binhu/samples/sample-leads.jsonl" --account 12345
    [[ $status = 0 ]]
    [[ $(retained office-1 unit/+/lead/+ | grep -c '"role":"lead"') = 66 ]]
}

@test "a warning reaches a phone that knows two topics, and the second tap confirms it" {
    phone_shows w200-1 目前没有待办预警
    run yl warn issue --account office-1 --headline 有人上门推销养老床位 --text 请勿交钱 --instruction 入户提醒 --severity severe \
        --expires "$(date -d '+2 days' +%Y-%m-%dT%H:%M:%S%:z)" --villages 370481104200
    [[ $status = 0 ]]
    wait_for "the text" phone_shows w200-1 '【1·严重】'
    wait_for "the first tap counts" tapped_and_shows ok 待入户
    wait_for "the second tap counts" tapped_and_shows ok 已确认【1】
    [[ $(phone w200-1 todo) = 0 ]]
    phone_shows w200-2 '【1·严重】'
    phone_shows w201-1 目前没有待办预警
}
# A tap within three seconds of a new text, or ten of the last one that counted, only asks to look again: so one taps again.
tapped_and_shows() {
    phone_shows w200-1 "$2" && return
    tap w200-1 "$1"
    read -rt 1 -u 8 || true
    phone_shows w200-1 "$2"
}
