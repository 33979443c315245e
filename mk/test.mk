# Tests that need no broker: tests/unit/test_*.c and tests/handler/test_*.c, each its own program (cmocka).
# A handler test includes the service's main file; the kit puts the real runtime around it.
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
HANDLER := $(patsubst tests/handler/%.c,$(BUILD)/tests/handler/%,$(wildcard tests/handler/test_*.c))
KIT_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/kit/accounts.c,$(wildcard tests/kit/*.c)))
SQL_TEST := $(patsubst tests/sql/%.c,$(BUILD)/tests/sql/%,$(wildcard tests/sql/test_*.c))

$(BUILD)/tests/kit/%.o: tests/kit/%.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
$(BUILD)/tests/%: tests/%.c $(KIT_OBJ) $(PARTS_LIB) $(RUNTIME_LIB) | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Itests -DYINLING_TEST $< $(LDFLAGS) $(KIT_OBJ) $(TEST_EXTRA_$(notdir $@)) $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -lcmocka -o $@

.SECONDARY: $(KIT_OBJ)
.PHONY: unit handler sql
unit: $(UNIT) ## unit tests
	@tests/run $(UNIT)
handler: $(HANDLER) ## handler tests, each service on the real runtime in one process
	@tests/run $(HANDLER)
sql: $(SQL_TEST) ## every statement prepares and is covered by an index
	@tests/run $(SQL_TEST)
