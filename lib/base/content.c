#define _GNU_SOURCE
#include "lib/base/content.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* First bytes; of safetensors those after the length of its header. */
static const struct {
    qp_content content;
    size_t at, bytes;
    const char *magic;
} known[] = {{QP_CONTENT_SAFETENSORS, 4, 5, "\0\0\0\0{"},
             {QP_CONTENT_GGUF, 0, 8, "GGUF\002\0\0\0"},
             {QP_CONTENT_GGUF, 0, 8, "GGUF\003\0\0\0"},
             {QP_CONTENT_PICKLE, 0, 2, "\200\002"},
             {QP_CONTENT_PICKLE, 0, 2, "\200\003"},
             {QP_CONTENT_PICKLE, 0, 2, "\200\004"},
             {QP_CONTENT_PICKLE, 0, 2, "\200\005"},
             {QP_CONTENT_NPY, 0, 6, "\223NUMPY"},
             {QP_CONTENT_ZIP, 0, 4, "PK\003\004"},
             {QP_CONTENT_XZ, 0, 6, "\3757zXZ\0"},
             {QP_CONTENT_ZSTD, 0, 4, "\050\265\057\375"},
             {QP_CONTENT_BZIP2, 0, 10, "BZh91AY&SY"},
             {QP_CONTENT_7Z, 0, 6, "7z\274\257\047\034"},
             {QP_CONTENT_GZIP, 0, 2, "\037\213"},
             {QP_CONTENT_LFS, 0, 23, "version https://git-lfs"},
             {QP_CONTENT_PAGE, 0, 9, "<!DOCTYPE"},
             {QP_CONTENT_PAGE, 0, 9, "<!doctype"},
             {QP_CONTENT_PAGE, 0, 5, "<html"},
             {QP_CONTENT_JSON, 0, 1, "{"}};
enum { KNOWN = sizeof known / sizeof *known };

/* What a zip archive holds, by the name of its first entry: NAME.npy; FOLDER/data.pkl. */
static qp_content of_zip(const unsigned char *begin, size_t bytes)
{
    enum { LENGTH = 26, NAME = 30 };
    if (bytes < NAME) return QP_CONTENT_ZIP;
    size_t length = begin[LENGTH] | (size_t)begin[LENGTH + 1] << 8;
    if (length < 4 || NAME + length > bytes) return QP_CONTENT_ZIP;
    const unsigned char *suffix = begin + NAME + length - 4;
    if (memcmp(suffix, ".npy", 4) == 0) return QP_CONTENT_NPZ;
    return memcmp(suffix, ".pkl", 4) == 0 ? QP_CONTENT_TORCH : QP_CONTENT_ZIP;
}

qp_content qp_content_of(const void *begin, size_t bytes)
{
    for (int i = 0; i < KNOWN; i++) {
        if (bytes < known[i].at + known[i].bytes) continue;
        if (memcmp((const char *)begin + known[i].at, known[i].magic, known[i].bytes) != 0) continue;
        return known[i].content == QP_CONTENT_ZIP ? of_zip(begin, bytes) : known[i].content;
    }
    return QP_CONTENT_OTHER;
}

qp_content qp_content_of_file(const char *path)
{
    unsigned char begin[QP_CONTENT_BYTES];
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return QP_CONTENT_OTHER;
    ssize_t bytes = 0;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) bytes = read(descriptor, begin, sizeof begin);
    close(descriptor);
    return bytes > 0 ? qp_content_of(begin, (size_t)bytes) : QP_CONTENT_OTHER;
}

bool qp_content_binary(qp_content content) { return content > QP_CONTENT_OTHER && content < QP_CONTENT_JSON; }

bool qp_content_begun(const void *begin, size_t bytes)
{
    for (int i = 0; i < KNOWN; i++) {
        if (!qp_content_binary(known[i].content) || known[i].at > 0) continue; /* any bytes may begin safetensors */
        size_t length = known[i].bytes, have = bytes < length ? bytes : length;
        if (memcmp(begin, known[i].magic, have) != 0) continue;
        if (bytes < (known[i].content == QP_CONTENT_ZIP ? (size_t)QP_CONTENT_BYTES : length)) return true;
    }
    return false;
}

const char *qp_content_name(qp_content content)
{
    static const char *const name[] = {[QP_CONTENT_OTHER] = "a file of an unknown kind",
                                       [QP_CONTENT_SAFETENSORS] = "a model (safetensors)",
                                       [QP_CONTENT_GGUF] = "a GGUF model",
                                       [QP_CONTENT_TORCH] = "a PyTorch model",
                                       [QP_CONTENT_PICKLE] = "a Python pickle",
                                       [QP_CONTENT_NPZ] = "a file of NumPy arrays (.npz)",
                                       [QP_CONTENT_NPY] = "a NumPy array (.npy)",
                                       [QP_CONTENT_ZIP] = "a zip file",
                                       [QP_CONTENT_XZ] = "an xz file",
                                       [QP_CONTENT_ZSTD] = "a zstd file",
                                       [QP_CONTENT_BZIP2] = "a bzip2 file",
                                       [QP_CONTENT_7Z] = "a 7z file",
                                       [QP_CONTENT_GZIP] = "a gzip file",
                                       [QP_CONTENT_JSON] = "a JSON file",
                                       [QP_CONTENT_LFS] = "a Git LFS pointer",
                                       [QP_CONTENT_PAGE] = "a web page"};
    return name[content];
}
