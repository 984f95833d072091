/* proxy_confine.c - see proxy_confine.h. */
#define _GNU_SOURCE
#include "tools/proxy/proxy_confine.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy_limits.h"

#ifdef VMBER_HAS_SECCOMP
#include <seccomp.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

/* Input, output, messages, control, spool file: all in use, so no other can be had. */
enum { CODEC_FDS = 5 };

static bool limit(int resource, rlim_t most, struct err *err)
{
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)resource, &now) != 0) {
        return err_set(err, ERR_IO, "cannot read a resource limit: %s", strerror(errno));
    }
    if (now.rlim_max > most) {
        now.rlim_max = most;
    }
    if (now.rlim_cur > now.rlim_max) {
        now.rlim_cur = now.rlim_max;
    }
    if (now.rlim_cur > most) {
        now.rlim_cur = most;
    }
    return setrlimit((__rlimit_resource_t)resource, &now) == 0 ||
           err_set(err, ERR_IO, "cannot set a resource limit: %s", strerror(errno));
}

#ifdef VMBER_HAS_SECCOMP
/* What any codec does once it has begun. */
static const int calls[] = {
    SCMP_SYS(read),         SCMP_SYS(readv),          SCMP_SYS(pread64),
    SCMP_SYS(write),        SCMP_SYS(writev),         SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),        SCMP_SYS(close),          SCMP_SYS(poll),
    SCMP_SYS(ppoll),        SCMP_SYS(fstat),          SCMP_SYS(newfstatat),
    SCMP_SYS(fsync),        SCMP_SYS(ftruncate),      SCMP_SYS(munmap),
    SCMP_SYS(mremap),       SCMP_SYS(madvise),        SCMP_SYS(brk),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),     SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
    SCMP_SYS(futex),        SCMP_SYS(getpid),         SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
};

static bool allow(scmp_filter_ctx filter)
{
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof(calls) / sizeof(calls[0]); i++) {
        ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
    }
    /* Memory that can be executed is of no use to a codec. */
    return ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

static bool filter_calls(struct err *err)
{
    /* Refused, not killed: what fails says so, and the migration fails with a sentence. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = filter != NULL && allow(filter) && seccomp_load(filter) == 0;

    if (filter != NULL) {
        seccomp_release(filter);
    }
    return ok || err_set(err, ERR_IO, "cannot load the system call filter");
}
#endif

bool proxy_confine_is_built(void)
{
#ifdef VMBER_HAS_SECCOMP
    return !UNDER_SANITIZER; /* which needs calls of its own */
#else
    return false;
#endif
}

bool proxy_confine(enum proxy_confinement what, struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return err_set(err, ERR_IO, "cannot give up privileges: %s", strerror(errno));
    }
    if (UNDER_SANITIZER) {
        return true; /* it needs memory, descriptors and calls of its own */
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || !limit(RLIMIT_CORE, 0, err) ||
        !limit(RLIMIT_NPROC, 0, err) ||
        !limit(RLIMIT_AS, (rlim_t)PROXY_CODEC_SPACE_MIB << 20, err) ||
        !limit(RLIMIT_NOFILE, CODEC_FDS, err) ||
        (what == PROXY_CONFINE_DECODE &&
         !limit(RLIMIT_FSIZE, (rlim_t)PROXY_SPOOL_MIB << 20, err))) {
        return err_set(err, ERR_IO, "cannot give up privileges: %s", strerror(errno));
    }
#ifdef VMBER_HAS_SECCOMP
    return filter_calls(err);
#else
    return true;
#endif
}
