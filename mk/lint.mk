# The house rules that a machine can check, and that each of those checks can fail.
.PHONY: lint lint-self-test fmt clang
lint: $(BUILD)/gen/reference.md ## the house rules: style, format, shell scripts, what may stand where
	@tests/lint/run && $(MAKE) --no-print-directory contract-lint

lint-self-test: ## each of these rules is seen failing
	@tests/lint/self-test

fmt: ## formats all C
	@find include services tests -name '*.[ch]' -not -path '*/node_modules/*' -print0 | xargs -0 clang-format-14 -i

clang: ## the whole tree without a warning with clang
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(BUILD)-clang CC=clang all
