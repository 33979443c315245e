#!/usr/bin/env bats
# A request repeated a hundred times makes one lead; other content under its id is a conflict; each kind of nonsense has its code and
# changes nothing.
# dialects 5 3.1.1

load town

setup() {
    town_start
}
teardown() { town_stop; }

cards() { retained office-1 unit/+/lead/+ | grep -c '"role":"lead"' || true; }
has_cards() { [[ $(cards) = "$1" ]]; }

@test "a hundred times the same request makes one lead" {
    local first
    first=$(ask 12345@a lead-submit '{"id":"one","text":"村里有人高价卖保健品。"}')
    [[ $(code_of "$first") = ok ]]
    # shellcheck disable=SC2046
    for _ in {1..100}; do
        printf '%s\n' '{"id":"one","text":"村里有人高价卖保健品。"}'
    done | mosquitto_pub $(client 12345@a) -q 1 -l -t "$TOP/request/lead-submit/12345/a"
    [[ $(ask 12345@a lead-submit '{ "text":"村里有人高价卖保健品。", "id":"one" }') = "$first" ]]
    [[ $(code_of "$(ask 12345@a lead-submit '{"id":"one","text":"另一件事。"}')") = conflict ]]
    wait_for "one card" has_cards 1
}

@test "each kind of nonsense has its code and changes nothing" {
    local body code deep large
    deep='{"id":"d","text":[[[[[[[[1]]]]]]]]}'
    large="{\"id\":\"l\",\"text\":\"$(printf 'x%.0s' {1..8300})\"}"
    while IFS='|' read -r code body; do
        [[ $(code_of "$(ask 12345@a lead-submit "$body")") = "$code" ]] || { echo "not $code: $body"; return 1; }
    done <<END
malformed|{"id":"a"
malformed|[]
malformed|{"id":"a","text":"x","text":"y"}
malformed|$deep
malformed|$large
malformed|$(printf '{"id":"a","text":"\xff"}')
missing|{"text":"x"}
out-of-range|{"id":"a b","text":"x"}
unknown-field|{"id":"b","text":"x","colour":"red"}
missing|{"id":"c"}
out-of-range|{"id":"e","text":""}
out-of-range|{"id":"f","text":"x","amount_yuan":-1}
no-such|{"id":"g","text":"x","village":"370481104999"}
END
    [[ $(code_of "$(ask staff-police-1@a lead-reply '{"id":"h","lead":"2026-000077","action":"sign"}')") = no-such ]]
    [[ $(cards) = 0 ]]
}
