package plan

import (
	"cmp"
	"slices"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// Unlisted are the numbers of the inventory that the input does not name.
type Unlisted struct {
	// Numbers is how many there are; at least so many, unless it is Whole: numbers may have been missed that moved between
	// pages while those were read.
	Numbers int  `json:"numbers"`
	Whole   bool `json:"whole"`
	// Routes are the routes that they are on, by kind, of a kind those with the most numbers first.
	Routes []UnlistedOn `json:"routes,omitempty"`
}

// UnlistedOn are those of them that are on a route.
type UnlistedOn struct {
	Kind client.RouteKind `json:"kind"`
	// ID is the route's; "": they have none.
	ID      string `json:"id"`
	Numbers int    `json:"numbers"`
	// First are the first of them.
	First []string `json:"first"`
}

// firstUnlisted is how many numbers of a route are named.
const firstUnlisted = 20

// UnlistedCount adds them up.
type UnlistedCount struct {
	numbers int
	on      map[unlistedKey]*UnlistedOn
}

// unlistedKey is a route, by what its id means.
type unlistedKey struct {
	kind client.RouteKind
	id   string
}

// Add counts a number, with what it has.
func (c *UnlistedCount) Add(number string, state settings.State) {
	if c.on == nil {
		c.on = map[unlistedKey]*UnlistedOn{}
	}
	c.numbers++
	for name, kind := range settings.RouteFields() {
		id, told := state.Get(name)
		if !told {
			continue
		}
		field, _ := settings.Lookup(name)
		key := unlistedKey{kind, field.Meaning(id)}
		if c.on[key] == nil {
			c.on[key] = &UnlistedOn{Kind: kind, ID: id}
		}
		c.on[key].Numbers++
		if len(c.on[key].First) < firstUnlisted {
			c.on[key].First = append(c.on[key].First, number)
		}
	}
}

// Unlisted are those that were counted, of a whole inventory or of one that may lack numbers.
func (c *UnlistedCount) Unlisted(whole bool) *Unlisted {
	all := &Unlisted{Numbers: c.numbers, Whole: whole}
	for _, on := range c.on {
		all.Routes = append(all.Routes, *on)
	}
	slices.SortFunc(all.Routes, func(a, b UnlistedOn) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Numbers, a.Numbers), cmp.Compare(a.ID, b.ID))
	})
	return all
}
