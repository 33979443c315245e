lists.o: services/router/lists.c services/router/lists.h \
  include/yinling/service.h include/yinling/account.h \
  include/yinling/reader.h include/yinling/instant.h \
  include/yinling/text.h include/yinling/topic.h build/gen/topics.h \
  include/yinling/tx.h services/router/cards.h services/router/lead.h \
  services/router/life.h include/yinling/town.h include/yinling/yaml.h \
  build/gen/router_queries.h services/router/rights.h

services/router/lists.h:

include/yinling/service.h:

include/yinling/account.h:

include/yinling/reader.h:

include/yinling/instant.h:

include/yinling/text.h:

include/yinling/topic.h:

build/gen/topics.h:

include/yinling/tx.h:

services/router/cards.h:

services/router/lead.h:

services/router/life.h:

include/yinling/town.h:

include/yinling/yaml.h:

build/gen/router_queries.h:

services/router/rights.h:
