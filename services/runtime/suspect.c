/* suspect.c - tells a complaint about a unit or an official from a text that only mentions one (yinling/suspect.h).
 *
 * Every office or official of the text is tried in turn: what stands just before it (冒充, 向), just behind it (的熟人, 查处), and
 * which complaint word follows in the same sentence before anybody else is named. */
#include "yinling/suspect.h"

#include "yinling/routing.h"

#include <stdlib.h>
#include <string.h>

#define BEFORE_MAX 4    /* characters in which 冒充 or 向 belongs to the name behind it */
#define BEHIND_MAX 4    /* characters in which 的熟人, 查处 or a deed belongs to the name before it */
#define FAILING_MAX 12  /* characters between a name and 包庇 */
#define SUBJECTS_MAX 64 /* names tried in one text: a lead of 2,000 characters that names more is no ordinary lead */

struct subject {
    size_t from, to; /* bytes of the folded text */
    const struct unit *unit;
    bool is_village; /* a village's office or official */
};

struct suspecting {
    struct text text; /* folded */
    const struct town *town;
    const struct suspect_words *words;
};

static bool is_sentence_end(const char *at, size_t left)
{
    return *at == ';' || *at == '?' || *at == '!' || (left >= 3 && memcmp(at, "。", 3) == 0);
}

/* Up to `characters` of the same sentence behind a place. */
static struct text stretch_behind(struct text t, size_t from, size_t characters)
{
    size_t i = from;
    for (size_t n = 0; i < t.len; i++) {
        bool begins = ((unsigned char) t.at[i] & 0xC0) != 0x80;
        if (begins && (n == characters || is_sentence_end(t.at + i, t.len - i)))
            break;
        n += begins;
    }
    return (struct text){ t.at + from, i - from };
}

/* The same before a place. */
static struct text stretch_before(struct text t, size_t to, size_t characters)
{
    size_t i = to;
    for (size_t n = 0; i > 0 && n < characters; n++) {
        size_t k = i - 1;
        while (k > 0 && ((unsigned char) t.at[k] & 0xC0) == 0x80)
            k--;
        if (is_sentence_end(t.at + k, t.len - k))
            break;
        i = k;
    }
    return (struct text){ t.at + i, to - i };
}

/* The first of the words in a stretch (of words that begin together the longest); NO_TEXT. */
static struct text first_word(struct text in, struct texts words)
{
    struct text best = NO_TEXT;
    for (size_t i = 0; i < words.count; i++) {
        const char *at = words.at[i].len ? memmem(in.at, in.len, words.at[i].at, words.at[i].len) : NULL;
        if (at && (!best.at || at < best.at || (at == best.at && words.at[i].len > best.len)))
            best = (struct text){ at, words.at[i].len };
    }
    return best;
}

/* ---- who is named */

static void keep_subject(struct subject *list, size_t *count, struct subject s)
{
    for (size_t i = 0; i < *count; i++) {
        if (s.from >= list[i].from && s.to <= list[i].to) {
            list[i].is_village |= s.is_village; /* 书记 inside 村书记, 城管 inside 城管队员 */
            list[i].unit = list[i].unit ? list[i].unit : s.unit;
            return;
        }
        if (list[i].from >= s.from && list[i].to <= s.to) {
            s.unit = s.unit ? s.unit : list[i].unit;
            list[i] = s;
            return;
        }
    }
    if (*count < SUBJECTS_MAX)
        list[(*count)++] = s;
}

static void add_name(struct words *names, struct suspect_name *of, struct text folded, const struct unit *unit)
{
    if (folded.len == 0)
        return;
    struct suspect_name *name = &of[words_add(names, folded)];
    name->is_village = text_has(folded, TEXT("村")) || text_is_c(folded, "支书") || text_is_c(folded, "书记");
    name->unit = name->unit ? name->unit : unit;
}

void suspect_prepare(struct arena *arena, const struct town *town, struct suspect_words *words)
{
    size_t count = words->officials.count + words->offices.count;
    for (size_t i = 0; i < town->unit_count; i++)
        count += 1 + town->units[i].alias_count;
    struct words *names = words_new(arena);
    struct suspect_name *of = arena_take(arena, (count + 1) * sizeof *of);
    for (size_t i = 0; i < words->officials.count; i++)
        add_name(names, of, words->officials.at[i], NULL);
    for (size_t i = 0; i < words->offices.count; i++)
        add_name(names, of, words->offices.at[i], NULL);
    for (size_t i = 0; i < town->unit_count; i++) {
        const struct unit *u = &town->units[i];
        add_name(names, of, text_folded(arena, u->name), u);
        for (size_t k = 0; k < u->alias_count; k++)
            add_name(names, of, text_folded(arena, u->aliases[k]), u);
    }
    words_seal(names);
    words->names = names;
    words->name_of = of;
}

static int by_word(const void *a, const void *b)
{
    const struct word_hit *one = a, *other = b;
    return one->word != other->word ? (one->word > other->word) - (one->word < other->word)
                                    : (one->from > other->from) - (one->from < other->from);
}

