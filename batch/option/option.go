// Package option has the names of those options that messages propose, be
// they hints, cures or next steps, so that a name has one home: internal/cli defines
// its flags by them, and what is below internal/cli names no other flag. What a caller of batch is told speaks of
// an option in words, and has its name beside them: in a configuration it is the field of that name.
package option

// Name is that of an option.
type Name string

// The names, without the dashes of a flag.
const (
	Account              = "account"
	Accounts             = "accounts"
	AfterLater           = "after-later"
	AllowClear           = "allow-clear"
	AllowPartialLastLine = "allow-partial-last-line"
	AllowSharedICCID     = "allow-shared-iccid"
	AsInput              = "as-input"
	CAFile               = "ca-file"
	CheckRoutes          = "check-routes"
	CheckSubscribers     = "check-subscribers"
	ConfirmWaves         = "confirm-waves"
	Deadline             = "deadline"
	DryRun               = "dry-run"
	Encoding             = "encoding"
	Fields               = "fields"
	Full                 = "full"
	Gate                 = "gate"
	IgnoreColumn         = "ignore-column"
	IncludeFailed        = "include-failed"
	Map                  = "map"
	MaxRetryAfter        = "max-retry-after"
	Parallel             = "parallel"
	Plan                 = "plan"
	Rate                 = "rate"
	RequireFit           = "require-fit"
	ReserveRollback      = "reserve-rollback"
	RetryFailed          = "retry-failed"
	RunsDir              = "runs-dir"
	SecondPass           = "second-pass"
	Status               = "status"
	StoreTrustFS         = "store-trust-fs"
	Timeout              = "timeout"
	Unprotect            = "unprotect"
	WaveFailures         = "wave-failures"
	Waves                = "waves"
)
