package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

const vendorAddress = "https://huggingface.co"

// vendor fetches the makers' own files over HTTPS and goes on where a broken connection
// ended.
type vendor struct {
	address string
	stall   time.Duration // how long nothing may come in the midst of a file
	pause   time.Duration // before another try
}

// newVendor honours HF_ENDPOINT, with which users of the vendor's own tools name a
// mirror; the sum is checked whoever sends the file.
func newVendor() *vendor {
	address := strings.TrimSuffix(os.Getenv("HF_ENDPOINT"), "/")
	if address == "" {
		address = vendorAddress
	}
	return &vendor{address: address, stall: 30 * time.Second, pause: time.Second}
}

func (v *vendor) extra(Model) int64 { return 0 }

// tries is how often a connection may break without having brought anything.
const tries = 3

func (v *vendor) fetch(ctx context.Context, d *download, patience time.Duration) error {
	d.what = "fetching from " + v.address
	for failed, started := 0, false; ; {
		before := d.size
		err := v.get(ctx, d, patience)
		if err == nil || ctx.Err() != nil {
			return err
		}
		var final *statusError
		if errors.As(err, &final) || errors.Is(err, syscall.ENOSPC) {
			return err
		}
		if d.size > before {
			started, failed = true, 0
		}
		if failed++; !started || failed >= tries {
			return err
		}
		d.note(fmt.Sprintf("the connection broke after %s (%v): going on from there", FormatSize(d.size), err))
		if err := sleep(ctx, v.pause*time.Duration(failed)); err != nil {
			return err
		}
	}
}

// A statusError is an answer that another try would not change.
type statusError struct{ what string }

func (e *statusError) Error() string { return e.what }

var (
	errNoAnswer = errors.New("no answer in time")
	errStalled  = errors.New("the connection stalled")
)

// get makes one request for all that is missing.
func (v *vendor) get(ctx context.Context, d *download, patience time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(patience, func() { cancel(errNoAnswer) })
	defer timer.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.address+d.model.vendor, nil)
	if err != nil {
		return &statusError{fmt.Sprintf("its address %q is not usable: %v", v.address, err)}
	}
	request.Header.Set("User-Agent", "greenfill")
	request.Header.Set("Accept-Encoding", "identity") // bytes must count as the file's own
	if d.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.size))
	}
	client := http.Client{CheckRedirect: staySecure}
	response, err := client.Do(request)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		var failed *url.Error // repeats the long address
		if errors.As(err, &failed) {
			return failed.Err
		}
		return err
	}
	defer response.Body.Close()
	if err := d.accept(response); err != nil {
		return err
	}
	timer.Stop()
	timer = time.AfterFunc(v.stall, func() { cancel(errStalled) })
	defer timer.Stop()
	err = copyAll(ctx, d, response.Body, func(int64) { timer.Reset(v.stall) })
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case err != nil:
		return err
	case d.size < d.model.Size:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// accept looks at an answer's head and makes d ready for its body.
func (d *download) accept(response *http.Response) error {
	start := d.size
	switch response.StatusCode {
	case http.StatusOK: // the whole file, whatever we asked for
		start = 0
	case http.StatusPartialContent:
		var first int64
		if _, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-", &first); err != nil || first != d.size {
			return &statusError{fmt.Sprintf("it answered with the range %q, but bytes from %d on were asked for", response.Header.Get("Content-Range"), d.size)}
		}
	default:
		return &statusError{"it answered " + response.Status}
	}
	if n := response.ContentLength; n != d.model.Size-start {
		return &statusError{fmt.Sprintf("it offers a file of %d bytes, but the model has %d", max(0, start+n), d.model.Size)}
	}
	if start == d.size {
		return nil
	}
	return d.truncate(start)
}

// staySecure follows redirects, but from HTTPS only to HTTPS.
func staySecure(request *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("it redirects without end")
	}
	if via[0].URL.Scheme == "https" && request.URL.Scheme != "https" {
		return fmt.Errorf("it redirects to %s, which is not encrypted", request.URL.Host)
	}
	return nil
}

// sleep waits, or returns why the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
