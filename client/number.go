package client

import (
	"strings"

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
	Numbers      []Number
	Unnamed      int // records of the page that name no number
}

// readNumber reads a record of a number in any of the API's spellings.
func readNumber(o object.Object) Number {
	return Number{
		Number:     withPlus(o.Text("Number", "PhoneNumber")),
		Tnid:       o.Text("Tnid"),
		Status:     o.Text("Status"),
		NumberType: o.Text("NumberType"),

		MessageEnabled: o.Flag("MessageEnabled", "SmsEnabled"),
		VoiceEnabled:   o.Flag("VoiceEnabled"),

		MessageType:          spelled(o.Optional("MessageType"), "a2p", "p2p"),
		Classification:       spelled(o.Optional("Classification"), "MVNO", "IoT"),
		MessageRouteId:       o.Optional("MessageRouteId"),
		VoiceRouteId:         o.Optional("VoiceRouteId"),
		AssignedSubscriberId: o.Optional("AssignedSubscriberId"),
		Iccid:                o.Optional("Iccid"),
		Cnam:                 o.Optional("Cnam"),
		CnamFirstName:        o.Optional("CnamFirstName"),
		CnamLastName:         o.Optional("CnamLastName"),
		ProductType:          spelled(o.Optional("ProductType"), "Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"),
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
