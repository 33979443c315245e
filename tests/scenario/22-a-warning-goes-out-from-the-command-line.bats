#!/usr/bin/env bats
# A warning by `yinling warn`: issued, shown, updated, confirmed by a phone, cancelled, gone.

load town
said='' # by exits

setup_file() { town_start; }
teardown_file() { town_stop; }
setup() { cd "$ROOT" || return; }
teardown() { listeners_stop; }

issue() { exits 0 yl warn issue --headline "$1" --severity 严重 --expires +1d --instruction 请入户提醒 "${@:2}" --json; }
stands() { yl warnings | grep -q "$1"; }
stands_no_more() { ! stands "$1"; }

@test "a warning goes to two villages and is gone when it is cancelled" {
    listen phone w200-1 worker/w200-1/text
    issue 有人推销养老床位 --villages 田桥,201
    [ "$(jq .workers <<<"$said")" = 6 ]
    id=$(field warning)
    wait_heard phone 有人推销养老床位
    wait_for "it stands" stands "$id"
    exits 0 yl warnings "$id"
    says w201-3
    says 待阅读
    exits 0 yl warn update "$id" --headline 有人推销床位返现
    wait_heard phone 有人推销床位返现
    exits 0 yl warn cancel "$id" --reason 已处置
    wait_for "it is gone" stands_no_more "$id"
    exits 0 yl warnings "$id" --json
    [ "$(jq -r .state <<<"$said")" = cancelled ]
    exits 1 yl warn cancel "$id" --reason 再来一次
    says not-now
}

@test "one to named workers stands on no village" {
    issue 只给一个人 --workers w203-1 --status exercise
    [ "$(jq -c '[.workers, .villages]' <<<"$said")" = '[1,[]]' ]
}

@test "what is missing or too long is refused with its field" {
    exits 1 yl warn issue --headline 没有级别 --expires +1d --all
    says severity
    exits 1 yl warn issue --headline 没有范围 --severity minor --expires +1d
    says audience
    exits 1 yl warn issue --headline "$(printf '长%.0s' {1..41})" --severity minor --expires +1d --all
    says headline
    exits 1 yl warn cancel w-2026-9999 --reason x
    says no-such
}
