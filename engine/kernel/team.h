// A team is a set of threads that share the work of one call, see team.c.
#ifndef GREENFILL_TEAM_H
#define GREENFILL_TEAM_H

typedef struct team team;

// A chunks_fn does chunks [from, to) of a job. Threads are numbered from 0, the caller.
typedef void chunks_fn(const void *job, int from, int to, int thread);

// greenfill_team_run calls f until every chunk from 0 to chunks-1 is done, in any order and on
// any thread. Calls for one team must not overlap.
void greenfill_team_run(team *t, chunks_fn *f, const void *job, int chunks);

#endif
