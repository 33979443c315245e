# yinling: see README.md. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BUILD ?= build
# However it is written, a folder of this tree has one name: dependency files name their targets by it.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
ifeq ($(origin CC),default)
CC := gcc
endif
MODE ?= release
# `make V=1` shows the commands
Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wmissing-prototypes -Wvla -Werror
BASE := -std=gnu17 -D_GNU_SOURCE -Iinclude -I$(BUILD) -I. -MMD -MP -fno-omit-frame-pointer
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -fcf-protection
FLAGS_san := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_debug := -O0 -g3
LINK_release := -pie -Wl,-z,relro,-z,now
# static: else UBSan knows no log_path, and a finding in a service would be seen by nobody
LINK_san := -fsanitize=address,undefined $(if $(filter gcc%,$(notdir $(CC))),-static-libasan -static-libubsan)
CFLAGS := $(BASE) $(WARN) $(FLAGS_$(MODE)) $(EXTRA_CFLAGS)
LDFLAGS := $(LINK_$(MODE))
LIBS := -lpaho-mqtt3c -lsqlite3 -lyaml -ljansson -lsodium -lutf8proc -lpcre2-8 -lcsv -lsystemd -lpthread -lm

SERVICES := intake router deadline warning
# A service whose main file is not written yet is not built.
PRESENT := $(foreach s,$(SERVICES),$(if $(wildcard services/$(s)/$(s).c),$(s)))
BINARIES := $(PRESENT:%=$(BUILD)/bin/%) $(if $(wildcard services/cli/yinling.c),$(BUILD)/bin/yinling)
PLUGIN := $(if $(wildcard services/guard/guard.c),$(BUILD)/bin/guard.so)

RUNTIME_SRC := $(wildcard services/runtime/*.c)
# Everything of a service but its main file: pure rules, linked into the service, the command line and the tests.
PARTS_SRC := $(foreach s,$(SERVICES),$(filter-out services/$(s)/$(s).c,$(wildcard services/$(s)/*.c)))
CLI_SRC := $(wildcard services/cli/*.c)
RUNTIME_OBJ := $(RUNTIME_SRC:%.c=$(BUILD)/%.o)
PARTS_OBJ := $(PARTS_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/%.o)
RUNTIME_LIB := $(BUILD)/libruntime.a
PARTS_LIB := $(BUILD)/libparts.a

GEN := $(BUILD)/gen/topics.h $(BUILD)/gen/runtime_queries.h $(foreach s,$(PRESENT),$(BUILD)/gen/$(s)_queries.h)

.PHONY: help all gen clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 18

all: $(BINARIES) $(PLUGIN) ## build everything

gen: $(GEN)

$(BUILD)/services/%.o: services/%.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(RUNTIME_LIB): $(RUNTIME_OBJ)
	@rm -f $@; ar rcs $@ $^
$(PARTS_LIB): $(PARTS_OBJ)
	@rm -f $@; ar rcs $@ $^

$(PRESENT:%=$(BUILD)/bin/%): $(BUILD)/bin/%: $(BUILD)/services/%/main.o $(PARTS_LIB) $(RUNTIME_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $< $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@
# main.o is services/<name>/<name>.c
define service_main_rule
$(BUILD)/services/$(1)/main.o: services/$(1)/$(1).c | $(GEN)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) -c $$< -o $$@
endef
$(foreach s,$(PRESENT),$(eval $(call service_main_rule,$(s))))

$(BUILD)/bin/yinling: $(CLI_OBJ) $(PARTS_LIB) $(RUNTIME_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(CLI_OBJ) $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@

# Statements and migrations, from .sql to a header.
$(BUILD)/gen/%_queries.h: services/%/queries.sql services/%/schema.sql services/contract/sql.awk
	@mkdir -p $(@D)
	$(Q)awk -v service=$* -f services/contract/sql.awk services/$*/schema.sql services/$*/queries.sql > $@.tmp && mv $@.tmp $@

clean:
	rm -rf $(BUILD)

include $(wildcard mk/*.mk)
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
