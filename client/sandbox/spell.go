package sandbox

import "strings"

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
