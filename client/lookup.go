package client

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/bulknum/bulknum/client/internal/asking"
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
	var missing error
	record, err := asking.Ask(ctx, r.core.numbersBy, misunderstood, func(way int) (Number, error) {
		record, err := r.number(ctx, number, parameters()[way])
		if errors.Is(err, KindNotFound) {
			missing = err
		}
		return record, err
	})
	if missing != nil && misunderstood(err) {
		err = missing // in one way at least the number was understood
	}
	return record, err
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
	return c.numberRequest(number, parameters()[c.numbersBy.Best()])
}

// misunderstood reports whether a reading may have failed for how it was asked for.
func misunderstood(err error) bool {
	return errors.Is(err, KindNotFound) || errors.Is(err, KindInvalid) || errors.Is(err, KindUntrusted)
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
			OrderType:          rep.mask.Line(body.Text("OrderType")),
		}
		raw, _ := body.Find("PhoneNumbersOrdered") // may be left out
		numbers, listed := body.Objects("PhoneNumbersOrdered")
		if !listed || string(raw) == "null" {
			return order, checkID(rep, id, order.OrderId)
		}
		order.Numbers = []OrderedNumber{}
		for n := range numbers {
			if n != nil {
				order.Numbers = append(order.Numbers, OrderedNumber{
					Number: withPlus(n.Text("Number", "PhoneNumber")), Status: rep.mask.Line(n.Text("Status")),
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
