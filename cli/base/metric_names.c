#include "cli/base/metric_names.h"

#include <stdio.h>
#include <string.h>

#include "lib/config/config.h"

bool qp_metric_listed(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)); at += length)
        if ((at == names || at[-1] == ',' || at[-1] == ' ') &&
            (at[length] == '\0' || at[length] == ',' || at[length] == ' '))
            return true;
    return false;
}

qp_status qp_metric_names_check(const char *names, const char *const *known, int count, const char *what,
                                const char *choose)
{
    for (const char *at = names; *at;) {
        char word[40];
        size_t bytes = strcspn(at, ", ");
        snprintf(word, sizeof word, "%.*s", (int)(bytes < sizeof word ? bytes : sizeof word - 1), at);
        bool found = bytes == 0;
        for (int i = 0; i < count; i++) found = found || strcmp(word, known[i]) == 0;
        const char *near = found ? NULL : qp_config_suggest(word, known, count);
        if (!found)
            return qp_fail(QP_EUSAGE, "evaluate: unknown metric '%s' for %s; %s%s%s", word, what,
                           near ? "did you mean " : "choose from ", near ? near : choose, near ? "?" : "");
        at += bytes + strspn(at + bytes, ", ");
    }
    return QP_OK;
}
