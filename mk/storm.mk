# The storm: real broker, real processes, kill -9 (tests/storm/storm.c).
SECONDS_OF_STORM ?= 60
LEADS ?= 10000
$(BUILD)/tests/storm/storm: tests/storm/storm.c $(RUNTIME_LIB) | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $< $(LDFLAGS) $(PARTS_LIB) $(RUNTIME_LIB) $(LIBS) -o $@
.PHONY: storm
storm: all $(BUILD)/tests/storm/storm ## kill -9 everything while leads come in: LEADS=10000 SECONDS_OF_STORM=60
	YL_BIN=$(abspath $(BUILD))/bin $(BUILD)/tests/storm/storm --leads $(LEADS) --seconds $(SECONDS_OF_STORM)
