/* naming.c - see naming.h.
 *
 * A name is a surname of the list and one or two characters that no sentence goes on with. How much must be certain depends on the
 * words before it, so each opening has a manner. */
#include "naming.h"

#include <string.h>

enum {
    NAME_MAX_OPEN = 4, /* characters of a name whose surname is not in the list */
    LATIN_MAX = 24,    /* letters of a name in Latin script, or of one with dots */
    PLACE_MAX = 24,    /* glyphs between 我是 and the name: 我是山东省滕州市滨湖镇田桥村的王五 */
    HOME_MAX = 40,     /* glyphs of an address */
    SPACES_MAX = 2,
    FILLERS_MAX = 4,
};

enum manner {
    CALLED,  /* 我叫 X: X is a name whatever it looks like, if the clause ends there or the surname is known */
    LABEL,   /* 举报人：X, 署名 X: as CALLED behind a colon or 叫, else as BARE */
    BARE,    /* 本人 X: only a known surname, and the clause must end or go on as after a name */
    IS,      /* 我是 X, 我是 <place> 的 X: the same, and X may stand at the clause's end */
    SURNAME, /* 我姓 X */
    HOME,    /* 我家住 …: from the first digit on */
};
struct opening {
    const char *words;
    enum manner manner;
};

static const struct opening openings[] = {
    { "我叫", CALLED },    { "我名叫", CALLED },   { "我的名字", CALLED }, { "我名字", CALLED },   { "我全名", CALLED },
    { "本人叫", CALLED },  { "本人名叫", CALLED }, { "本人姓名", CALLED }, { "我的姓名", CALLED }, { "举报人", LABEL },
    { "反映人", LABEL },   { "投诉人", LABEL },    { "报案人", LABEL },    { "报警人", LABEL },    { "来访人", LABEL },
    { "来电人", LABEL },   { "求助人", LABEL },    { "报告人", LABEL },    { "署名", LABEL },      { "落款", LABEL },
    { "免贵姓", SURNAME }, { "我姓", SURNAME },    { "本人姓", SURNAME },  { "俺姓", SURNAME },    { "我也姓", SURNAME },
    { "俺叫", CALLED },    { "咱叫", CALLED },     { "敝人", BARE },       { "本人", BARE },       { "我是", IS },
    { "俺是", IS },        { "本人是", IS },       { "本人系", IS },       { "我系", IS },         { "家住", HOME },
    { "现住", HOME },      { "我家住", HOME },     { "我住", HOME },       { "本人住", HOME },     { "俺家住", HOME },
    { "我现住", HOME },    { "我家在", HOME },     { "家庭住址", HOME },   { "我的住址", HOME },   { "本人家住", HOME },
    { "我的地址", HOME },  { "我家地址", HOME },   { "俺住", HOME },
};
static const char *const kin[] = { "妈",   "妈妈", "母亲", "爸",   "爸爸", "父亲", "老伴", "爱人", "丈夫", "老公",
                                   "妻子", "老婆", "奶奶", "爷爷", "姥姥", "姥爷", "外婆", "外公", "婆婆", "公公",
                                   "岳父", "岳母", "儿子", "女儿", "老娘", "老爹", "娘",   "爹" };

/* The hundred families and the commoner others; characters that are mostly something else (年 有 还) are left out. */
static const wchar_t surnames[] =
    L"王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
    L"韦傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关"
    L"兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉骆蓝鲍党路游辛靳管柴蒙喻褚卫尤戚苑储晏房滕阳应宗宣郁杭洪诸吉钮嵇滑荣翁"
    L"荀羊惠甄麴家封芮羿靳汲邴糜松井富巫乌弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫仇栾暴甘钭厉戎祖束幸司韶郜蓟薄印宿怀蒲邰鄂索咸籍赖卓蔺屠蒙池"
    L"阴胥能苍双闻莘翟贡劳逄姬扶堵冉宰郦雍却璩桑桂濮寿通边扈燕冀郏浦农瞿茹习艾鱼容古慎戈庾终暨居衡步都满弘匡国寇广禄阙东殳沃利蔚越夔隆师巩"
    L"厍晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢蒯相查后荆红竺权逯盖益桓公亓仉仝佘佟侴修冼刁卞卜厐咎宦展岑巴布帅庆战揭昌时晋景晨来柏栗楚楼"
    L"米练缪翦腾臧苟荔苻苟药解计言訚谌谯豆贝买费车迟邝邸郎郇鄢闵青项鹿麦麻";
