#include "lib/import/torch_pickle.h"

#include <string.h>

#include "lib/base/content.h"

bool qp_torch_pickle_is(const char *path)
{
    qp_content content = qp_content_of_file(path);
    return content == QP_CONTENT_TORCH || content == QP_CONTENT_PICKLE;
}

/* A name that can be put between quotes in a shell's line; others are left to the reader. */
static const char *quotable(const char *name, const char *otherwise)
{
    return strpbrk(name, "'\"\\$`\n") ? otherwise : name;
}

qp_status qp_torch_pickle_refuse(const char *path)
{
    return qp_fail(QP_EDATA,
                   "%s: a pickle of PyTorch, which runs programs when it is read; convert it: python3 -c \"import "
                   "torch, safetensors.torch as s; s.save_file({k: v.clone() for k, v in torch.load('%s', map_location="
                   "'cpu', weights_only=True).items()}, 'model.safetensors')\", and import its folder with config.json",
                   path, quotable(path, "FILE"));
}

qp_status qp_torch_pickle_refuse_folder(const char *path, const char *folder)
{
    return qp_fail(QP_EDATA,
                   "%s: a pickle of PyTorch, which runs programs when it is read; convert it: python3 -c \"import "
                   "transformers as t; d = '%s'; c = t.AutoConfig.from_pretrained(d); getattr(t, c.architectures[0])"
                   ".from_pretrained(d).save_pretrained(d)\"",
                   path, quotable(folder, "DIR"));
}
