package settings

import "strings"

// NamePrefix begins what stands for the id of a route where its name is written: name:EU SMS hub.
const NamePrefix = "name:"

// RouteName returns the name that a value has in place of a route's id; false: it is an id, or something else.
func RouteName(value string) (name string, is bool) {
	if len(value) < len(NamePrefix) || value[len(NamePrefix)-1] != ':' || !strings.EqualFold(value[:len(NamePrefix)], NamePrefix) {
		return "", false
	}
	return strings.TrimSpace(value[len(NamePrefix):]), true
}
