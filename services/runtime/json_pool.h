/* json_pool.h - the memory of JSON values, for a process of one thread. */
#ifndef RUNTIME_JSON_POOL_H
#define RUNTIME_JSON_POOL_H

/* From here on jansson takes its memory from free lists by size. Once, before the first value is made; the whole process must make and
 * free its values in one thread. With the sanitizers nothing changes, so that they see a use after free. */
void json_pool_use(void);

#endif
