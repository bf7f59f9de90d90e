#ifndef QP_ATTENTION_PICTURE_H
#define QP_ATTENTION_PICTURE_H

#include "lib/decode/search.h"
#include "lib/package/package.h"
#include "lib/picture/picture.h"
#include "lib/picture/terminal.h"

/* attention_picture — what a model attends to while it reads one text and writes another: computed and saved. */
typedef struct {
    char *text;                         /* of the target */
    int source_tokens, target_tokens;   /* before they were cut, without EOS */
    int source_longest, target_longest; /* the most that the model reads, without EOS */
} qp_attended;

/* qp_attend_pair — all maps as a picture.
 *   source  "" for a language model
 *   target  NULL: the model's own translation
 *   found   the target text, malloc'ed, and what was cut; may be NULL. A map shows one window: a pair is cut to
 *           --max-length, the text of a language model to what it reads at once (lib/decode/context.h)
 *   Errors  QP_EDATA for an empty source; QP_EUSAGE for unk = copy; QP_EMEMORY; those of the model, its search and its
 *           tokenizers. */
qp_status qp_attend_pair(const qp_package *package, const char *source, const char *target,
                         const qp_search_config *search, qp_picture *picture, qp_attended *found);

/* qp_picture_kind — cross, encoder or decoder maps, the first of these that the picture has. */
qp_map_kind qp_picture_kind(const qp_picture *picture);

/* qp_picture_form — the format that the end of a file name means; "-" is the terminal.
 *   Errors  QP_EUSAGE: none. */
typedef enum {
    QP_FORM_TERMINAL,
    QP_FORM_HTML,
    QP_FORM_JSON,
    QP_FORM_NPZ,
    QP_FORM_SVG,
    QP_FORM_TEXT
} qp_picture_form_kind;
qp_status qp_picture_form(const char *path, qp_picture_form_kind *form);

/* qp_picture_save — html, json and npz hold all maps, the others those of `panels`; style is that of text.
 *   Errors  those of the formats and of writing. */
qp_status qp_picture_save(const qp_picture *picture, const qp_panels *panels, qp_picture_form_kind form,
                          const qp_terminal_style *style, const char *path);

#endif
