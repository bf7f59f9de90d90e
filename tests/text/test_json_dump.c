#include "lib/text/json_dump.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(json_dump, writes_what_jansson_writes)
{
    static const size_t flags[] = {0, JSON_COMPACT, JSON_INDENT(2) | JSON_ENSURE_ASCII, JSON_SORT_KEYS};
    json_t *value = json_pack("{s:[i,f,b,n],s:{s:s,s:{}},s:s}", "list", 3, 0.5, 1, "inner", "z", "a\"\n", "y",
                              "\xea\xb3\xa0", "\xed\x95\x9c");
    cr_assert(value);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        char *ours = qp_json_dump(value, flags[i]), *theirs = json_dumps(value, flags[i]);
        cr_assert(ours && theirs);
        cr_expect_str_eq(ours, theirs);
        free(ours), free(theirs);
    }
    json_decref(value);
}

Test(json_dump, a_value_that_contains_itself_is_none)
{
    json_t *list = json_array(), *inner = json_array();
    json_array_append(list, inner);
    json_array_append(inner, list);
    cr_expect_null(qp_json_dump(list, 0));
    json_array_clear(inner);
    json_decref(inner);
    json_decref(list);
}
