#ifndef QP_OWN_FILE_H
#define QP_OWN_FILE_H

/* own_file — the words of a tokenizer file, by their numbers. */
extern const char *const qp_own_type_name[];    /* by QP_TOKENIZER_, QP_OWN_TYPES of them */
extern const char *const qp_own_form_name[];    /* by qp_form, 5 */
extern const char *const qp_own_pattern_name[]; /* by QP_CUT_, 5 */

#endif
