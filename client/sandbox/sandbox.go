package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/bulknum/bulknum/client/internal/limit"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// Sandbox is one fake of the API: an [http.Handler] with state. It is safe for concurrent use.
type Sandbox struct {
	cfg    *Config // the faults are guarded by mu
	routes map[string]route

	mu      sync.Mutex // guards everything below
	quota   limit.Limiter
	tokens  *tokens
	account *account
	stats   *counters
	exposed int // requests that faults could have met
}

// route is what serves the requests to one path.
type route struct {
	endpoint Endpoint
	method   string
	serve    func(*call) (object, *strict.Refusal)
}

// New returns a sandbox. An error names what is wrong with the configuration.
func New(cfg Config) (*Sandbox, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	stats := newCounters()
	s := &Sandbox{
		cfg:     &cfg,
		quota:   cfg.Quota.limiter(),
		tokens:  newTokens(&cfg, stats),
		account: newAccount(&cfg, stats),
		stats:   stats,
	}
	s.routes = map[string]route{
		"/v1.0/oauth2/tokens":     {Tokens, http.MethodPost, s.tokens.issue},
		"/v1.0/numbers/update":    {Update, http.MethodPost, s.account.update},
		"/v1.0/numbers":           {Number, http.MethodGet, s.account.number},
		"/v1.0/numbers/inventory": {Inventory, http.MethodGet, s.account.inventory},
		"/v1.0/numbers/order":     {Order, http.MethodGet, s.account.order},
		"/v1.0/message/routes":    {MessageRoute, http.MethodGet, s.account.messageRoute},
		"/v1.0/voice/routes":      {VoiceRoute, http.MethodGet, s.account.voiceRoute},

		"/v1.0/account/message/routes":  {MessageRoutes, http.MethodGet, s.account.listMessageRoutes},
		"/v1.0/account/voice/routes":    {VoiceRoutes, http.MethodGet, s.account.listVoiceRoutes},
		"/v1.0/subscribers/get":         {Subscriber, http.MethodGet, s.account.subscriber},
		"/v1.0/distributor/subscribers": {Subscribers, http.MethodGet, func(c *call) (object, *strict.Refusal) { return listSubscribers(s.account, c) }},
	}
	s.tokens.serves = func(path string) bool {
		found, known := s.routes[path]
		return known && found.endpoint != Tokens
	}
	return s, nil
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
	s.account.settle(s.cfg.Now())
	if !numberFormat.MatchString(number) {
		return Record{}, false
	}
	return s.account.lookup(number)
}

// Set changes a number behind the callers' backs, as another user of the account would, without any check of the
// settings. A number that was not in the inventory is added to it.
func (s *Sandbox) Set(number string, change func(*Record)) error {
	if !numberFormat.MatchString(number) {
		return fmt.Errorf("sandbox: set %q: not E.164", number)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account.settle(s.cfg.Now())
	rec, ok := s.account.lookup(number)
	if !ok {
		rec = s.account.fresh(number, false)
	}
	change(&rec)
	rec.Number = number
	s.account.put(rec)
	return s.account.journal.flush()
}

// NameRoute gives a route another name behind the callers' backs.
func (s *Sandbox) NameRoute(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := maps.Clone(s.cfg.RouteNames)
	if names == nil {
		names = map[string]string{}
	}
	names[id] = name
	s.cfg.RouteNames = names
}

// InventoryNumber returns the i-th number of the listing, from 0, and false beyond its end.
func (s *Sandbox) InventoryNumber(i int) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i < 0 || i >= s.account.numbers.len() {
		return "", false
	}
	return s.account.numbers.at(i), true
}

// RevokeTokens makes all tokens issued so far worthless, as a platform may do at any time.
func (s *Sandbox) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens.issued)
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
