# The contract: topics.yaml becomes headers, the guard's rules, an AsyncAPI document and the reference page.
# The generator is built before any generated header exists: from its own files and the three of the runtime that need none.

CONTRACT_SRC := $(wildcard services/contract/*.c) services/runtime/yaml.c services/runtime/conf.c services/runtime/text.c
CONTRACT_OBJ := $(CONTRACT_SRC:%.c=$(BUILD)/contract/%.o)
CONTRACT_GEN := $(BUILD)/gen/topics_table.h $(BUILD)/gen/guard_rules.h $(BUILD)/gen/words.h $(BUILD)/gen/asyncapi.json $(BUILD)/gen/reference.md

$(BUILD)/contract/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
$(BUILD)/bin/contract: $(CONTRACT_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $^ -lyaml -ljansson -lutf8proc -o $@

# A file whose contents stay the same keeps its time; the stamp is what was made last.
$(BUILD)/gen/contract.stamp: topics.yaml $(BUILD)/bin/contract
	@mkdir -p $(@D)
	$(Q)$(BUILD)/bin/contract topics.yaml $(@D)
	@touch $@
$(BUILD)/gen/topics.h $(CONTRACT_GEN): $(BUILD)/gen/contract.stamp ;

# The document's own parser and a JSON Schema validator judge it; npm fetches them by the lock file.
CONTRACT_NODE := tests/contract/node_modules/.package-lock.json
$(CONTRACT_NODE): tests/contract/package-lock.json
	cd tests/contract && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: contract-test contract-lint
contract-test: $(BUILD)/bin/contract $(BUILD)/gen/asyncapi.json $(CONTRACT_NODE) ## the AsyncAPI document is sound; a spoilt topics.yaml is refused
	tests/conf/topics/run.sh $(BUILD)/bin/contract
	tests/conf/queries/run.sh
	node tests/contract/check.mjs $(BUILD)/gen/asyncapi.json

# docs/reference.md is the committed copy of the generated page.
contract-lint: $(BUILD)/gen/reference.md
	@diff -u docs/reference.md $< > /dev/null || { echo "docs/reference.md is stale: cp $< docs/reference.md"; exit 1; }
