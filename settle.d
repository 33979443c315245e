settle.o: services/router/settle.c services/router/settle.h \
  include/yinling/service.h include/yinling/account.h \
  include/yinling/reader.h include/yinling/instant.h \
  include/yinling/text.h include/yinling/topic.h build/gen/topics.h \
  include/yinling/tx.h services/router/lead.h services/router/life.h \
  include/yinling/town.h include/yinling/yaml.h services/router/cards.h \
  build/gen/router_queries.h

services/router/settle.h:

include/yinling/service.h:

include/yinling/account.h:

include/yinling/reader.h:

include/yinling/instant.h:

include/yinling/text.h:

include/yinling/topic.h:

build/gen/topics.h:

include/yinling/tx.h:

services/router/lead.h:

services/router/life.h:

include/yinling/town.h:

include/yinling/yaml.h:

services/router/cards.h:

build/gen/router_queries.h:
