package model

import (
	"time"
)

// History is what is done, from the first run to the last, by operators, cron, the
// network and the other users of the account. It is data alone, so that it can be
// drawn, shrunk, written down and replayed.
type History struct {
	// Numbers is how many there are.
	Numbers int    `json:"numbers"`
	Moves   []Move `json:"moves"`
	// Shown is how readings show the subscriber; "": as it is.
	Shown Shown `json:"shown,omitempty"`
}

// Action is the kind of a move.
type Action string

// The actions. A run is named by its age: 0 is the newest that the action is of any
// use for.
const (
	Apply     Action = "apply"
	Plan      Action = "plan"
	ApplyPlan Action = "apply --plan"
	Resume    Action = "resume"
	Verify    Action = "verify"
	Rollback  Action = "rollback"
	Prune     Action = "prune"
	Delete    Action = "delete"
	// Restore brings a run back that was archived.
	Restore Action = "restore"
	Foreign Action = "foreign"
	Wait    Action = "wait"
	// PutBack puts a copy of the runs folder back, which was made before one of the
	// last operations. Flip changes a byte of the database while nobody has it open.
	PutBack Action = "put back"
	Flip    Action = "flip"
	// Salvage damages the database and goes on with what can be salvaged of it.
	Salvage Action = "salvage"
)

// Move is one action.
type Move struct {
	Action Action `json:"action"`
	// File is what is applied or planned, Run the age of the run that is meant, or
	// of the copy.
	File *File `json:"file,omitempty"`
	Run  int   `json:"run,omitempty"`
	// Told is what the command is told besides.
	Told Told `json:"told,omitzero"`
	// Fates are those of its update requests, in the order of their arrival; those
	// beyond are answered.
	Fates []Fate `json:"fates,omitempty"`
	// Meanwhile is what happens while it goes on.
	Meanwhile []Happening `json:"meanwhile,omitempty"`
	// Change is what the foreign hand changes; For is how long is waited, or how
	// old a run must be to be pruned.
	Change *Change `json:"change,omitempty"`
	For    Span    `json:"for,omitempty"`
	// Byte is the one that is flipped, or where other damage begins.
	Byte *Byte `json:"byte,omitempty"`
}

// Byte is a place in the database's files, and what befalls it.
type Byte struct {
	// Harm is what happens; "": a bit flips.
	Harm Harm `json:"harm,omitempty"`
	// WAL is in the write-ahead log, if there is one.
	WAL bool `json:"wal,omitempty"`
	// At is where, in parts of 10,000, and Mask what is changed of it.
	At   int  `json:"at"`
	Mask byte `json:"mask"`
}

// Harm is what happens to a file of the database.
type Harm string

// The harms.
const (
	// Cut ends the file there, Overwritten replaces half of the file, from there on
	// and then from its beginning, and Emptied leaves nothing of it.
	Cut         Harm = "cut"
	Overwritten Harm = "overwritten"
	Emptied     Harm = "emptied"
)

// File is an input. Its path is one of [paths].
type File struct {
	Path int   `json:"path"`
	Rows []Row `json:"rows"`
}

// paths are where inputs lie: two of them have the same base name.
var paths = []string{"/nightly/numbers.csv", "/cutover/numbers.csv", "/weekly/weekly.csv"}

// Row asks for values of a number, 0 keeps what it has. IfRoute is the value that
// its route must have, 0: any. A subscriber or SIM of -1 is to be cleared.
type Row struct {
	Number     int `json:"number"`
	Route      int `json:"route,omitempty"`
	Subscriber int `json:"subscriber,omitempty"`
	// Enabled is 1 to turn messages on, 2 to turn them off. SIM is the one that the number at the beginning had which
	// is counted so from 1; those of no number come after.
	Enabled int `json:"enabled,omitempty"`
	SIM     int `json:"sim,omitempty"`
	IfRoute int `json:"ifRoute,omitempty"`
	// Wave is the wave that the file puts it into; 0: the file does not say.
	Wave int `json:"wave,omitempty"`
}

