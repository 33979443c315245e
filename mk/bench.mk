# The bench: the system against what broker, disk and processor allow (docs/performance.md). QUICK=1: under a minute; ONLY=rate,latency.
BENCH_KIT := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/kit/accounts.c,$(wildcard tests/kit/*.c)))
INSTRUCTIONS := $(foreach s,intake router deadline,$(BUILD)/tests/bench/instructions_$(s))
BENCH_OBJ := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%.o,$(filter-out tests/bench/slowsync.c tests/bench/instructions.c,$(wildcard tests/bench/*.c)))
BENCH_SERVICES := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/sim/service_*.c)) $(BUILD)/tests/kit/broker.o
$(BUILD)/tests/bench/%.o: tests/bench/%.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Itests -c $< -o $@
$(BUILD)/tests/bench/bench: $(BENCH_OBJ) $(BENCH_SERVICES) $(PARTS_LIB) $(RUNTIME_LIB)
	$(Q)$(CC) $(LDFLAGS) $(BENCH_OBJ) $(BENCH_SERVICES) $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@
$(BUILD)/tests/bench/slowsync.so: tests/bench/slowsync.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(WARN) -O2 -fPIC -shared $< -o $@
# The same town, but for warnings that go out without pace.
UNPACED := $(BUILD)/tests/bench/unpaced
$(UNPACED)/warning: services/runtime/view.c $(BUILD)/services/warning/main.o $(PARTS_LIB) $(RUNTIME_LIB) | all
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -DPACE_MS=0 -c $< -o $@.view.o
	$(Q)$(CC) $(LDFLAGS) $(BUILD)/services/warning/main.o $@.view.o $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@
	@ln -sf $(abspath $(BUILD))/bin/{intake,router,deadline,yinling,guard.so} $(@D)/
# Made ledgers are kept as long as they would be made the same; others are large and go.
BENCH_CACHE = $(BUILD)/bench/$(shell cat services/*/schema.sql tests/bench/{archive,rows,ticks}.c deploy/binhu/*.* | sha256sum | cut -c1-12)
.SECONDARY: $(BENCH_OBJ)
BENCH_PROGRAMS := $(BUILD)/tests/bench/bench $(BUILD)/tests/bench/slowsync.so $(UNPACED)/warning
BENCH_RUN = YL_BIN=$(abspath $(BUILD))/bin $(BUILD)/tests/bench/bench --cache $(BENCH_CACHE) --instructions $(BUILD)/bench/instructions
# Only a whole run is a result to be committed.
BENCH_RESULT = $(if $(QUICK)$(ONLY),$(BUILD)/bench/part,tests/bench/latest)
BENCH_COUNTS = $(if $(ONLY),$(findstring instructions,$(ONLY)),$(if $(QUICK),,yes))
BENCH_READY = @mkdir -p $(BENCH_CACHE) && find $(BUILD)/bench -mindepth 1 -maxdepth 1 -type d ! -name $(notdir $(BENCH_CACHE)) -exec rm -r {} +
.PHONY: bench bench-quick
bench: all $(BENCH_PROGRAMS) $(INSTRUCTIONS) ## how close to the limit: QUICK=1, ONLY=rate,latency
	$(BENCH_READY)
	@$(if $(BENCH_COUNTS),tests/bench/instructions $(BUILD)/tests/bench,true) > $(BUILD)/bench/instructions
	@$(BENCH_RUN) $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) --json $(BENCH_RESULT).json --svg $(BENCH_RESULT).svg

bench-quick: all $(BENCH_PROGRAMS) ## the bench runs, measures every row and loses no lead; ratios are only looked at
	$(BENCH_READY)
	@$(BENCH_RUN) --quick --json $(BUILD)/bench/quick.json --svg $(BUILD)/bench/quick.svg

# Instructions per lead: each service on the in-process bus, under callgrind.
$(INSTRUCTIONS): $(BUILD)/tests/bench/instructions_%: tests/bench/instructions.c $(BENCH_KIT) $(PARTS_LIB) $(RUNTIME_LIB) | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Itests -DYINLING_TEST -DBENCH_SERVICE=$* -DBENCH_FILE='"services/$*/$*.c"' $< $(LDFLAGS) $(BENCH_KIT) $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@
.PHONY: instructions
instructions: $(INSTRUCTIONS) ## instructions per lead of each service
	@tests/bench/instructions $(BUILD)/tests/bench

.PHONY: profile
profile: all $(BENCH_PROGRAMS) ## where the processor time goes, by process and layer: ONLY=rate (else phones, amnesia …); needs perf
	$(BENCH_READY)
	@YL_BIN=$(abspath $(BUILD))/bin tests/bench/profile $(BUILD)/tests/bench/bench --cache $(BENCH_CACHE) --only $(or $(ONLY),rate)
