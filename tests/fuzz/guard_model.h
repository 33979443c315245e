/* guard_model.h - the guard's rules once more, read as plainly as possible and as slow as that is: what the guard decides is held
 * against it. */
#ifndef FUZZ_GUARD_MODEL_H
#define FUZZ_GUARD_MODEL_H

#include "services/guard/match.h"

/* A topic or filter as the client wrote it, with the cell's root. `topic`: publish, read; `filter`: subscribe. */
enum publish_verdict model_publish(const struct subject *who, const char *topic, bool retain, size_t payload_len);
bool model_read(const struct subject *who, const char *topic);
/* Every topic that the filter can match may be read by one and the same rule. */
bool model_subscribe(const struct subject *who, const char *filter);

#define MODEL_TOWN "370481104"
#define MODEL_ROOT "yl/v1/" MODEL_TOWN "/"

#endif
