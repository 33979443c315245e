#!/usr/bin/env bats
# Yesterday's copies of two ledgers are put back: they start held, accept nothing until released, and end with no ghost card and no
# number given twice.

load town

setup() {
    town_start
}
teardown() { town_stop; }

numbers() { retained office-1 unit/+/lead/+ | sed -nE 's|^unit/[a-z-]+/lead/([0-9-]+) .*"role":"lead".*|\1|p' | sort; }
shows() { [[ $(numbers | wc -l) = "$1" ]]; }
submit() { ask 12345@a lead-submit "{\"id\":\"$1\",\"text\":\"村里有人高价卖保健品，第$1件。\"}"; }
lead_in() { sed -nE 's/.*"lead":"([0-9-]+)".*/\1/p'; }

@test "a restored intake gives no number twice; a restored router shows no ghost" {
    local i given
    for i in 1 2 3; do [[ $(code_of "$(submit "$i")") = ok ]]; done
    wait_for "three cards" shows 3
    town_stop
    yl backup intake "$STATE/intake.copy"
    yl backup router "$STATE/router.copy"
    town_up
    for i in 4 5 6; do submit "$i" | lead_in; done >"$STATE/given"
    wait_for "six cards" shows 6
    town_stop
    yl restore intake "$STATE/intake.copy"
    town_begin # `ready` is not said while a service is held
    WAIT_S=60 wait_for "it answers that it is held" is_held 7
    wait_for "intake knows what was heard of it" yl restore release intake
    wait_for "it accepts again" accepts 8
    while read -r given; do
        not grep -q "$given" "$STATE/given"
    done < <(lead_in <"$STATE/answer.8")
    [[ $(numbers | uniq -d | wc -l) = 0 ]]
}
accepts() { submit "$1" >"$STATE/answer.$1" && grep -q '"ok":true' "$STATE/answer.$1"; }
is_held() { [[ $(code_of "$(submit "$1")") = unavailable ]]; }