/* Name by name in the order of the lists, each from left to right. */
static size_t find_subjects(const struct suspecting *s, struct arena *arena, struct subject *list)
{
    struct words_found found = words_find(s->words->names, arena, s->text);
    struct word_hit *hits = arena_take(arena, (found.count + 1) * sizeof *hits);
    if (found.count)
        memcpy(hits, found.hits, found.count * sizeof *hits);
    qsort(hits, found.count, sizeof *hits, by_word);
    size_t count = 0;
    for (size_t i = 0, last = 0; i < found.count; i++) {
        if (i && hits[i].word == hits[last].word && hits[i].from < hits[last].to)
            continue; /* overlaps itself */
        const struct suspect_name *name = &s->words->name_of[hits[i].word];
        last = i;
        keep_subject(list, &count,
                     (struct subject){ found.byte[hits[i].from], found.byte[hits[i].to], name->unit, name->is_village });
    }
    return count;
}

/* ---- what is said of them */

/* 派出所民警 is one name of two: where it begins. */
static size_t chain_start(const struct subject *list, size_t count, size_t from)
{
    for (size_t turn = 0; turn < count; turn++)
        for (size_t i = 0; i < count; i++)
            if (list[i].from < from && list[i].to <= from && from - list[i].to <= sizeof "的" - 1)
                from = list[i].from;
    return from;
}

/* Does it end with one of these, or have a longer one a little before? 向派出所, 希望当地派出所. */
static bool is_asked(struct text before, struct texts words)
{
    for (size_t i = 0; i < words.count; i++) {
        struct text w = words.at[i];
        bool last = w.len <= before.len && memcmp(before.at + before.len - w.len, w.at, w.len) == 0;
        if (last || (w.len > 3 && text_has(before, w)))
            return true;
    }
    return false;
}

/* Where the text goes on after one of these words, if it stands here. */
static size_t after_one_of(struct text text, size_t to, struct texts words)
{
    for (size_t i = 0; i < words.count; i++)
        if (text.len - to >= words.at[i].len && memcmp(text.at + to, words.at[i].at, words.at[i].len) == 0)
            return to + words.at[i].len;
    return to;
}

/* The complaint word said of this one, whose name begins at `start` with what stands before it; NO_TEXT when there is none. */
static struct text complaint_of(const struct suspecting *s, const struct subject *who, size_t start)
{
    const struct suspect_words *words = s->words;
    struct text before = stretch_before(s->text, start, BEFORE_MAX);
    size_t to = after_one_of(s->text, who->to, words->members);
    struct text near = stretch_behind(s->text, to, BEHIND_MAX), behind = stretch_behind(s->text, to, FAILING_MAX);
    if (first_word(before, words->pretences).at)
        return NO_TEXT;
    struct text collusion = first_word(stretch_before(s->text, start, FAILING_MAX), words->collusion);
    if (!collusion.at)
        collusion = first_word(behind, words->collusion);
    if (collusion.at)
        return collusion;
    if (is_asked(before, words->asked) || first_word(near, words->acting).at || first_word(near, words->possessions).at)
        return NO_TEXT;
    struct text deed = first_word(near, words->deeds);
    if (deed.at)
        return deed;
    struct text failing = first_word(behind, words->failings), other = first_word(behind, words->others);
    bool towards = after_one_of(s->text, to, words->towards) > to;
    return failing.at && (towards || !other.at || other.at > failing.at) ? failing : NO_TEXT;
}

/* ---- whose it is */

/* The village named nearest before the subject, else where the lead comes from. */
static struct text village_of(const struct suspecting *s, struct arena *arena, const struct subject *who, struct text otherwise)
{
    struct text before = stretch_before(s->text, who->to, 2 * FAILING_MAX), best = NO_TEXT;
    const char *best_at = NULL;
    for (size_t i = 0; i < s->town->village_count; i++) {
        struct text name = text_folded(arena, s->town->villages[i].name);
        const char *at = name.len ? memmem(before.at, before.len, name.at, name.len) : NULL;
        if (at && (!best_at || at > best_at)) {
            best_at = at;
            best = s->town->villages[i].code;
        }
    }
    return best.at ? best : otherwise;
}

/* 派出所所长, 派出所的民警: the unit stands just before the official. */
static const struct unit *unit_of(const struct subject *list, size_t count, const struct subject *who)
{
    static const size_t gap_max = sizeof "的某某" - 1;
    if (who->unit)
        return who->unit;
    for (size_t i = 0; i < count; i++)
        if (list[i].unit && list[i].to <= who->from && who->from - list[i].to <= gap_max)
            return list[i].unit;
    return NULL;
}

bool suspect_of(struct arena *arena, const struct town *town, struct text text, struct text village, struct suspicion *ret)
{
    if (!town->routing || !town->routing->suspect.names)
        return false;
    struct suspecting s = { text_folded(arena, text), town, &town->routing->suspect };
    struct subject *list = arena_take(arena, SUBJECTS_MAX * sizeof *list);
    size_t count = find_subjects(&s, arena, list);
    for (size_t i = 0; i < count; i++) {
        struct text complaint = complaint_of(&s, &list[i], chain_start(list, count, list[i].from));
        if (!complaint.at)
            continue;
        struct text name = { s.text.at + list[i].from, list[i].to - list[i].from };
        const struct unit *unit = unit_of(list, count, &list[i]);
        *ret = (struct suspicion){
            .unit = unit ? unit->code : NO_TEXT,
            .village = !unit && list[i].is_village ? village_of(&s, arena, &list[i], village) : NO_TEXT,
            .why = arena_printf(arena, "“" TEXT_FMT "”与“" TEXT_FMT "”连在一起，像是反映单位或干部的问题，待综合组确认。",
                                TEXT_ARG(name), TEXT_ARG(complaint)),
        };
        return true;
    }
    return false;
}