static const char *const double_surnames[] = { "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟",
                                               "公孙", "慕容", "司徒", "夏侯", "令狐", "长孙", "宇文",
                                               "端木", "独孤", "南宫", "西门", "呼延", "申屠", "轩辕" };

/* In no given name. */
static const wchar_t never[] = L"的了是在被把我你您他她它们这那某个什么谁吗呢吧啊呀没不很都也哪怎";
/* A sentence may go on with these after a name of two characters; some are in names too, then the clause ends behind them. */
static const wchar_t goes_on[] =
    L"今现住家电手身退职来去从向给跟对和与及因为说想要将曾已经于有会能男女岁年月日号前后里上下村镇组就还又因此就要还让请买卖去打联系籍系受举反投报";
/* Behind a surname, or behind one and another character, these make it a place. */
static const wchar_t places[] = L"村庄屯寨楼镇乡县市街";
/* After 我是 and behind 的: what begins like a surname and is none. */
static const char *const no_names[] = {
    "党员", "家属", "房东", "车主", "农民", "高中", "安徽", "江苏", "江西", "云南", "房客", "路过", "路人",
    "单身", "全职", "公务", "公司", "公民", "马上", "师范", "来自", "从事", "农村", "常年", "常住", "经常",
    "经人", "时常", "曾经", "应该", "因此", "都是", "通过", "相信", "后来", "全家", "全村", "文盲", "双职",
    "国企", "国家", "居民", "方便", "外地", "易经", "高龄", "高血", "白天", "东西", "向您", "向你", "于是",
    "于去", "于今", "于昨", "于上", "于本", "于前", "于近", "关于", "对于", "由于", "和老", "和我", "向贵",
    "向镇", "向公", "向派", "能否", "安排", "养老", "容易", "满意", "成年", "单位", "师傅", "须知"
};

static bool spells_any(const struct glyphs *g, size_t i, const char *const *words, size_t count, size_t *ret_glyphs)
{
    size_t best = 0;
    for (size_t w = 0; w < count; w++) {
        size_t points = text_codepoints(text_of(words[w]));
        if (points > best && glyphs_spell(g, i, words[w]))
            best = points;
    }
    if (best && ret_glyphs)
        *ret_glyphs = best;
    return best > 0;
}
#define SPELLS_ANY(g, i, words, ret) spells_any((g), (i), (words), sizeof(words) / sizeof *(words), (ret))

static size_t surname_at(const struct glyphs *g, size_t i)
{
    size_t len = 0;
    if (SPELLS_ANY(g, i, double_surnames, &len))
        return len;
    return glyph_is_han(g, i) && glyph_in(g, i, surnames) ? 1 : 0;
}

static bool may_be_given(const struct glyphs *g, size_t i)
{
    return glyph_is_han(g, i) && !glyph_in(g, i, never);
}

/* Surname and given name from `i` on; 0 when there is none. */
static size_t full_name_at(const struct glyphs *g, size_t i)
{
    size_t surname = surname_at(g, i), second = i + surname + 1;
    if (!surname || SPELLS_ANY(g, i, no_names, NULL) || !may_be_given(g, i + surname))
        return 0;
    if (glyph_in(g, i + surname, places) || (glyph_in(g, second, places) && glyph_is_han(g, second)))
        return 0; /* 李家庄, 王楼 */
    bool has_second = may_be_given(g, second) && (!glyph_in(g, second, goes_on) || glyph_is_break(g, second + 1));
    return surname + (has_second ? 2 : 1);
}

/* Zhang San, or a name with dots in it. */
static size_t foreign_name_at(const struct glyphs *g, size_t i)
{
    size_t count = 0, letters = 0;
    for (; count < LATIN_MAX; count++) {
        bool is_letter = glyph_is_latin(g, i + count);
        if (!is_letter && !(count && glyph_in(g, i + count, L" .'-")))
            break;
        letters = is_letter ? count + 1 : letters;
    }
    if (letters)
        return letters;
    bool has_dot = false;
    for (count = 0; count < LATIN_MAX && (may_be_given(g, i + count) || (count && glyph_in(g, i + count, L"·•・"))); count++)
        has_dot = has_dot || !glyph_is_han(g, i + count);
    return has_dot ? count : 0;
}

