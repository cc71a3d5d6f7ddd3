package sandbox

import (
	"net/http"
	"regexp"
	"time"
)

// iccidFormat is what a SIM's number looks like: 18 to 22 digits, and a filler F where the vendor shows one.
var iccidFormat = regexp.MustCompile(`^\d{18,22}F?$`)

// updateFields are the fields of POST /v1.0/numbers/update.
func updateFields() map[string]field {
	return map[string]field{
		"Number":               {required: true, format: numberFormat},
		"MessageEnabled":       {boolean: true},
		"VoiceEnabled":         {boolean: true},
		"MessageType":          {allowed: messageTypes()},
		"Classification":       {allowed: classifications()},
		"ProductType":          {allowed: productTypes()},
		"MessageRouteId":       {clear: true, idField: true, prefixes: []string{"MRID"}},
		"VoiceRouteId":         {clear: true, idField: true, prefixes: []string{"CRID"}},
		"AssignedSubscriberId": {clear: true, idField: true, prefixes: []string{"TSUID", "SID"}},
		"Iccid":                {clear: true, format: iccidFormat},
		"CnamFirstName":        {clear: true},
		"CnamLastName":         {clear: true},
	}
}

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

// apply returns the record as it is with these settings.
func (v values) apply(rec Record) Record {
	setText := func(p *string, name string) {
		if s, ok := v[name].(string); ok {
			*p = s
		}
	}
	setBool := func(p *bool, name string) {
		if b, ok := v[name].(bool); ok {
			*p = b
		}
	}
	setBool(&rec.MessageEnabled, "MessageEnabled")
	setBool(&rec.VoiceEnabled, "VoiceEnabled")
	setText(&rec.MessageType, "MessageType")
	setText(&rec.Classification, "Classification")
	setText(&rec.MessageRouteId, "MessageRouteId")
	setText(&rec.VoiceRouteId, "VoiceRouteId")
	setText(&rec.AssignedSubscriberId, "AssignedSubscriberId")
	setText(&rec.Iccid, "Iccid")
	setText(&rec.CnamFirstName, "CnamFirstName")
	setText(&rec.CnamLastName, "CnamLastName")
	setText(&rec.ProductType, "ProductType")
	return rec
}

// dateLayout is RFC 3339 with the seven fractional digits that the vendor shows.
const dateLayout = "2006-01-02T15:04:05.0000000Z07:00"

// updateAnswer is the 200 of an update, as on the update page: with a filler after the ICCID, without the subscriber.
func (s *Sandbox) updateAnswer(o *order, rec Record) object {
	sp := s.cfg.Spelling
	answer := object{
		{"Number", sp.number(rec.Number)},
		{"Tnid", sp.empty(rec.Tnid)},
		{"UpdateOrderId", o.id},
		{"UpdateOrderDate", o.placed.UTC().Format(dateLayout)},
		{"UpdateOrderStatus", o.status},
		{"MessageEnabled", rec.MessageEnabled},
		{"VoiceEnabled", rec.VoiceEnabled},
		{"MessageType", sp.empty(rec.MessageType)},
		{"Classification", sp.empty(rec.Classification)},
		{"MessageRouteId", sp.empty(rec.MessageRouteId)},
		{"VoiceRouteId", sp.empty(rec.VoiceRouteId)},
		{"Iccid", sp.empty(sp.iccid(rec.Iccid))},
		{"CnamFirstName", sp.empty(rec.CnamFirstName)},
		{"CnamLastName", sp.empty(rec.CnamLastName)},
		{"ProductType", sp.empty(rec.ProductType)},
	}
	if sp.Successful {
		answer = append(answer, member{"Successful", true})
	}
	return sp.prune(o.explained(answer))
}

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
