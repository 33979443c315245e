#!/usr/bin/env bats
# yinling backup and restore: a running service backs itself up, a stopped one is copied; a copy that is put back is held until it is released, and no number is
# given twice.

load town

setup() {
    cd "$ROOT" || return
    town_start
}
teardown() { town_stop; }

held() { yl operate intake status | grep -q '冻结 是'; }

@test "yesterday's copy of intake" {
    exits 0 yl submit 昨天的线索 --json
    first=$(field lead)
    exits 0 yl backup intake "$BATS_TEST_TMPDIR/live"
    [ -z "$(ls "$STATE/intake/backup")" ]
    exits 1 yl backup intake "$BATS_TEST_TMPDIR/live"
    says 已经存在
    exits 1 yl restore intake "$BATS_TEST_TMPDIR/live"
    says 正在运行
    town_stop
    exits 0 yl backup intake "$BATS_TEST_TMPDIR/copy"
    exits 1 yl backup intake "$BATS_TEST_TMPDIR/copy"
    says 已经存在
    town_up
    exits 0 yl submit 今天的线索 --json
    second=$(field lead)
    town_stop

    exits 1 yl restore router "$BATS_TEST_TMPDIR/copy"
    says 'intake 的账本'
    echo rubbish >"$BATS_TEST_TMPDIR/rubbish"
    exits 1 yl restore intake "$BATS_TEST_TMPDIR/rubbish"
    exits 0 yl restore intake "$BATS_TEST_TMPDIR/live"
    says 'restore release intake'

    # A held service is not ready, so up goes on waiting for it meanwhile.
    town_begin
    wait_for "intake is held" held
    exits 1 yl submit 还不能受理
    says unavailable
    wait_for "intake knows what its consumers have heard" yl restore release intake
    exits 0 yl submit 恢复以后的线索 --json
    third=$(field lead)
    [ "$third" != "$first" ] && [ "$third" != "$second" ]
    exits 1 yl restore release intake
    says not-now
}
