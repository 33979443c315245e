# The whole tree under AddressSanitizer and UndefinedBehaviorSanitizer, in $(BUILD)-san. Services print to logs that nobody reads
# while they run, so findings go to files, and a file is a failure (tests/findings).
SAN := $(BUILD)-san
SAN_OPTIONS := log_path=$(abspath $(SAN))/findings/report:print_stacktrace=1

.PHONY: san findings
san: packages ## the whole tree with ASan and UBSan: unit, handler, sql, scenario, simulation; findings are failures
	@rm -rf $(SAN)/findings $(SAN)/path && mkdir -p $(SAN)/findings $(SAN)/path
	@printf '#!/bin/bash\nLD_PRELOAD=%s LSAN_OPTIONS=suppressions=%s:print_suppressions=0 exec %s "$$@"\n' \
	    "$$($(CC) -print-file-name=libasan.so)" "$(abspath $(SAN))/path/leaks" \
	    "$$(PATH=$$PATH:/usr/sbin command -v mosquitto)" > $(SAN)/path/mosquitto && chmod +x $(SAN)/path/mosquitto
	@printf 'leak:mosquitto__%s\n' calloc malloc realloc strdup > $(SAN)/path/leaks
	@PATH=$(abspath $(SAN))/path:$$PATH MODE=san BUILD=$(SAN) MAKE="$(MAKE)" SEEDS=4 WAIT_S=60 PART_TIMEOUT_S=2400 \
	    ASAN_OPTIONS=$(SAN_OPTIONS) UBSAN_OPTIONS=$(SAN_OPTIONS) \
	    tests/all built unit handler sql $(if $(SCENARIOS),scenario) sim findings

findings:
	@tests/findings $(BUILD)/findings
