package client

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/pause"
)

// Number reads one number's details, GET /v1.0/numbers. number is in E.164: "+18018018011". It is asked for by all names
// that the API's pages have for the parameter; until an answer has shown which a server knows, what that refuses or does not
// find is asked for by each name alone. A number that is not in E.164 costs no request. What ctx does, and the errors, are as in
// [Client.Update], but that nothing is ever applied.
func (r *Reader) Number(ctx context.Context, number string) (Number, error) {
	if err := checkWritten(EndpointNumber, number); err != nil {
		return Number{}, err
	}
	known := r.core.asking.Load()
	if known != nil {
		return r.number(ctx, number, *known)
	}
	var refused error
	for _, names := range parameters() {
		record, err := r.number(ctx, number, names)
		if err == nil {
			r.core.asking.Store(&names)
			return record, nil
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || !e.misunderstood() {
			return Number{}, err
		}
		if refused == nil || e.Kind == KindNotFound {
			refused = err
		}
	}
	return Number{}, refused
}

func (r *Reader) number(ctx context.Context, number string, names parameterNames) (Number, error) {
	return answerTo(ctx, r, r.core.numberRequest(number, names), number, func(rep reply, body object.Object) (Number, *Error) {
		record := readNumber(body, rep.secrets)
		// The API's only sample has null here, of an active number, and each number must have a subscriber, which the
		// inventory tells: so null is no sign that there is none.
		if shown := record.AssignedSubscriberId; shown != nil && *shown == "" {
			record.AssignedSubscriberId = nil
		}
		return record, checkNumber(rep, number, record.Number)
	})
}

// parameterNames are the names by which a number is asked for in one query.
type parameterNames []string

// parameters are the ways to ask for a number: the API's description has both names, its only sample Number, and its
// older pages PhoneNumber.
func parameters() []parameterNames {
	return []parameterNames{{"Number", "PhoneNumber"}, {"Number"}, {"PhoneNumber"}}
}

// numberRequest asks for a number by these names.
func (c *core) numberRequest(number string, names parameterNames) request {
	query := url.Values{}
	for _, name := range names {
		query.Set(name, number)
	}
	return c.get(EndpointNumber, query)
}

// probedNumber asks for a number as the server is known to understand it.
func (c *core) probedNumber(number string) request {
	names := parameters()[0]
	if known := c.asking.Load(); known != nil {
		names = *known
	}
	return c.numberRequest(number, names)
}

// misunderstood reports whether a reading may have failed for how it was asked for.
func (e *Error) misunderstood() bool {
	switch e.Kind {
	case KindNotFound, KindInvalid, KindUntrusted:
		return true
	default:
		return false
	}
}

// checkNumber makes sure that an answer is about the number that was asked for.
func checkNumber(rep reply, asked, answered string) *Error {
	switch {
	case answered == "":
		return untrusted(rep, "the answer names no number")
	case withPlus(asked) != answered:
		return untrusted(rep, rep.mask.Line("the answer is about another number: "+answered))
	default:
		return nil
	}
}

// orderPauseFirst and orderPauseMost are the pauses between two readings of an order.
const (
	orderPauseFirst = 2 * time.Second
	orderPauseMost  = time.Minute
)

// WaitOrder reads an order until it has ended, or waits for a person to correct something, and returns it: see
// [Order.State]. It reads at once, and then after pauses from 2 s, doubling to a minute. A status that is not known is waited
// for as well. The first reading that fails ends it, with its error, as does the end of ctx, which bounds the wait: an order
// may be pending for days.
func (r *Reader) WaitOrder(ctx context.Context, id string) (Order, error) {
	for span := orderPauseFirst; ; span = min(2*span, orderPauseMost) {
		order, err := r.Order(ctx, id)
		if state := order.State(); err != nil || state.Ended() || state == OrderNeedsPerson {
			return order, err
		}
		if err := pause.Until(ctx, time.Now().Add(span), nil); err != nil {
			return order, stopped(EndpointOrder, err)
		}
	}
}

// Order reads an order of numbers, GET /v1.0/numbers/order. id is JNUOID-…; without one no request is made. What ctx does, and
// the errors, are those of [Reader.Number].
func (r *Reader) Order(ctx context.Context, id string) (Order, error) {
	if err := checkAsked(EndpointOrder, id); err != nil {
		return Order{}, err
	}
	q := r.core.get(EndpointOrder, url.Values{"OrderId": {id}})
	return answerTo(ctx, r, q, "", func(rep reply, body object.Object) (Order, *Error) {
		order := Order{
			OrderId:            body.Text("OrderId"),
			OrderDate:          body.Text("OrderDate"),
			OrderStatus:        rep.mask.Line(body.Text("OrderStatus")),
			OrderStatusMessage: rep.mask.Line(body.Text("OrderStatusMessage")),
			OrderType:          body.Text("OrderType"),
		}
		numbers, listed := body.Objects("PhoneNumbersOrdered") // may be left out
		if !listed {
			return order, checkID(rep, id, order.OrderId)
		}
		for n := range numbers {
			if n != nil {
				order.Numbers = append(order.Numbers, OrderedNumber{
					Number: withPlus(n.Text("Number", "PhoneNumber")), Status: n.Text("Status"),
				})
			}
		}
		return order, checkID(rep, id, order.OrderId)
	})
}

// checkID makes sure that an answer is about what was asked for.
func checkID(rep reply, asked, answered string) *Error {
	if asked != answered {
		return untrusted(rep, "the answer is about another id than was asked for")
	}
	return nil
}
