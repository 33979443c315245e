# helpers.bash - a broker with the guard on a private port, accounts for it, and waiting for what must happen.
#
# Nothing here sleeps and hopes: `wait_for` asks again until it is true and fails loudly after its bound.
# MQTT=5 (default) or 3.1.1 chooses the dialect of every client below. BUILD says where the tree was built.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
[[ $BUILD = /* ]] || BUILD=$ROOT/$BUILD
MQTT=${MQTT:-5}
TOWN=370481104
TOP=yl/v1/$TOWN
WAIT_S=${WAIT_S:-15} # far above what anything here takes on a loaded machine

exec 8<> <(:) # never has anything to read; waiting on it starts no process

# wait_for WHAT COMMAND... - until the command succeeds; WHAT is said when it never does.
wait_for() {
    local what=$1 end=$((SECONDS + WAIT_S))
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= end)); then
            echo "waited ${WAIT_S}s in vain: $what" >&2
            return 1
        fi
        read -rt 0.03 -u 8 || true
    done
}

# A port nobody listens on. Another test may take it before we do, so broker_start tries again with another. Below 32768, where the
# ports of outgoing connections begin: while one is in use nobody can listen there, and nobody answers to tell.
free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 22000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# state_new - a fresh state directory in $STATE.
state_new() {
    STATE=$(mktemp -d "${BATS_TEST_TMPDIR:-/tmp}/state.XXXXXX")
    mkdir -p "$STATE/run"
    ACCOUNTS_TOOL=$BUILD/tests/accounts
}

# accounts_make NAME... - makes accounts; `token NAME` gives their tokens afterwards.
accounts_make() {
    "$ACCOUNTS_TOOL" "$STATE" make "$@" >>"$STATE/tokens"
}

token() {
    if [[ -f $STATE/tokens ]]; then
        awk -v a="$1" '$1 == a { t = $2 } END { print t }' "$STATE/tokens"
    else
        awk -F, -v a="$1" '$1 == a { t = $2 } END { print t }' "$STATE/accounts.csv"
    fi
}

broker_conf() {
    sed -e "s|@PORT@|$PORT|g; s|@STATE@|$STATE|g; s|@TOWN@|$TOWN|g; s|@GUARD@|$BUILD/bin/guard.so|g" \
        -e "s|@USER@|$(id -un)|g" "$ROOT/broker-config/mosquitto.conf" >"$STATE/run/mosquitto.conf"
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }

broker_answers_or_died() { port_answers || ! kill -0 "$BROKER_PID" 2>/dev/null; }

# broker_start [PORT] - mosquitto as a child, pid in $BROKER_PID, port in $PORT, its log in $STATE/broker.log.
broker_start() {
    local try
    for try in 1 2 3 4 5; do
        PORT=${1:-$(free_port)}
        broker_conf
        mosquitto -c "$STATE/run/mosquitto.conf" >>"$STATE/broker.log" 2>&1 3>&- &
        BROKER_PID=$!
        wait_for "the broker listens on $PORT" broker_answers_or_died || return 1
        if kill -0 "$BROKER_PID" 2>/dev/null && broker_log_has "guard:"; then
            return 0
        fi
        wait "$BROKER_PID" 2>/dev/null || true
        grep -q 'Address already in use' "$STATE/broker.log" || return 1
    done
    return 1
}

broker_stop() {
    if [[ -n ${BROKER_PID:-} ]]; then
        kill "$BROKER_PID" 2>/dev/null || true
        wait "$BROKER_PID" 2>/dev/null || true
        BROKER_PID=
    fi
}

broker_log_has() { grep -qF -- "$1" "$STATE/broker.log"; }
broker_log_count() { grep -cF -- "$1" "$STATE/broker.log"; }

dialect() { [[ $MQTT = 3.1.1 ]] && echo mqttv311 || echo mqttv5; }

# client ACCOUNT[@DEVICE] - the options with which it connects.
client() {
    local account=${1%%@*} secret
    secret=$(token "$account")
    echo -h 127.0.0.1 -p "$PORT" -V "$(dialect)" -i "$1" -u "$account" -P "${secret:-none}"
}

# pub CLIENT TOPIC PAYLOAD [options] - publishes at QoS 1 under the town's root.
pub() {
    local who=$1 topic=$2 payload=$3
    shift 3
    # shellcheck disable=SC2046
    mosquitto_pub $(client "$who") -q 1 -t "$TOP/$topic" -m "$payload" "$@" 2>&1
}

# May CLIENT connect? Publishes nothing that counts: the topic is denied to everybody.
connects() {
    local out
    # shellcheck disable=SC2046
    out=$(timeout "$WAIT_S" mosquitto_pub $(client "$1") -q 0 -t nowhere -n -d 2>&1 "${@:2}") || true
    grep -q 'received CONNACK (0)' <<<"$out"
}

# subscribed CLIENT FILTER [options] - succeeds when the broker grants the subscription. FILTER is whole.
subscribed() {
    local out
    # shellcheck disable=SC2046
    out=$(timeout "$WAIT_S" mosquitto_sub $(client "$1") -q 1 -t "$2" -E -d 2>&1 "${@:3}") || true
    grep -qE 'Subscribed \(mid: [0-9]+\): [012]$' <<<"$out"
}

# listen NAME CLIENT FILTER... - a reader in the background; what it hears, as `topic payload` lines, is in $STATE/heard.NAME.
# Returns when the broker has granted the subscription. `heard NAME TEXT` asks whether a line has the text.
LISTENERS=()
listen() {
    local name=$1 who=$2 filters=() f
    shift 2
    for f in "$@"; do filters+=(-t "$TOP/$f"); done
    rm -f "$STATE/heard.$name"
    # shellcheck disable=SC2046
    stdbuf -oL mosquitto_sub $(client "$who") -q 1 -d -F 'HEARD %t %r %p' "${filters[@]}" >"$STATE/heard.$name" 2>&1 3>&- &
    LISTENERS+=($!)
    wait_for "$who listens to $*" grep -q 'Subscribed (mid' "$STATE/heard.$name"
}

heard() { grep -F 'HEARD ' "$STATE/heard.$1" | grep -qF -- "$2"; }
heard_count() { grep -F 'HEARD ' "$STATE/heard.$1" | grep -cF -- "$2" || true; }
wait_heard() { wait_for "$1 hears $2" heard "$1" "$2"; }

listeners_stop() {
    local pid
    for pid in "${LISTENERS[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    LISTENERS=()
}

# Shows the broker's log when a test has failed.
show_log() {
    if [[ -n ${STATE:-} && -f $STATE/broker.log ]]; then
        sed 's/^/# broker: /' "$STATE/broker.log" | tail -n 30
    fi
}

# in_both_dialects FUNCTION - runs it with MQTT=5 and MQTT=3.1.1. Not within a condition: bash would ignore failures inside.
in_both_dialects() {
    local MQTT
    for MQTT in 5 3.1.1; do
        echo "with MQTT $MQTT:"
        "$1"
    done
}

# not COMMAND... - `! command` does not stop a bats test; this does.
not() {
    if "$@"; then
        echo "succeeded, and must not: $*" >&2
        return 1
    fi
}

# must_not_pass LISTENER CLIENT TOPIC PAYLOAD [options] - publishes it, then what WITNESS (below) may publish on a topic the same
# listener hears, and shows that only the second arrived: the broker keeps the order of its work.
must_not_pass() {
    local name=$1 mark=after-$RANDOM-$RANDOM
    shift
    pub "$@" || true
    pub "$WITNESS_CLIENT" "$WITNESS_TOPIC" "$mark"
    wait_heard "$name" "$mark" && not heard "$name" "$3"
}
