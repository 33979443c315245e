#!/usr/bin/env bats
# What is published on a topic was published by the account that the topic names, with the payload and flags the contract allows.

# shellcheck disable=SC2034 # read by the helpers
load helpers

setup() {
    state_new
    accounts_make staff-police-1 staff-finance-1 router intake warning w200-1 w200-2 12345 office-1 operator-1
    broker_start
    listen router router 'request/lead-reply/#' 'request/lead-order/#'
    listen police staff-police-1@ear 'unit/police/#'
    listen warning warning 'worker/+/ok' 'worker/+/text'
    listen intake intake 'request/lead-submit/#' 'worker/+/say'
}

teardown() {
    listeners_stop
    broker_stop
    show_log
}

requests_carry_the_proven_name() {
    WITNESS_CLIENT=staff-finance-1 WITNESS_TOPIC=request/lead-reply/staff-finance-1
    pub staff-police-1 request/lead-reply/staff-police-1 "mine-$MQTT"
    wait_heard router "mine-$MQTT"
    pub staff-police-1@pc request/lead-reply/staff-police-1/pc "device-$MQTT"
    wait_heard router "device-$MQTT"
    must_not_pass router staff-police-1 request/lead-reply/staff-finance-1 "as-finance-$MQTT"
    must_not_pass router staff-police-1@pc request/lead-reply/staff-police-1/other "as-device-$MQTT"
    must_not_pass router staff-police-1 request/lead-order/staff-police-1 "as-office-$MQTT"
    must_not_pass router staff-police-1 request/lead-order/office-1 "as-office-name-$MQTT"
    must_not_pass router 12345 request/lead-reply/12345 "channel-$MQTT"
}

@test "a request is published under the own account and for what its kind may ask" {
    in_both_dialects requests_carry_the_proven_name
}

views_are_the_services_own() {
    WITNESS_CLIENT=router WITNESS_TOPIC=unit/police/lead/2026-000001
    must_not_pass police staff-police-1 unit/police/lead/2026-000002 "forged-card-$MQTT" -r
    must_not_pass police intake unit/police/lead/2026-000002 "intakes-card-$MQTT" -r
    must_not_pass police operator-1 unit/police/lead/2026-000002 "operators-card-$MQTT"
}

@test "only the router writes cards" {
    in_both_dialects views_are_the_services_own
}

taps_are_the_workers_own() {
    WITNESS_CLIENT=w200-2 WITNESS_TOPIC=worker/w200-2/ok
    pub w200-1 worker/w200-1/ok "tap-$MQTT"
    wait_heard warning "tap-$MQTT"
    must_not_pass warning w200-1 worker/w200-2/ok "others-tap-$MQTT"
    must_not_pass warning w200-1 worker/w200-1/text "forged-text-$MQTT" -r
    must_not_pass warning w200-1 worker/w200-1/ok "retained-tap-$MQTT" -r
    must_not_pass warning router worker/w200-1/ok "services-tap-$MQTT"
}

@test "a tap comes from its worker and is never kept" {
    in_both_dialects taps_are_the_workers_own
    listen late warning 'worker/+/ok'
    pub w200-1 worker/w200-1/ok last
    wait_heard late last
    not heard late retained-tap
}

@test "a refused publish is told to a v5 client" {
    local out
    out=$(pub staff-police-1 request/lead-reply/staff-finance-1 x)
    grep -qi 'not authori[sz]ed' <<<"$out"
}

payloads_are_bounded() {
    local big=$STATE/big
    WITNESS_CLIENT=12345 WITNESS_TOPIC=request/lead-submit/12345
    { printf 'big-%s' "$MQTT" && head -c 65536 /dev/zero | tr '\0' x; } >"$big"
    # shellcheck disable=SC2046
    mosquitto_pub $(client 12345) -q 1 -t "$TOP/request/lead-submit/12345" -f "$big" || true
    pub 12345 request/lead-submit/12345 "small-$MQTT"
    wait_heard intake "small-$MQTT" && not heard intake "big-$MQTT"
    head -c 65536 "$big" >"$big.fits"
    # shellcheck disable=SC2046
    mosquitto_pub $(client 12345) -q 1 -t "$TOP/request/lead-submit/12345" -f "$big.fits"
    wait_heard intake "big-$MQTT"
}

@test "a payload over 64 KiB is refused, one of 64 KiB passes" {
    in_both_dialects payloads_are_bounded
}

services_may_send_more() {
    local big=$STATE/big
    { printf 'service-%s' "$MQTT" && head -c 500000 /dev/zero | tr '\0' x; } >"$big"
    # shellcheck disable=SC2046
    mosquitto_pub $(client intake) -q 1 -t "$TOP/stream/intake" -f "$big"
    wait_heard stream "service-$MQTT"
}

@test "a service may send up to 512 KiB" {
    listeners_stop
    listen stream router 'stream/intake'
    in_both_dialects services_may_send_more
}

# A client that sends its will: it connects, subscribes and is killed.
dies_with_a_will() { # CLIENT TOPIC PAYLOAD [options]
    local who=$1 topic=$2 payload=$3 pid
    shift 3
    rm -f "$STATE/dying" # the last one's lines must not be taken for this one's
    # shellcheck disable=SC2046
    stdbuf -oL mosquitto_sub $(client "$who") -t "$TOP/answer/${who%%@*}" -d --will-topic "$TOP/$topic" --will-payload "$payload" \
        --will-qos 1 "$@" >"$STATE/dying" 2>&1 3>&- &
    pid=$!
    wait_for "$who is connected" grep -q 'Subscribed (mid' "$STATE/dying"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
}

wills_obey_the_rules() {
    dies_with_a_will w200-1 worker/w200-2/ok "will-as-another-$MQTT"
    dies_with_a_will w200-1 worker/w200-1/ok "retained-will-$MQTT" --will-retain
    dies_with_a_will w200-1 worker/w200-1/ok "own-will-$MQTT"
    wait_heard warning "own-will-$MQTT"
    not heard warning "will-as-another-$MQTT"
    not heard warning "retained-will-$MQTT"
}

@test "a last will passes the same rules" {
    in_both_dialects wills_obey_the_rules
}

@test "a flood from one phone is cut, others go on" {
    # shellcheck disable=SC2046 # options, word by word
    seq -f 'flood-%g.' 1 2000 | mosquitto_pub $(client w200-1) -q 0 -t "$TOP/worker/w200-1/ok" -l
    pub w200-2 worker/w200-2/ok others-go-on
    wait_heard warning others-go-on
    local passed
    passed=$(heard_count warning flood-)
    ((passed >= 100 && passed < 500))
    broker_log_has 'publish=denied account=w200-1 why=too-fast'
}
