#ifndef QP_IMPORT_FOLDER_H
#define QP_IMPORT_FOLDER_H

#include "lib/store/safetensors.h"

/* import_folder — small Hugging Face folders, written by the tests themselves. */

/* folder_begin — an empty folder of this process; folder_end removes it.
 * folder_path — its path, or, of a name, that of the file in it; until the next call.
 * folder_file — a file in it.
 * folder_bytes — the same, of any bytes.
 * folder_sentencepiece — a sentencepiece model in it: <unk>, </s>, the mark of a space, a.
 * folder_array — an array [rows, columns] (columns 0: a vector) of numbers first, first + 1, ... over 100, for the next
 *   folder_weights, which writes the arrays of its file and forgets them. */
void folder_begin(void);
void folder_end(void);
const char *folder_path(const char *name);
void folder_file(const char *name, const char *text);
void folder_bytes(const char *name, const char *bytes, size_t count_of_bytes);
void folder_sentencepiece(const char *name);
void folder_array(const char *name, int rows, int columns, int first);
void folder_weights(const char *name);

/* folder_gpt2 — config.json and model.safetensors of a GPT-2 of one layer, width 4, 2 heads, 8 inside, 6 words, 5
 *   positions; `more` is put into the configuration, such as ", \"n_layer\": 2"; without: the array of this name. */
void folder_gpt2(const char *more, const char *without);

#endif
