/* mask.h - a text without what says who sent it.
 *
 * Telephone, identity and bank card numbers become [电话] [证件号] [卡号], the writer's own naming 我叫某某, and everything known of the
 * reporter goes whatever it looks like. Numbers that are given as the suspect's stay: they are evidence. The result is UTF-8, has
 * no more code points than the original, and masking it again changes nothing. Pure; any thread; all in the arena. */
#ifndef INTAKE_MASK_H
#define INTAKE_MASK_H

#include "yinling/text.h"

enum { MASK_KEEP_MAX = 3 };

struct mask {
    struct text reporter_name, reporter_phone; /* NO_TEXT when not known */
    struct text keep[MASK_KEEP_MAX];           /* the suspect's numbers, as given; NO_TEXT for none */
};

/* All of it. The text itself when nothing was masked; an empty text when it is not UTF-8. */
struct text mask_text(struct arena *arena, struct text text, const struct mask *with);
/* Only what is known of the reporter, for fields that are evidence. */
struct text mask_field(struct arena *arena, struct text text, const struct mask *with);

#endif
