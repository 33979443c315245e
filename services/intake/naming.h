/* naming.h - finds where the writer of a text names themselves: 我叫张三, 本人李四, 我是田桥村的王五, 我姓赵, 举报人：钱六.
 *
 * Pure. Internal to intake. When in doubt a word too many is masked: the original is in the vault. */
#ifndef INTAKE_NAMING_H
#define INTAKE_NAMING_H

#include "glyph.h"

/* Paints each such name as 某某, and the number of the house after 我家住. */
void naming_mask(struct glyphs *g);
/* Paints every mention of a known name (at least two code points), also with spaces between its characters. */
void naming_mask_known(struct arena *arena, struct glyphs *g, struct text name);

#endif
