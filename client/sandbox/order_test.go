package sandbox_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
)

// judged answers every update with one status.
func judged(status string) func(before, after sandbox.Record) sandbox.Verdict {
	return func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: status} }
}

// TestOrderStatuses shows when an update takes effect and how its order ends.
func TestOrderStatuses(t *testing.T) {
	tests := []struct {
		status, end string
		atOnce      bool   // the update takes effect at once
		later       bool   // or 10 s later
		ends        string // status of the order after 10 s
	}{
		{status: "Completed", atOnce: true, later: true, ends: "Completed"},
		{status: "Failed", ends: "Failed"},
		{status: "Cancelled", ends: "Cancelled"},
		{status: "Error", ends: "Error"},
		{status: "Rejected", ends: "Rejected"},
		{status: "ResolutionRequired", ends: "ResolutionRequired"},
		{status: "Scheduled", later: true, ends: "Complete"},
		{status: "Pending", later: true, ends: "Complete"},
		{status: "Processing", end: "Completed", later: true, ends: "Completed"},
		{status: "Submitted", end: "Failed", ends: "Failed"},
		{status: "InProgress", end: "Error", ends: "Error"},
	}
	for _, tt := range tests {
		t.Run(tt.status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := newCaller(t, sandbox.Config{Judge: judged(tt.status),
					Orders: sandbox.Orders{PendingFor: 10 * time.Second, End: tt.end}})
				got := c.update(`{"Number":"+18018018011","MessageRouteId":"MRID-new"}`)
				if got.status != 200 || got.fields["UpdateOrderStatus"] != tt.status {
					t.Fatalf("%d %s", got.status, got.text)
				}
				id := got.fields["UpdateOrderId"].(string)
				check := func(status string, applied bool) {
					t.Helper()
					if got := c.get(orderPath, "OrderId", id); got.fields["OrderStatus"] != status {
						t.Errorf("order: %s, want %s", got.text, status)
					}
					if rec, _ := s.Number("+18018018011"); rec.MessageRouteId == "MRID-new" != applied {
						t.Errorf("took effect: %v, want %v", !applied, applied)
					}
					if n := s.Stats().Numbers["+18018018011"].Updates; n == 1 != applied {
						t.Errorf("%d updates counted, took effect: %v", n, applied)
					}
				}
				check(tt.status, tt.atOnce)
				time.Sleep(10*time.Second - time.Nanosecond)
				check(tt.status, tt.atOnce)
				time.Sleep(time.Nanosecond)
				check(tt.ends, tt.later)
			})
		})
	}
}

// TestOrderStatusFault draws words other than Complete, and says the same as the order does.
func TestOrderStatusFault(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{Orders: sandbox.Orders{PendingFor: time.Hour}, Faults: sandbox.Faults{
		Rates: map[sandbox.Fault]float64{sandbox.FaultOrderStatus: 1}, OrderStatuses: []string{"Pending", "Failed"}}})
	words := map[any]int{}
	for range 50 {
		got := c.update(`{"Number":"+18018018011"}`)
		word := got.fields["UpdateOrderStatus"]
		words[word]++
		if order := c.get(orderPath, "OrderId", got.fields["UpdateOrderId"].(string)); order.fields["OrderStatus"] != word {
			t.Errorf("answer %v, order %s", word, order.text)
		}
	}
	if len(words) != 2 || words["Pending"] == 0 || words["Failed"] == 0 {
		t.Errorf("words: %v", words)
	}
}

func TestJudgeRefuses(t *testing.T) {
	s, c := newCaller(t, sandbox.Config{Judge: func(before, after sandbox.Record) sandbox.Verdict {
		if before.MessageRouteId != after.MessageRouteId && after.MessageRouteId == "MRID-z" {
			return sandbox.Verdict{Refuse: "MRID-z is full", HTTPStatus: 403}
		}
		return sandbox.Verdict{}
	}})
	if got := c.update(`{"Number":"+18018018011","MessageRouteId":"MRID-z"}`); got.status != 403 || got.fields["Message"] != "MRID-z is full" {
		t.Errorf("%d %s", got.status, got.text)
	}
	if rec, _ := s.Number("+18018018011"); rec.MessageRouteId == "MRID-z" {
		t.Error("the refused update took effect")
	}
	if got := c.update(`{"Number":"+18018018011","MessageRouteId":"MRID-y"}`); got.status != 200 {
		t.Errorf("another route: %d", got.status)
	}
}
