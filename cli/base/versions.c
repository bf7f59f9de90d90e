#include "cli/base/versions.h"

#include <jansson.h>
#include <png.h>
#include <utf8proc.h>
#include <xxhash.h>
#include <yaml.h>
#include <zlib.h>

#include "lib/base/real.h"
#include "lib/base/version.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/kernels/cpu.h"

#if defined(__x86_64__)
#define ARCHITECTURE "x86-64"
#elif defined(__aarch64__)
#define ARCHITECTURE "aarch64"
#else
#define ARCHITECTURE "another architecture"
#endif
#if defined(__clang__)
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

int qp_versions_print(FILE *stream)
{
    unsigned xxhash = XXH_versionNumber();
    fprintf(stream, "quipu %s\n", QP_VERSION);
    fprintf(stream, "built by    %s %s for %s, %zu-bit reals\n", COMPILER, __VERSION__, ARCHITECTURE,
            sizeof(qp_real) * 8);
    fprintf(stream, "kernels     %s\n", qp_cpu_name(qp_cpu_level()));
    fprintf(stream, "bf16        %s\n", qp_gemm_bf16_kernels());
    fprintf(stream, "BLAS        %s\n", qp_gemm_library());
    fprintf(stream, "OpenMP      %d\n", _OPENMP);
    fprintf(stream, "utf8proc    %s (Unicode %s)\n", utf8proc_version(), utf8proc_unicode_version());
    fprintf(stream, "jansson     %s\n", jansson_version_str());
    fprintf(stream, "libyaml     %s\n", yaml_get_version_string());
    fprintf(stream, "zlib        %s\n", zlibVersion());
    fprintf(stream, "libpng      %s\n", png_get_libpng_ver(NULL));
    fprintf(stream, "xxHash      %u.%u.%u\n", xxhash / 10000, xxhash / 100 % 100, xxhash % 100);
    return 0;
}
