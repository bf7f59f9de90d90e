#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/faults/fault.h"

#ifdef __x86_64__

static const struct {
    int number, group, descriptor; /* descriptor: the argument that is one, or -1 */
} watched[] = {
    {SYS_open, FAULT_OPEN, -1},       {SYS_openat, FAULT_OPEN, -1},       {SYS_read, FAULT_READ, 0},
    {SYS_pread64, FAULT_READ, 0},     {SYS_readv, FAULT_READ, 0},         {SYS_write, FAULT_WRITE, 0},
    {SYS_pwrite64, FAULT_WRITE, 0},   {SYS_writev, FAULT_WRITE, 0},       {SYS_close, FAULT_CLOSE, 0},
    {SYS_fsync, FAULT_SYNC, 0},       {SYS_fdatasync, FAULT_SYNC, 0},     {SYS_rename, FAULT_RENAME, -1},
    {SYS_renameat, FAULT_RENAME, -1}, {SYS_renameat2, FAULT_RENAME, -1},  {SYS_mkdir, FAULT_MKDIR, -1},
    {SYS_mkdirat, FAULT_MKDIR, -1},   {SYS_unlink, FAULT_UNLINK, -1},     {SYS_unlinkat, FAULT_UNLINK, -1},
    {SYS_rmdir, FAULT_UNLINK, -1},    {SYS_ftruncate, FAULT_TRUNCATE, 0}, {SYS_stat, FAULT_STAT, -1},
    {SYS_fstat, FAULT_STAT, 0},       {SYS_lstat, FAULT_STAT, -1},        {SYS_newfstatat, FAULT_STAT, -1},
    {SYS_statx, FAULT_STAT, -1},      {SYS_flock, FAULT_LOCK, 0},         {SYS_mmap, FAULT_MAP, -1},
    {SYS_getdents64, FAULT_LIST, 0},  {SYS_link, FAULT_LINK, -1},         {SYS_linkat, FAULT_LINK, -1},
};
enum { WATCHED = sizeof watched / sizeof *watched };

/* The one system call instruction that the filter lets through. */
__asm__(".text\n.globl fault_raw\n.type fault_raw, @function\n"
        "fault_raw:\n"
        "mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\nmov %rcx, %rdx\nmov %r8, %r10\nmov %r9, %r8\n"
        "mov 8(%rsp), %r9\nsyscall\n"
        ".globl fault_raw_end\nfault_raw_end:\nret\n");
extern const char fault_raw_end[];

/* What a fault does instead of the call. */
static long answer(int group, long number, const long *a)
{
    const fault_plan *plan = fault_shared;
    bool shortened = plan->kind == FAULT_SHORT && (group == FAULT_READ || group == FAULT_WRITE) && a[2] > 1 &&
                     number != SYS_readv && number != SYS_writev;
    if (plan->kind == FAULT_FAIL) return -plan->error;
    if (plan->kind == FAULT_SIGNAL)
        fault_raw(SYS_kill, fault_raw(SYS_getpid, 0, 0, 0, 0, 0, 0), plan->signal, 0, 0, 0, 0);
    return fault_raw(number, a[0], a[1], shortened ? a[2] / 2 : a[2], a[3], a[4], a[5]);
}

static void caught(int signal, siginfo_t *information, void *context)
{
    (void)signal;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const long a[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    const int number = information->si_syscall;
    fault_plan *plan = fault_shared;
    int k = 0;
    while (k < WATCHED && watched[k].number != number) k++;
    const int group = k < WATCHED ? watched[k].group : 0;
    const int descriptor = k < WATCHED && watched[k].descriptor >= 0 ? (int)a[watched[k].descriptor] : -1;
    if (plan && (plan->calls & group) && fault_due()) {
        __atomic_add_fetch(&plan->hits, 1, __ATOMIC_RELAXED);
        plan->group = group;
        plan->descriptor = descriptor;
        r[REG_RAX] = answer(group, number, a);
        return;
    }
    r[REG_RAX] = fault_raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (plan && plan->kind == FAULT_RECORD) fault_log_call(group, number, a, r[REG_RAX]);
}

bool fault_calls_watch(void)
{
    const uint64_t gate = (uint64_t)(uintptr_t)fault_raw_end;
    struct sock_filter filter[2 * WATCHED + 8] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)gate, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(gate >> 32), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short length = 6;
    for (int k = 0; k < WATCHED; k++) {
        filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)watched[k].number, 0, 1);
        filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    struct sock_fprog program = {length, filter};
    return sigaction(SIGSYS, &action, NULL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else /* other processors: no filter, callers skip */

long fault_raw(long number, long a, long b, long c, long d, long e, long f)
{
    return syscall(number, a, b, c, d, e, f);
}
bool fault_calls_watch(void) { return false; }

#endif
