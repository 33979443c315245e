# Fuzz targets: tests/fuzz/fuzz_<what>.c, each its own libFuzzer program (clang) over everything but the main files. tests/fuzz/README.md
# has the table. Warnings are the build's business and not repeated here.
#
# Comparisons are not traced one by one, which would halve the speed: the dictionaries have the words that matter.
FUZZ_SECONDS ?= 20
FUZZ_RUNS ?= 0
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS := $(BASE) -Itests -w -O2 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_LIB := $(BUILD)/fuzz/libfuzzed.a
# Whole services at a desk: their main files as the simulator has them, and the ledger with its undoing (tests/fuzz/ledger.h).
FUZZ_SRC := $(filter-out services/runtime/db.c,$(RUNTIME_SRC)) $(PARTS_SRC) $(filter-out services/cli/yinling.c,$(CLI_SRC)) \
    $(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c)) $(wildcard tests/sim/service_*.c)
FUZZ_LINK_town := -Wl,--wrap=fopen

$(BUILD)/fuzz/obj/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp -c $< -o $@
$(FUZZ_LIB): $(FUZZ_SRC:%.c=$(BUILD)/fuzz/obj/%.o)
	@rm -f $@; ar rcs $@ $^
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_LIB) | $(GEN)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -fno-sanitize-coverage=trace-cmp $< $(FUZZ_LIB) $(FUZZ_LINK_$*) $(LIBS) -o $@

.PHONY: fuzz fuzz-short fuzz-built $(FUZZ:%=fuzz-%)
# In one go, before a bound begins to count.
fuzz-built: $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)
fuzz: fuzz-built ## libFuzzer over what outside bytes reach: FUZZ_SECONDS=20 or FUZZ_RUNS=10000000 each
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_RUNS=$(FUZZ_RUNS) tests/fuzz/run long $(BUILD) $(FUZZ)
$(FUZZ:%=fuzz-%): fuzz-%: $(BUILD)/fuzz/fuzz_%
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_RUNS=$(FUZZ_RUNS) tests/fuzz/run long $(BUILD) $*
fuzz-short: ## each fuzz target on its seeds and on a few thousand inputs that are always the same
	@$(MAKE) --no-print-directory -j$$(nproc) fuzz-built
	@tests/fuzz/run short $(BUILD) $(FUZZ)
