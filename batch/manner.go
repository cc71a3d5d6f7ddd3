package batch

import "maps"

// Manner is how an execution was asked to go about its sending: the flags that
// were given, by name, with their texts. Whoever goes on with the run means the
// same, unless it is said otherwise.
type Manner map[string]string

// MannerOfRate is the flag of the pace.
const MannerOfRate = "rate"

// Manner returns how the newest execution went about its sending: at the pace
// that was asked for last.
func (r *Run) Manner() Manner {
	manner := maps.Clone(r.Identity.Manner)
	if r.pace == "" {
		return manner
	}
	if manner == nil {
		manner = Manner{}
	}
	manner[MannerOfRate] = r.pace
	return manner
}
