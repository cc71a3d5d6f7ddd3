package sandbox

// account is the truth: the numbers and orders that there are, whoever asks and however it is told. Its methods that
// take a call serve the requests to one endpoint.
type account struct {
	cfg          *Config
	stats        *counters
	updateFields map[string]field
	numbers      numbers
	orders       orders
	pagesTold    int
}

func newAccount(cfg *Config, stats *counters) *account {
	return &account{
		cfg: cfg, stats: stats, updateFields: updateFields(), numbers: newNumbers(cfg),
		orders: orders{byId: map[string]*order{}},
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
