# c.awk - the house rules of C that need no compiler: one pass over all .c and .h files.
#
# usage   awk -v words=WORDS -f c.awk FILE...     WORDS: first levels of the topics, "unit|group|…"
# Prints `file:line: rule: what` for each breach. Comments are taken out first; strings are looked at apart from the code.
# A header is a contract and short; those of tests/handler are code that several programs include.
# A function that is longer with a reason says so in the comment above it: `long: why`.

function complain(rule, what)
{
    printf "%s:%d: %s: %s\n", FILENAME, FNR, rule, what
}

# Splits a line into code (strings emptied) and the strings of it, one after the other, each behind a \001.
function split_line(line,    at, c, rest, end)
{
    code = ""
    strings = ""
    rest = line
    while (rest != "") {
        if (in_comment) {
            at = index(rest, "*/")
            note = note " " (at ? substr(rest, 1, at - 1) : rest)
            if (!at)
                return
            rest = substr(rest, at + 2)
            in_comment = 0
            continue
        }
        at = match(rest, /["'\/]/)
        if (!at) {
            code = code rest
            return
        }
        code = code substr(rest, 1, at - 1)
        c = substr(rest, at, 1)
        rest = substr(rest, at)
        if (substr(rest, 1, 2) == "/*") {
            in_comment = 1
            rest = substr(rest, 3)
        } else if (substr(rest, 1, 2) == "//") {
            note = note " " substr(rest, 3)
            return
        } else if (c == "/") {
            code = code c
            rest = substr(rest, 2)
        } else {
            end = c == "\"" ? match(rest, /^"([^"\\]|\\.)*"/) : match(rest, /^'([^'\\]|\\.)*'/)
            if (!end) {
                code = code rest
                return
            }
            if (c == "\"")
                strings = strings "\001" substr(rest, 2, RLENGTH - 2)
            code = code c c
            rest = substr(rest, RLENGTH + 1)
        }
    }
}

# Is one of these names called here? Members (x->rand, x.time) are not.
function calls(names)
{
    return match(" " code, "[^A-Za-z0-9_.>](" names ")[ ]*\\(")
}

function check_calls()
{
    if (calls("strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|scanf|system|popen|rand|srand|tmpnam|mktemp|alloca"))
        complain("banned-call", code)
    if (path_is_timeless && calls("time|gettimeofday|clock_gettime|clock|localtime|localtime_r|mktime"))
        complain("clock", code)
    if (path_is_restless && calls("sleep|usleep|nanosleep|clock_nanosleep"))
        complain("sleep", code)
}

function check_include()
{
    if (code !~ /^#[ ]*include/)
        return
    if ($0 ~ /<(MQTT[A-Za-z]*\.h)>/ && FILENAME !~ /(^|\/)services\/runtime\/mqtt\.c$/)
        complain("include", "only services/runtime/mqtt.c includes Paho")
    if ($0 ~ /<sqlite3\.h>/ && FILENAME !~ /(^|\/)(services\/runtime\/db\.c|tests\/sim\/disk\.c|tests\/bench\/rows\.c)$/)
        complain("include", "only services/runtime/db.c, tests/sim/disk.c and tests/bench/rows.c include sqlite3.h")
    if ($0 ~ /<yaml\.h>/ && FILENAME !~ /(^|\/)services\/runtime\/yaml\.c$/)
        complain("include", "only services/runtime/yaml.c includes libyaml")
}

function check_strings()
{
    if (!in_services || strings == "")
        return
    if (FILENAME !~ /services\/runtime\/db\.c$/ &&
        strings ~ /(SELECT|INSERT INTO|REPLACE INTO|UPDATE|DELETE FROM|CREATE TABLE|CREATE INDEX|DROP TABLE|PRAGMA|VACUUM|ROLLBACK|SAVEPOINT) /)
        complain("sql", "SQL text belongs into a .sql file")
    if (FILENAME !~ /services\/contract\// && code !~ /^#[ ]*include/ && strings ~ ("\001(" words ")/"))
        complain("topic", "a topic string belongs into topics.yaml; see topic_of")
}

function check_length()
{
    if (code == "{" || code ~ /^[a-z].*\) \{$/) {
        in_function = 1
        body = 0
        excused = note ~ /long: /
    } else if (code == "}") {
        if (in_function && body > 70 && !excused)
            complain("function-length", body " code lines; the limit is 70")
        in_function = 0
    } else if (in_function && code ~ /[^ \t]/)
        body++
}

function end_of_file()
{
    if (file == "")
        return
    if (file ~ /\.h$/ && file !~ /(^|\/)tests\/handler\// && lines > 150)
        printf "%s:%d: header-length: %d lines; the limit is 150\n", file, lines, lines
    else if (lines > 600)
        printf "%s:%d: file-length: %d lines; the limit is 600\n", file, lines, lines
}

FNR == 1 {
    end_of_file()
    file = FILENAME
    in_comment = in_function = 0
    note = ""
    in_services = FILENAME ~ /(^|\/)services\/.*\.[ch]$/
    # Who may read a clock: where a turn begins, the client's side, the command line, the broker's plugin, programs that measure.
    path_is_timeless = FILENAME !~ /(^|\/)(services\/runtime\/(main|client)\.c|services\/(cli|guard)\/|tests\/(storm|bench|scenario)\/|tests\/sim\/mutant\.c)/
    # Who may wait by sleeping, bounded: for another process's lock on the accounts; the storm and the bench, between two looks or
    # two sends.
    path_is_restless = FILENAME !~ /(^|\/)(services\/runtime\/accounts\.c$|tests\/(storm|bench)\/)/
}
{
    lines = FNR
    split_line($0)
    check_calls()
    check_include()
    check_strings()
    check_length()
    if (code ~ /[;}]/)
        note = ""
}
END { end_of_file() }
