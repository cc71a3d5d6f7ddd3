package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// Spelling is how the sandbox spells what it tells. The vendor's pages disagree, so each difference is a switch of its
// own; they can be mixed freely. The zero value is the published details example: Number with +, TNID, A2P, one Cnam
// string, ICCIDs with a filler F, null for what is not set, no ProductType, TotalResults.
type Spelling struct {
	PhoneNumber  bool // the field Number is called PhoneNumber
	NoPlus       bool // numbers have no +, also in the answers of updates and in orders
	YesNo        bool // MessageEnabled is SmsEnabled, and both capabilities are "Yes" or "No"
	TotalCount   bool // TotalResults is TotalCount
	Tnid         bool // TNID is Tnid
	LowerCase    bool // message types are a2p, p2p as in updates
	TwoNames     bool // CnamFirstName and CnamLastName instead of Cnam
	ProductType  bool // ProductType is told
	NoFiller     bool // ICCIDs are told as they were set, also in the answers of updates
	NoSubscriber bool // AssignedSubscriberId is not told
	OldPrefixes  bool // subscribers are SID- instead of TSUID-
	Successful   bool // answers of updates have "Successful":true
	Data         bool // answers are in a member Data, beside "Successful":true
	Iot          bool // the classification IoT is IOT
	Listed       bool // ProductType is told by the inventory only
	Scope403     bool // a token for another endpoint is a 403, not a 401
	RouteQuery   bool // routes are asked for by MessageRouteID and CallRouteId
	Empty        Empty
	Query        NumberQuery // how a number is asked for
	Form         Form        // how answers are written, whatever they tell
}

// Empty is how a setting that is not set is told.
type Empty string

// The ways of telling it.
const (
	EmptyNull   Empty = "" // null
	EmptyString Empty = "string"
	EmptyAbsent Empty = "absent" // the field is left out
)

// NumberQuery is by which parameters GET /v1.0/numbers lets a number be asked for.
type NumberQuery = strict.NumberQuery

// The ways of asking.
const (
	QueryEither      = strict.QueryEither      // by either parameter, and by both when they are the same
	QueryOne         = strict.QueryOne         // by either; both are refused
	QueryNumber      = strict.QueryNumber      // by Number; PhoneNumber is refused
	QueryPhoneNumber = strict.QueryPhoneNumber // by PhoneNumber; Number is refused
	QueryNothing     = strict.QueryNothing     // by PhoneNumber; Number is another filter, which no number passes
)

// Older is the spelling of the vendor's older pages.
func Older() Spelling {
	return Spelling{PhoneNumber: true, NoPlus: true, YesNo: true, TotalCount: true, OldPrefixes: true}
}

// Spec is the spelling of the update page's answer, used for reading too.
func Spec() Spelling {
	return Spelling{Tnid: true, LowerCase: true, TwoNames: true, ProductType: true, NoSubscriber: true}
}

