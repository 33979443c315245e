/* amount.h - sums of money and numbers of people as Chinese texts give them. Pure, any thread.
 *
 * 5.8万元, 三十多万, 3万6, 2000余万元, 上百亿元, 八千块, 12,000元; 400余人, 六七百人, 数十名. A range counts by its upper end, a vague
 * number by the least it can mean (十几万: 100,000; 上百亿: 10,000,000,000). */
#ifndef YINLING_AMOUNT_H
#define YINLING_AMOUNT_H

#include "yinling/text.h"

#define AMOUNT_UNKNOWN (-1)
#define AMOUNT_MAX 1000000000000000 /* yuan; what is larger is taken for a misreading and ignored */

/* Whole yuan, 0 to AMOUNT_MAX: the largest sum of the text that somebody paid or may lose. A sum only promised (可领300万元) does not
 * count. AMOUNT_UNKNOWN when there is none. */
int64_t amount_yuan_of(struct text text);

/* Persons or households: the largest number of people. Those who did it (涉案人员100余名) do not count. AMOUNT_UNKNOWN likewise. */
int64_t amount_people_of(struct text text);

#endif
