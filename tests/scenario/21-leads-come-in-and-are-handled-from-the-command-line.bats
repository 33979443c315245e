#!/usr/bin/env bats
# The life of leads by `yinling` alone, on a running town: submitted, imported, listed, signed, concluded, verified, watched.
# dialects 5 3.1.1

load town
said='' # by exits

setup_file() { town_start; }
teardown_file() { town_stop; }
setup() { cd "$ROOT" || return; }
teardown() { listeners_stop; }

submitted() { # TEXT OPTIONS... - its number
    exits 0 yl submit "$@" --json >&2
    field lead
}
has_status() { yl lead "$1" --json | jq -e --arg s "$2" '.lead.status == $s'; }

@test "a lead gets a number and a code, and the code tells how it stands" {
    exits 0 yl submit '有人上门推销保健品，骗了老人三万元' --village 田桥 --amount 3万
    says 受理编号
    track=$(sed -nE 's/^查询码 +//p' <<<"$said")
    exits 0 yl track "$track"
    says 进度
    exits 1 yl track 0000000000000000
}

@test "the same id has one effect and one answer" {
    exits 0 yl submit 同一件事 --id once-1 --json
    first=$(jq -S 'del(.request)' <<<"$said")
    exits 0 yl submit 同一件事 --id once-1 --json
    [ "$(jq -S 'del(.request)' <<<"$said")" = "$first" ]
    exits 1 yl submit 另一件事 --id once-1
    says conflict
}

@test "a unit signs, reports, concludes; the office verifies; the list, the card and the clocks follow" {
    lead=$(submitted 饭店打着免费用餐的旗号向老人卖保健品 --category food-health)
    wait_for "the lead is dispatched" has_status "$lead" dispatched
    unit=$(yl lead "$lead" --json | jq -r .lead.unit)
    exits 0 yl leads --unit "$unit" --status 待签收 --max 1000
    says "$lead"
    exits 0 yl reply "$lead" 签收 --account "staff-$unit-1"
    says 办理中
    exits 0 yl lead "$lead"
    says 饭店
    exits 0 yl due "$lead" --explain
    says 起算
    exits 0 yl due "$lead" --json
    jq -e '.clocks | length > 0' <<<"$said"
    exits 0 yl reply "$lead" progress --note 已现场检查 --account "staff-$unit-1"
    exits 1 yl reply "$lead" conclude --account "staff-$unit-1"
    says finding
    exits 0 yl reply "$lead" conclude --finding 不属实 --answer 经查没有销售保健品 --account "staff-$unit-1"
    says 已办结待核查
    exits 1 yl reply "$lead" sign --account "staff-$unit-1"
    exits 0 yl order "$lead" 核查 --pass yes --account office-2
    says 结案销号
    exits 1 yl lead 2026-999999
    says no-such
}

@test "another unit's staff is told that there is no such lead" {
    lead=$(submitted 村里有人发小广告说办养老补贴 --category street-ad)
    wait_for "the lead is dispatched" has_status "$lead" dispatched
    exits 1 yl reply "$lead" sign --account staff-justice-1
    says no-such
}

@test "all samples go through an import, in one run or two, each once" {
    samples=deploy/binhu/samples/sample-leads.jsonl
    head -n 20 $samples >"$BATS_TEST_TMPDIR/leads.jsonl"
    exits 0 yl import "$BATS_TEST_TMPDIR/leads.jsonl" --account 12345
    says '受理 20'
    cp $samples "$BATS_TEST_TMPDIR/leads.jsonl"
    exits 0 yl import "$BATS_TEST_TMPDIR/leads.jsonl" --account 12345
    says '受理 46，以前导入过 20'
    # Without what was written down every row is sent again: the same numbers come back.
    before=$(sort "$STATE/import/leads.jsonl.progress")
    rm "$STATE/import/leads.jsonl.progress"
    exits 0 yl import "$BATS_TEST_TMPDIR/leads.jsonl" --account 12345
    [ "$(sort "$STATE/import/leads.jsonl.progress")" = "$before" ]
    exits 0 yl desks --expect 66
    [ "$(yl desks --json | jq -s 'map(select(.units != 1 or .clocks == 0)) | length')" = 0 ]
}

@test "a table in GBK is imported by the names of its columns; refused rows are told with line and reason" {
    printf '工单号,举报情况,所在村,类别,涉案金额\nG1,"有人卖保健品, 骗钱",田桥,养老产品,3万元\nG2,,田桥,,\nG3,x,火星,,\nG1,"有人卖保健品, 骗钱",田桥,养老产品,3万元\n' |
        iconv -f utf-8 -t gbk >"$BATS_TEST_TMPDIR/table.csv"
    exits 2 yl import "$BATS_TEST_TMPDIR/table.csv" --account 12315
    says --map
    exits 1 yl import "$BATS_TEST_TMPDIR/table.csv" --account 12315 --map text=举报情况 --json
    [ "$(jq -s 'map(select(.ok)) | map(.lead) | unique | length' <<<"$said")" = 1 ]
    grep -q '^3,"missing","text",' "$STATE/import/table.csv.rejects.csv"
    grep -q '^4,"out-of-range","village","没有“火星”这个村' "$STATE/import/table.csv.rejects.csv"
    exits 1 yl import "$BATS_TEST_TMPDIR/table.csv" --account 12315 --map text=举报情况
    says '以前导入过 2，未接受 2'
}

@test "tail shows what stands and what comes" {
    exits 0 yl tail --count 3
    says 现有
    yl tail --new --json --count 1 'unit/+/lead/+' >"$BATS_TEST_TMPDIR/tail" 3>&- &
    tail=$!
    # It may begin to listen after a lead has gone by: another one, until one was seen.
    seen() { submitted "看得见的线索 $RANDOM" >/dev/null && ! kill -0 "$tail" 2>/dev/null; }
    wait_for "tail sees a new lead" seen
    jq -e '.retain == false and (.topic | startswith("unit/")) and .payload.lead' "$BATS_TEST_TMPDIR/tail"
}

@test "what the broker alone knows to be closed is told too" {
    exits 1 yl tail 'sealed/#' --account office-2 # another office account is the director
    says 'sealed/#'
}

@test "a refusal names the options that were meant" {
    exits 1 yl warn issue --headline 试 --severity 一般 --expires +1h
    says --villages
    says --all
    exits 1 yl warn issue --headline 试 --severity 一般 --expires +1h --workers w999-1
    says --workers
}

@test "an operator sees every service and nothing of a lead" {
    exits 0 yl status
    says router
    exits 0 yl operate router status
    exits 0 yl parked list
    exits 1 yl adopt router intake
    says not-now
    exits 1 yl clock accept
    exits 1 yl parked retry 99 --service router
    exits 1 yl leads --account operator-1
    says query-leads
    exits 1 yl tail 'unit/police/#' --account operator-1
    exits 1 yl status --account office-1
    says operator-1
    exits 1 yl import deploy/binhu/samples/sample-leads.jsonl --account operator-1
}
