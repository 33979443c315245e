/* pleasantry.h - is what a grid worker said only a word of courtesy (好的, 收到, 谢谢)? Pure. Internal to intake. */
#ifndef INTAKE_PLEASANTRY_H
#define INTAKE_PLEASANTRY_H

#include "yinling/text.h"

/* True when the whole text is put together from listed words of courtesy, punctuation and pictures; nothing is a lead that is. */
bool pleasantry_is(struct arena *arena, struct text text);

#endif
