package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/paging"
	"github.com/bulknum/bulknum/report/words"
)

// checkedVersion is the version of the document of a check.
const checkedVersion = 1

// CheckDocument is what a check has learnt.
type CheckDocument struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// Address is the API's.
	Address    string `json:"address"`
	AccountKey string `json:"accountKey"`
	// TokenGiven tells that the token came by TELEGENT_TOKEN: none was asked for.
	TokenGiven bool           `json:"tokenGiven,omitempty"`
	Tokens     []CheckedToken `json:"tokens"`
	// ClockAheadMs is by how much this clock is ahead of the server's, which tells whole seconds; nil: it tells none.
	ClockAheadMs *int64 `json:"clockAheadMs,omitempty"`
	Rate         string `json:"rate"`
	// LearntRate is at what rate requests leave instead, as what was faster was refused; absent: at Rate.
	LearntRate string `json:"learntRate,omitempty"`
	// Inventory is nil when it was not read.
	Inventory *CheckedInventory `json:"inventory,omitempty"`
	Requests  int               `json:"requests"`
}

// CheckedToken is whether an endpoint's token was granted.
type CheckedToken struct {
	Endpoint client.Endpoint `json:"endpoint"`
	Granted  bool            `json:"granted"`
	// LifeMs is how long it lives, in milliseconds; absent: it does not tell.
	LifeMs int64  `json:"lifeMs,omitempty"`
	Error  string `json:"error,omitempty"`
}

// CheckedInventory is what the first page of the inventory tells, and in what pages all of it can come.
type CheckedInventory struct {
	// Error is why it cannot be read.
	Error   string `json:"error,omitempty"`
	Account string `json:"account,omitempty"`
	// Numbers is how many there are; nil: it does not tell.
	Numbers *int `json:"numbers,omitempty"`
	OnAPage int  `json:"onAPage"`
	// Pages are the requests of a full reading; 0: nobody knows.
	Pages    int              `json:"pages,omitempty"`
	PageSize *CheckedPageSize `json:"pageSize,omitempty"`
}

