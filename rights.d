rights.o: services/router/rights.c services/router/rights.h \
  include/yinling/account.h services/router/lead.h include/yinling/tx.h \
  include/yinling/instant.h include/yinling/text.h \
  services/router/life.h include/yinling/reader.h \
  include/yinling/service.h include/yinling/topic.h build/gen/topics.h \
  include/yinling/town.h include/yinling/yaml.h

services/router/rights.h:

include/yinling/account.h:

services/router/lead.h:

include/yinling/tx.h:

include/yinling/instant.h:

include/yinling/text.h:

services/router/life.h:

include/yinling/reader.h:

include/yinling/service.h:

include/yinling/topic.h:

build/gen/topics.h:

include/yinling/town.h:

include/yinling/yaml.h:
