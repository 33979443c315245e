# The simulator: all services in one process, on disks, a broker and a clock that fail by the dice (tests/sim/world.h).
SIM_SRC := $(wildcard tests/sim/*.c)
SIM_OBJ := $(SIM_SRC:%.c=$(BUILD)/%.o)
# pool.c is malloc: the compiler must not take its calls for what it knows of malloc.
$(BUILD)/tests/sim/pool.o: CFLAGS += -fno-builtin
SEEDS ?= 200
SEED ?= 1
STEPS ?= 2000
$(BUILD)/tests/sim/%.o: tests/sim/%.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Itests -DYINLING_TEST -c $< -o $@
$(BUILD)/tests/sim/sim: $(SIM_OBJ) $(BUILD)/tests/kit/broker.o $(PARTS_LIB) $(RUNTIME_LIB)
	$(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -o $@
.SECONDARY: $(SIM_OBJ)
.PHONY: sim
sim: $(BUILD)/tests/sim/sim ## simulate: SEEDS=200 SEED=1 STEPS=2000
	$(BUILD)/tests/sim/sim --seeds $(SEEDS) --from $(SEED) --steps $(STEPS)
# The disk that fails, for tests of a single node.
TEST_EXTRA_test_node_trouble := $(BUILD)/tests/sim/disk.o
$(BUILD)/tests/handler/test_node_trouble: $(BUILD)/tests/sim/disk.o
# The same simulator with a deliberate defect in each of its runs: every one must be found (services/runtime/mutant.h).
.PHONY: mutants
mutants: ## every deliberate defect is found; writes tests/sim/MUTANTS.md
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/mutants EXTRA_CFLAGS=-DYINLING_MUTANTS $(BUILD)/mutants/tests/sim/sim
	@tests/sim/mutants $(BUILD)/mutants/tests/sim/sim tests/sim/MUTANTS.md
