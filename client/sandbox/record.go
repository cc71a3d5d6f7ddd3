package sandbox

import (
	"regexp"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// Record is the truth about one number. An empty string is a setting that is not set.
// What a request may set of it, and how answers tell it, follows in this file.
type Record struct {
	Number         string // E.164, with its +
	Tnid           string // TNID-…
	OrderId        string // of its purchase, TNOID-…
	Status         string // Active or Inactive
	NumberType     string // Mobile or Local
	MessageEnabled bool
	VoiceEnabled   bool

	MessageType          string // a2p or p2p
	Classification       string // MVNO or IoT
	MessageRouteId       string // MRID-…
	VoiceRouteId         string // CRID-…, or a legacy id without prefix
	AssignedSubscriberId string // TSUID-…
	Iccid                string // as it was set, with or without its filler
	CnamFirstName        string
	CnamLastName         string
	ProductType          string // Sms-Only, Data-Only, Sms+Data or Sms+Data+Voice
}

// breaksRule tells whether the record is what the platform does not allow: IoT numbers are p2p only.
func (r Record) breaksRule() bool { return r.Classification == classIoT && r.MessageType == typeA2P }

// cnam is first and last name as one string.
func (r Record) cnam() string { return strings.TrimSpace(r.CnamFirstName + " " + r.CnamLastName) }

// iccidFormat is what a SIM's number looks like: 18 to 22 digits, and a filler F where the vendor shows one.
var iccidFormat = regexp.MustCompile(`^\d{18,22}F?$`)

// updateFields are the fields of POST /v1.0/numbers/update.
func updateFields() map[string]strict.Field {
	return map[string]strict.Field{
		"Number":               {Required: true, Format: numberFormat},
		"MessageEnabled":       {Boolean: true},
		"VoiceEnabled":         {Boolean: true},
		"MessageType":          {Allowed: messageTypes()},
		"Classification":       {Allowed: classifications()},
		"ProductType":          {Allowed: productTypes()},
		"MessageRouteId":       {Clear: true, IdField: true, Prefixes: []string{"MRID"}},
		"VoiceRouteId":         {Clear: true, IdField: true, Prefixes: []string{"CRID"}},
		"AssignedSubscriberId": {Clear: true, IdField: true, Prefixes: []string{"TSUID", "SID"}},
		"Iccid":                {Clear: true, Format: iccidFormat},
		"CnamFirstName":        {Clear: true},
		"CnamLastName":         {Clear: true},
	}
}

// apply returns the record as it is with these settings.
func apply(v strict.Values, rec Record) Record {
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

// With returns the record with other settings: the text of each, by its name in the
// API. "" is a setting that is not set, and a capability is on if it is "true".
func (r Record) With(text func(setting string) string) Record {
	v := strict.Values{}
	for name, f := range updateFields() {
		if v[name] = text(name); f.Boolean {
			v[name] = v[name] == "true"
		}
	}
	return apply(v, r)
}

// record spells a number's record as the reading side tells it.
func (s Spelling) record(rec Record) object {
	o := object{
		{s.name(s.PhoneNumber, "PhoneNumber", "Number"), s.empty(s.number(rec.Number))},
		{s.name(s.Tnid, "Tnid", "TNID"), s.empty(rec.Tnid)},
		{"OrderId", s.empty(rec.OrderId)},
		{"NumberType", s.empty(rec.NumberType)},
		{s.name(s.YesNo, "SmsEnabled", "MessageEnabled"), s.truth(rec.MessageEnabled)},
		{"MessageRouteId", s.empty(rec.MessageRouteId)},
		{"VoiceEnabled", s.truth(rec.VoiceEnabled)},
		{"Classification", s.empty(s.class(rec.Classification))},
		{"MessageType", s.empty(s.messageType(rec.MessageType))},
		{"VoiceRouteId", s.empty(rec.VoiceRouteId)},
		{"Status", s.empty(rec.Status)},
		{"OriginalDatePurchased", s.empty("")},
	}
	if !s.NoSubscriber {
		o = append(o, member{"AssignedSubscriberId", s.empty(s.subscriber(rec.AssignedSubscriberId))})
	}
	o = append(o, member{"Iccid", s.empty(s.iccid(rec.Iccid))})
	if s.TwoNames {
		o = append(o, member{"CnamFirstName", s.empty(rec.CnamFirstName)}, member{"CnamLastName", s.empty(rec.CnamLastName)})
	} else {
		o = append(o, member{"Cnam", s.empty(rec.cnam())})
	}
	if s.ProductType {
		o = append(o, member{"ProductType", s.empty(rec.ProductType)})
	}
	return s.prune(o)
}

// updateAnswer is the 200 of an update, as on the update page: with a filler after the ICCID, without the subscriber.
func (s Spelling) updateAnswer(o *order, rec Record) object {
	answer := object{
		{"Number", s.number(rec.Number)},
		{"Tnid", s.empty(rec.Tnid)},
		{"UpdateOrderId", o.Id},
		{"UpdateOrderDate", o.Placed.UTC().Format(dateLayout)},
		{"UpdateOrderStatus", o.Status},
		{"MessageEnabled", rec.MessageEnabled},
		{"VoiceEnabled", rec.VoiceEnabled},
		{"MessageType", s.empty(rec.MessageType)},
		{"Classification", s.empty(rec.Classification)},
		{"MessageRouteId", s.empty(rec.MessageRouteId)},
		{"VoiceRouteId", s.empty(rec.VoiceRouteId)},
		{"Iccid", s.empty(s.iccid(rec.Iccid))},
		{"CnamFirstName", s.empty(rec.CnamFirstName)},
		{"CnamLastName", s.empty(rec.CnamLastName)},
		{"ProductType", s.empty(rec.ProductType)},
	}
	if s.Successful {
		answer = append(answer, member{"Successful", true})
	}
	return s.prune(o.explained(answer))
}
