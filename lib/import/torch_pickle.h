#ifndef QP_TORCH_PICKLE_H
#define QP_TORCH_PICKLE_H

#include <stdbool.h>

#include "lib/base/status.h"

/* torch_pickle — files of torch.save (pytorch_model.bin, .pt, .pth, .ckpt; zipped or not). They are pickles, programs
 * that run when they are read, so they are never read here.
 *
 * qp_torch_pickle_is — whether a file is one, by its first bytes: a pickle, or a zip archive that begins with one.
 * qp_torch_pickle_refuse — QP_EDATA with the line that converts it.
 * qp_torch_pickle_refuse_folder — the same for a folder of Hugging Face whose weights are the pickle `path`. */
bool qp_torch_pickle_is(const char *path);
qp_status qp_torch_pickle_refuse(const char *path);
qp_status qp_torch_pickle_refuse_folder(const char *path, const char *folder);

#endif
