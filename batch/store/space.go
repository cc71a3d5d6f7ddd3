package store

// Space is a [Store] that knows how much it can still take.
type Space interface {
	// FreeSpace is how many bytes are free where it is; ok is false when that
	// cannot be told.
	FreeSpace() (bytes int64, ok bool)
}
