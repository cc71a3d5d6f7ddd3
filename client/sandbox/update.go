package sandbox

import (
	"net/http"
	"time"
)

// update serves POST /v1.0/numbers/update.
func (s *Sandbox) update(c *call) (object, *refusal) {
	v, wrong := decode(c.r.Header, c.body, s.updateFields)
	c.number = v.text("Number")
	if wrong != nil {
		return nil, wrong
	}
	before, ok := s.lookup(c.number)
	if !ok {
		return nil, refuse(http.StatusNotFound, "number %s is not in this account", c.number)
	}
	after := v.apply(before)
	if after.breaksRule() {
		return nil, s.brokenRule("number %s: IoT numbers are %s only", c.number, typeP2P)
	}
	status, message := statusComplete, ""
	if s.cfg.Judge != nil {
		verdict := s.cfg.Judge(before, after)
		if verdict.Refuse != "" {
			refusal := s.brokenRule("%s", verdict.Refuse)
			refusal.status = or(verdict.HTTPStatus, refusal.status)
			return nil, refusal
		}
		status, message = or(verdict.OrderStatus, status), verdict.OrderMessage
	}
	if c.fault == FaultOrderStatus {
		status = s.cfg.Faults.status(random(s.cfg.Seed, "status", uint64(s.orders.count)))
	}
	o := s.newOrder(c, v, status)
	o.message = message
	return s.updateAnswer(o, after), nil
}

// dateLayout is RFC 3339 with the seven fractional digits that the vendor shows.
const dateLayout = "2006-01-02T15:04:05.0000000Z07:00"

// newOrder records the order of an update and lets the update take effect, now or when the order completes.
func (s *Sandbox) newOrder(c *call, v values, status string) *order {
	s.orders.count++
	o := &order{
		id:     "JNUOID-" + uuid(s.cfg.Seed, "order", uint64(s.orders.count)),
		number: c.number,
		placed: c.now,
		status: status,
	}
	s.orders.byId[o.id] = o
	switch status {
	case statusComplete, statusCompleted:
		s.take(o, v)
		c.applied = true
	case statusFailed, statusError, statusRejected, statusCancelled, statusResolutionRequired:
	default:
		o.change, o.due = v, c.now.Add(s.cfg.Orders.PendingFor)
		s.orders.pending = append(s.orders.pending, o)
	}
	return o
}

// take lets an update take effect.
func (s *Sandbox) take(o *order, v values) {
	if before, ok := s.lookup(o.number); ok {
		s.numbers.put(v.apply(before))
		s.stats.applied(o.number)
	}
}

// settle ends the pending orders whose time has come.
func (s *Sandbox) settle(now time.Time) {
	for len(s.orders.pending) > 0 && !now.Before(s.orders.pending[0].due) {
		o := s.orders.pending[0]
		s.orders.pending = s.orders.pending[1:]
		o.status, o.message = s.cfg.Orders.End, s.cfg.Orders.Message
		if o.status == statusComplete || o.status == statusCompleted {
			s.take(o, o.change)
		}
		o.change = nil
	}
}
