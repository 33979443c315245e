/* test_suspect.c - which texts look like a complaint against a unit or an official, and which only mention one. */
#include "yinling/suspect.h"
#include "tests/kit/folder.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define CASES "tests/unit/routing-cases.jsonl"

static const char *const complaints[] = {
    "我们村支书收了那家养老院的好处，明知没证还让开。",
    "派出所不作为，报了三次案都不立。",
    "市场监管所的人包庇卖保健品的老板，一去查就提前通风报信。",
    "镇上民政办主任吃拿卡要，不送礼不给办养老补贴。",
    "村主任贪污老人的高龄补贴。",
    "田桥村村干部冒领去世老人的养老金。",
    "某镇干部充当非法集资公司的保护伞。",
    "派出所所长和卖假药的串通一气，抓了又放。",
    "城管队员收了小广告老板的钱，贴了也不管。",
    "村会计把五保老人的补助款截留了。",
    "举报财经综合服务中心工作人员入股养老公司参与分红。",
    "村委会私自把集体土地卖给养老公司。",
    "村里干部收了每户200元办高龄津贴。",
    "这家无证养老院开了三年，听说老板和镇领导勾结。",
    "司法所推诿扯皮，不给调解。",
    "西董村书记伙同开发商占地，挪用征地款，村书记贪污。",
    "行政执法中队有人给商户通风报信，执法队员收红包。",
    "自然资源所对占地养老院视而不见，不管不问。",
    "网格员强迫老人买保健品。",
    "卫健办纵容黑诊所多年。",
};
static const char *const mentions[] = {
    "有人冒充派出所民警要老人转账，收了好处费。",
    "自称镇政府工作人员，收取老人200元登记费。",
    "老人被骗后到派出所报警，民警已经立案。",
    "村委会通知大家防范养老诈骗，说有公司贪污老人血汗钱。",
    "有人打着民政局的旗号收老人工本费。",
    "骗子说认识社保局领导，需要送礼打点，收了九万。",
    "养老院虚报人数套取运营补贴，请民政局查处。",
    "请市场监管所查处这家店，老板收了老人押金不退。",
    "已向镇政府反映，养老公司收了钱跑了。",
    "村干部走访时发现一家无证养老院收了七八个老人。",
    "网格员巡查发现有人发鸡蛋收了老人身份证。",
    "假民警骗走老人三万元。",
    "派出所门口有人收老人银行卡。",
    "一名男子谎称是村支书的亲戚，收了老人五千元办低保。",
    "老人求助司法所，希望调解养老院退押金的纠纷。",
    "说是给民政局领导的好处费，中间人收了三千就联系不上了。",
    "骗子假扮扶贫干部进村收取保证金。",
    "自称医疗补贴部门来电，先后收公证费5000元、保证金1.2万元。",
    "派出所接到报警，骗子已经跑了。",
    "公司老板说他是政府合作单位，收了五十多个老人的钱。",
    "村口有人卖保健品，村委会已劝离。",
    "民警劝阻老人不要转账，老人不听。",
    "银行工作人员和派出所民警一起拦下了三万元。",
    "养老院院长贪污老人伙食费。",
    "公司负责人卷款，派出所正在调查。",
    "希望公安机关打击骗子团伙，追回被骗的钱。",
    "有人自称是市监局的，说店铺要交500元罚款。",
    "村里来了一伙人，说是镇政府请来的专家，骗了好多老人的钱。",
    "反映某公司宣传有政府背景，承诺高息返利。",
    "司法所已调解过一次，对方还是不退押金。",
    "骗子给我爸看了假的警察证，说他涉嫌洗钱。",
    "老板说有派出所撑腰，谁也别想退钱。",
};
/* Texts of the routing cases that do complain about somebody in office. */
#define CASES_FLAGGED_MAX 3

struct given {
    struct findings *findings;
    const struct town *town;
    struct arena *arena;
};

static int given_new(void **state)
{
    struct given *g = calloc(1, sizeof *g);
    g->findings = findings_new();
    g->town = town_load(FOLDER_SHIPPED, g->findings);
    findings_print(g->findings, stderr);
    g->arena = arena_new(64 * 1024);
    *state = g;
    return g->town ? 0 : -1;
}

static int given_free(void **state)
{
    struct given *g = *state;
    town_free(g->town);
    findings_free(g->findings);
    arena_free(g->arena);
    free(g);
    return 0;
}

static bool is_suspect(const struct given *g, const char *text, struct suspicion *ret)
{
    return suspect_of(g->arena, g->town, text_of(text), TEXT("370481104289"), ret);
}

static void complaints_are_seen(void **state)
{
    struct suspicion s;
    size_t missed = 0;
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (!is_suspect(*state, complaints[i], &s)) {
            print_message("missed: %s\n", complaints[i]);
            missed++;
        }
    assert_int_equal(missed, 0);
}

static void mentions_are_let_be(void **state)
{
    struct suspicion s;
    size_t flagged = 0;
    for (size_t i = 0; i < sizeof mentions / sizeof *mentions; i++)
        if (is_suspect(*state, mentions[i], &s)) {
            print_message("flagged: %s " TEXT_FMT "\n", mentions[i], TEXT_ARG(s.why));
            flagged++;
        }
    assert_int_equal(flagged, 0);
}

static void ordinary_leads_are_not_sealed(void **state)
{
    const struct given *g = *state;
    size_t flagged = 0, all = 0;
    char line[16384];
    FILE *f = fopen(CASES, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct suspicion s;
        json_t *c = json_loads(line, 0, NULL);
        bool is = is_suspect(g, json_string_value(json_object_get(c, "text")), &s);
        if (is)
            print_message("flagged: %s" TEXT_FMT "\n", line, TEXT_ARG(s.why));
        flagged += is;
        all++;
        json_decref(c);
        arena_reset(g->arena);
    }
    fclose(f);
    assert_true(all > 400);
    assert_true(flagged <= CASES_FLAGGED_MAX);
}

static void a_complaint_is_placed(void **state)
{
    struct suspicion s;
    assert_true(is_suspect(*state, "派出所不作为，报了三次案都不立。", &s));
    assert_string_equal(s.unit.at, "police");
    assert_null(s.village.at);
    assert_true(is_suspect(*state, "派出所所长和卖假药的串通一气。", &s));
    assert_string_equal(s.unit.at, "police");
    assert_true(is_suspect(*state, "行政执法中队的人收了小广告老板的钱。", &s));
    assert_string_equal(s.unit.at, "enforcement");
    assert_true(is_suspect(*state, "田桥村村干部冒领去世老人的养老金。", &s));
    assert_string_equal(s.village.at, "370481104200");
    assert_null(s.unit.at);
    assert_true(is_suspect(*state, "我们村支书收了那家养老院的好处。", &s));
    assert_string_equal(s.village.at, "370481104289"); /* where the lead comes from */
    assert_true(text_has(s.why, TEXT("村支书")));
    assert_false(is_suspect(*state, "", &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complaints_are_seen),
        cmocka_unit_test(mentions_are_let_be),
        cmocka_unit_test(ordinary_leads_are_not_sealed),
        cmocka_unit_test(a_complaint_is_placed),
    };
    return cmocka_run_group_tests(tests, given_new, given_free);
}
