// Package settings has the settings of a phone number that a row can ask for, and the
// table of fields, the only place that names them; and how long a change takes until it is in service.
//
// The table of fields in this file drives everything that goes field by field:
// the columns a file may have, the checks of its cells, the request that is
// sent and the comparison with what a number has. A field that the API gains is
// added here, and to what is sent and read of it: client.UpdateRequest and
// client.Number.
//
// Absent means keep: the zero [Settings] sets nothing, and a field is sent only
// when a row named it.
package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client"
)

// Kind is the sort of value that a field takes.
type Kind int

// The kinds of fields.
const (
	Text Kind = iota // any text, checked by the field's own rules
	Bool             // "true" or "false"
	Enum             // one of Field.Values
)

// Clear is what stands in a cell to set a text field to nothing. A blank cell
// keeps the field as it is.
const Clear = "<clear>"

// Empty is what stands in the cell of a precondition for a field that must have
// no value now. A blank cell is no precondition.
const Empty = "<empty>"

// Unknown is what stands in the cell of an export for a field that the API did not
// show. As input it keeps the field as it is.
const Unknown = "<unknown>"

// Field is one setting of a number, by the name the API gives it.
type Field struct {
	// Name is the API's name, which is also the column's: "MessageRouteId".
	Name string
	// Kind tells which values the field takes.
	Kind Kind
	// Values are the values of an Enum, in the API's spelling.
	Values []string
	// Prefixes are the prefixes of the identifiers that belong in the field,
	// the current one first. An identifier without a known prefix is let
	// through, because old ones have none.
	Prefixes []string
	// Route is the kind of the routes whose ids belong in the field; "": they are of something else.
	Route client.RouteKind
	// Clearable tells that the field may be set to nothing.
	Clearable bool
	// Shown tells that the API's reading side tells the field's value. A field
	// that is not shown can be written but not compared.
	Shown bool
	// Companion is, of a capability, the route that goes along in the update that turns it on: the
	// vendor's older pages require it.
	Companion string
	// PerNumber tells that the values belong to single numbers, like that of a
	// SIM: what many rows have in common is then that they set it, not to what.
	PerNumber bool

	plain   func(*Field, string) bool // is it the common case, with which nothing is wrong?
	check   func(*Field, string) (string, *Flaw)
	meaning func(*Field, string) string // the spelling in which values that mean the same are equal
	flag    func(*client.UpdateRequest) **bool
	text    func(*client.UpdateRequest) **string
	told    func(*client.Number) *string // what the reading side tells; nil: nothing
}

// The routes of the two capabilities.
const (
	messageRoute = "MessageRouteId"
	voiceRoute   = "VoiceRouteId"
)

// SubscriberField is the field that assigns a number to a subscriber.
const SubscriberField = "AssignedSubscriberId"

// FieldCount is the length of the table, a constant because Settings are kept in
// an array of it.
const FieldCount = len(table)

