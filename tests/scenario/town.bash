# town.bash - a whole town for scenarios: deploy/up on a private state directory and port, started once for a file of tests.
#
# setup_file() { town_start; }  teardown_file() { town_stop; }; in a test `yl …` is `yinling` against that town. MQTT chooses the
# dialect of the services and of the command line.
# shellcheck shell=bash

load helpers

UP_S=60 # far above a start on a loaded machine

up_is_ready_or_over() { grep -qx ready "$STATE/up.log" || ! kill -0 "$UP_PID" 2>/dev/null; }

# town_begin - deploy/up in the background on $STATE and $PORT.
town_begin() {
    : >"$STATE/up.log"
    YL_BIN=$BUILD/bin "$ROOT/deploy/up" --state "$STATE" --port "$PORT" --web-port 0 --mqtt "$MQTT" >"$STATE/up.log" 2>&1 3>&- &
    UP_PID=$!
    export STATE PORT UP_PID YL_STATE=$STATE YL_BROKER=tcp://127.0.0.1:$PORT YL_MQTT=$MQTT NO_COLOR=1
}

# town_up - deploy/up on $STATE; another port when somebody took ours in between.
town_up() {
    local try
    for try in 1 2 3; do
        PORT=${PORT:-$(free_port)}
        town_begin
        WAIT_S=$UP_S wait_for "deploy/up says ready" up_is_ready_or_over || return 1
        ! grep -qx ready "$STATE/up.log" || return 0
        wait "$UP_PID" 2>/dev/null || true
        grep -q '已被别的程序占用' "$STATE/up.log" || break
        PORT=
        echo "port taken, try $try" >&2
    done
    cat "$STATE/up.log" >&2
    return 1
}

town_start() {
    STATE=$(mktemp -d "${BATS_FILE_TMPDIR:-/tmp}/town.XXXXXX")
    export STATE BUILD ROOT
    town_up
}

# The process may have been started by another shell of bats, so that it cannot be waited for.
up_is_gone() { ! kill -0 "$UP_PID" 2>/dev/null; }
town_stop() {
    [[ -n ${UP_PID:-} ]] || return 0
    kill -TERM "$UP_PID" 2>/dev/null || true
    WAIT_S=$UP_S wait_for "deploy/up has ended" up_is_gone
    UP_PID=
}

yl() { "$BUILD/bin/yinling" "$@"; }

# exits CODE COMMAND... - the exit code, and with anything but 0 a Chinese sentence; what it printed is in $said.
said=''
exits() {
    local wanted=$1 code=0 out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
    shift
    "$@" >"$out" 2>"$err" </dev/null || code=$?
    said=$(cat "$out" "$err")
    if [[ $code != "$wanted" ]]; then
        echo "exit $code instead of $wanted: $*"
        echo "$said"
        return 1
    fi
    [[ $wanted = 0 ]] || LC_ALL=C.UTF-8 grep -qP '\p{Han}' "$out" "$err" || {
        echo "no Chinese sentence: $*"
        return 1
    }
}

says() { [[ $said == *"$1"* ]] || { echo "does not say $1:" && echo "$said" && return 1; }; }
field() { sed -nE "s/.*\"$1\":\"([^\"]+)\".*/\1/p" <<<"$said" | head -n 1; }

# retained CLIENT FILTER - the topics kept under it now, `topic payload` a line, root left out.
retained() {
    # shellcheck disable=SC2046
    timeout "$WAIT_S" mosquitto_sub $(client "$1") -q 1 --retained-only -W 1 -t "$TOP/$2" -F '%t %p' 2>/dev/null | sed "s|^$TOP/||" || true
}

is_retained() { retained "$1" "$2" | grep -q .; }
is_not_retained() { ! is_retained "$1" "$2"; }

# pid_of PROCESS - as runit keeps it.
pid_of() { cat "$STATE/run/service/$1/supervise/pid"; }

# ask CLIENT KIND BODY - publishes the bytes as they are and prints the answer that comes. An answer may be lost with its connection,
# as any QoS 0 message: whoever asks repeats.
ask() {
    local who=$1 kind=$2 account=${1%%@*} device try out
    device=${who#"$account"}
    for try in 1 2 3 4 5; do
        # shellcheck disable=SC2046
        out=$(mosquitto_rr $(client "$who") -q 1 -W 4 -m "$3" -t "$TOP/request/$kind/$account${device/@//}" \
            -e "$TOP/answer/$account${device/@//}" 2>/dev/null) && [[ -n $out ]] && break
    done
    echo "$out"
}

# code_of ANSWER - its error code, or ok.
code_of() { if grep -q '"ok":true' <<<"$1"; then echo ok; else sed -nE 's/.*"code":"([a-z-]+)".*/\1/p' <<<"$1"; fi; }
