package client

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/problem"
)

// Update changes one number, POST /v1.0/numbers/update. The values are absolute, so
// it sends again after a doubtful attempt. The answer is trustworthy, but its order
// need not be done: see UpdateAnswer.State. On an error, Error.Applied says whether
// the number may have been changed all the same. A number that is not in E.164 and an update without a field cost no
// request, and end with KindInvalid. The end of ctx ends every wait and the request that is under way: the error is of
// KindStopped then, and wraps the context's cause.
func (c *Client) Update(ctx context.Context, req UpdateRequest) (UpdateAnswer, error) {
	if err := checkWritten(EndpointUpdate, req.Number); err != nil {
		return UpdateAnswer{}, err
	}
	if req == (UpdateRequest{Number: req.Number}) {
		return UpdateAnswer{}, invalid(EndpointUpdate, "the update changes nothing: no field is set")
	}
	body, _ := json.Marshal(req) // texts and booleans always can be
	q := c.core.post(EndpointUpdate, body)
	return answerTo(ctx, c.Reader, q, req.Number, func(rep reply, body object.Object) (UpdateAnswer, *Error) {
		return readAnswer(rep, body, req)
	})
}

func readAnswer(rep reply, body object.Object, req UpdateRequest) (UpdateAnswer, *Error) {
	m := rep.mask
	a := UpdateAnswer{
		UpdateOrderId:      m.Line(body.Text("UpdateOrderId")),
		UpdateOrderDate:    m.Line(body.Text("UpdateOrderDate")),
		UpdateOrderStatus:  m.Line(body.Text("UpdateOrderStatus")),
		OrderStatusMessage: m.Line(cmp.Or(body.Text("OrderStatusMessage", "UpdateOrderStatusMessage"), problem.Remark(body))),
		HTTPStatus:         rep.status,
		Settings:           readNumber(body, rep.secrets),
	}
	a.Number, a.Tnid = a.Settings.Number, m.Line(a.Settings.Tnid)
	if f := checkNumber(rep, req.Number, a.Number); f != nil {
		return a, f
	}
	if a.UpdateOrderId == "" {
		return a, untrusted(rep, "the answer has no UpdateOrderId")
	}
	if problem.Remark(body) != "" && a.State() == OrderComplete {
		return a, doubted(rep, "its order is complete, and it tells of an error")
	}
	return a, nil
}
