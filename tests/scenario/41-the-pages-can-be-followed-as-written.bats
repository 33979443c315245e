#!/usr/bin/env bats
# What README.md, README.zh-CN.md and docs/reference.md tell people to type works as it stands there, on a town as `make demo` leaves it.

load town

setup_file() {
    STATE=$(mktemp -d "${BATS_FILE_TMPDIR:-/tmp}/demo.XXXXXX")
    YL_BIN=$BUILD/bin DEMO_STATE=$STATE NO_COLOR=1 "$ROOT/deploy/demo" >"$BATS_FILE_TMPDIR/demo.log" 2>&1 3>&- &
    UP_PID=$!
    WAIT_S=120 wait_for "the demo has shown everything" grep -q 按.Ctrl-C.结束 "$BATS_FILE_TMPDIR/demo.log" ||
        { cat "$BATS_FILE_TMPDIR/demo.log" && return 1; }
    PORT=$(sed -nE 's/^ *export YL_STATE=.*YL_BROKER=tcp:..127.0.0.1:([0-9]+) .*/\1/p' "$BATS_FILE_TMPDIR/demo.log")
    export STATE UP_PID PORT YL_STATE=$STATE YL_BROKER=tcp://127.0.0.1:$PORT NO_COLOR=1 PATH="$BUILD/bin:$PATH"
}
teardown_file() { town_stop; }

# typed LINE - as a person types it, in the test's own directory; what would go on for ever ends with its first message.
typed() {
    local line=$1
    [[ $line != 'yinling tail' ]] || line='yinling tail --count 1'
    (cd "$BATS_TEST_TMPDIR" && timeout 60 bash -c "$line" >"$BATS_TEST_TMPDIR/said" 2>&1 </dev/null) && return
    echo "failed: $line"
    cat "$BATS_TEST_TMPDIR/said"
    return 1
}
# shellcheck disable=SC2016 # back quotes of Markdown
quoted() { grep -oE '(^|`)yinling [^`]+' "$ROOT/$1" | tr -d '`'; } # every command of a page, in its order

@test "README.md: each command of the tour" {
    local line count=0
    printf '举报情况,所在村\n有人上门推销保健品骗老人,田桥\n养老公寓交了钱不退,西董\n' >"$BATS_TEST_TMPDIR/list.csv"
    while read -r line; do
        typed "$line" || return 1
        count=$((count + 1))
    done < <(sed -nE 's/^\$ (yinling .*)/\1/p' "$ROOT/README.md")
    ((count > 9))
}

@test "README.zh-CN.md: each command of a unit and of the office" {
    local line mine other unit count=0
    printf '诉求内容,所在村,工单号\n有人上门推销保健品骗老人,田桥,GD-1\n' >"$BATS_TEST_TMPDIR/六月工单.csv"
    mine=$(yl submit 有人上门推销保健品骗了老人三万元 --village 田桥 --json | jq -r .lead)
    other=$(yl submit 养老公寓收了床位费不退还把老人赶走 --village 西董 --json | jq -r .lead)
    wait_for "both are on a desk" yl due "$other"
    wait_for "both are on a desk" yl due "$mine"
    unit=$(yl lead "$mine" --json | jq -r .lead.unit)
    while read -r line; do
        case $line in # another lead, for what a concluded one does not allow
        *assign* | *set-severity*) line=${line/2026-000123/$other} ;;
        *) line=${line/2026-000123/$mine} ;;
        esac
        [[ $line != 'yinling reply'* ]] || line+=" --account staff-$unit-1"
        typed "$line" || return 1
        count=$((count + 1))
    done < <(quoted README.zh-CN.md)
    ((count > 12))
}

@test "docs/reference.md: a channel submits a lead and follows it with the broker's own tools" {
    local sub submit track
    mapfile -t lines < <(sed -nE '/^## Connecting/,/^## Accounts/s/^(mosquitto_.*)/\1/p' "$ROOT/docs/reference.md" |
        sed "s/1883/$PORT/; s/密码/$(token 12345)/")
    sub=${lines[0]} submit=${lines[1]} track=${lines[2]}
    timeout 60 bash -c "${sub/mosquitto_sub/exec mosquitto_sub}" >"$BATS_TEST_TMPDIR/heard" 2>&1 3>&- &
    wait_for "it listens" heard 'dispatched' # the demo's leads of this channel
    bash -c "$submit"
    wait_for "it is answered" heard '"request":"GD-0001".*"ok":true'
    code=$(sed -nE 's/.*"track":"([0-9]{16})".*/\1/p' "$BATS_TEST_TMPDIR/heard")
    bash -c "${track/查询码/$code}"
    wait_for "the code tells how it stands" heard '"request":"Q-0001".*"status":"'
    wait_for "the channel sees its state" heard '"source_ref":"GD-0001"'
    kill %%
}
heard() { grep -q -- "$1" "$BATS_TEST_TMPDIR/heard"; }
