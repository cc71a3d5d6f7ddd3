package sandbox

import "time"

// account is the truth: the numbers and orders that there are, whoever asks and however it is told. Its methods that
// take a call serve the requests to one endpoint.
type account struct {
	cfg          *Config
	stats        *counters
	updateFields map[string]field
	numbers      numbers
	orders       orders
	pagesTold    int
	lagging      map[string]past // by number, what readings show in place of the truth
}

// past is what a number was, and until when readings show it.
type past struct {
	was   Record
	until time.Time
}

func newAccount(cfg *Config, stats *counters) *account {
	return &account{
		cfg: cfg, stats: stats, updateFields: updateFields(), numbers: newNumbers(cfg),
		orders: orders{byId: map[string]*order{}}, lagging: map[string]past{},
	}
}

// lookup returns a number's record; false when it does not exist.
func (a *account) lookup(number string) (Record, bool) {
	if rec, ok := a.numbers.changed[number]; ok {
		return rec, true
	}
	listed := a.numbers.generated(number)
	if !listed && !a.numbers.open {
		return Record{}, false
	}
	return a.fresh(number, listed), true
}

// shown returns what readings show of a number.
func (a *account) shown(number string) (Record, bool) {
	if p, ok := a.lagging[number]; ok && a.cfg.Now().Before(p.until) {
		return p.was, true
	}
	return a.lookup(number)
}
