package record

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// One encoder and one decoder serve all: their EncodeAll and DecodeAll may be
// called by many at a time, and start no goroutines. They are made with the
// program, since what a bubble of [testing/synctest] makes is its own.
var (
	encoder, errEncoder = newEncoder()
	decoder, errDecoder = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
)

// window is how far back the encoder looks for what it has seen. It keeps twice as much in memory, and what is packed is
// hardly ever longer.
const window = 1 << 20

func newEncoder() (*zstd.Encoder, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err == nil {
		e.EncodeAll(nil, nil) // the rest of it is made with its first use
	}
	return e, err
}

// ErrEncoding is content that nobody wrote so.
var ErrEncoding = errors.New("not as it was written")

// Compress packs content.
func Compress(raw []byte) ([]byte, error) {
	if errEncoder != nil {
		return nil, errEncoder
	}
	return encoder.EncodeAll(raw, make([]byte, 0, len(raw)/4+64)), nil
}

// Expand unpacks what compress packed.
func Expand(packed []byte) ([]byte, error) {
	if errDecoder != nil {
		return nil, errDecoder
	}
	return decoder.DecodeAll(packed, nil)
}

// Frames are byte strings one after the other, each with its length before it.
type Frames struct{ Content []byte }

// Add appends a string.
func (f *Frames) Add(b []byte) {
	f.Content = binary.AppendUvarint(f.Content, uint64(len(b)))
	f.Content = append(f.Content, b...)
}

// AddInt appends a number.
func (f *Frames) AddInt(n int64) { f.Content = binary.AppendVarint(f.Content, n) }

// Next takes the first string off; it shares the memory.
func (f *Frames) Next() ([]byte, error) {
	n, size := binary.Uvarint(f.Content)
	if size <= 0 || n > uint64(len(f.Content)-size) { //nolint:gosec // size is within
		return nil, ErrEncoding
	}
	b := f.Content[size : size+int(n) : size+int(n)] //nolint:gosec // within the slice
	f.Content = f.Content[size+int(n):]              //nolint:gosec // within the slice
	return b, nil
}

// NextInt takes the first number off.
func (f *Frames) NextInt() (int64, error) {
	n, size := binary.Varint(f.Content)
	if size <= 0 {
		return 0, ErrEncoding
	}
	f.Content = f.Content[size:]
	return n, nil
}

// Empty reports whether nothing is left.
func (f *Frames) Empty() bool { return len(f.Content) == 0 }

// NumberCode is a number as an integer: its digits and whether it has a plus. All
// else, such as a cell that is no number, is hashed, to a negative one.
func NumberCode(number string) int64 {
	digits, plus := strings.CutPrefix(number, "+")
	var n int64
	for _, d := range []byte(digits) {
		if d < '0' || d > '9' || len(digits) > 17 || digits[0] == '0' {
			return hashCode(number)
		}
		n = n*10 + int64(d-'0')
	}
	if digits == "" {
		return hashCode(number)
	}
	return n<<1 | truth(plus)
}

func hashCode(text string) int64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return -1 - int64(h.Sum64()>>1)
}

// PackNumbers writes the codes of a block's rows, in their order, each as its
// distance from the one before.
func PackNumbers(codes []int64) []byte {
	var b []byte
	last := int64(0)
	for _, code := range codes {
		b = binary.AppendVarint(b, code-last)
		last = code
	}
	return b
}

// PlacesOf are the rows of a block that have a code.
func PlacesOf(packed []byte, code int64) ([]int, error) {
	var places []int
	last := int64(0)
	for row := 0; len(packed) > 0; row++ {
		step, size := binary.Varint(packed)
		if size <= 0 {
			return nil, ErrEncoding
		}
		packed = packed[size:]
		if last += step; last == code {
			places = append(places, row)
		}
	}
	return places, nil
}

// PackWaves writes the wave of each line.
func PackWaves(waves map[int]int) ([]byte, error) {
	var f Frames
	last := 0
	for _, line := range slices.Sorted(maps.Keys(waves)) {
		f.AddInt(int64(line - last))
		f.AddInt(int64(waves[line]))
		last = line
	}
	return Compress(f.Content)
}

// UnpackWaves reads what packWaves wrote.
func UnpackWaves(packed []byte) (map[int]int, error) {
	raw, err := Expand(packed)
	if err != nil {
		return nil, err
	}
	waves, f, line := map[int]int{}, Frames{raw}, 0
	for !f.Empty() {
		step, err1 := f.NextInt()
		wave, err2 := f.NextInt()
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		line += int(step)
		waves[line] = int(wave)
	}
	return waves, nil
}
