# Fuzz targets: tests/fuzz/fuzz_<what>.c, each its own libFuzzer program (clang) over everything but the main files.
# Seeds: the files named in FUZZ_SEEDS_<what>, the words in tests/fuzz/<what>.dict, and what earlier runs found ($(BUILD)/fuzz/corpus). FUZZ_SECONDS bounds each.
# Warnings are the build's business and not repeated here.
FUZZ_SECONDS ?= 20
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS := $(BASE) -Itests -w -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_LIB := $(BUILD)/fuzz/libfuzzed.a
FUZZ_SEEDS_yaml := $(wildcard deploy/binhu/*.yaml)
# A whole service logs each input; to see why one failed, run its target on the file alone.
FUZZ_QUIET_stream := -close_fd_mask=2
FUZZ_QUIET_request := -close_fd_mask=2
FUZZ_SEEDS_stream := $(wildcard tests/fuzz/seeds/stream-*)
FUZZ_SEEDS_request := $(wildcard tests/fuzz/seeds/request-*)
FUZZ_SEEDS_csv := $(wildcard deploy/binhu/*.csv)

$(BUILD)/fuzz/obj/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c $< -o $@
# Whole services at a desk: their main files as the simulator has them.
FUZZ_DESK := tests/fuzz/desk.c $(wildcard tests/sim/service_*.c)
$(FUZZ_LIB): $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(RUNTIME_SRC) $(PARTS_SRC) $(FUZZ_DESK))
	@rm -f $@; ar rcs $@ $^
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_LIB) | $(GEN)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer $< $(FUZZ_LIB) $(LIBS) -o $@

.PHONY: fuzz $(FUZZ:%=fuzz-%)
fuzz: $(FUZZ:%=fuzz-%) ## libFuzzer over what outside bytes reach, FUZZ_SECONDS each
$(FUZZ:%=fuzz-%): fuzz-%: $(BUILD)/fuzz/fuzz_%
	@mkdir -p $(BUILD)/fuzz/corpus/$*
	@$(if $(FUZZ_SEEDS_$*),cp $(FUZZ_SEEDS_$*) $(BUILD)/fuzz/corpus/$*/)
	@$< -max_total_time=$(FUZZ_SECONDS) $(FUZZ_QUIET_$*) -max_len=8192 $(if $(wildcard tests/fuzz/$*.dict),-dict=tests/fuzz/$*.dict) -artifact_prefix=$(BUILD)/fuzz/$*- $(BUILD)/fuzz/corpus/$* \
	    > $(BUILD)/fuzz/$*.log 2>&1 || { tail -40 $(BUILD)/fuzz/$*.log; echo "failed fuzz $*"; exit 1; }
	@echo "ok fuzz $*: $$(tail -1 $(BUILD)/fuzz/$*.log)"
