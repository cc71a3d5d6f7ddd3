package client

import "testing"

// TestARefusedTokenIsDroppedOnce: the calls that used it all hear of it, and must not drop its successor.
func TestARefusedTokenIsDroppedOnce(t *testing.T) {
	tokens, old, renewed := newTokens(Secret{}, maskers{}), &token{}, &token{}
	tokens.put(EndpointUpdate, old)
	if !tokens.usable(EndpointUpdate, old, clock) {
		t.Error("a token that was just put is not usable")
	}
	tokens.drop(EndpointUpdate, old)
	tokens.put(EndpointUpdate, renewed)
	tokens.drop(EndpointUpdate, old)
	if got, f := tokens.get(EndpointUpdate); got != renewed || f != nil {
		t.Errorf("got %v, %v, want the renewed token", got, f)
	}
	if tokens.usable(EndpointUpdate, old, clock) {
		t.Error("a token that was refused is still used")
	}
}
