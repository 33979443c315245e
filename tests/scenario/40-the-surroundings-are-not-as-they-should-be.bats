#!/usr/bin/env bats
# deploy/up and deploy/demo where something is missing, taken, forbidden or odd: each says in one sentence what, and ends at once.

# shellcheck disable=SC2030,SC2031,SC2154 # each test has a town of its own; $said is of town.bash
load town

setup() {
    STATE=$(mktemp -d "$BATS_TEST_TMPDIR/state.XXXXXX")
    PORT=$(free_port)
    unset YL_STATE YL_BROKER YL_ACCOUNT YL_PASSWORD_FILE
}
teardown() { town_stop; }

up() { YL_BIN=$BUILD/bin "$ROOT/deploy/up" "$@"; }

@test "arguments of deploy/up that are wrong are told one by one, before anything is made" {
    exits 2 up
    says --state
    for port in 99999 0 foo -1; do
        exits 2 up --state "$STATE/none" --port "$port"
        says "--port 应为"
        says "$port"
    done
    exits 2 up --state "$STATE/none" --port
    says --port
    exits 2 up --state "$STATE/none" --port "$PORT" --web-port "$PORT"
    says 同一个端口
    exits 2 up --state "$STATE/none" --mqtt 4
    says 3.1.1
    exits 2 up --state "$STATE/none" --frobnicate
    says --frobnicate
    [[ ! -e $STATE/none ]]
    exits 0 up --help
}

@test "a directory that cannot be written is told" {
    local guest=()
    # Nothing is forbidden to root.
    ((EUID != 0)) || guest=(setpriv --reuid nobody --regid nogroup --clear-groups)
    STATE=$(mktemp -d /tmp/yinling-closed.XXXXXX)
    chmod 755 "$STATE"
    mkdir -m 555 "$STATE/closed"
    "${guest[@]}" test -x "$ROOT/deploy/up" -a -r "$BUILD/bin/guard.so" || skip "the tree is closed to a guest"
    exits 3 "${guest[@]}" env "YL_BIN=$BUILD/bin" "$ROOT/deploy/up" --state "$STATE/closed" --port "$PORT"
    says "不能写入目录 $STATE/closed"
    exits 3 "${guest[@]}" env "YL_BIN=$BUILD/bin" "$ROOT/deploy/up" --state "$STATE/closed/x" --port "$PORT"
    says "无法建立目录 $STATE/closed/x"
    exits 1 "${guest[@]}" env "YL_BIN=$BUILD/bin" "DEMO_STATE=$STATE/closed/x" "$ROOT/deploy/demo"
    says "不能写入目录 $STATE/closed/x"
    rm -rf "$STATE"
}

@test "a town without a configuration, programs that are not built" {
    exits 3 up --state "$STATE" --town "$STATE/nowhere" --port "$PORT"
    says 没有通过检查
    exits 3 env "YL_BIN=$STATE" "$ROOT/deploy/up" --state "$STATE" --port "$PORT"
    says 'make all'
}

@test "packages that are missing are named" {
    local tool
    mkdir "$STATE/path"
    for tool in bash env dirname sort tr sed; do ln -s "$(command -v "$tool")" "$STATE/path/$tool"; done
    sed "s|^PATH=.*|PATH=$STATE/path|; s|^ROOT=.*|ROOT=$ROOT|" "$ROOT/deploy/up" >"$STATE/up"
    chmod 755 "$STATE/up"
    exits 3 env "YL_BIN=$BUILD/bin" "$STATE/up" --state "$STATE" --port "$PORT"
    says mosquitto
    says runit
    says lighttpd
}

@test "an old locale, no home, no terminal: the town starts, is asked and stops; a hang-up ends it like a signal" {
    town_begin() { # as in town.bash, in another environment
        : >"$STATE/up.log"
        env -i "PATH=/usr/bin:/bin" LANG=C "YL_BIN=$BUILD/bin" \
            "$ROOT/deploy/up" --state "$STATE" --port "$PORT" --web-port 0 >"$STATE/up.log" 2>&1 3>&- &
        UP_PID=$!
        export STATE PORT UP_PID
    }
    town_up
    exits 0 env -i LANG=C "YL_STATE=$STATE" "YL_BROKER=tcp://127.0.0.1:$PORT" "$BUILD/bin/yinling" submit 有人上门推销保健品 --village 田桥
    says 受理编号
    exits 0 env -i LC_ALL=POSIX "YL_STATE=$STATE" "YL_BROKER=tcp://127.0.0.1:$PORT" "$BUILD/bin/yinling" leads
    says 有人上门推销保健品
    kill -HUP "$UP_PID"
    WAIT_S=$UP_S wait_for "a hang-up ends everything" up_is_gone
    UP_PID=
    not pgrep -f -- "--state $STATE "
}

@test "with the list of passwords handed out and deleted the operator goes on, others are told what to do" {
    town_up
    rm "$STATE/accounts.csv"
    exits 0 yl status
    exits 2 yl leads
    says 'accounts renew'
    exits 0 yl accounts renew office-1
    echo "${said#*,}" >"$STATE/password"
    wait_for "the new one is good" env YL_PASSWORD_FILE="$STATE/password" YL_ACCOUNT=office-1 "$BUILD/bin/yinling" leads
}

@test "everything stopped in the middle and started again keeps what was answered" {
    town_up
    exits 0 yl submit 有人上门推销保健品，骗了老人三万元 --village 田桥 --id one --json
    lead=$(field lead)
    exits 0 yl warn issue --headline 有人上门推销 --severity 严重 --expires +2d --villages 田桥
    kill -KILL "$UP_PID" # nobody is told
    wait_for "deploy/up has ended" up_is_gone
    town_up
    exits 0 yl submit 有人上门推销保健品，骗了老人三万元 --village 田桥 --id one --json
    [[ $(field lead) = "$lead" ]]
    exits 0 yl desks --expect 1
    exits 0 yl tail --count 1 worker/w200-1/text --account w200-1
    says 有人上门推销
}
