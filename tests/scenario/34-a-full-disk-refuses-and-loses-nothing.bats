#!/usr/bin/env bats
# The disk of one service's ledger runs full: new leads are refused before they are accepted, nothing accepted is lost, and when there
# is room again everything goes on. The ledger lies on a small file system of its own, in a mount namespace of the test.

load town

setup() {
    unshare -rm true 2>/dev/null || skip "no mount namespace to be had here"
    STATE=$(mktemp -d "${BATS_TEST_TMPDIR:-/tmp}/town.XXXXXX")
    PORT=$(free_port)
    mkdir -p "$STATE/intake"
    : >"$STATE/up.log"
    # shellcheck disable=SC2016 # the inner shell expands them
    YL_BIN=$BUILD/bin unshare -rm bash -c 'mount -t tmpfs -o size=48m none "$1/intake" && exec "$2/deploy/up" --state "$1" --port "$3" --web-port 0' \
        up "$STATE" "$ROOT" "$PORT" >"$STATE/up.log" 2>&1 3>&- &
    UP_PID=$!
    export YL_STATE=$STATE YL_BROKER=tcp://127.0.0.1:$PORT YL_MQTT=$MQTT
    WAIT_S=60 wait_for "the town is ready" grep -qx ready "$STATE/up.log"
}
teardown() { [[ -z ${UP_PID:-} ]] || town_stop; }

submit() { ask 12345@a lead-submit "{\"id\":\"$1\",\"text\":\"村里有人高价卖保健品，第$1件。\"}"; }
accepted() { grep -q '"ok":true' <<<"$(submit "$1")"; }
refused() { [[ $(code_of "$(submit "$1")") = unavailable ]]; }
disk() { echo "/proc/$(pid_of intake)/root$STATE/intake"; }
alarmed() { yl status | grep -q 'intake.*磁盘将满'; }
shows() { [[ $(retained office-1 unit/+/lead/+ | grep -c '"role":"lead"') = "$1" ]]; }

@test "a full disk refuses new leads, loses none, and accepts again when there is room" {
    local i
    for i in 1 2 3; do accepted "$i"; done
    wait_for "three cards" shows 3
    dd if=/dev/zero of="$(disk)/filler" bs=64k status=none 2>/dev/null || true
    wait_for "new leads are refused" refused full
    wait_for "the operator is told" alarmed
    # what was answered is answered again, and what was accepted moves on
    accepted 2
    run yl reply 2026-000001 sign --account staff-market-1
    [[ $status = 0 ]]
    shows 3
    rm "$(disk)/filler"
    WAIT_S=30 wait_for "leads are accepted again" accepted 4
    wait_for "four cards" shows 4
    wait_for "the alarm is over" not alarmed
    kill -9 "$(pid_of intake)"
    WAIT_S=30 wait_for "it starts on its ledger" accepted 5
    wait_for "five cards" shows 5
}
