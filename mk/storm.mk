# The storm: real broker, real processes, real faults (tests/storm/storm.c); and the soak, hours of it at a gentle pace.
SECONDS_OF_STORM ?= 60
LEADS ?= 10000
STORM_SEED ?= 1
STORM_SRC := $(wildcard tests/storm/*.c)
STORM_OBJ := $(STORM_SRC:%.c=$(BUILD)/%.o)
$(BUILD)/tests/storm/%.o: tests/storm/%.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
$(BUILD)/tests/storm/storm: $(STORM_OBJ) $(PARTS_LIB) $(RUNTIME_LIB)
	$(Q)$(CC) $(STORM_OBJ) $(LDFLAGS) $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@
.PHONY: storm
storm: all $(BUILD)/tests/storm/storm ## kill, stop and starve everything under load: LEADS=10000 SECONDS_OF_STORM=60 STORM_SEED=1 MQTT=5
	YL_BIN=$(abspath $(BUILD))/bin $(BUILD)/tests/storm/storm --leads $(LEADS) --seconds $(SECONDS_OF_STORM) --seed $(STORM_SEED) \
	    --mqtt $(or $(MQTT),5)

# Hours at LEADS_PER_S, with faults that let every service live, and what each uses sampled and drawn: build/soak/soak.svg.
HOURS ?= 1
LEADS_PER_S ?= 5
SOAK_SECONDS ?= $(shell awk 'BEGIN { printf "%d", $(HOURS) * 3600 }')
.PHONY: soak
soak: all $(BUILD)/tests/storm/storm ## the same for hours, gently, with memory, descriptors and ledgers plotted: HOURS=1 LEADS_PER_S=5
	@mkdir -p $(BUILD)/soak
	YL_BIN=$(abspath $(BUILD))/bin $(BUILD)/tests/storm/storm --soak $(LEADS_PER_S) --seconds $(SOAK_SECONDS) --seed $(STORM_SEED) \
	    --mqtt $(or $(MQTT),5) --samples $(BUILD)/soak/samples.csv
	@tests/storm/plot $(BUILD)/soak/samples.csv >$(BUILD)/soak/soak.svg
	@tests/storm/growth $(BUILD)/soak/samples.csv
