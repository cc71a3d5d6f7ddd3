package plan

import (
	"fmt"
	"slices"
	"time"
)

// ReadWay is how current settings are read.
type ReadWay string

const (
	// ReadAuto takes the way with fewer requests.
	ReadAuto ReadWay = "auto"
	// ReadInventory reads the pages of the account's inventory.
	ReadInventory ReadWay = "inventory"
	// ReadEach reads one number a request.
	ReadEach ReadWay = "each"
	// ReadFile takes them from an exported file.
	ReadFile ReadWay = "file"
	// ReadNone reads nothing: every row is sent.
	ReadNone ReadWay = "none"
)

// Reading is how the current settings were read, or are being read.
type Reading struct {
	Way ReadWay `json:"way"`
	// Numbers is how many were wanted, Found how many of them the API told.
	Numbers int `json:"numbers"`
	Found   int `json:"found"`
	// PagesInAll is how many pages the inventory has, besides those that an
	// earlier execution read; 0 when not known.
	PagesInAll int `json:"pagesInAll,omitempty"`
	// Pages and Singles are how many requests were made of either kind; with
	// SinglesLeft still to be made. Of pages that had to be read again, in another
	// size, those count that were read last.
	Pages       int `json:"pages"`
	Singles     int `json:"singles"`
	SinglesLeft int `json:"singlesLeft,omitempty"`
	// Unnamed is how many records of the pages named no number, and were passed over.
	Unnamed int `json:"unnamed,omitempty"`
	// Unlisted are the numbers that the input does not name; nil: the inventory was not read to its end.
	Unlisted *Unlisted `json:"unlisted,omitempty"`
	// Trouble is why the inventory could not be read to its end, or what of a file tells
	// nothing, if so.
	Trouble string `json:"trouble,omitempty"`
}

// ParseReadWay reads the name of a way to read current settings.
func ParseReadWay(name string) (ReadWay, error) {
	ways := []ReadWay{ReadAuto, ReadInventory, ReadEach}
	if way := ReadWay(name); slices.Contains(ways, way) {
		return way, nil
	}
	return "", fmt.Errorf("%q is not a way to read: use auto, inventory or each", name)
}

// clockSkew is how far from now a moment of the past may seem to be: the clocks
// of two hosts are never the same.
const clockSkew = time.Minute

// InFuture reports whether a moment of the past is said to be yet to come. What was
// read or made then is not to be trusted.
func InFuture(at, now time.Time) bool { return at.Sub(now) > clockSkew }
