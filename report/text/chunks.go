package text

// ChunkSize is how many rows are handed to a table at once.
const ChunkSize = 512
