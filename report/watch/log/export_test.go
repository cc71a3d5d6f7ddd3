package log

// FieldOrder is the order in which people read the fields of the log.
func FieldOrder() []string { return fieldOrder() }
