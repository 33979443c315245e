#!/usr/bin/env bats
# A view that ended while its service could not reach the broker is gone from every subscriber after the reconnect.
# dialects 5 3.1.1

load town

setup() {
    town_start
}
teardown() {
    listeners_stop
    town_stop
}

@test "a warning that expired while the link was down disappears when it is up again" {
    local expires=$(($(date +%s) + 12))
    run yl warn issue --account office-1 --headline 演示 --text 请勿交钱 --instruction 入户提醒 --severity minor \
        --expires "$(date -d "@$expires" +%Y-%m-%dT%H:%M:%S%:z)" --villages 370481104200
    [[ $status = 0 ]]
    wait_for "the village's topic" is_retained village-200 village/370481104200/warning/+
    listen reader village-200@reader 'village/370481104200/warning/+'
    wait_heard reader 演示
    yl accounts lock warning # the guard throws the service out and lets it in no more
    wait_for "the service is away" service_is_away
    WAIT_S=30 wait_for "its end has come" has_expired "$expires"
    is_retained village-200 village/370481104200/warning/+
    yl accounts unlock warning
    wait_for "the topic is clear" is_not_retained village-200 village/370481104200/warning/+
    wait_for "the reader heard that it is" grep -qE "HEARD $TOP/village/370481104200/warning/w-[0-9-]+ 0 \$" "$STATE/heard.reader"
}
# While the link is down nobody can see that the service has ended it: its instant passes, and a good second more.
has_expired() { (($(date +%s) > $1 + 1)); }
service_is_away() { grep -q 'account=warning locked' "$STATE/log/broker.log"; }

@test "a broker that forgot everything shows every card again" {
    run yl import "$ROOT/deploy/binhu/samples/sample-leads.jsonl" --account 12345
    [[ $status = 0 ]]
    wait_for "all cards" shows_66
    kill -9 "$(pid_of broker)"
    wait_for "all cards again" shows_66
}
shows_66() { [[ $(retained office-1 unit/+/lead/+ | grep -c '"role":"lead"') = 66 ]]; }
