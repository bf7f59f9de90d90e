#include "tests/cases/run_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/normalize.h"

run_result run_unicode(run_context *c)
{
    static const char *const name[] = {"none", "nfc", "nfkc", "nfd", "nfkd"};
    const char *op = run_text(c, "op");
    int form = -1;
    for (int i = 1; i < 5; i++) {
        if (strcmp(op, name[i]) == 0) form = i;
    }
    if (form < 0) return RUN_SKIPPED;
    records input, output;
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &input) || !run_records(c, "output", &output))
        result = run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        qp_mapped_text out = {0};
        qp_status status = qp_normalize((qp_form)form, false, input.content + input.start[i], input.bytes[i], &out);
        if (status != QP_OK ||
            !run_expect_text(c, op, i, out.text, out.bytes, output.content + output.start[i], output.bytes[i]))
            result = RUN_FAILED;
        qp_mapped_text_free(&out);
    }
    free_records(&input);
    free_records(&output);
    return result;
}
