package route

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// Census is how many numbers are on each route.
type Census struct {
	// Numbers is how many numbers were counted, each once; Total how many there are by the API's last word, -1: it does not
	// tell. Whole tells that all were counted.
	Numbers int  `json:"numbers"`
	Total   int  `json:"total"`
	Whole   bool `json:"whole"`
	// Unread is how many records, or rows of a file, tell nothing.
	Unread int `json:"unread,omitempty"`
	// None is how many numbers have no route of a kind, Untold of how many the API does not tell it.
	None   map[client.RouteKind]int `json:"none"`
	Untold map[client.RouteKind]int `json:"untold"`
	// Unlisted is why routes of a kind are not listed, if they cannot be, or not all.
	Unlisted map[client.RouteKind]string `json:"unlisted,omitempty"`
	// Routes are the routes by kind, of a kind those with the most numbers first.
	Routes []Counted `json:"routes"`
}

// Counted is a route with its numbers.
type Counted struct {
	Kind client.RouteKind `json:"kind"`
	ID   string           `json:"id"`
	// Name, Type, Enabled and Status are as the API lists them; of a route that is not listed nothing is known.
	Name    string `json:"name"`
	Type    string `json:"type,omitempty"`
	Enabled *bool  `json:"enabled,omitempty"`
	Status  string `json:"status,omitempty"`
	Listed  bool   `json:"listed"`
	Numbers int    `json:"numbers"`
}

// Trouble is [client.Route.Trouble].
func (c Counted) Trouble() string {
	return client.Route{Kind: c.Kind, Enabled: c.Enabled, Status: c.Status}.Trouble()
}

// Kinds are all kinds of routes, in the order in which they are told.
func Kinds() []client.RouteKind {
	return []client.RouteKind{client.RouteOfMessages, client.RouteOfVoice}
}

// census is one that goes on.
type census struct {
	Census
	seen   map[string]struct{}
	counts map[key]*Counted // those that numbers are on
}

// key is a route, by what its id means in any spelling.
type key struct {
	kind client.RouteKind
	id   string
}

func keyOf(kind client.RouteKind, id string) key {
	for name, of := range settings.RouteFields() {
		if of == kind {
			field, _ := settings.Lookup(name)
			id = field.Meaning(id)
		}
	}
	return key{kind, id}
}

func newCensus() *census {
	return &census{
		Census: Census{Total: -1, None: map[client.RouteKind]int{}, Untold: map[client.RouteKind]int{}, Unlisted: map[client.RouteKind]string{}},
		seen:   map[string]struct{}{}, counts: map[key]*Counted{},
	}
}

// add counts a number.
func (c *census) add(number string, state settings.State) {
	if _, twice := c.seen[number]; twice {
		return
	}
	c.seen[number] = struct{}{}
	c.Numbers++
	for field, kind := range settings.RouteFields() {
		switch id, told := state.Get(field); {
		case !told:
			c.Untold[kind]++
		case id == "":
			c.None[kind]++
		default:
			of := keyOf(kind, id)
			if c.counts[of] == nil {
				c.counts[of] = &Counted{Kind: kind, ID: id}
			}
			c.counts[of].Numbers++
		}
	}
}

// CountInventory lists the routes with the numbers of the account's inventory, which is read to its end. An error is the
// API's; that one of the lists cannot be read is none.
func CountInventory(ctx context.Context, api *client.Reader) (Census, error) {
	c := newCensus()
	if err := c.list(ctx, NewDirectory(api)); err != nil {
		return c.Census, err
	}
	last := 0
	for page, err := range api.Inventory(ctx, 1) {
		if err != nil {
			return c.Census, fmt.Errorf("the inventory broke off after %d numbers: %w", c.Numbers, err)
		}
		for _, n := range page.Numbers {
			c.add(n.Number, settings.StateOf(n))
		}
		c.Total, last = page.TotalResults, len(page.Numbers)
		c.Unread += page.Unnamed
	}
	if c.Whole = c.Numbers >= c.Total && c.Unread == 0; c.Total < 0 {
		c.Whole = last == 0 && c.Unread == 0
	}
	return c.end(), nil
}

// FileError is an inventory's file that cannot be read.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns why.
func (e *FileError) Unwrap() error { return e.Err }

// CountFile lists the routes with the numbers of a file that was exported.
func CountFile(ctx context.Context, api *client.Reader, path string) (Census, error) {
	c := newCensus()
	file, err := input.Check(ctx, path, input.Options{AllowClear: true, AsTold: true, State: true}, func(input.Problem) {})
	if err != nil {
		return c.Census, &FileError{err}
	}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return c.Census, &FileError{err}
		}
		if row.Status == input.Invalid {
			c.Unread++
			continue
		}
		c.add(row.Number, settings.StateFrom(row.Settings))
	}
	c.Total, c.Whole = file.Counts().Rows-file.Counts().Duplicate, c.Unread == 0
	err = c.list(ctx, NewDirectory(api))
	return c.end(), err
}

// list takes in the lists of routes. Where one cannot be read, why is noted.
func (c *census) list(ctx context.Context, of *Directory) error {
	for _, kind := range Kinds() {
		list, err := of.List(ctx, kind)
		switch {
		case err != nil && Ends(ctx, err) != nil:
			return Ends(ctx, err)
		case err != nil:
			c.Unlisted[kind] = result.OneLine(err)
		case !list.Whole():
			c.Unlisted[kind] = fmt.Sprintf("the API lists only %d of %d", len(list.Routes), list.Total)
		}
		for _, r := range list.Routes {
			c.Routes = append(c.Routes, Counted{
				Kind: r.Kind, ID: r.ID, Name: r.Name, Type: r.Type, Enabled: r.Enabled, Status: r.Status, Listed: true,
			})
		}
	}
	return nil
}

// end puts the numbers to the routes, those too that only numbers tell of.
func (c *census) end() Census {
	for i := range c.Routes {
		of := keyOf(c.Routes[i].Kind, c.Routes[i].ID)
		if on := c.counts[of]; on != nil {
			c.Routes[i].Numbers = on.Numbers
			delete(c.counts, of)
		}
	}
	for _, on := range c.counts {
		c.Routes = append(c.Routes, *on)
	}
	slices.SortFunc(c.Routes, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Numbers, a.Numbers), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return c.Census
}
