#include "tests/tensor/tensor_check.h"

TestSuite(cpu);

Test(cpu, names)
{
    cr_assert_str_eq(qp_cpu_name(QP_CPU_SCALAR), "scalar");
    cr_assert_str_eq(qp_cpu_name(QP_CPU_AVX2), "avx2");
    cr_assert_str_eq(qp_cpu_name(QP_CPU_AVX512), "avx512");
}

Test(cpu, environment_names_the_level)
{
    setenv("QUIPU_CPU", "scalar", 1);
    const char *wanted = NULL;
    cr_assert(qp_cpu_check(&wanted));
    cr_assert_str_eq(wanted, "scalar");
    cr_assert_eq(qp_cpu_level(), QP_CPU_SCALAR);
}

Test(cpu, the_level_is_chosen_once)
{
    setenv("QUIPU_CPU", "scalar", 1);
    cr_assert_eq(qp_cpu_level(), QP_CPU_SCALAR);
    unsetenv("QUIPU_CPU");
    cr_assert_eq(qp_cpu_level(), QP_CPU_SCALAR);
}

Test(cpu, unknown_name_is_reported_and_ignored)
{
    setenv("QUIPU_CPU", "fast", 1);
    const char *wanted = NULL;
    cr_assert_not(qp_cpu_check(&wanted));
    cr_assert_str_eq(wanted, "fast");
    qp_cpu widest = QP_CPU_AVX512;
    while (!qp_cpu_supports(widest)) widest = (qp_cpu)(widest - 1);
    cr_assert_eq(qp_cpu_level(), widest);
}

Test(cpu, force)
{
    FOR_EACH_LEVEL (level) cr_assert_eq(qp_cpu_level(), level);
    cr_assert(qp_cpu_supports(QP_CPU_SCALAR));
}

Test(cpu, subnormals_are_flushed)
{
    volatile qp_real small = sizeof(qp_real) == sizeof(float) ? (qp_real)1e-38 : (qp_real)3e-308;
    cr_assert_gt((double)(small / 8), 0.0);
    qp_cpu_flush_subnormals();
    cr_assert_eq((double)(small / 8), 0.0);
}
