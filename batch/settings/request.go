package settings

import "github.com/bulknum/bulknum/client"

// Request returns the update that asks for the settings. Fields that are not
// set are left out of it, so that the API keeps them.
func (s Settings) Request(number string) client.UpdateRequest {
	u := client.UpdateRequest{Number: number}
	for i := range table {
		if !s.has(i) {
			continue
		}
		if f := &table[i]; f.Kind == Bool {
			*f.flag(&u) = new(s.values[i] == "true")
		} else {
			*f.text(&u) = new(s.values[i])
		}
	}
	return u
}
