//go:build cgo && linux && (amd64 || arm64)

// Waiting for a word to change: a short spin, in which the next of a token's many calls
// usually arrives, then sleep in the kernel.

#define _GNU_SOURCE
#include "kernel.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SPIN_NANOSECONDS = 50000, POLLS = 32 };

static void relax(void) {
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void greenfill_wait(uint32_t *word, uint32_t *sleepers, uint32_t old) {
	for (int64_t end = nanoseconds() + SPIN_NANOSECONDS; nanoseconds() < end;)
		for (int i = 0; i < POLLS; i++) {
			if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != old)
				return;
			relax();
		}
	__atomic_add_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == old)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, old, 0, 0, 0);
	__atomic_sub_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
}

void greenfill_wake(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }
