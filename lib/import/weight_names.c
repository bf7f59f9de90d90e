#include "lib/import/weight_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool qp_weight_name_fits(const char *pattern, const char *name, int *number)
{
    int count = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '#' && *pattern != '+') {
            if (*pattern != *name++) return false;
            continue;
        }
        size_t digits = strspn(name, "0123456789");
        if (digits == 0 || digits > 6 || count == QP_WEIGHT_NUMBERS) return false;
        number[count++] = atoi(name) - (*pattern == '+');
        name += digits;
    }
    return *name == '\0';
}

bool qp_weight_name(const char *pattern, size_t length, const int *number, char name[QP_WEIGHT_NAME_BYTES])
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (used + 16 > QP_WEIGHT_NAME_BYTES) return false;
        if (pattern[i] == '#' || pattern[i] == '+')
            used += (size_t)snprintf(name + used, QP_WEIGHT_NAME_BYTES - used, "%d", *number++ + (pattern[i] == '+'));
        else
            name[used++] = pattern[i];
    }
    name[used] = '\0';
    return true;
}
