package cli

import "testing"

// A store is opened anew once for all commands that met its trouble, and again for one that began later.
func TestAStoreIsRenewedOnceForAll(t *testing.T) {
	var s sharedStore
	first, second := s.renewer(), s.renewer()
	first()
	second()
	if s.renewals != 1 {
		t.Errorf("two commands of one store have it renewed %d times", s.renewals)
	}
	s.renewer()()
	if s.renewals != 2 {
		t.Error("a command that began with the new store does not have it renewed")
	}
}
