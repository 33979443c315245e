#!/usr/bin/env bats
# Wrong arguments of every command end with 2 and a Chinese sentence; what cannot be reached ends with 3; help is always there.

load town

setup() {
    export YL_STATE='' YL_BROKER='' YL_ACCOUNT='' YL_PASSWORD_FILE='' NO_COLOR=1
    cd "$ROOT" || return
}

commands() { yl --help | sed -nE 's/^  ([a-z]+) .*/\1/p'; }

@test "without a command, or with one that does not exist, it says what there is" {
    exits 2 yl
    says submit
    exits 2 yl frobnicate
    says frobnicate
    exits 2 yl chekc
    says 是不是
    says check
    exits 0 yl --help
    says 退出码
}

@test "every command explains itself" {
    [ "$(commands | wc -l)" -ge 20 ]
    for command in $(commands); do
        exits 0 yl "$command" --help
        says "yinling $command"
        says --json
    done
}

@test "every command refuses an option it does not have, and an option without its value" {
    for command in $(commands); do
        exits 2 yl "$command" --no-such-option
        says --no-such-option
        exits 2 yl "$command" --account
        says --account
    done
}

@test "every command refuses too many operands, and too few" {
    for command in $(commands); do
        exits 2 yl "$command" a b c d e f g h i
    done
    for command in submit track import lead due reply order warn check load accounts parked adopt operate backup restore; do
        exits 2 yl "$command"
        says 缺少参数
    done
    for command in reply order adopt operate backup restore; do
        exits 2 yl "$command" one
    done
}

@test "numbers that are none are told before anything is sent" {
    exits 2 yl lead 17
    says 2026-000123
    exits 2 yl due 2026-1
    exits 2 yl reply 2026-000001,x sign
    exits 2 yl track 123
    says 16
    exits 2 yl warn cancel 17 --reason x
    says w-2026-0017
    exits 2 yl warnings 17
    exits 2 yl parked retry x --service router
    exits 2 yl leads --max many
    exits 2 yl tail --count 0
    exits 2 yl desks --expect x
}

@test "actions and words that do not exist are answered with those that do" {
    exits 2 yl reply 2026-000001 frobnicate
    says 签收
    exits 2 yl order 2026-000001 sign
    says assign
    exits 2 yl warn frobnicate
    says issue
    exits 2 yl warn issue w-2026-0001
    exits 2 yl warn update
    exits 2 yl operate router frobnicate
    says clock-accept
    exits 2 yl operate nobody status
    says router
    exits 2 yl operate router adopt
    exits 2 yl operate router status more
    exits 2 yl adopt nobody router
    exits 2 yl parked frobnicate
    exits 2 yl clock frobnicate
    exits 2 yl accounts frobnicate --state "$BATS_TEST_TMPDIR"
    says renew
    exits 2 yl accounts lock --state "$BATS_TEST_TMPDIR"
    says staff-police-1
    exits 2 yl clock frobnicate
    says accept
    exits 2 yl parked list 3
    says --service
    exits 2 yl submit x --category 吓人
    says 网络诈骗
    exits 2 yl submit x --village 火星
    exits 2 yl submit x --against 火星所
    says 派出所
    exits 2 yl submit x --amount 很多
    exits 2 yl submit x --occurred-on 明天
    exits 2 yl submit ''
    exits 2 yl warn issue --expires 以后
    exits 2 yl order 2026-000001 verify --pass maybe
    exits 2 yl leads --status 不知道
    exits 2 yl route x --unit police
}

@test "without an account, its password or a state directory it says which is missing" {
    exits 2 yl reply 2026-000001 sign
    says --account
    exits 2 yl leads
    says YL_PASSWORD_FILE
    exits 2 yl load deploy/binhu
    says --state
    exits 2 yl accounts list
    exits 2 yl backup router "$BATS_TEST_TMPDIR/x"
}

@test "what is not there is refused, what does not answer is unreachable" {
    echo secret >"$BATS_TEST_TMPDIR/password"
    export YL_PASSWORD_FILE=$BATS_TEST_TMPDIR/password YL_BROKER=tcp://127.0.0.1:1 YL_ACCOUNT=office-1
    for call in leads 'lead 2026-000001' 'due 2026-000001' 'reply 2026-000001 sign' 'order 2026-000001 assign' 'submit x' \
        'track 1234567890123456' 'warnings' 'tail' 'desks' 'status' 'parked list' 'adopt router intake' 'operate router status'; do
        # shellcheck disable=SC2086 # words
        exits 3 yl $call --timeout 1
        says tcp://127.0.0.1:1
    done
    exits 1 yl import "$BATS_TEST_TMPDIR/nothing.csv"
    exits 1 yl check "$BATS_TEST_TMPDIR/nowhere"
    exits 1 yl backup router "$BATS_TEST_TMPDIR/copy" --state "$BATS_TEST_TMPDIR"
    exits 1 yl restore router "$BATS_TEST_TMPDIR/copy" --state "$BATS_TEST_TMPDIR"
}

@test "with --json the complaint is JSON" {
    exits 2 yl lead 17 --json
    jq -e '.ok == false and (.error.message | length > 0)' "$BATS_TEST_TMPDIR/err"
}

@test "route explains offline" {
    exits 0 yl route --explain '对方自称公检法，要求老人把存款转到安全账户'
    says 派出所
    says ✓
    exits 0 yl route --explain --json '养老公寓一次交8万元床位费，承诺年息12%'
    jq -e '.unit and .severity and (.tried | length > 0)' "$BATS_TEST_TMPDIR/out"
    exits 0 yl route 派出所民警收了保健品店的好处，不作为
    says 密件
}

@test "the man page has every command" {
    yl --man >"$BATS_TEST_TMPDIR/page"
    for command in $(commands); do
        grep -q "^\.SS $command" "$BATS_TEST_TMPDIR/page"
    done
    # The page is made without a complaint, where there is a troff to make it.
    ! command -v groff >/dev/null || [ -z "$(groff -Kutf8 -Tutf8 -man "$BATS_TEST_TMPDIR/page" 2>&1 >/dev/null)" ]
}
