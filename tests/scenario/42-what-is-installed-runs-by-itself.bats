#!/usr/bin/env bats
# `make install` into a folder of its own: the town runs from there, without the tree and without a word about where it is.

load town

setup_file() {
    PLACE=$(mktemp -d "${BATS_FILE_TMPDIR:-/tmp}/place.XXXXXX")
    export PLACE
    make -s --no-print-directory -C "$ROOT" BUILD="$BUILD" DESTDIR="$PLACE" install >/dev/null 3>&-
}
setup() { STATE=$(mktemp -d "$BATS_TEST_TMPDIR/state.XXXXXX"); }
teardown() { town_stop; }

town_begin() { # what was installed, not the tree
    : >"$STATE/up.log"
    "$PLACE/usr/share/yinling/deploy/up" --state "$STATE" --port "$PORT" --web-port 0 >"$STATE/up.log" 2>&1 3>&- &
    UP_PID=$!
    export STATE PORT UP_PID YL_STATE=$STATE YL_BROKER=tcp://127.0.0.1:$PORT
}

@test "the installed town starts, takes a lead and stops" {
    town_up
    exits 0 "$PLACE/usr/bin/yinling" submit 有人上门推销保健品 --village 田桥
    says 受理编号
    exits 0 "$PLACE/usr/bin/yinling" desks --expect 1
}

@test "the page of the manual, the town's folder and the documents are there, for everybody to read" {
    grep -q '^\.TH YINLING' "$PLACE/usr/share/man/man1/yinling.1"
    exits 0 "$PLACE/usr/bin/yinling" check "$PLACE/usr/share/yinling/deploy/binhu"
    [[ -e $PLACE/usr/share/doc/yinling/docs/operation.md && -x $PLACE/usr/share/yinling/deploy/systemd/install ]]
    [[ -z $(find "$PLACE/usr" -not -perm -004) ]]
}
