#include "lib/decode/context.h"

#include <criterion/criterion.h>

#include "tests/decode/decode_support.h"

/* Input by input: a window that is full is followed by one whose first half ends with the next input. */
Test(context, windows_of_a_long_text)
{
    for (int64_t context = 1; context <= 9; context++) {
        int64_t start = 0;
        for (int64_t last = 0; last < 60; last++) {
            if (last - start + 1 > context) start = last + 1 - (context / 2 > 1 ? context / 2 : 1);
            cr_expect_eq(qp_context_start(context, last), start, "window %d, input %d: %d instead of %d", (int)context,
                         (int)last, (int)qp_context_start(context, last), (int)start);
        }
    }
    cr_expect_eq(qp_context_start(0, 1 << 20), 0, "no limit");
}

/* Windows of running text, lines of a transformer, and two kinds of recurrent decoders, which need no limit. */
Test(context, how_far_a_model_reads)
{
    static const struct {
        const char *option[6];
        int64_t context;
    } row[] = {{{"task=lm", "encoder=none", "lm_window=6", "max_length=20"}, 6},
               {{"task=lm", "encoder=none", "lm_window=0", "max_length=20"}, 20},
               {{"task=lm", "encoder=none", "decoder=gru", "hidden_size=7", "lm_window=0", "max_length=20"}, 0},
               {{"task=lm", "encoder=none", "decoder=gru", "hidden_size=7", "lm_window=6", "carry=true"}, 0},
               {{"task=lm", "encoder=none", "decoder=gru", "hidden_size=7", "lm_window=6"}, 6}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int options = 0;
        while (options < 6 && row[i].option[options]) options++;
        qp_model *model = support_model_with(row[i].option, options, 12, 9, 3);
        cr_expect_eq(qp_context_of(model), row[i].context, "row %zu: %d", i, (int)qp_context_of(model));
        qp_model_free(model);
    }
}
