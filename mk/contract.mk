# The contract: topics.yaml becomes headers, the guard's rules, an AsyncAPI document and the reference page.

$(BUILD)/gen/topics.h $(BUILD)/gen/topics_table.h $(BUILD)/gen/guard_rules.h: $(BUILD)/gen/%.h: services/contract/seed/%.h
	@mkdir -p $(@D)
	cp $< $@
$(BUILD)/gen/topics.h: | $(BUILD)/gen/topics_table.h $(BUILD)/gen/guard_rules.h
