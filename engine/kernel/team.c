//go:build cgo && linux && (amd64 || arm64)

// Threads for the parallel regions: plain ones that Go does not know. Go's scheduler
// takes the processor from every thread that is in C for 20 µs and hands it on, some
// ten thousand times a second where chunks are longer than that; these threads are in C
// for good.
//
// A region is cut into chunks that the threads, the caller among them, take from a
// counter: many neighbours at first, one at the end (guided self-scheduling, Polychronopoulos
// and Kuck 1987), since in a row of neighbours each finds its memory fetched ahead. A
// region ends when every chunk is done, not when every thread has come: a thread
// that the operating system keeps waiting costs nothing, which is what keeps a busy
// machine from stalling each of the hundred regions that make a token.

#define _GNU_SOURCE
#include "team.h"
#include "kernel.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A gate is a counter that can be waited on: a short spin, in which the next of a
// token's many regions usually arrives, then sleep in the kernel.
typedef struct {
	_Atomic uint32_t count, sleepers;
} gate;

enum { SPIN_NANOSECONDS = 50000, POLLS = 32, CACHE_LINE = 64, STACK_BYTES = 512 << 10 };
enum { SHARES = 4 }; // of a thread's part of what is left, one is taken at a time

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

// wait_gate returns when the count is no longer old.
static void wait_gate(gate *g, uint32_t old) {
	for (int64_t end = nanoseconds() + SPIN_NANOSECONDS; nanoseconds() < end;)
		for (int i = 0; i < POLLS; i++) {
			if (atomic_load_explicit(&g->count, memory_order_acquire) != old)
				return;
			relax();
		}
	atomic_fetch_add(&g->sleepers, 1);
	while (atomic_load(&g->count) == old)
		syscall(SYS_futex, &g->count, FUTEX_WAIT_PRIVATE, old, 0, 0, 0);
	atomic_fetch_sub(&g->sleepers, 1);
}

// advance_gate changes the count and wakes who waits.
static void advance_gate(gate *g) {
	atomic_fetch_add(&g->count, 1);
	if (atomic_load(&g->sleepers) > 0)
		syscall(SYS_futex, &g->count, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0);
}

// A member is one thread of a team.
typedef struct {
	team *of;
	int number;
	pthread_t id;
} member;

struct team {
	// The region: its number in the upper half, the chunks that nobody has taken in the
	// lower. Who takes one has read the three fields after it while some were left, so
	// that they are those of the same region.
	_Atomic uint64_t left __attribute__((aligned(CACHE_LINE)));
	chunks_fn *_Atomic f;
	const void *_Atomic job;
	_Atomic int chunks;

	_Atomic int done __attribute__((aligned(CACHE_LINE)));
	gate started __attribute__((aligned(CACHE_LINE))); // a region began, or the team ends
	gate ended;                                        // a region's last chunk was done
	_Atomic int closed;
	int count; // of threads besides the caller
	member members[];
};

// help does chunks until none is left to take. It tells whether it did the last one of
// all to be done.
static int help(team *t, int thread) {
	for (;;) {
		uint64_t left = atomic_load(&t->left);
		int waiting = (int)(uint32_t)left;
		if (!waiting)
			return 0;
		chunks_fn *f = atomic_load(&t->f);
		const void *job = atomic_load(&t->job);
		int chunks = atomic_load(&t->chunks);
		int taken = waiting / (SHARES * (t->count + 1));
		taken += !taken;
		if (!atomic_compare_exchange_weak(&t->left, &left, left - taken))
			continue;
		f(job, chunks - waiting, chunks - waiting + taken, thread);
		if (atomic_fetch_add(&t->done, taken) + taken == chunks)
			return 1;
	}
}

void greenfill_team_run(team *t, chunks_fn *f, const void *job, int chunks) {
	if (t->count == 0 || chunks <= 1) {
		f(job, 0, chunks, 0);
		return;
	}
	uint32_t before = atomic_load(&t->ended.count);
	atomic_store(&t->f, f);
	atomic_store(&t->job, job);
	atomic_store(&t->chunks, chunks);
	atomic_store(&t->done, 0);
	uint64_t region = (atomic_load(&t->left) >> 32) + 1;
	atomic_store(&t->left, region << 32 | (uint32_t)chunks);
	advance_gate(&t->started);
	if (!help(t, 0))
		wait_gate(&t->ended, before);
}

// serve is a thread's life.
static void *serve(void *self) {
	member *m = self;
	team *t = m->of;
	for (uint32_t seen = 0;;) {
		wait_gate(&t->started, seen);
		seen = atomic_load(&t->started.count);
		if (atomic_load(&t->closed))
			return 0;
		if (help(t, m->number))
			advance_gate(&t->ended);
	}
}

team *greenfill_new_team(int threads) {
	team *t = aligned_alloc(CACHE_LINE, (sizeof *t + threads * sizeof(member) + CACHE_LINE) / CACHE_LINE * CACHE_LINE);
	if (!t)
		return 0;
	*t = (team){0};
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes))
		return t; // the caller works alone
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	// Signals are for Go's threads.
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 0; i < threads - 1; i++, t->count++) {
		t->members[i] = (member){.of = t, .number = i + 1};
		if (pthread_create(&t->members[i].id, &attributes, serve, &t->members[i]))
			break; // those that there are do the work
	}
	pthread_sigmask(SIG_SETMASK, &before, 0);
	pthread_attr_destroy(&attributes);
	return t;
}

void greenfill_end_team(team *t) {
	if (!t)
		return;
	atomic_store(&t->closed, 1);
	advance_gate(&t->started);
	for (int i = 0; i < t->count; i++) pthread_join(t->members[i].id, 0);
	free(t);
}
