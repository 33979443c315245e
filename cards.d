cards.o: services/router/cards.c services/router/cards.h \
  include/yinling/topic.h include/yinling/text.h build/gen/topics.h \
  services/router/lead.h include/yinling/tx.h include/yinling/instant.h \
  services/router/life.h include/yinling/reader.h \
  include/yinling/service.h include/yinling/account.h \
  include/yinling/town.h include/yinling/yaml.h

services/router/cards.h:

include/yinling/topic.h:

include/yinling/text.h:

build/gen/topics.h:

services/router/lead.h:

include/yinling/tx.h:

include/yinling/instant.h:

services/router/life.h:

include/yinling/reader.h:

include/yinling/service.h:

include/yinling/account.h:

include/yinling/town.h:

include/yinling/yaml.h:
