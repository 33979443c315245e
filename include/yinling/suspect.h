/* suspect.h - does a text look like a complaint against a unit or an official of this town?
 *
 * A lead whose text sets a unit's or official's name beside a complaint word (包庇, 不作为, 收好处 …) is sealed until the office has decided
 * (CONTRACT §2 lead-submit). Somebody who only pretends to be one (冒充民警, 自称民政局) is no such case, and neither is a lead that
 * mentions the police station it was told to. The words stand in routing.yaml under `suspect`. Pure, any thread. */
#ifndef YINLING_SUSPECT_H
#define YINLING_SUSPECT_H

#include "yinling/town.h"

struct suspicion {
    struct text unit;    /* code of the unit it seems to be about; NO_TEXT when none of the town's units is named */
    struct text village; /* 12 digits; NO_TEXT likewise. Neither given: an official who could not be placed */
    struct text why;     /* one Chinese sentence, quotes the two words */
};

/* Fills `names` and `name_of` from the other words and the town's units; by routing_load. */
struct suspect_words;
void suspect_prepare(struct arena *arena, const struct town *town, struct suspect_words *words);

/* True: seal it. `village` is where the lead comes from (12 digits or NO_TEXT): 我们村支书 means that village's. */
bool suspect_of(struct arena *arena, const struct town *town, struct text text, struct text village, struct suspicion *ret);

#endif