// Told is what a command is told by its flags.
type Told struct {
	All   bool `json:"all,omitempty"`
	Waves bool `json:"waves,omitempty"`
	// Strict lets no wave pass of which a row is not in sync, or not known to be;
	// WaitFor is how long pending rows are waited for.
	Strict  bool `json:"strict,omitempty"`
	WaitFor Span `json:"waitFor,omitempty"`
	// Recheck is --recheck; 0: its default.
	Recheck Span `json:"recheck,omitempty"`
	Workers int  `json:"workers,omitempty"`
	// Fields is that only the route may be written, Bare that only the capability may, Held that each wave waits for an
	// hour to be let go, of three.
	Fields bool `json:"fields,omitempty"`
	Bare   bool `json:"bare,omitempty"`
	Held   bool `json:"held,omitempty"`
	// NoFailures stops at the first row that fails, and Unread is the number that cannot be
	// read meanwhile, counted from 1; 0: none.
	NoFailures bool `json:"noFailures,omitempty"`
	Unread     int  `json:"unread,omitempty"`
	// Protect is the number that must not change, counted from 1; 0: none.
	Protect int `json:"protect,omitempty"`
	// MaxChanges is how many rows may change; 0: any.
	MaxChanges int `json:"maxChanges,omitempty"`
	// Again tries failed rows once more at the end, after some minutes.
	Again bool `json:"again,omitempty"`
	// Unprotect lets all cutovers go.
	Unprotect bool `json:"unprotect,omitempty"`
	// No declines the question.
	No          bool `json:"no,omitempty"`
	RetryFailed bool `json:"retryFailed,omitempty"`
	AfterLater  bool `json:"afterLater,omitempty"`
	// ByHand leaves the waves to the file. Named are the numbers that a rollback is for, a bit each; 0: all.
	ByHand bool `json:"byHand,omitempty"`
	Named  int  `json:"named,omitempty"`
	// Key is by which key of the account it comes, and Spelling how the folder, the
	// run and the API's address are written.
	Key      int `json:"key,omitempty"`
	Spelling int `json:"spelling,omitempty"`
	// Last is how many of the newest runs of a job prune keeps, Archive packs runs
	// instead of removing them.
	Last    int  `json:"last,omitempty"`
	Archive bool `json:"archive,omitempty"`
}

// only are the fields that may be written; none: all.
func (t Told) only() []string {
	switch {
	case t.Bare:
		return []string{fields[enabled]}
	case t.Fields:
		return []string{fields[route]}
	}
	return nil
}

// Fate is what becomes of an update request that has reached the API.
type Fate string

// The fates.
const (
	Answered  Fate = "answered"
	Throttled Fate = "429"
	Busy      Fate = "503"
	Refused   Fate = "400"
	// Swallowed is never applied, and nobody answers.
	Swallowed Fate = "swallowed"
	// Lost is applied, and the answer is lost.
	Lost Fate = "lost"
	// Late is not answered, and applied seconds or minutes after the connection
	// has ended.
	Late    Fate = "late"
	TooLate Fate = "too late"
	// Pends is answered with an order that is still under way, and takes effect when
	// that completes; Errs with an order that has ended in failure.
	Pends Fate = "pending"
	Errs  Fate = "order error"
	// Hides is answered, and for some time the number cannot be read from then on.
	Hides Fate = "hidden"
	// Barred is refused for the moment: by turns with 423, 425, and with a 409
	// though it is applied. Cropped is
	// applied, and the answer breaks off; EchoesOld is applied, and the answer has the
	// route from before.
	Barred    Fate = "locked"
	Cropped   Fate = "cropped"
	EchoesOld Fate = "old echo"
	// Slow is applied and answered after some seconds, Stalled after longer than anybody
	// waits for an answer.
	Slow    Fate = "slow"
	Stalled Fate = "stalled"
	// Limited is refused by the body of a 200, Paged by a page that is not the API's, and
	// Blank is applied and has no body. Lags is answered, and readings show the number as it
	// was before for some time.
	Limited Fate = "soft 429"
	Paged   Fate = "portal"
	Blank   Fate = "empty"
	Lags    Fate = "lag"
	// Ignored is answered as complete with the settings that the number has, and keeps.
	Ignored Fate = "ignored"
)

// Happening is what happens while an operation goes on, so long after what happened
// before it.
type Happening struct {
	After  Span    `json:"after"`
	What   What    `json:"what"`
	For    Span    `json:"for,omitempty"`
	Change *Change `json:"change,omitempty"`
}

// What is the kind of a happening.
type What string

// The happenings.
const (
	// Kill ends the process; what it has written stays.
	Kill What = "kill"
	// Stop is a signal, after which it drains.
	Stop What = "stop"
	// Pause holds all requests for some time.
	Pause What = "pause"
	// Down is an API that cannot be reached for some time.
	Down What = "down"
	// Meddle is the foreign hand.
	Meddle What = "meddle"
	// Second is another command for the same account.
	Second What = "second"
	// Vanish moves the runs folder away. It comes back after some time, or never.
	Vanish What = "vanish"
	// Sleep suspends the machine for some time.
	Sleep What = "sleep"
	// Operators are two who let the wave go that is held.
	Operators What = "operators"
)

// Change is one field of a number that the foreign hand sets.
type Change struct {
	Number int `json:"number"`
	Field  int `json:"field"`
	Value  int `json:"value"`
}

// Span is a duration that is written as people write it.
type Span time.Duration

// MarshalText writes 1h30m0s.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText is the inverse.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}
