test_router.o: tests/handler/test_router.c tests/handler/router_desk.h \
  services/router/router.c include/yinling/service.h \
  include/yinling/account.h include/yinling/reader.h \
  include/yinling/instant.h include/yinling/text.h \
  include/yinling/topic.h build/gen/topics.h include/yinling/tx.h \
  include/yinling/suspect.h include/yinling/town.h \
  include/yinling/yaml.h services/router/asks.h services/router/cards.h \
  services/router/lead.h services/router/life.h \
  build/gen/router_queries.h services/router/lists.h \
  services/router/rules.h include/yinling/routing.h \
  include/yinling/amount.h services/router/settle.h tests/kit/kit.h

tests/handler/router_desk.h:

services/router/router.c:

include/yinling/service.h:

include/yinling/account.h:

include/yinling/reader.h:

include/yinling/instant.h:

include/yinling/text.h:

include/yinling/topic.h:

build/gen/topics.h:

include/yinling/tx.h:

include/yinling/suspect.h:

include/yinling/town.h:

include/yinling/yaml.h:

services/router/asks.h:

services/router/cards.h:

services/router/lead.h:

services/router/life.h:

build/gen/router_queries.h:

services/router/lists.h:

services/router/rules.h:

include/yinling/routing.h:

include/yinling/amount.h:

services/router/settle.h:

tests/kit/kit.h:
