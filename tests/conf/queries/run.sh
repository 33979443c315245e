#!/bin/bash
# run.sh - schema.sql and queries.sql become a header, or a complaint with file:line. Ends with `N passed, N failed`.
set -u
awk_file=$(cd "$(dirname "$0")/../../.." && pwd)/services/contract/sql.awk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME SCHEMA QUERIES EXPECTED: EXPECTED must stand in what is made or said; a name that begins with "refuses" must fail.
check() {
    printf '%b' "$2" > "$work/schema.sql"
    printf '%b' "$3" > "$work/queries.sql"
    said=$(awk -v service="${service:-toy}" -f "$awk_file" "$work/schema.sql" "$work/queries.sql" 2>&1)
    status=$?
    wanted=0
    [[ $1 == refuses* ]] && wanted=1
    if [ $status -eq $wanted ] && grep -qF -- "$4" <<< "${said//$work\//}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'failed: %s (exit %d)\n%s\n' "$1" "$status" "$said"
    fi
}
good_schema='-- 1\nCREATE TABLE t (a TEXT); -- what\n'
good_queries='-- Q_ONE\nSELECT a\n  FROM t; -- why\n'
check 'names count from 64' "$good_schema" "$good_queries" 'Q_ONE = QUERY_SERVICE_FIRST,'
check 'statements are one line' "$good_schema" "$good_queries" '{ "Q_ONE", "SELECT a FROM t" },'
check 'the number of statements' "$good_schema" "$good_queries" '#define TOY_QUERY_COUNT 1'
check 'markers stay, comments go' "$good_schema" "$good_queries" '"CREATE TABLE t (a TEXT);\n"'
check 'quotes and dashes in text' "$good_schema" "-- Q_ONE\nSELECT '--', \"a\\\\\\\\\" FROM t;\n" "SELECT '--', \\\"a\\\\\\\\\\\" FROM t"
service=runtime check 'the runtime counts from 0' "$good_schema" '-- R_ONE\nSELECT 1;\n' 'R_ONE = 0,'
check 'refuses a gap in the migrations' '-- 1\nSELECT 1;\n-- 3\nSELECT 2;\n' "$good_queries" 'schema.sql:3: migration 3 after 1'
check 'refuses a schema without a number' 'CREATE TABLE t (a TEXT);\n' "$good_queries" 'schema.sql:1: a statement before the first migration'
check 'refuses a statement without a name' "$good_schema" 'SELECT 1;\n' 'queries.sql:1: a statement without a name'
check 'refuses a second statement' "$good_schema" '-- Q_ONE\nSELECT 1;\nSELECT 2;\n' 'queries.sql:3: a second statement under Q_ONE'
check 'refuses a name used twice' "$good_schema" '-- Q_ONE\nSELECT 1;\n-- Q_ONE\nSELECT 2;\n' 'queries.sql:3: Q_ONE stands here a second time'
check 'refuses a name without a statement' "$good_schema" '-- Q_ONE\n-- Q_TWO\nSELECT 2;\n' 'Q_ONE has no statement'
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