static size_t any_name_at(const struct glyphs *g, size_t i)
{
    size_t count = foreign_name_at(g, i);
    if (count)
        return count;
    count = full_name_at(g, i);
    if (count)
        return count;
    while (count < NAME_MAX_OPEN && may_be_given(g, i + count))
        count++;
    return count && glyph_is_break(g, i + count) ? count : 0;
}

static void paint_name(struct glyphs *g, size_t from, size_t count)
{
    if (count)
        glyphs_paint(g, from, from + count, count == 1 ? "某" : "某某");
}

/* 我的名字是…, 举报人姓名：… : what may stand between the opening and the name. */
static size_t skip_filler(const struct glyphs *g, size_t i, bool *ret_says_name)
{
    static const char *const fillers[] = { "姓名", "名字", "名叫", "叫作", "叫做", "叫", "：", ":", "名",
                                           "是",   "为",   " ",    "　",   "“",    "\"", "（", "(" };
    static const char *const plain[] = { "是", "为", " ", "　" };
    size_t len = 0;
    for (int round = 0; round < FILLERS_MAX && SPELLS_ANY(g, i, fillers, &len); round++) {
        *ret_says_name = *ret_says_name || !SPELLS_ANY(g, i, plain, NULL);
        i += len;
    }
    return i;
}

static void mask_called(struct glyphs *g, size_t i)
{
    bool says_name = true;
    i = skip_filler(g, i, &says_name);
    paint_name(g, i, any_name_at(g, i));
}

static bool ends_like_a_name(const struct glyphs *g, size_t i)
{
    return glyph_is_break(g, i) || glyph_in(g, i, L"男女今现住系身电手家的年于在，");
}

static void mask_bare(struct glyphs *g, size_t i)
{
    while (glyph_in(g, i, L" 　：:（("))
        i++;
    size_t count = full_name_at(g, i);
    if (count && ends_like_a_name(g, i + count))
        paint_name(g, i, count);
}

static void mask_label(struct glyphs *g, size_t i)
{
    bool says_name = false;
    size_t name = skip_filler(g, i, &says_name);
    if (says_name)
        paint_name(g, name, any_name_at(g, name));
    else
        mask_bare(g, name);
}

/* 我是<place>的王五，: the name stands at the end of the clause, behind 的, 村, 村民 … */
static void mask_resident(struct glyphs *g, size_t i)
{
    static const char *const met[] = { "认识", "遇到", "遇见", "介绍", "碰到", "骗", "通过",
                                       "听",   "找",   "被",   "看到", "帮",   "替" };
    static const char *const behind[] = { "的",   "村民", "居民", "村",   "社区", "职工", "教师", "老师", "党员",
                                          "住户", "业主", "组",   "镇",   "庄",   "小区", "群众", "市民", "网友",
                                          "老人", "农民", "工人", "医生", "护士", "会计", "干部" };
    for (size_t end = i; end < i + PLACE_MAX && glyph_is_han(g, end); end++) {
        size_t len = 0;
        if (SPELLS_ANY(g, end, met, NULL))
            return;
        if (!SPELLS_ANY(g, end, behind, &len))
            continue;
        size_t name = end + len, count = full_name_at(g, name);
        if (count && (glyph_is_break(g, name + count) || glyph_in(g, name + count, L"今现，")))
            paint_name(g, name, count);
    }
}

static void mask_is(struct glyphs *g, size_t i)
{
    size_t count = full_name_at(g, i);
    if (count && (glyph_is_break(g, i + count) || glyph_in(g, i + count, L"的今现，")))
        paint_name(g, i, count);
    else
        mask_resident(g, i);
}