// spellings are the words of [ParseSpelling]: whole spellings first, then single differences.
func spellings() map[string]func(*Spelling) {
	return map[string]func(*Spelling){
		"current":       func(s *Spelling) { *s = Spelling{} },
		"older":         func(s *Spelling) { *s = Older() },
		"spec":          func(s *Spelling) { *s = Spec() },
		"phone-number":  func(s *Spelling) { s.PhoneNumber = true },
		"no-plus":       func(s *Spelling) { s.NoPlus = true },
		"yes-no":        func(s *Spelling) { s.YesNo = true },
		"total-count":   func(s *Spelling) { s.TotalCount = true },
		"tnid":          func(s *Spelling) { s.Tnid = true },
		"lower-case":    func(s *Spelling) { s.LowerCase = true },
		"two-names":     func(s *Spelling) { s.TwoNames = true },
		"product-type":  func(s *Spelling) { s.ProductType = true },
		"no-filler":     func(s *Spelling) { s.NoFiller = true },
		"no-subscriber": func(s *Spelling) { s.NoSubscriber = true },
		"old-prefixes":  func(s *Spelling) { s.OldPrefixes = true },
		"successful":    func(s *Spelling) { s.Successful = true },
		"empty-string":  func(s *Spelling) { s.Empty = EmptyString },
		"empty-absent":  func(s *Spelling) { s.Empty = EmptyAbsent },

		"data":         func(s *Spelling) { s.Data = true },
		"iot-upper":    func(s *Spelling) { s.Iot = true },
		"listed-only":  func(s *Spelling) { s.Listed = true },
		"scope-403":    func(s *Spelling) { s.Scope403 = true },
		"plain-text":   func(s *Spelling) { s.Form.PlainText = true },
		"text-json":    func(s *Spelling) { s.Form.TextJSON = true },
		"camel-case":   func(s *Spelling) { s.Form.Keys = CamelCase },
		"pascal-case":  func(s *Spelling) { s.Form.Keys = PascalCase },
		"text-flags":   func(s *Spelling) { s.Form.TextFlags = true },
		"bare-numbers": func(s *Spelling) { s.Form.BareNumbers = true },
		"expires-in":   func(s *Spelling) { s.Form.ExpiresIn = true },

		"query-one":          func(s *Spelling) { s.Query = QueryOne },
		"query-number":       func(s *Spelling) { s.Query = QueryNumber },
		"query-phone-number": func(s *Spelling) { s.Query = QueryPhoneNumber },
		"query-nothing":      func(s *Spelling) { s.Query = QueryNothing },
		"query-routes":       func(s *Spelling) { s.RouteQuery = true },
	}
}

// Spellings are the words that [ParseSpelling] reads.
func Spellings() []string { return slices.Sorted(maps.Keys(spellings())) }

// ParseSpelling reads a comma-separated list: "current", "older" or "spec", then single differences, as in
// "older,empty-absent" or "two-names,product-type".
func ParseSpelling(list string) (Spelling, error) {
	var s Spelling
	words := spellings()
	for word := range strings.SplitSeq(list, ",") {
		set, ok := words[strings.TrimSpace(word)]
		if !ok {
			return Spelling{}, fmt.Errorf("spelling %q: want current, older or spec, or some of %s",
				word, strings.Join(Spellings(), ", "))
		}
		set(&s)
	}
	return s, nil
}

func (Spelling) name(other bool, then, otherwise string) string {
	if other {
		return then
	}
	return otherwise
}

func (s Spelling) total() string { return s.name(s.TotalCount, "TotalCount", "TotalResults") }

func (s Spelling) number(number string) string {
	if s.NoPlus {
		return strings.TrimPrefix(number, "+")
	}
	return number
}

func (s Spelling) truth(b bool) any {
	switch {
	case !s.YesNo:
		return b
	case b:
		return "Yes"
	default:
		return "No"
	}
}

func (s Spelling) messageType(t string) string {
	if s.LowerCase {
		return t
	}
	return strings.ToUpper(t)
}

func (s Spelling) class(c string) string {
	if s.Iot {
		return strings.ToUpper(c)
	}
	return c
}

// iccid adds the filler that makes an odd number of digits fill whole bytes.
func (s Spelling) iccid(iccid string) string {
	if !s.NoFiller && len(iccid)%2 == 1 {
		return iccid + "F"
	}
	return iccid
}

func (s Spelling) subscriber(id string) string {
	if rest, ok := strings.CutPrefix(id, "TSUID-"); ok && s.OldPrefixes {
		return "SID-" + rest
	}
	return id
}

// empty is the value of a text, or how its absence is told.
func (s Spelling) empty(text string) any {
	if text == "" && s.Empty != EmptyString {
		return nil
	}
	return text
}

// answer puts an answer where it stands.
func (s Spelling) answer(o object) object {
	if !s.Data {
		return o
	}
	return object{{"Successful", true}, {"Data", o}}
}

// prune leaves out what is not set, where absence is told so.
func (s Spelling) prune(o object) object {
	if s.Empty != EmptyAbsent {
		return o
	}
	kept := o[:0]
	for _, m := range o {
		if m.value != nil {
			kept = append(kept, m)
		}
	}
	return kept
}
