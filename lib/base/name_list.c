#include "lib/base/name_list.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool qp_name_matches(const char *patterns, const char *name)
{
    while (*patterns) {
        size_t bytes = strcspn(patterns, ",");
        char one[512];
        snprintf(one, sizeof one, "%.*s", (int)bytes, patterns);
        if (bytes > 0 && fnmatch(one, name, 0) == 0) return true;
        patterns += bytes + (patterns[bytes] == ',');
    }
    return false;
}
