package sandbox

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// run runs one program: split in two processes, or where its spec cannot be, in one.
func (r *Runner) run(ctx context.Context, p Program) Verdict {
	if info, err := os.Stat(p.Dir); err != nil || !info.IsDir() {
		p.Dir = "" // a file that was never saved may name a folder that is not there
	}
	python, err := r.python(p.Python, p.Dir)
	if err != nil {
		return Verdict{Status: PreludeFailed, Message: err.Error()}
	}
	layers, err := r.layers(ctx)
	if err != nil {
		return Verdict{Status: SandboxUnavailable, Message: err.Error()}
	}
	imports := importsOf(&p)
	pool, err := r.acquire(poolKey(&p, imports, python, layers))
	if err != nil {
		return Verdict{Message: "the runner is closed"}
	}
	defer r.release(pool)
	s := &start{r, &p, imports, python, layers}
	for try := 0; ; try++ {
		v, err := pool.verdict(ctx, s)
		// An interpreter may have ended between two runs; a fresh one is tried once.
		if !errors.Is(err, io.ErrClosedPipe) || try > 0 || ctx.Err() != nil {
			return orFailed(v, err, ctx)
		}
	}
}

// orFailed is v, or the verdict that stands for err.
func orFailed(v Verdict, err error, ctx context.Context) Verdict {
	var prelude *preludeError
	switch {
	case err == nil:
		return v
	case ctx.Err() != nil:
		return Verdict{Message: "cancelled"}
	case errors.As(err, &prelude):
		return Verdict{Status: PreludeFailed, Line: prelude.Line, ErrorType: prelude.Type, Message: describe(prelude.Type, prelude.Message)}
	case errors.Is(err, errUnconfined):
		return Verdict{Status: SandboxUnavailable, Message: err.Error()}
	}
	return Verdict{Status: PreludeFailed, Message: err.Error()}
}

// verdict runs the candidate, a second time under another hash seed where it could matter.
func (p *pool) verdict(ctx context.Context, s *start) (Verdict, error) {
	if reason := p.unsplittable(s.program); reason != "" {
		return p.solo(ctx, s, reason)
	}
	v, end, err := p.split(ctx, s, firstSeed)
	if reason, ok := strings.CutPrefix(end.reason, "unsplittable: "); ok && err == nil {
		p.mu.Lock()
		p.weaker = reason
		p.mu.Unlock()
		return p.solo(ctx, s, reason)
	}
	if err != nil || v.Status != Passed || !(end.sets || orderMatters(s.program)) {
		return v, err
	}
	again, _, err := p.split(ctx, s, secondSeed)
	if err != nil || again.Status == Passed || again.Status == Invalid {
		return v, err
	}
	again.Message = "passes under one hash seed, fails under another: " + again.Message
	again.Status = Flaky
	return again, nil
}

// unsplittable is why a program must run in one process, "" if it need not.
func (p *pool) unsplittable(program *Program) string {
	if strings.Contains(program.Function, ".") && program.Unit.Text == "" {
		return "the class was given without its source apart from the candidate"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weaker
}

// ordered finds what may put a set's order into a result: its makers' names, set displays
// (braces that hold something and no colon), hashes.
var ordered = regexp.MustCompile(`\b(?:frozen)?set\b|hash|\{[^{}:]*[^{}:\s][^{}:]*\}`)

// orderMatters says whether a program's text could depend on the order of a set.
func orderMatters(p *Program) bool {
	if ordered.MatchString(p.Candidate.Text) {
		return true
	}
	for _, f := range p.Prelude {
		if ordered.MatchString(f.Text) {
			return true
		}
	}
	return false
}

// split runs the candidate in one process and the checks in another.
func (p *pool) split(ctx context.Context, s *start, seed int) (Verdict, final, error) {
	zs, err := p.start(ctx, s, zygoteKind{roleAnswer, seed}, zygoteKind{roleJudge, firstSeed})
	if err != nil {
		return Verdict{}, final{}, err
	}
	a, b, err := socketPair()
	if err != nil {
		return Verdict{}, final{}, err
	}
	defer a.Close()
	defer b.Close()
	r := &run{program: s.program}
	req := forkRequest{Line: max(1, s.program.Candidate.Line), Text: s.program.Candidate.Text, Limits: r.limits(1)}
	return r.do(ctx,
		func() (*child, error) { return forkChild(zs[0], req, a) },
		func(verdicts *os.File) (*child, error) { return p.judge(zs[1], r.limits(judgeTimes), b, verdicts) })
}

// judgeTimes is how many times the candidate's processor time the judging process gets.
const judgeTimes = 3

// solo runs candidate and checks in one process; the verdict says so.
func (p *pool) solo(ctx context.Context, s *start, reason string) (Verdict, error) {
	zs, err := p.start(ctx, s, zygoteKind{roleSolo, firstSeed})
	if err != nil {
		return Verdict{}, err
	}
	var secret [16]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return Verdict{}, err
	}
	r := &run{program: s.program, nonce: hex.EncodeToString(secret[:])}
	req := forkRequest{Line: max(1, s.program.Candidate.Line), Text: s.program.Candidate.Text, Nonce: r.nonce, Limits: r.limits(1)}
	v, _, err := r.do(ctx, nil, func(verdicts *os.File) (*child, error) { return forkChild(zs[0], req, verdicts) })
	v.Weaker = reason
	return v, err
}

// A run is one candidate under way.
type run struct {
	program *Program
	nonce   string
	records []record
	final   final
	timeout bool
}

// limits are what a child gets; the judging process gets a multiple of the time.
func (r *run) limits(times int) wireLimits {
	l := r.program.Limits
	return wireLimits{CPU: l.CPU.Seconds() * float64(times), Memory: l.Memory, Output: l.Output}
}

// do starts the candidate (in a process of its own, or not) and the judging process,
// waits for both and composes the verdict.
func (r *run) do(ctx context.Context, answer func() (*child, error), judge func(*os.File) (*child, error)) (Verdict, final, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return Verdict{}, final{}, err
	}
	defer out.Close()
	j, err := judge(in)
	in.Close()
	if err != nil {
		return Verdict{}, final{}, err
	}
	a := j
	if answer != nil {
		if a, err = answer(); err != nil {
			j.kill()
			j.wait()
			j.free(false)
			return Verdict{}, final{}, err
		}
	}
	stop := r.watch(ctx, a, j)
	r.read(out)
	// The judging process has said all it will. The candidate sees its socket close and
	// ends, or is ended.
	if !r.final.stands {
		j.wait()
	}
	j.free(r.final.stands)
	if a != j && !a.waitFor(grace) {
		a.kill()
		a.wait()
	}
	stop()
	if ctx.Err() != nil {
		return Verdict{}, final{}, ctx.Err()
	}
	return r.compose(a.how, j.how), r.final, nil
}

// grace is how long a candidate may take to see that it is done.
const grace = 20 * time.Millisecond

// watch ends both processes when ctx or the wall time does. stop ends the watching.
func (r *run) watch(ctx context.Context, a, j *child) (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		timer := time.NewTimer(scaled(r.program.Limits.Wall))
		defer timer.Stop()
		select {
		case <-done:
			return
		case <-timer.C:
			r.timeout = true
		case <-ctx.Done():
		}
		a.kill()
		j.kill()
		select {
		case <-done:
		case <-time.After(scaled(5 * time.Second)):
			a.zygote.close() // it does not answer: end it with all its children
			j.zygote.close()
		}
	}()
	return func() { close(done); <-gone }
}

// A record is one line from the judging process: a check's result, or the end.
type record struct {
	Check    int    `json:"check"`
	Status   string `json:"status"`
	Line     int    `json:"line"`
	Source   string `json:"source"`
	Actual   string `json:"actual"`
	Expected string `json:"expected"`
	Inputs   string `json:"inputs"`
	Type     string `json:"type"`
	Message  string `json:"message"`
	Nonce    string `json:"nonce"`
	End      string `json:"end"`
	Reached  int    `json:"reached"`
	Sets     bool   `json:"sets"`
	Stands   bool   `json:"stands"`
	What     *death `json:"what"`
}

// A death is why a candidate could not be defined.
type death struct {
	Line    int    `json:"line"`
	Type    string `json:"type"`
	Message string `json:"message"`
	Denied  int    `json:"denied"`
	Memory  int    `json:"memory"`
	Syntax  bool   `json:"syntax"`
	Exit    bool   `json:"exit"`
}

// final is the judging process's last word; its reason is "" if it had none.
type final struct {
	reason  string
	reached int
	sets    bool
	stands  bool // the judging process goes on, for the next candidate
	check   int
	inputs  string
	what    *death
}

// maxVerdict bounds what is read from the judging process.
const maxVerdict = 16 << 20

// read takes the records until the pipe ends.
func (r *run) read(out *os.File) {
	lines := bufio.NewScanner(io.LimitReader(out, maxVerdict))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var rec record
		if json.Unmarshal(lines.Bytes(), &rec) != nil || rec.Nonce != r.nonce || r.final.reason != "" {
			continue
		}
		if rec.End != "" {
			r.final = final{rec.End, rec.Reached, rec.Sets, rec.Stands, rec.Check, rec.Inputs, rec.What}
		} else if rec.Check == len(r.records) && rec.Check < len(r.program.Checks) && statuses[rec.Status] != Invalid {
			r.records = append(r.records, rec)
		}
	}
	_, _ = io.Copy(io.Discard, out)
}

// busyness is by how much the machine's load exceeds its processors, at least 1. It is
// read once a second.
func busyness() float64 {
	if b, ok := busy.Load().(busySince); ok && time.Since(b.at) < time.Second {
		return b.factor
	}
	b := busySince{readBusyness(), time.Now()}
	busy.Store(b)
	return b.factor
}

type busySince struct {
	factor float64
	at     time.Time
}

var busy atomic.Value // of busySince

func readBusyness() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 1
	}
	word, _, _ := strings.Cut(string(data), " ")
	load, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return 1
	}
	return min(20, max(1, load/float64(runtime.NumCPU())))
}
