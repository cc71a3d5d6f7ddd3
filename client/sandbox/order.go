package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// order is one update order, as a journal has it too.
type order struct {
	Id, Number, Status string
	Message            string        `json:",omitempty"` // why the status is what it is; not told when empty
	Placed             time.Time     // when it was
	Due                time.Time     `json:",omitzero"`  // when it ends, for an order under way
	Change             strict.Values `json:",omitempty"` // what takes effect then
}

// entry is what a journal says of one thing: what a number or an order is from then on.
type entry struct {
	Number *Record `json:"number,omitempty"`
	Order  *order  `json:"order,omitempty"`
}

type orders struct {
	count   int
	byId    map[string]*order
	pending []*order // oldest first
}

// order serves GET /v1.0/numbers/order. It knows the orders of updates and those of the numbers' purchase.
func (a *account) order(c *call) (object, *strict.Refusal) {
	id, wrong := strict.Only(c.r, c.body, "OrderId")
	if wrong != nil {
		return nil, wrong
	}
	if o, ok := a.orders.byId[id]; ok {
		return a.orderAnswer(*o, "NumberUpdate"), nil
	}
	if number, ok := a.purchased(id); ok {
		bought := order{Id: id, Number: number, Status: statusCompleted, Placed: purchaseDate()}
		return a.orderAnswer(bought, "NewNumber"), nil
	}
	return nil, strict.Refuse(http.StatusNotFound, "order %s is not in this account", id)
}

func (a *account) orderAnswer(o order, kind string) object {
	answer := object{
		{"OrderDate", o.Placed.UTC().Format(dateLayout)},
		{"OrderId", o.Id},
		{"OrderStatus", o.Status},
		{"OrderType", kind},
		{"PhoneNumbersOrdered", []object{{{"Number", a.cfg.Spelling.number(o.Number)}, {"Status", o.Status}}}},
	}
	return o.explained(answer)
}

// explained adds the order's message, where it has one.
func (o order) explained(answer object) object {
	if o.Message == "" {
		return answer
	}
	return append(answer, member{"OrderStatusMessage", o.Message})
}

// purchaseDate is when all numbers were bought.
func purchaseDate() time.Time { return time.Date(2024, time.May, 2, 18, 36, 13, 0, time.UTC) }

// purchaseId is the id of the order that bought a number. The number is in its last 62 bits, so that no list of such
// orders is needed.
func (a *account) purchaseId(number string) string {
	n := seeded.Digits(number)
	return "TNOID-" + seeded.FormatUUID(seeded.Random(a.cfg.Seed, "purchase", n).Uint64(), n)
}

// purchased returns the existing number that an order bought.
func (a *account) purchased(id string) (string, bool) {
	tail := strings.ReplaceAll(id[max(0, len(id)-17):], "-", "")
	low, err := strconv.ParseUint(tail, 16, 64)
	if err != nil {
		return "", false
	}
	number := "+" + strconv.FormatUint(low&^(0b11<<62), 10)
	if a.purchaseId(number) != id {
		return "", false
	}
	_, ok := a.lookup(number)
	return number, ok
}
