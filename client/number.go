package client

import (
	"context"
	"net/url"
	"strings"
)

// Number reads one number's details, GET /v1.0/numbers. number is in E.164: "+18018018011".
func (r *Reader) Number(ctx context.Context, number string) (Number, error) {
	q := r.core.get(EndpointNumber, url.Values{"PhoneNumber": {number}})
	return answerTo(ctx, r, q, number, func(rep reply, body object) (Number, *Error) {
		record := readNumber(body)
		return record, checkNumber(rep, number, record.Number)
	})
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

// readNumber reads a record of a number in any of the API's spellings.
func readNumber(o object) Number {
	return Number{
		Number:     withPlus(o.text("Number", "PhoneNumber")),
		Tnid:       o.text("Tnid"),
		Status:     o.text("Status"),
		NumberType: o.text("NumberType"),

		MessageEnabled: o.flag("MessageEnabled", "SmsEnabled"),
		VoiceEnabled:   o.flag("VoiceEnabled"),

		MessageType:          spelled(o.optional("MessageType"), "a2p", "p2p"),
		Classification:       spelled(o.optional("Classification"), "MVNO", "IoT"),
		MessageRouteId:       o.optional("MessageRouteId"),
		VoiceRouteId:         o.optional("VoiceRouteId"),
		AssignedSubscriberId: o.optional("AssignedSubscriberId"),
		Iccid:                o.optional("Iccid"),
		Cnam:                 o.optional("Cnam"),
		CnamFirstName:        o.optional("CnamFirstName"),
		CnamLastName:         o.optional("CnamLastName"),
		ProductType:          spelled(o.optional("ProductType"), "Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"),
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
