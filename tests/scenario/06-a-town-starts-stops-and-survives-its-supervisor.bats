#!/usr/bin/env bats
# deploy/up: one command starts everything, a signal stops everything, and a killed one leaves nothing that a new one cannot end.

# shellcheck disable=SC2034 # read by the helpers
load helpers

setup() {
    STATE=$(mktemp -d "$BATS_TEST_TMPDIR/state.XXXXXX")
    PORT=$(free_port)
    WEB_PORT=$(free_port)
    UP_PID=
    WAIT_S=60
}

teardown() {
    up_end TERM
    sed 's/^/# up: /' "$STATE/up.out"
    tail -qn 3 "$STATE"/log/*/current | sed 's/^/# /'
}

up() {
    [[ -x $BUILD/bin/yinling ]] || skip "yinling is not built"
    rm -f "$STATE/up.out"
    YL_BIN=$BUILD/bin "$ROOT/deploy/up" --state "$STATE" --port "$PORT" --web-port "$WEB_PORT" "$@" >"$STATE/up.out" 2>&1 3>&- &
    UP_PID=$!
}
up_is_ready() { grep -qx ready "$STATE/up.out"; }
up_ready() { up "$@" && wait_for "the town is ready" up_is_ready; }
up_end() { # SIGNAL; its exit status is $UP_STATUS
    UP_STATUS=
    [[ -n $UP_PID ]] || return 0
    kill -"$1" "$UP_PID" 2>/dev/null || true
    UP_STATUS=0
    wait "$UP_PID" 2>/dev/null || UP_STATUS=$?
    UP_PID=
}

# Processes of this state directory, whatever they are.
processes() { pgrep -f -- "${STATE}[/ ]" | grep -v -x -e "$$" -e "$BASHPID" || true; }
no_process_is_left() { [[ -z $(processes) ]]; }

@test "everything is made, starts, says ready; SIGTERM stops everything" {
    up_ready
    [[ $(stat -c %a "$STATE/accounts.csv") = 600 && $(stat -c %a "$STATE/secrets/intake") = 600 ]]
    head -n 1 "$STATE/accounts.csv" | grep -qx account,password,kind,scope
    grep -q '^office-1,[a-z2-7]\{26\},office,' "$STATE/accounts.csv"
    connects office-1
    subscribed operator-1 "$TOP/svc/+/status"
    up_end TERM
    [[ $UP_STATUS = 0 ]]
    no_process_is_left
    not port_answers
}

@test "a second run on the same directory is refused" {
    up_ready --only broker
    run env YL_BIN="$BUILD/bin" "$ROOT/deploy/up" --state "$STATE" --port "$(free_port)" --only broker
    [[ $status = 3 && $output = *另一个* ]]
}

@test "a port that is taken is said at once" {
    up_ready --only broker
    mkdir "$STATE/other"
    run env YL_BIN="$BUILD/bin" "$ROOT/deploy/up" --state "$STATE/other" --port "$PORT" --only broker
    [[ $status = 3 && $output = *占用* ]]
}

@test "a port from which a connection goes out is said too: nobody answers there, and nobody can listen" {
    local inode local_port
    up_ready --only broker
    mkdir "$STATE/other"
    exec 7<>"/dev/tcp/127.0.0.1/$PORT"
    inode=$(readlink "/proc/$BASHPID/fd/7" | tr -cd 0-9)
    local_port=$((16#$(awk -v inode="$inode" '$10 == inode { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp)))
    run timeout 30 env YL_BIN="$BUILD/bin" "$ROOT/deploy/up" --state "$STATE/other" --port "$local_port" --only broker 7>&-
    exec 7>&-
    [[ $status = 3 && $output = *"端口 $local_port 已被别的程序占用"* ]]
}

@test "killed, it is started again on the same directory, with the same accounts" {
    local before
    up_ready
    before=$(token office-1)
    up_end KILL
    up_ready --mqtt 3.1.1
    [[ $(token office-1) = "$before" ]]
    connects office-1
}

@test "killed together with its supervisor, what it left is found and ended" {
    local runsvdir
    up_ready --only broker
    runsvdir=$(pgrep -P "$UP_PID" -x runsvdir)
    kill -KILL "$runsvdir"
    up_end KILL
    port_answers # the broker lives on under its orphaned runsv
    up_ready --only broker
    up_end INT
    no_process_is_left
}

@test "killed at many moments of its start, the next one gets ready" {
    local part
    for part in 1 2 4 8 16 32; do
        up
        read -rt "0.0$part" -u 8 || true # not waiting for anything: this is where it is cut
        up_end KILL
    done
    up_ready
}

@test "a killed service and a killed broker come back" {
    up_ready
    kill -KILL "$(cat "$STATE/run/service/router/supervise/pid")"
    kill -KILL "$(cat "$STATE/run/service/broker/supervise/pid")"
    wait_for "everything is online and has caught up again" env YL_STATE="$STATE" YL_BROKER="tcp://127.0.0.1:$PORT" \
        YL_ACCOUNT=operator-1 YL_PASSWORD_FILE="$STATE/secrets/operator-1" "$BUILD/bin/yinling" status
}

@test "pages and the WebSocket tunnel are there" {
    up_ready
    local head
    head=$(timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/$WEB_PORT
        printf 'GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n' >&3
        while read -r line <&3 && [[ \$line != \$'\r' ]]; do printf '%s\n' \"\$line\"; done")
    grep -q '^HTTP/1.1 101' <<<"$head"
    grep -qi '^Sec-WebSocket-Protocol: mqtt' <<<"$head"
    head=$(timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/$WEB_PORT
        printf 'GET /site.json HTTP/1.0\r\n\r\n' >&3; cat <&3")
    grep -q "\"town\":\"$TOWN\"" <<<"$head"
    grep -q "\"password\":\"$(token web)\"" <<<"$head"
}
