#include "lib/base/temporaries.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static bool make(const char *path)
{
    FILE *file = fopen(path, "w");
    return file && fclose(file) == 0;
}

Test(temporaries, those_that_are_not_dropped_are_removed)
{
    static const char *const path[] = {"temporaries-a", "temporaries-b", "temporaries-c"};
    for (int i = 0; i < 3; i++) {
        cr_assert(make(path[i]));
        qp_temporaries_add(path[i]);
    }
    qp_temporaries_drop(path[1]);
    qp_temporaries_drop("unknown");
    qp_temporaries_drop(NULL);
    qp_temporaries_remove();
    cr_expect_neq(access(path[0], F_OK), 0);
    cr_expect_eq(access(path[1], F_OK), 0);
    cr_expect_neq(access(path[2], F_OK), 0);
    unlink(path[1]);
}
