package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// update serves POST /v1.0/numbers/update.
func (a *account) update(c *call) (object, *strict.Refusal) {
	v, wrong := strict.Decode(c.r.Header, c.body, a.updateFields)
	c.number = v.Text("Number")
	if wrong := or(wrong, a.lacksCompanion(v)); wrong != nil {
		return nil, wrong
	}
	before, ok := a.lookup(c.number)
	if !ok {
		return nil, strict.Refuse(http.StatusNotFound, "number %s is not in this account", c.number)
	}
	after := apply(v, before)
	if after.breaksRule() {
		return nil, a.cfg.Errors.brokenRule("number %s: IoT numbers are %s only", c.number, typeP2P)
	}
	if other := a.holder(v, c.number); other != "" {
		return nil, a.cfg.Errors.brokenRule("Iccid %s is on number %s", v.Text("Iccid"), other)
	}
	status, message := statusComplete, ""
	if a.cfg.Judge != nil {
		verdict := a.cfg.Judge(before, after)
		if verdict.Refuse != "" {
			refusal := a.cfg.Errors.brokenRule("%s", verdict.Refuse)
			refusal.Status = or(verdict.HTTPStatus, refusal.Status)
			return nil, refusal
		}
		status, message = or(verdict.OrderStatus, status), verdict.OrderMessage
	}
	if c.fault == FaultOrderStatus {
		status = a.cfg.Faults.status(seeded.Random(a.cfg.Seed, "status", uint64(a.orders.count)))
	}
	o := a.newOrder(c, v, status)
	o.Message = message
	a.journal.note(entry{Order: o})
	switch c.fault {
	case FaultIgnored, FaultEchoOld:
		after = before
	case FaultLag:
		a.lagging[c.number] = past{before, c.now.Add(a.cfg.Faults.LagFor)}
	}
	return a.cfg.Spelling.updateAnswer(o, after), nil
}

// lacksCompanion refuses a capability that is turned on without its route.
func (a *account) lacksCompanion(v strict.Values) *strict.Refusal {
	wrong := strict.Mistakes{}
	for capability, route := range map[string]string{"MessageEnabled": "MessageRouteId", "VoiceEnabled": "VoiceRouteId"} {
		if a.cfg.RequireCompanions && v[capability] == true && v.Text(route) == "" {
			wrong.Add(route, "is required with %s true", capability)
		}
	}
	return wrong.Refusal()
}

// holder is another number of the listing that has the ICCID which an update sets; "": there is none, or that is allowed.
func (a *account) holder(v strict.Values, number string) string {
	iccid := strings.TrimSuffix(v.Text("Iccid"), "F")
	if !a.cfg.UniqueICCIDs || iccid == "" {
		return ""
	}
	for i := range a.numbers.len() {
		if rec, _ := a.lookup(a.numbers.at(i)); rec.Number != number && strings.TrimSuffix(rec.Iccid, "F") == iccid {
			return rec.Number
		}
	}
	return ""
}

// dateLayout is RFC 3339 with the seven fractional digits that the vendor shows.
const dateLayout = "2006-01-02T15:04:05.0000000Z07:00"

// newOrder records the order of an update and lets the update take effect, now or when the order completes.
func (a *account) newOrder(c *call, v strict.Values, status string) *order {
	a.orders.count++
	o := &order{
		Id:     "JNUOID-" + seeded.UUID(a.cfg.Seed, "order", uint64(a.orders.count)),
		Number: c.number,
		Placed: c.now,
		Status: status,
	}
	a.orders.byId[o.Id] = o
	switch status {
	case statusComplete, statusCompleted:
		if c.fault != FaultIgnored {
			a.take(o, v)
			c.applied = true
		}
	case statusFailed, statusError, statusRejected, statusCancelled, statusResolutionRequired:
	default:
		o.Change, o.Due = v, c.now.Add(a.cfg.Orders.PendingFor)
		a.orders.pending = append(a.orders.pending, o)
	}
	return o
}

// take lets an update take effect.
func (a *account) take(o *order, v strict.Values) {
	if before, ok := a.lookup(o.Number); ok {
		a.put(apply(v, before))
		a.stats.applied(o.Number)
	}
}

// settle ends the pending orders whose time has come.
func (a *account) settle(now time.Time) {
	for len(a.orders.pending) > 0 && !now.Before(a.orders.pending[0].Due) {
		o := a.orders.pending[0]
		a.orders.pending = a.orders.pending[1:]
		o.Status, o.Message = a.cfg.Orders.End, a.cfg.Orders.Message
		if other := a.holder(o.Change, o.Number); other != "" {
			o.Status, o.Message = statusFailed, "the ICCID is on number "+other
		}
		if o.Status == statusComplete || o.Status == statusCompleted {
			a.take(o, o.Change)
		}
		o.Change = nil
		a.journal.note(entry{Order: o})
	}
}
