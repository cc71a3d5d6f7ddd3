package sandbox

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Sandbox is one fake of the API: an [http.Handler] with state. It is safe for concurrent use.
type Sandbox struct {
	cfg          Config
	routes       map[string]route
	updateFields map[string]field

	mu        sync.Mutex // guards everything below
	quota     limiter
	tokens    map[string]token
	numbers   numbers
	orders    orders
	stats     counters
	exposed   int // requests that faults could have met
	pagesTold int
}

// New returns a sandbox. An error names what is wrong with the configuration.
func New(cfg Config) (*Sandbox, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Sandbox{
		cfg:          cfg,
		routes:       routes(),
		updateFields: updateFields(),
		quota:        newLimiter(cfg.Quota),
		tokens:       map[string]token{},
		numbers:      newNumbers(cfg),
		orders:       orders{byId: map[string]*order{}},
		stats:        newCounters(),
	}, nil
}

// Stats returns what the sandbox has seen so far.
func (s *Sandbox) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats.copy()
}

// SetFaults changes what goes wrong from now on, as with an outage that begins or is over. Requests are counted on.
func (s *Sandbox) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.Faults = f.withDefaults()
	return nil
}

// Number returns the truth about a number, and false when it does not exist. It counts as no request.
func (s *Sandbox) Number(number string) (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(s.cfg.Now())
	if !numberFormat.MatchString(number) {
		return Record{}, false
	}
	return s.lookup(number)
}

// Set changes a number behind the callers' backs, as another user of the account would, without any check of the
// settings. A number that was not in the inventory is added to it.
func (s *Sandbox) Set(number string, change func(*Record)) error {
	if !numberFormat.MatchString(number) {
		return fmt.Errorf("sandbox: set %q: not E.164", number)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(s.cfg.Now())
	rec, ok := s.lookup(number)
	if !ok {
		rec = s.fresh(number, false)
	}
	change(&rec)
	rec.Number = number
	s.numbers.put(rec)
	return nil
}

// InventoryNumber returns the i-th number of the listing, from 0, and false beyond its end.
func (s *Sandbox) InventoryNumber(i int) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i < 0 || i >= s.numbers.len() {
		return "", false
	}
	return s.numbers.at(i), true
}

// pause waits, but no longer than anybody is there to wait for.
func pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
