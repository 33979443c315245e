#!/usr/bin/env bats
# deploy/demo on a private state directory ends by itself with 0: every sample lead on one desk, a warning confirmed by plain phones.

load town

@test "the demo sees everything it promises" {
    exits 0 env DEMO_ONCE=1 "DEMO_STATE=$BATS_TEST_TMPDIR/demo" "YL_BIN=$BUILD/bin" NO_COLOR=1 "$ROOT/deploy/demo"
    says '66 条线索，66 条各在唯一一个主办单位名下并且有期限'
    says '已入户 6'
    says '全部看到了'
}

@test "a demo that cannot start says why" {
    exits 1 env DEMO_ONCE=1 "DEMO_STATE=$BATS_TEST_TMPDIR/demo" "YL_BIN=$BATS_TEST_TMPDIR/nothing" "$ROOT/deploy/demo"
    says 'make all'
}
