# The guard: the plugin that the broker loads, and its pure parts for the command line and the tests.

GUARD_SRC := $(wildcard services/guard/*.c) services/runtime/account.c
GUARD_OBJ := $(GUARD_SRC:%.c=$(BUILD)/guard/%.o)
GUARD_PARTS := $(filter-out services/guard/guard.c,$(wildcard services/guard/*.c))
GUARD_LIBS := -lsodium

# Position-independent, with nothing visible but the three functions of the plugin interface. With the sanitizers (MODE=san) the
# broker, which is not built with them, has to have their runtime preloaded: see san.mk.
GUARD_CFLAGS := $(BASE) $(WARN) $(FLAGS_$(MODE)) $(EXTRA_CFLAGS) -fPIC -fvisibility=hidden
GUARD_LDFLAGS := -shared -Wl,-z,relro,-z,now $(if $(filter san,$(MODE)),$(LINK_san))

$(BUILD)/guard/%.o: %.c | $(BUILD)/gen/topics.h $(BUILD)/gen/guard_rules.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUARD_CFLAGS) -c $< -o $@

$(BUILD)/bin/guard.so: $(GUARD_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUARD_LDFLAGS) $(GUARD_OBJ) $(GUARD_LIBS) -o $@

$(RUNTIME_LIB): $(GUARD_PARTS:%.c=$(BUILD)/%.o)

# Accounts without a town's folder, for the scenario tests.
$(BUILD)/tests/accounts: tests/scenario/accounts.c $(RUNTIME_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $< $(RUNTIME_LIB) $(LIBS) -o $@

# The guard's parts among what is fuzzed. (Its name as fuzz.mk has it: this file is read first or last, whichever.)
$(BUILD)/fuzz/libfuzzed.a: $(GUARD_PARTS:%.c=$(BUILD)/fuzz/obj/%.o)
