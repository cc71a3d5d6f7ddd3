package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/client/sandbox/internal/pages"
	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// Config is everything a sandbox can be told. The zero value works: no generated inventory, every number exists, no
// quota, no faults, any credentials, the spelling of the vendor's published examples.
type Config struct {
	Seed       int64  // decides the inventory, ids and faults; equal seeds, equal sandboxes
	AccountId  string // as told in the inventory; made from the seed when empty
	AccountKey string // with AccountSecret: the only pair that gets tokens; both empty: every pair does

	AccountSecret string

	Numbers       int  // size of the generated inventory
	PageSize      int  // numbers in one inventory page; 0 means 100
	OnlyInventory bool // numbers outside the inventory are 404, otherwise every valid number exists

	MissingRoutes  []string // route ids that are 404; every other id is a route
	DisabledRoutes []string // route ids that exist and are switched off

	UniqueICCIDs      bool              // an update is refused, or its order fails, that sets the ICCID of another number of the listing
	RequireCompanions bool              // an update that turns a capability on is refused without its route, as older pages have it
	RouteNames        map[string]string // names of routes, by id; others are named by their ids
	Subscribers       map[string]string // accounts of subscribers, by id, "" of one that does not exist; others are the account's own

	Spelling Spelling   // how the reading side and the answers are spelled
	Errors   ErrorShape // which of the two error shapes is used
	Pages    Pages      // how the inventory is cut into pages

	Quota        Quota
	Faults       Faults
	Orders       Orders
	Latency      time.Duration // how long every answer takes; what it asks for has happened before the wait
	TokenLife    time.Duration // 0 means an hour
	TokenSkew    time.Duration // what the told tokenExpiry is off by, as by another clock; the token lives TokenLife
	DateSkew     time.Duration // what the Date of answers is off by, as by a slow way back or another clock
	ExpiryLayout string        // layout of tokenExpiry; empty means the vendor's, "none" leaves the field out

	// Now is the sandbox's clock: quotas, tokens, orders and the Date header go by it. Nil means time.Now.
	Now func() time.Time
	// Answer may answer a request itself: when it returns a handler, that is all that happens to the request, besides
	// being counted. It is called before quota and faults, from many goroutines; the body may be read.
	Answer func(*http.Request) http.Handler
	// Judge is asked about each valid update and may refuse it or give its order another status. It must not call the
	// sandbox.
	Judge func(before, after Record) Verdict
	// Observe is told of every request when its answer is decided. It is called from many goroutines.
	Observe func(Seen)
}

// Pages says how the inventory is told page by page. The zero value pages honestly: parameter PageNumber, counted
// from 1, a total that is true.
type Pages struct {
	Parameter string // the page parameter's name; empty means PageNumber. Unknown parameters are ignored
	Ignore    bool   // every page is the first page
	Shift     int    // the listing turns by so many numbers with each page told: > 0 tells numbers twice, < 0 misses some
	NoTotal   bool   // no total is told
	Unnamed   int    // each so many-th record of a page names no number; 0: all do
	TotalStep int    // what the told total is off by grows by so much with each page told

	Requested Requested // what TotalNumbersRequested does; empty means RequestedIgnored
	Most      int       // numbers on a page, however many are requested; 0: there is no such limit
}

// Requested is what the parameter TotalNumbersRequested of the inventory does, of which the vendor's description says
// nothing.
type Requested = pages.Requested

// The meanings that the parameter may have.
const (
	RequestedIgnored      = pages.Ignored
	RequestedSize         = pages.Size         // how many numbers a page has
	RequestedFirstListing = pages.FirstListing // the same in the first listing that asks for it; then it is ignored
	RequestedFirstPage    = pages.FirstPage    // how many numbers the first page has
	RequestedRepeated     = pages.Repeated     // how many numbers a page has, and every page is the first one
	RequestedCap          = pages.Cap          // how many numbers are told at all; the total is theirs
	RequestedCapRecords   = pages.CapRecords   // the same; the total is that of the inventory
	RequestedRefused      = pages.Refused      // nothing that is known: the request is refused
)

// ParseRequested reads the word of a [Requested], such as "first-page".
func ParseRequested(s string) (Requested, error) {
	return parseWord("numbers-requested", s, pages.Meanings()...)
}

