test_life.o: tests/unit/test_life.c services/router/life.h \
  include/yinling/reader.h include/yinling/instant.h \
  include/yinling/text.h include/yinling/service.h \
  include/yinling/account.h include/yinling/topic.h build/gen/topics.h \
  include/yinling/tx.h include/yinling/town.h include/yinling/yaml.h

services/router/life.h:

include/yinling/reader.h:

include/yinling/instant.h:

include/yinling/text.h:

include/yinling/service.h:

include/yinling/account.h:

include/yinling/topic.h:

build/gen/topics.h:

include/yinling/tx.h:

include/yinling/town.h:

include/yinling/yaml.h:
