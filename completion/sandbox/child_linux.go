package sandbox

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A child is one process of a run.
type child struct {
	zygote *zygote
	run    int
	end    <-chan ended
	how    ended // once it has ended
	over   bool
	free   func(stands bool) // gives a judge back: whether it stands ready for another candidate
}

// forkChild has a zygote fork a child with the files as its descriptors 3 and up.
func forkChild(z *zygote, req forkRequest, files ...*os.File) (*child, error) {
	run, end, err := z.fork(req, files...)
	for _, f := range files {
		f.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("starting a run: %w", io.ErrClosedPipe)
	}
	return &child{zygote: z, run: run, end: end, free: func(bool) {}}, nil
}

// kill asks for the child's end; harmless if it has ended.
func (c *child) kill() { c.zygote.kill(c.run) }

// wait waits for the child's end.
func (c *child) wait() {
	if !c.over {
		c.how, c.over = <-c.end, true
	}
}

// waitFor waits for the child's end, but not for long; it says whether it came.
func (c *child) waitFor(d time.Duration) bool {
	if c.over {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case c.how = <-c.end:
		c.over = true
	case <-t.C:
	}
	return c.over
}

// judge returns a judging process for one candidate: the standing one if the checks allow
// one and it is free, else a fresh one.
func (p *pool) judge(z *zygote, limits wireLimits, socket, verdicts *os.File) (*child, error) {
	if !z.pure || !p.standingMu.TryLock() {
		return forkChild(z, forkRequest{Limits: limits}, socket, verdicts)
	}
	// From here on the lock is held until the run gives the judge back or sees its end.
	for try := 0; ; try++ {
		s := p.standing
		if s == nil || s.child.zygote != z || s.ended() || s.limits != limits {
			s.close()
			var err error
			if s, err = stand(z, limits); err != nil {
				p.standing = nil
				p.standingMu.Unlock()
				return nil, err
			}
			p.standing = s
		}
		_, _, err := s.control.WriteMsgUnix([]byte{1}, unix.UnixRights(int(socket.Fd()), int(verdicts.Fd())), nil)
		if err == nil {
			socket.Close()
			c := *s.child
			c.free = func(stands bool) {
				if !stands {
					s.close()
					p.standing = nil
				}
				p.standingMu.Unlock()
			}
			return &c, nil
		}
		s.close()
		p.standing = nil
		if try > 0 {
			p.standingMu.Unlock()
			return nil, fmt.Errorf("starting a run: %w", io.ErrClosedPipe)
		}
	}
}

// A standing judge judges one candidate after the other.
type standing struct {
	child   *child
	control *net.UnixConn
	limits  wireLimits
}

// stand starts a standing judge.
func stand(z *zygote, limits wireLimits) (*standing, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	control, err := connOf(ours)
	if err != nil {
		theirs.Close()
		return nil, err
	}
	c, err := forkChild(z, forkRequest{Limits: limits, Standing: true}, theirs)
	if err != nil {
		control.Close()
		return nil, err
	}
	return &standing{child: c, control: control, limits: limits}, nil
}

// ended says whether the process is gone.
func (s *standing) ended() bool {
	select {
	case s.child.how = <-s.child.end:
		s.child.over = true
	default:
	}
	return s.child.over
}

// close lets the judge end; its zygote reaps it.
func (s *standing) close() {
	if s != nil {
		s.control.Close()
	}
}
