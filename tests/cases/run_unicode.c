#include "tests/cases/run_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "tests/cases/boundary.h"
#include "lib/text/letter_case.h"
#include "lib/text/normalize.h"

static const struct {
    const char *op;
    bool is_case;
    int form;
} known[] = {{"nfc", false, QP_FORM_NFC},      {"nfkc", false, QP_FORM_NFKC},
             {"nfd", false, QP_FORM_NFD},      {"nfkd", false, QP_FORM_NFKD},
             {"casefold", true, QP_CASE_FOLD}, {"nfkc_casefold", true, QP_CASE_FOLD_NFKC},
             {"lower", true, QP_CASE_LOWER},   {"lower_char", true, QP_CASE_LOWER_EACH}};

run_result run_unicode(run_context *c)
{
    const char *op = run_text(c, "op");
    int form = -1;
    bool is_case = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(op, known[i].op) != 0) continue;
        form = known[i].form;
        is_case = known[i].is_case;
    }
    if (form < 0) return RUN_SKIPPED;
    records input, output;
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &input) || !run_records(c, "output", &output))
        result = run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        qp_mapped_text out = {0};
        const char *text = input.content + input.start[i];
        qp_status status = is_case ? qp_letter_case((qp_case_mapping)form, text, input.bytes[i], &out)
                                   : qp_normalize((qp_form)form, false, text, input.bytes[i], &out);
        if (status != QP_OK ||
            !run_expect_text(c, op, i, out.text, out.bytes, output.content + output.start[i], output.bytes[i]))
            result = RUN_FAILED;
        qp_mapped_text_free(&out);
    }
    free_records(&input);
    free_records(&output);
    return result;
}

run_result run_segment(run_context *c)
{
    bool words = strcmp(run_text(c, "op"), "words") == 0;
    if (!words && strcmp(run_text(c, "op"), "graphemes") != 0) return RUN_SKIPPED;
    records input;
    number_lists ends;
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &input) || !run_numbers(c, "ends", &ends))
        result = run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        const char *text = input.content + input.start[i];
        size_t bytes = input.bytes[i], count = 0;
        int32_t *end = malloc((bytes + 1) * sizeof *end);
        for (size_t at = 0; at < bytes; end[count++] = (int32_t)at)
            at = words ? word_next(text, bytes, at) : grapheme_next(text, bytes, at);
        if (!run_expect_numbers(c, "ends", i, end, count, &ends)) result = RUN_FAILED;
        free(end);
    }
    free_records(&input);
    free_numbers(&ends);
    return result;
}
