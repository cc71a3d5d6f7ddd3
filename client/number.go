package client

import (
	"strings"

	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/object"
)

// Number is what the API tells about one number, in the details and in the inventory.
// Both are read in every spelling that the API is known to use (PhoneNumber, SmsEnabled "Yes", TNID, A2P …).
type Number struct {
	Number     string // always with +
	Tnid       string // the API's id of the number
	Status     string // "Active", …
	NumberType string // "Mobile", …

	MessageEnabled *bool // nil: the record does not tell
	VoiceEnabled   *bool

	// A nil text is not in the record at all; a pointer to "" was shown as null or empty.
	MessageType          *string // in the spelling that an update takes: a2p, p2p
	Classification       *string // in the spelling that an update takes: MVNO, IoT
	MessageRouteId       *string
	VoiceRouteId         *string
	AssignedSubscriberId *string
	Iccid                *string
	Cnam                 *string // one string; an update takes first and last name
	CnamFirstName        *string // told by no known server
	CnamLastName         *string
	ProductType          *string // in the spelling that an update takes
}

// InventoryPage is one page of GET /v1.0/numbers/inventory.
type InventoryPage struct {
	AccountId    string
	TotalResults int // numbers in the whole inventory; -1: not told
	PageNumber   int // counted from 1
	Requested    int // numbers that it was asked to have; 0: nothing was said of it
	Numbers      []Number
	Unnamed      int // records of the page that name no number
}

// readNumber reads a record of a number in any of the API's spellings. A value that has a secret in it is none, and counts as
// not shown.
func readNumber(o object.Object, secrets mask.Masker) Number {
	text := func(names ...string) string { return secrets.Hide(o.Text(names...)) }
	optional := func(name string) *string {
		value := o.Optional(name)
		if value != nil && secrets.Hide(*value) != *value {
			return nil
		}
		return value
	}
	return Number{
		Number:     withPlus(text("Number", "PhoneNumber")),
		Tnid:       text("Tnid"),
		Status:     text("Status"),
		NumberType: text("NumberType"),

		MessageEnabled: o.Flag("MessageEnabled", "SmsEnabled"),
		VoiceEnabled:   o.Flag("VoiceEnabled"),

		MessageType:          spelled(optional("MessageType"), "a2p", "p2p"),
		Classification:       spelled(optional("Classification"), "MVNO", "IoT"),
		MessageRouteId:       optional("MessageRouteId"),
		VoiceRouteId:         optional("VoiceRouteId"),
		AssignedSubscriberId: optional("AssignedSubscriberId"),
		Iccid:                optional("Iccid"),
		Cnam:                 optional("Cnam"),
		CnamFirstName:        optional("CnamFirstName"),
		CnamLastName:         optional("CnamLastName"),
		ProductType:          spelled(optional("ProductType"), "Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"),
	}
}

// spelled gives a word the spelling that an update takes; an unknown one stays as it is.
func spelled(word *string, known ...string) *string {
	if word != nil {
		for _, k := range known {
			if strings.EqualFold(*word, k) {
				return &k
			}
		}
	}
	return word
}

// withPlus returns a number as E.164 has it; older pages of the API show it without the plus.
func withPlus(number string) string {
	number = strings.TrimSpace(number)
	if number == "" || strings.HasPrefix(number, "+") {
		return number
	}
	return "+" + number
}

// UpdateRequest is the body of POST /v1.0/numbers/update, in the API's own names.
// A nil field is left out and so kept as it is; a pointer to "" sends an empty string.
type UpdateRequest struct {
	// Number is the number to change, in E.164: "+18018018011". It is required.
	Number               string  `json:"Number"`
	MessageEnabled       *bool   `json:"MessageEnabled,omitempty"`
	VoiceEnabled         *bool   `json:"VoiceEnabled,omitempty"`
	MessageType          *string `json:"MessageType,omitempty"`          // a2p, p2p
	Classification       *string `json:"Classification,omitempty"`       // MVNO, IoT
	MessageRouteId       *string `json:"MessageRouteId,omitempty"`       // MRID-…
	VoiceRouteId         *string `json:"VoiceRouteId,omitempty"`         // CRID-…
	AssignedSubscriberId *string `json:"AssignedSubscriberId,omitempty"` // TSUID-…
	Iccid                *string `json:"Iccid,omitempty"`
	CnamFirstName        *string `json:"CnamFirstName,omitempty"`
	CnamLastName         *string `json:"CnamLastName,omitempty"`
	ProductType          *string `json:"ProductType,omitempty"` // Sms-Only, Data-Only, Sms+Data, Sms+Data+Voice
}

// parameterNames are the names by which a number is asked for in one query.
type parameterNames []string

// parameters are the ways to ask for a number: the API's description has both names, its only sample Number, and its
// older pages PhoneNumber.
func parameters() []parameterNames {
	return []parameterNames{{"Number", "PhoneNumber"}, {"Number"}, {"PhoneNumber"}}
}
