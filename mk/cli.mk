# What the unit tests of the command line link beside the runtime: everything of services/cli but its main.
CLI_TESTED := $(patsubst %.c,$(BUILD)/%.o,$(filter-out services/cli/yinling.c,$(wildcard services/cli/*.c)))
CLI_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_cli_*.c))
$(foreach t,$(CLI_TESTS),$(eval TEST_EXTRA_$(t) := $(CLI_TESTED)))
$(CLI_TESTS:%=$(BUILD)/tests/unit/%): $(CLI_TESTED)
