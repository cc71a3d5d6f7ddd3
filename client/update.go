package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/client/internal/mask"
)

// Update changes one number, POST /v1.0/numbers/update. The values are absolute, so
// it sends again after a doubtful attempt. The answer is trustworthy, but its order
// need not be done: see UpdateAnswer.State. On an error, Error.Applied says whether
// the number may have been changed all the same.
func (c *Client) Update(ctx context.Context, req UpdateRequest) (UpdateAnswer, error) {
	if strings.TrimSpace(req.Number) == "" {
		return UpdateAnswer{}, &Error{Endpoint: EndpointUpdate, Kind: KindInvalid, Message: "no number is given"}
	}
	body, _ := json.Marshal(req) // texts and booleans always can be
	q := c.core.post(EndpointUpdate, body)
	return answerTo(ctx, c.Reader, q, req.Number, func(rep reply, body object) (UpdateAnswer, *Error) {
		return readAnswer(rep, body, req)
	})
}

func readAnswer(rep reply, body object, req UpdateRequest) (UpdateAnswer, *Error) {
	m := rep.mask
	a := UpdateAnswer{
		UpdateOrderId:      m.Line(body.text("UpdateOrderId")),
		UpdateOrderDate:    m.Line(body.text("UpdateOrderDate")),
		UpdateOrderStatus:  m.Line(body.text("UpdateOrderStatus")),
		OrderStatusMessage: m.Line(body.text("OrderStatusMessage", "UpdateOrderStatusMessage")),
		HTTPStatus:         rep.status,
		Settings:           readNumber(body),
	}
	a.Number, a.Tnid = a.Settings.Number, m.Line(a.Settings.Tnid)
	if f := checkNumber(rep, req.Number, a.Number); f != nil {
		return a, f
	}
	if a.UpdateOrderId == "" {
		return a, untrusted(rep, "the answer has no UpdateOrderId")
	}
	a.Warnings = differences(req, a.Settings, m)
	return a, nil
}

// differences has a sentence for each setting that was asked for and is echoed
// differently. The API's own example does so, hence they are no failures.
func differences(req UpdateRequest, echo Number, m mask.Masker) []string {
	var found []string
	for _, f := range []struct {
		name        string
		asked, said *string
	}{
		{"MessageEnabled", boolText(req.MessageEnabled), boolText(echo.MessageEnabled)},
		{"VoiceEnabled", boolText(req.VoiceEnabled), boolText(echo.VoiceEnabled)},
		{"MessageType", req.MessageType, echo.MessageType},
		{"Classification", req.Classification, echo.Classification},
		{"MessageRouteId", req.MessageRouteId, echo.MessageRouteId},
		{"VoiceRouteId", req.VoiceRouteId, echo.VoiceRouteId},
		{"AssignedSubscriberId", req.AssignedSubscriberId, echo.AssignedSubscriberId},
		{"Iccid", req.Iccid, echo.Iccid},
		{"CnamFirstName", req.CnamFirstName, echo.CnamFirstName},
		{"CnamLastName", req.CnamLastName, echo.CnamLastName},
		{"ProductType", req.ProductType, echo.ProductType},
	} {
		if f.asked != nil && f.said != nil && bare(f.name, *f.asked) != bare(f.name, *f.said) {
			found = append(found, fmt.Sprintf("%s: asked for %q, the answer says %q", f.name, m.Line(*f.asked), m.Line(*f.said)))
		}
	}
	return found
}

// bare is a value without what makes no difference in meaning: its case, and the
// filler digit F of an ICCID (ITU-T E.118), with which the API answers one that
// was sent without.
func bare(field, value string) string {
	value = strings.ToLower(value)
	if field == "Iccid" {
		value = strings.TrimSuffix(value, "f")
	}
	return value
}

func boolText(b *bool) *string {
	if b == nil {
		return nil
	}
	text := fmt.Sprint(*b)
	return &text
}
