package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// Page is the report of a run as a page.
type Page struct {
	// Write writes the page as the run is now.
	Write func(ctx context.Context, w io.Writer) error
	// Policy is what the page may do in a browser.
	Policy string
	// Place is the text that it has, before anything that is not its own, where a
	// page that is loaded finds its name and its key.
	Place string
}

// A page is good for pageEvery, and for pageRest times as long as it took to
// make: however many read, it takes the run a twentieth of one processor at most.
// What could not be made is tried again after pageAgain.
const (
	pageEvery = 10 * time.Second
	pageRest  = 20
	pageAgain = time.Second
)

// pageCache makes the page for all readers, one at a time.
type pageCache struct {
	page   Page
	cancel context.CancelFunc
	ctx    context.Context //nolint:containedctx // of all that is made, until the cache is closed

	mu      sync.Mutex
	edition int // counts what the run has come to
	newest  *cachedPage
}

// cachedPage is a page that is made, or was.
type cachedPage struct {
	edition int
	done    chan struct{} // is closed when it is made, or cannot be
	body    []byte
	err     error
	until   time.Time // when it is old
	quoted  func() ([]byte, error)
}

func newPageCache(page Page) *pageCache {
	p := &pageCache{page: page}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// expire makes what was made before old: the run came to something new.
func (p *pageCache) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.edition++
}

// get returns a page that is new enough.
func (p *pageCache) get(ctx context.Context) (*cachedPage, error) {
	for {
		made := p.current()
		select {
		case <-made.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		p.mu.Lock()
		current := made.edition == p.edition
		p.mu.Unlock()
		if current || made.err != nil {
			return made, made.err
		}
	}
}

// current begins to make a page, unless one is being made or new enough.
func (p *pageCache) current() *cachedPage {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.newest; m != nil && (!m.ended() || m.edition == p.edition && time.Now().Before(m.until)) {
		return m
	}
	m, old := &cachedPage{edition: p.edition, done: make(chan struct{})}, p.newest
	if m.err = p.ctx.Err(); m.err != nil { // closed
		close(m.done)
		return m
	}
	p.newest = m
	go p.render(m, old)
	return m
}

// ended reports whether it is made, or cannot be.
func (m *cachedPage) ended() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// render makes a page. When that does not work, the one before is as good as it
// gets.
func (p *pageCache) render(m, old *cachedPage) {
	defer close(m.done)
	began := time.Now()
	var b bytes.Buffer
	err := p.page.Write(p.ctx, contextWriter{p.ctx, &b})
	m.until = time.Now().Add(max(pageEvery, pageRest*time.Since(began)))
	if m.body = b.Bytes(); err != nil {
		m.until = time.Now().Add(pageAgain)
		if m.body, m.err = nil, err; old != nil && old.err == nil {
			m.body, m.err = old.body, nil
		}
	}
	m.quoted = sync.OnceValues(func() ([]byte, error) { return json.Marshal(string(m.body)) })
}

// close has what is being made end soon; nothing more is made.
func (p *pageCache) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cancel()
}

// contextWriter is a writer that fails once a context has ended.
type contextWriter struct {
	ctx context.Context //nolint:containedctx // it says when
	w   io.Writer
}

// Write is of [io.Writer].
func (h contextWriter) Write(part []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, fmt.Errorf("page: %w", err)
	}
	return h.w.Write(part)
}
