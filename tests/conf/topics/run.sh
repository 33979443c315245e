#!/bin/bash
# run.sh CONTRACT - the generator says file:line for each way in which cases.txt spoils good.yaml. Ends with `N passed, N failed`.
set -u
contract=$1
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

if "$contract" --check "$here/good.yaml"; then passed=1; else failed=1; echo "failed: good.yaml is refused"; fi
while IFS=$'\t' read -r edit expected; do
    [ -z "$edit" ] || [ "${edit:0:1}" = "#" ] && continue
    sed "$edit" "$here/good.yaml" > "$work/bad.yaml"
    said=$("$contract" --check "$work/bad.yaml" 2>&1)
    status=$?
    if [ $status -eq 1 ] && grep -qF "$work/bad.yaml:$expected" <<< "$said"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'failed (exit %d): %s\n  expected %s\n  said     %s\n' "$status" "$edit" "$expected" "${said//$work\/bad.yaml:/}"
    fi
done < "$here/cases.txt"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