// table has the fields in the order of the API's description.
var table = [...]Field{
	{
		Name: "MessageEnabled", Kind: Bool, Shown: true, Companion: messageRoute, plain: plainBool, check: parseBool, meaning: sameWord,
		flag: func(u *client.UpdateRequest) **bool { return &u.MessageEnabled },
		told: func(n *client.Number) *string { return truth(n.MessageEnabled) },
	},
	{
		Name: "VoiceEnabled", Kind: Bool, Shown: true, Companion: voiceRoute, plain: plainBool, check: parseBool, meaning: sameWord,
		flag: func(u *client.UpdateRequest) **bool { return &u.VoiceEnabled },
		told: func(n *client.Number) *string { return truth(n.VoiceEnabled) },
	},
	{
		Name: "MessageType", Kind: Enum, Values: []string{"a2p", "p2p"}, Shown: true, plain: plainEnum, check: parseEnum, meaning: sameWord,
		text: func(u *client.UpdateRequest) **string { return &u.MessageType },
		told: func(n *client.Number) *string { return n.MessageType },
	},
	{
		Name: "Classification", Kind: Enum, Values: []string{"MVNO", iot}, Shown: true, plain: plainEnum, check: parseEnum, meaning: sameWord,
		text: func(u *client.UpdateRequest) **string { return &u.Classification },
		told: func(n *client.Number) *string { return n.Classification },
	},
	{
		Name: messageRoute, Prefixes: []string{"MRID"}, Route: client.RouteOfMessages, Clearable: true, Shown: true,
		plain: plainIdentifier, check: parseIdentifier, meaning: sameIdentifier,
		text: func(u *client.UpdateRequest) **string { return &u.MessageRouteId },
		told: func(n *client.Number) *string { return n.MessageRouteId },
	},
	{
		Name: voiceRoute, Prefixes: []string{"CRID"}, Route: client.RouteOfVoice, Clearable: true, Shown: true,
		plain: plainIdentifier, check: parseIdentifier, meaning: sameIdentifier,
		text: func(u *client.UpdateRequest) **string { return &u.VoiceRouteId },
		told: func(n *client.Number) *string { return n.VoiceRouteId },
	},
	{
		Name: SubscriberField, Prefixes: []string{"TSUID", "SID"}, Clearable: true, Shown: true, PerNumber: true,
		plain: plainIdentifier, check: parseIdentifier, meaning: sameIdentifier,
		text: func(u *client.UpdateRequest) **string { return &u.AssignedSubscriberId },
		told: func(n *client.Number) *string { return n.AssignedSubscriberId },
	},
	{
		Name: "Iccid", Clearable: true, Shown: true, PerNumber: true,
		plain: plainICCID, check: parseICCID, meaning: sameICCID,
		text: func(u *client.UpdateRequest) **string { return &u.Iccid },
		told: func(n *client.Number) *string { return n.Iccid },
	},
	{
		Name: firstName, Clearable: true, Shown: true, PerNumber: true,
		plain: plainName, check: parseName, meaning: sameText,
		text: func(u *client.UpdateRequest) **string { return &u.CnamFirstName },
		told: func(n *client.Number) *string { return n.CnamFirstName },
	},
	{
		Name: lastName, Clearable: true, Shown: true, PerNumber: true,
		plain: plainName, check: parseName, meaning: sameText,
		text: func(u *client.UpdateRequest) **string { return &u.CnamLastName },
		told: func(n *client.Number) *string { return n.CnamLastName },
	},
	{
		Name: "ProductType", Kind: Enum, Values: []string{"Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"}, plain: plainEnum, check: parseEnum, meaning: sameWord,
		text: func(u *client.UpdateRequest) **string { return &u.ProductType },
		told: func(n *client.Number) *string { return n.ProductType },
	},
}

// Places in the table of the fields that rules speak of.
var (
	messageTypeAt    = index("MessageType")
	classificationAt = index("Classification")
	messageRouteAt   = index(messageRoute)
	subscriberAt     = index(SubscriberField)
	firstNameAt      = index(firstName)
	lastNameAt       = index(lastName)
)

// routesAt are the places of the fields that have the id of a route.
var routesAt = func() (places []int) {
	for i := range table {
		if table[i].Route != "" {
			places = append(places, i)
		}
	}
	return places
}()

// byName has the places of the fields in the order of their names, in which encoding/json writes the members of a map.
var byName = func() []int {
	places := make([]int, FieldCount)
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return strings.Compare(table[a].Name, table[b].Name) })
	return places
}()

// IsID reports whether the field's values name something in the API or on a SIM, as against words and switches.
func (f *Field) IsID() bool { return f.Kind == Text && f.Name != firstName && f.Name != lastName }

// Fields returns all fields in the API's order. The number itself is not one
// of them: it says whose settings they are.
func Fields() []Field { return slices.Clone(table[:]) }

// Lookup returns the field of a name, in any case.
func Lookup(name string) (Field, bool) {
	if i := index(name); i >= 0 {
		return table[i], true
	}
	return Field{}, false
}

// index returns a field's place in the table, or -1. Nearly all names are in the spelling of the table.
func index(name string) int {
	for i := range table {
		if table[i].Name == name {
			return i
		}
	}
	for i := range table {
		if strings.EqualFold(table[i].Name, name) {
			return i
		}
	}
	return -1
}

// Parse checks a value and returns it in the one spelling that is sent: "true"
// and "false", enumerations as the API writes them, text without blanks around
// it. The flaw is nil when nothing is wrong with it; a flaw that is only a
// warning comes with a value that can be used. The value is neither empty,
// which means keep, nor [Clear]: those are the caller's.
func (f *Field) Parse(value string) (string, *Flaw) {
	if f.plain(f, value) {
		return value, nil
	}
	return f.check(f, strings.TrimSpace(value))
}

// ParseFields reads names of fields with commas between them, in any case. Errors are those of [ParseField].
func ParseFields(list string) ([]string, error) {
	var fields []string
	for name := range strings.SplitSeq(list, ",") {
		field, err := ParseField(name)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// ParseField returns a field's name in the API's spelling; an error names the fields that there are.
func ParseField(name string) (string, error) {
	var names []string
	for _, f := range Fields() {
		if strings.EqualFold(f.Name, strings.TrimSpace(name)) {
			return f.Name, nil
		}
		names = append(names, f.Name)
	}
	return "", fmt.Errorf("%q is not a field: use %s", name, strings.Join(names, ", "))
}
