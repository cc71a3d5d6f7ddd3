package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// object is a JSON object with its members in order, so that answers read like the vendor's examples.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(&b, "%q:", m.name)
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
