# The town at work on this machine; and everything in its place for a system.
.PHONY: demo install man
demo: ## from a fresh machine to a running town: installs what is missing, builds, starts, shows; DEMO_ONCE=1 ends by itself
	@deploy/packages build run
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@YL_BIN=$(abspath $(BUILD))/bin DEMO_STATE=$(abspath $(BUILD))/demo deploy/demo

man: $(BUILD)/yinling.1
$(BUILD)/yinling.1: $(BUILD)/bin/yinling
	@$< --man > $@.tmp && mv $@.tmp $@

DESTDIR ?=
PREFIX ?= /usr
SHARE := $(DESTDIR)$(PREFIX)/share/yinling
install: all $(BUILD)/yinling.1 ## into DESTDIR: programs, plugin, man page, the broker's configuration, the town
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/yinling $(DESTDIR)$(PREFIX)/share/man/man1 $(SHARE)
	install -m 755 $(BUILD)/bin/yinling $(DESTDIR)$(PREFIX)/bin/yinling
	install -m 755 $(PRESENT:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/lib/yinling/
	install -m 644 $(BUILD)/bin/guard.so $(DESTDIR)$(PREFIX)/lib/yinling/guard.so
	ln -sf ../../bin/yinling $(DESTDIR)$(PREFIX)/lib/yinling/yinling
	install -m 644 $(BUILD)/yinling.1 $(DESTDIR)$(PREFIX)/share/man/man1/yinling.1
	cp -R --no-preserve=ownership broker-config deploy topics.yaml $(SHARE)/
	install -d $(DESTDIR)$(PREFIX)/share/doc/yinling
	cp -R --no-preserve=ownership README.md README.zh-CN.md docs broker-config $(DESTDIR)$(PREFIX)/share/doc/yinling/
	$(if $(wildcard services/web),install -d $(SHARE)/services && cp -R --no-preserve=ownership services/web $(SHARE)/services/)
	@chmod -R u+rwX,go+rX $(SHARE) $(DESTDIR)$(PREFIX)/share/doc/yinling