// Orders says what becomes of orders whose first status is neither Complete, Failed, Error, Rejected, Cancelled nor
// ResolutionRequired, for which somebody would have to do something.
type Orders struct {
	PendingFor time.Duration // until they end; 0 means 2 s. The change takes effect when its order completes
	End        string        // the status they end with; empty means Complete
	Message    string        // the OrderStatusMessage that is then told; empty: none
}

// Verdict is what [Config.Judge] says about an update. The zero value lets it pass.
type Verdict struct {
	Refuse      string // not empty: the update is refused, for this reason
	HTTPStatus  int    // of the refusal; 0 means that of a broken business rule
	OrderStatus string // not empty: instead of Complete
	// OrderMessage is told as OrderStatusMessage; empty: none is.
	OrderMessage string
}

// Seen is one request as the sandbox saw it.
type Seen struct {
	Time     time.Time // of arrival, by the sandbox's clock
	Endpoint Endpoint
	Number   string // that an update or a reading asked for; empty when it did not say
	Status   int    // HTTP status of the answer, also of one that a fault kept from arriving
	Fault    Fault  // that the request met; empty when none
	Applied  bool   // an update took effect
}

// expiryLayout is how the vendor writes tokenExpiry: month first, in UTC.
const expiryLayout = "01/02/2006 03:04:05 PM"

// withDefaults checks the configuration and fills in what was left open.
func (c Config) withDefaults() (Config, error) {
	if err := c.check(); err != nil {
		return c, fmt.Errorf("sandbox: %w", err)
	}
	c.PageSize = or(c.PageSize, 100)
	c.TokenLife = or(c.TokenLife, time.Hour)
	c.ExpiryLayout = or(c.ExpiryLayout, expiryLayout)
	c.Errors = or(c.Errors, ErrorsSpec)
	c.Pages.Parameter = or(c.Pages.Parameter, "PageNumber")
	c.Pages.Requested = or(c.Pages.Requested, RequestedIgnored)
	c.Orders.PendingFor = or(c.Orders.PendingFor, 2*time.Second)
	c.Orders.End = or(c.Orders.End, statusComplete)
	c.AccountId = or(c.AccountId, "AID-"+seeded.UUID(c.Seed, "account", 0))
	c.Quota = c.Quota.withDefaults()
	c.Faults = c.Faults.withDefaults()
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

func (c Config) check() error {
	switch {
	case c.Numbers < 0 || c.Numbers > seeded.MostNumbers:
		return fmt.Errorf("numbers: %d is not between 0 and %d", c.Numbers, seeded.MostNumbers)
	case c.PageSize < 0:
		return fmt.Errorf("page size: %d is negative", c.PageSize)
	case c.TokenLife < 0 || c.Latency < 0 || c.Orders.PendingFor < 0:
		return fmt.Errorf("a duration is negative")
	case (c.AccountKey == "") != (c.AccountSecret == ""):
		return fmt.Errorf("account key and account secret go together")
	case strings.ContainsFunc(c.AccountKey+c.AccountSecret, unicode.IsControl): // no request with one is understood
		return fmt.Errorf("account key or account secret: contains a control character")
	}
	if _, err := ParseErrorShape(string(or(c.Errors, ErrorsSpec))); err != nil {
		return err
	}
	if _, err := parseWord("number query", string(c.Spelling.Query), strict.NumberQueries()...); err != nil {
		return err
	}
	if _, err := ParseRequested(string(or(c.Pages.Requested, RequestedIgnored))); err != nil {
		return err
	}
	if err := c.Quota.check(); err != nil {
		return err
	}
	return c.Faults.check()
}

// Demo is the sandbox of `bulknum apply --sandbox`: of the first 21 updates of a process three meet a 429 and one a 503
// for certain, which are overcome within seconds; thousands meet one now and then. The quota is there for those who ask
// for a rate far above the 20 requests a second it is made for. All settings are shown, so that a second run finds
// nothing to send.
func Demo() Config {
	return Config{
		Seed:     1,
		Numbers:  346,
		Quota:    Quota{N: 30, Per: time.Second, Window: Rolling, RetryAfter: RetrySeconds},
		Latency:  30 * time.Millisecond,
		Spelling: Spelling{ProductType: true},
		Faults: Faults{
			At:         map[int]Fault{3: Fault429, 8: Fault503, 14: Fault429, 21: Fault429},
			Rates:      map[Fault]float64{Fault429: 0.004, Fault503: 0.001},
			RetryAfter: time.Second,
		},
	}
}
