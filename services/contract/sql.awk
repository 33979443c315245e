# sql.awk - schema.sql and queries.sql of a service become gen/<service>_queries.h.
#
# usage: awk -v service=deadline -f sql.awk schema.sql queries.sql
# Made: an enum of the statements' names; `static const struct query <s>_queries[]`; <S>_SCHEMA, one string in which each
# migration begins with its marker line `-- N` (the runtime splits there); <S>_QUERIES and <S>_QUERY_COUNT.
# The runtime's own statements (R_…) count from 0; every service's (Q_…) from QUERY_SERVICE_FIRST = 64, so that both fit one array.
# Mistakes are printed as file:line and nothing is made: numbers out of order, a statement without a name, a name used twice.

function trouble(what)
{
    printf "%s:%d: %s\n", FILENAME, FNR, what > "/dev/stderr"
    failed = 1
}
# The line without a trailing comment (`--` outside quotes) and without white space at its end.
function stripped(line,    i, c, in_quote)
{
    in_quote = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (in_quote != "") {
            if (c == in_quote)
                in_quote = ""
        } else if (c == "'" || c == "\"")
            in_quote = c
        else if (substr(line, i, 2) == "--") {
            line = substr(line, 1, i - 1)
            break
        }
    }
    sub(/[ \t\r]+$/, "", line)
    return line
}
function c_string(line)
{
    gsub(/\\/, "&&", line)
    gsub(/"/, "\\\"", line)
    return "\"" line "\""
}
function c_line(line)
{
    line = c_string(line)
    return "    " substr(line, 1, length(line) - 1) "\\n\"\n"
}
function take_schema_line(    line)
{
    if ($0 ~ /^-- [0-9]+$/) {
        if ($2 != migrations + 1)
            trouble("migration " $2 " after " (migrations + 0) ": they are numbered 1, 2, 3 without a gap")
        migrations = $2
        schema = schema c_line("-- " migrations)
        return
    }
    line = stripped($0)
    if (line == "")
        return
    if (!migrations)
        trouble("a statement before the first migration number (`-- 1`)")
    schema = schema c_line(line)
}
function take_query_line(    line)
{
    if ($0 ~ ("^-- " prefix "[A-Z0-9_]+$")) {
        if ($2 in seen)
            trouble($2 " stands here a second time")
        seen[$2] = 1
        names[count++] = $2
        return
    }
    line = stripped($0)
    if (line == "")
        return
    if (!count) {
        trouble("a statement without a name (`-- " prefix "NAME` on the line before)")
        return
    }
    if (ended[count - 1]) {
        trouble("a second statement under " names[count - 1])
        return
    }
    sub(/^[ \t]+/, " ", line)
    if (line ~ /;$/) {
        ended[count - 1] = 1
        sub(/;$/, "", line)
    }
    if (sql[count - 1] != "")
        sub(/^ ?/, " ", line)
    sql[count - 1] = sql[count - 1] line
}
BEGIN {
    prefix = service == "runtime" ? "R_" : "Q_"
}
FNR == 1 {
    file_number++
}
FILENAME ~ /schema\.sql$/ { take_schema_line() }
FILENAME ~ /queries\.sql$/ { take_query_line() }
END {
    for (i = 0; i < count; i++)
        if (sql[i] == "") {
            printf "%s: %s has no statement\n", FILENAME, names[i] > "/dev/stderr"
            failed = 1
        }
    if (failed)
        exit 1
    upper = toupper(service)
    printf "/* %s_queries.h - made from services/%s/schema.sql and queries.sql. */\n", service, service
    printf "#ifndef GEN_%s_QUERIES_H\n#define GEN_%s_QUERIES_H\n\n#include \"yinling/tx.h\"\n\n", upper, upper
    if (service != "runtime")
        print "#ifndef QUERY_SERVICE_FIRST\n#define QUERY_SERVICE_FIRST 64\n#endif\n"
    if (count) {
        print "#ifndef QUERIES_WITHOUT_NAMES /* a program that looks at several services: two may use the same name */\nenum {"
        for (i = 0; i < count; i++)
            printf "    %s%s,\n", names[i], i ? "" : (service == "runtime" ? " = 0" : " = QUERY_SERVICE_FIRST")
        print "};\n#endif\n"
    }
    printf "#define %s_QUERY_COUNT %d\n", upper, count
    printf "__attribute__((unused)) static const struct query %s_queries[] = {\n", service
    for (i = 0; i < count; i++)
        printf "    { \"%s\", %s },\n", names[i], c_string(sql[i])
    if (!count)
        print "    { NULL, NULL },"
    printf "};\n#define %s_QUERIES %s_queries\n\n", upper, service
    # -Wpedantic minds a literal over 4095 bytes; every compiler we build with takes megabytes.
    print "#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Woverlength-strings\""
    printf "__attribute__((unused)) static const char %s_schema[] =\n%s    \"\";\n", service, schema
    print "#pragma GCC diagnostic pop"
    printf "#define %s_SCHEMA %s_schema\n\n#endif\n", upper, service
}
