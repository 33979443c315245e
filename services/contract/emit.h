/* emit.h - what the contract becomes. Each function writes one whole document; the caller looks at ferror. */
#ifndef CONTRACT_EMIT_H
#define CONTRACT_EMIT_H

#include "services/contract/model.h"

#include <jansson.h>
#include <stdio.h>

void header_topics(struct arena *arena, const struct contract *c, FILE *to); /* gen/topics.h */
void header_table(struct arena *arena, const struct contract *c, FILE *to);  /* gen/topics_table.h */
void words_header(struct arena *arena, const struct contract *c, FILE *to);  /* gen/words.h */
void rules_header(struct arena *arena, const struct contract *c, FILE *to);  /* gen/guard_rules.h */
void asyncapi_document(struct arena *arena, const struct contract *c, FILE *to);
void reference_page(struct arena *arena, const struct contract *c, FILE *to);

/* JSON Schema, draft-07. Named types are references into #/components/schemas. */
json_t *schema_of_type(const struct type *type);
json_t *schema_of_fields(struct fields fields, bool strict); /* strict: unknown members refused */
json_t *schema_of_request(const struct request *r);
json_t *schema_of_answer(const struct request *r);
json_t *schema_of_refusal(const struct contract *c);
json_t *schema_of_stream(const struct contract *c, struct text producer); /* the message with its events' data */

#endif
