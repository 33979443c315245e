/* instructions.c - one service on the in-process bus takes N leads, M in a turn, for callgrind to count (tests/bench/instructions).
 * Compiled once per service: BENCH_FILE is its main file, BENCH_SERVICE its table. No clock, no broker, no disk: the count is the same
 * every time. */
int service_main_of_test(int argc, char **argv);
#define main service_main_of_test
#include BENCH_FILE
#undef main

#include "services/runtime/db.h"
#include "services/runtime/json_pool.h"
#include "tests/kit/kit.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const texts[] = { "有人上门推销养老床位，交一万元返现两千，说名额只剩三天，邻居已经交了钱",
                                     "村口超市放视频说普通食品能降糖抗癌，一盒卖一千多，老人排队买",
                                     "自称医保局来电说能领补贴，要先交保证金，转账后电话打不通",
                                     "养老院一楼私设诊室给老人输液，没有执业许可证，收费很高",
                                     "电线杆上贴满养老床位返现的小广告，撕了又贴，影响村容",
                                     "某公司以养老项目名义吸收老人存款，承诺年息百分之十五，签了合同" };

static void submit(struct kit *kit, int i)
{
    char body[1024];
    snprintf(body, sizeof body, "{'id':'b-%d','text':'%s（第%d件）。','village':'3704811042%02d'}", i, texts[i % 6], i, i % 90);
    kit_request(kit, "lead-submit", "12345", body);
}

static void receive(struct kit *kit, int i)
{
    char data[1024], lead[16];
    snprintf(lead, sizeof lead, "2026-%06d", i + 1);
    snprintf(data, sizeof data,
             "{'text':'%s（第%d件）。','title':'%s','village':'3704811042%02d','urgency':'routine','urgency_claimed':false,"
             "'channel':'hotline','sender':'12345','sealed':false,'named':false,'round':1}",
             texts[i % 6], i, texts[i % 6], i % 90);
    for (char *c = data; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    kit_event(kit, "lead.received", lead, "hotline", data);
}

static void dispatch(struct kit *kit, int i)
{
    char lead[16];
    snprintf(lead, sizeof lead, "2026-%06d", i + 1);
    kit_event(
        kit, "lead.dispatched", lead, NULL,
        "{\"unit\":\"market\",\"assist\":[\"police\"],\"severity\":\"moderate\",\"urgency\":\"routine\",\"category\":\"care\","
        "\"channel\":\"hotline\",\"rule\":\"care-beds\",\"unmatched\":false,\"sealed\":false,\"round\":1,"
        "\"groups\":[\"general\",\"strike\"],\"named\":false,\"title\":\"有人上门推销养老床位\"}");
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? (int) strtol(argv[1], NULL, 10) : 1, at_once = argc > 2 ? (int) strtol(argv[2], NULL, 10) : 1;
    json_pool_use(); /* as service_main does */
    db_single_thread();
    struct kit *kit = kit_new(&BENCH_SERVICE, "deploy/binhu", "2026-05-26T09:00:00+08:00");
    const char *name = BENCH_SERVICE.name;
    for (int i = 0; i < count; i++) {
        if (i % at_once == 0)
            kit_hold(kit);
        (name[0] == 'i' ? submit : name[0] == 'r' ? receive : dispatch)(kit, i);
        if (i % at_once == at_once - 1 || i == count - 1)
            kit_let_go(kit);
    }
    kit_free(kit);
    return 0;
}