// CheckedPageSize is what the server makes of TotalNumbersRequested.
type CheckedPageSize struct {
	Meaning paging.Meaning `json:"meaning"`
	// Asked is how many numbers a page was asked to have; absent: it was not tried.
	Asked int `json:"asked,omitempty"`
	// Size is how many will be asked for from now on; absent: no number of them.
	Size   int    `json:"size,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Kept tells that the store remembers it, NotKept why it does not.
	Kept    bool   `json:"kept"`
	NotKept string `json:"notKept,omitempty"`
}

// write writes it as one document.
func (c *CheckDocument) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(c)
}

// clock takes in how far the clocks are apart.
func (c *CheckDocument) clock(info client.TokenInfo) {
	if info.ClockKnown {
		ahead := -info.ClockDifference.Round(time.Second).Milliseconds()
		c.ClockAheadMs = &ahead
	}
}

func tokenOf(endpoint client.Endpoint, info client.TokenInfo, err error) CheckedToken {
	t := CheckedToken{Endpoint: endpoint, Granted: err == nil, LifeMs: info.Life.Round(time.Second).Milliseconds()}
	if call, failed := errors.AsType[*client.Error](err); failed {
		t.Error, t.LifeMs = reason(call), 0
	}
	return t
}

func newCheckedInventory(page client.InventoryPage, found paging.Found) *CheckedInventory {
	i := &CheckedInventory{
		Account: page.AccountId, OnAPage: len(page.Numbers),
		PageSize: &CheckedPageSize{Meaning: found.Meaning, Asked: found.Asked, Size: found.Size, Detail: found.Detail},
	}
	if page.TotalResults >= 0 {
		i.Numbers = &page.TotalResults
		i.Pages = i.pages(max(found.Size, i.OnAPage))
	}
	return i
}

// pages is how many have all numbers, so many on each; 0: nobody knows.
func (i *CheckedInventory) pages(each int) int {
	if i.Numbers == nil || each == 0 {
		return 0
	}
	return (*i.Numbers + each - 1) / each
}

// kept takes in whether what was found could be kept. Where there is no store, there is nothing to forget.
func (p *CheckedPageSize) kept(err error) {
	switch {
	case err == nil, p.Size == 0 && errors.Is(err, fs.ErrNotExist):
		p.Kept = true
	default:
		p.NotKept = err.Error()
	}
}

// print prints it for people.
func (i *CheckedInventory) print(out io.Writer, rate client.Rate) {
	fact(out, "account", "%s", i.Account)
	if i.Numbers == nil {
		fact(out, "numbers", "total unknown; %d on the first page", i.OnAPage)
	} else {
		fact(out, "numbers", "%d, %d on a page", *i.Numbers, i.OnAPage)
	}
	fact(out, "larger pages", "%s", i.PageSize)
	if i.Pages == 0 {
		return
	}
	own := ""
	if n := i.pages(i.OnAPage); n != i.Pages {
		own = fmt.Sprintf(" instead of %d", n)
	}
	fact(out, "full reading", "%d requests%s, %s at %s", i.Pages, own, (time.Duration(i.Pages) * rate.Every()).Round(time.Second), rate)
}

// String is what was found, in words.
func (p *CheckedPageSize) String() string {
	const parameter = "TotalNumbersRequested"
	switch p.Meaning {
	case paging.Honoured:
		text := fmt.Sprintf("of %d numbers come when they are asked for (%s): plans and exports do so from now on", p.Size, parameter)
		if p.NotKept != "" {
			text = fmt.Sprintf("of %d numbers come when they are asked for (%s), but this could not be kept: %s", p.Size, parameter, p.NotKept)
		}
		return text
	case paging.NotSought:
		return "not tried: they would save nothing, or could not be told from a part of the numbers"
	case paging.Ignored:
		return fmt.Sprintf("do not come: the API ignores %s=%d", parameter, p.Asked)
	case paging.Refused:
		return fmt.Sprintf("do not come: the API refuses %s=%d: %s", parameter, p.Asked, p.Detail)
	case paging.Caps:
		return fmt.Sprintf("do not come: %s=%d caps how many numbers are told at all: %s", parameter, p.Asked, p.Detail)
	case paging.OfFirst:
		return fmt.Sprintf("do not come: %s=%d counts for the first page only: %s", parameter, p.Asked, p.Detail)
	case paging.Repeated:
		return fmt.Sprintf("do not come: with %s=%d page 2 is page 1 again: %s. If all its pages are, the inventory shows no other "+
			"numbers: these are read one by one (--read each), and export lacks them", parameter, p.Asked, p.Detail)
	case paging.Untold:
		return fmt.Sprintf("are not known of: %s=%d was not answered: %s", parameter, p.Asked, p.Detail)
	default:
		return fmt.Sprintf("are not asked for, as it is not clear what %s=%d does: %s", parameter, p.Asked, p.Detail)
	}
}

// granted is in words whether a token was granted.
func granted(info client.TokenInfo, err error) string {
	call, failed := errors.AsType[*client.Error](err)
	switch {
	case failed && (call.Kind == client.KindCredentials || call.Kind == client.KindForbidden):
		return "refused: " + reason(call)
	case failed:
		return "not granted: " + reason(call)
	case info.Expiry.IsZero():
		return "granted, without a readable expiry"
	default:
		return fmt.Sprintf("granted for %s", info.Life.Round(time.Second))
	}
}

// reason is why a call failed, without the endpoint.
func reason(call *client.Error) string {
	return strings.TrimPrefix(call.Error(), string(call.Endpoint)+": ")
}

// clock is the clock difference in words.
func clock(info client.TokenInfo) string {
	difference := info.ClockDifference.Round(time.Second)
	switch {
	case !info.ClockKnown:
		return "the server does not send its time"
	case difference.Abs() <= time.Second: // the server tells whole seconds
		return "the same as the server's, to a second"
	case difference < 0:
		return fmt.Sprintf("%s ahead of the server's", -difference)
	default:
		return fmt.Sprintf("%s behind the server's", difference)
	}
}

// fact prints one thing that was learnt.
func fact(out io.Writer, name, format string, args ...any) {
	fmt.Fprintf(out, "%-13s %s\n", name, words.Printable(fmt.Sprintf(format, args...)))
}
