asks.o: services/router/asks.c services/router/asks.h \
  include/yinling/service.h include/yinling/account.h \
  include/yinling/reader.h include/yinling/instant.h \
  include/yinling/text.h include/yinling/topic.h build/gen/topics.h \
  include/yinling/tx.h services/router/cards.h services/router/lead.h \
  services/router/life.h include/yinling/town.h include/yinling/yaml.h \
  services/router/rights.h services/router/rules.h \
  include/yinling/routing.h include/yinling/amount.h \
  services/router/settle.h

services/router/asks.h:

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

services/router/rights.h:

services/router/rules.h:

include/yinling/routing.h:

include/yinling/amount.h:

services/router/settle.h:
