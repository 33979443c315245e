# Everything that is checked, by one command. tests/all runs the parts and adds up their `N passed, N failed`.
# A part whose files are not there is left out.
SCENARIOS := $(wildcard tests/scenario/[0-9][0-9]-*.bats)
PARTS := lint lint-self-test unit handler conf $(if $(wildcard tests/sql/test_*.c),sql) contract-test \
    clang fuzz-short $(if $(wildcard tests/contract/traffic),traffic) $(if $(SCENARIOS),scenario) sim storm bench-quick

.PHONY: test built packages conf scenario
test: packages ## everything, from a fresh machine; ends with `N passed, N failed`
	@BUILD=$(BUILD) MAKE="$(MAKE)" SEEDS=$(or $(SEEDS_OF_TEST),200) LEADS=3000 SECONDS_OF_STORM=60 tests/all built $(PARTS)

packages:
	@deploy/packages build run test

# The whole tree and all test programs, with as many compilers as there are processors.
built:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(UNIT) $(HANDLER) $(SQL_TEST) $(BUILD)/tests/accounts

conf: $(BUILD)/bin/yinling ## the shipped town is sound; broken folders are among the unit tests
	@$(BUILD)/bin/yinling check deploy/binhu

# What the demo and what follows it publish, message by message.
.PHONY: traffic
traffic: all $(BUILD)/gen/asyncapi.json $(CONTRACT_NODE) ## a whole demo, recorded and held against the contract
	@BUILD=$(BUILD) tests/contract/traffic

# One bats file after the other on a real broker. A file that says `# dialects 5 3.1.1` in its head runs once in each.
scenario: all $(BUILD)/tests/accounts ## real broker, real processes, both dialects
	@BUILD=$(BUILD) tests/scenario/run $(SCENARIOS)