/* 我姓赵，名铁柱: the rest of the name may follow. */
static void mask_surname(struct glyphs *g, size_t i)
{
    static const char *const calls[] = { "名叫", "全名", "名字", "单名", "大名", "名", "叫" };
    size_t len = surname_at(g, i), call = 0;
    if (!len && may_be_given(g, i) && glyph_is_break(g, i + 1))
        len = 1;
    if (!len || glyph_in(g, i, L"名氏"))
        return;
    size_t next = i + len;
    while (next < i + len + SPACES_MAX && glyph_in(g, next, L"，, 、"))
        next++;
    size_t full = full_name_at(g, next);
    if (SPELLS_ANY(g, next, calls, &call))
        mask_called(g, next + call);
    else if (full && g->at[next].point == g->at[i].point)
        paint_name(g, next, full);
    paint_name(g, i, len);
}

/* 我家住田桥村三组18号: village and group stay with the lead's place; from the first digit to the clause's end it says which house. */
static void mask_home(struct glyphs *g, size_t i)
{
    size_t first = 0, end = i;
    for (; end < g->count && end < i + HOME_MAX && (!glyph_is_clause_end(g, end) || glyph_in(g, end, L":：")); end++)
        first = !first && g->at[end].digit >= 0 ? end : first;
    size_t last = first;
    for (size_t k = first; first && k < end; k++)
        last = glyph_in(g, k, L"号组室户楼栋排巷幢院元层") ? k + 1 : last;
    if (last > first + 1)
        glyphs_paint(g, first, last, "某处");
}

static void mask_kin(struct glyphs *g, size_t i)
{
    static const char *const calls[] = { "叫", "名叫", "的名字叫", "姓名" };
    size_t who = 0, call = 0;
    if (!SPELLS_ANY(g, i, kin, &who))
        return;
    if (SPELLS_ANY(g, i + who, calls, &call))
        mask_called(g, i + who + call);
    else if (glyphs_spell(g, i + who, "姓"))
        mask_surname(g, i + who + 1);
}

static void mask_opened(struct glyphs *g, enum manner manner, size_t i)
{
    switch (manner) {
    case CALLED:
        mask_called(g, i);
        break;
    case LABEL:
        mask_label(g, i);
        break;
    case BARE:
        mask_bare(g, i);
        break;
    case IS:
        mask_is(g, i);
        break;
    case SURNAME:
        mask_surname(g, i);
        break;
    case HOME:
        mask_home(g, i);
        break;
    }
}

void naming_mask(struct glyphs *g)
{
    for (size_t i = 0; i < g->count; i++) {
        if (!glyph_in(g, i, L"我本俺咱免敝举反投报来求署落家现"))
            continue;
        for (size_t o = 0; o < sizeof openings / sizeof *openings; o++) {
            if (glyphs_spell(g, i, openings[o].words))
                mask_opened(g, openings[o].manner, i + text_codepoints(text_of(openings[o].words)));
        }
        if (glyph_in(g, i, L"我俺"))
            mask_kin(g, i + (glyphs_spell(g, i + 1, "的") ? 2 : 1));
    }
}

static int32_t lower(int32_t point)
{
    return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
}

static size_t known_at(const struct glyphs *g, size_t i, const struct glyphs *name)
{
    size_t here = i;
    for (size_t k = 0; k < name->count; k++) {
        while (k && glyph_is_separator(g, here) && here < i + name->count + SPACES_MAX)
            here++;
        if (here >= g->count || lower(g->at[here].point) != lower(name->at[k].point))
            return 0;
        here++;
    }
    return here - i;
}

/* 张三先生 is found as 张三. */
static void drop_title(struct glyphs *name)
{
    static const char *const titles[] = { "先生", "女士", "同志", "小姐", "老师", "师傅",
                                          "大爷", "大妈", "大娘", "阿姨", "奶奶", "爷爷" };
    while (name->count && glyph_is_separator(name, name->count - 1))
        name->count--;
    if (name->count > 3 && SPELLS_ANY(name, name->count - 2, titles, NULL))
        name->count -= 2;
}

void naming_mask_known(struct arena *arena, struct glyphs *g, struct text name)
{
    struct glyphs known;
    if (!name.len || !glyphs_of(arena, name, &known))
        return;
    drop_title(&known);
    if (known.count < 2)
        return;
    for (size_t i = 0; i < g->count; i++) {
        size_t count = known_at(g, i, &known);
        paint_name(g, i, count);
    }
}
