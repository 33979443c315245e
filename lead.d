lead.o: services/router/lead.c services/router/lead.h \
  include/yinling/tx.h include/yinling/instant.h include/yinling/text.h \
  services/router/life.h include/yinling/reader.h \
  include/yinling/service.h include/yinling/account.h \
  include/yinling/topic.h build/gen/topics.h include/yinling/town.h \
  include/yinling/yaml.h build/gen/router_queries.h

services/router/lead.h:

include/yinling/tx.h:

include/yinling/instant.h:

include/yinling/text.h:

services/router/life.h:

include/yinling/reader.h:

include/yinling/service.h:

include/yinling/account.h:

include/yinling/topic.h:

build/gen/topics.h:

include/yinling/town.h:

include/yinling/yaml.h:

build/gen/router_queries.h:
