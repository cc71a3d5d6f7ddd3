package plan

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSliceByHand(t *testing.T) {
	for name, c := range map[string]struct {
		said, chains, want []int
		rows               []int
	}{
		"in any order":           {[]int{2, 1, 2, 3, 1}, nil, []int{2, 1, 2, 3, 1}, []int{2, 2, 1}},
		"with gaps":              {[]int{10, 5, 10}, nil, []int{2, 1, 2}, []int{1, 2}},
		"unsaid is last":         {[]int{1, 0, 2}, nil, []int{1, 2, 2}, []int{1, 2}},
		"nothing said":           {[]int{0, 0}, nil, []int{1, 1}, []int{2}},
		"a chain stays together": {[]int{1, 2, 3, 1}, []int{0, 4, 4, 4}, []int{1, 2, 2, 2}, []int{1, 3}},
		"nothing is sent":        {nil, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			numbers, waves := SliceByHand(c.said, c.chains)
			var rows []int
			upto := 0
			for i, wave := range waves {
				upto += wave.Rows
				if wave.N != i+1 || wave.Of != len(waves) || wave.Upto != upto {
					t.Errorf("wave %d is %+v", i+1, wave)
				}
				rows = append(rows, wave.Rows)
			}
			if !slices.Equal(numbers, c.want) || !slices.Equal(rows, c.rows) {
				t.Errorf("got %v, waves of %v", numbers, rows)
			}
		})
	}
	waves, err := ParseWaves(" column ")
	if text := waves.String(); err != nil || !waves.ByColumn() || text != "column" {
		t.Errorf("%v is written %q: %v", waves, text, err)
	}
}

func TestParseWaves(t *testing.T) {
	for text, want := range map[string]string{
		"10,5%,25%,100%": "10,5%,25%,100%",
		"10,5%":          "10,5%,100%",
		"50":             "50,100%",
		" 1, 2 ,100%":    "1,2,100%",
		"100%":           "100%",
		"33.33334%":      "33.33334%,100%", // the run has it as it was given
	} {
		if w, err := ParseWaves(text); err != nil || w.String() != want {
			t.Errorf("%q is %q, %v", text, w, err)
		}
	}
	for text, want := range map[string]string{
		"":           "not a list of sizes",
		"10,,20":     "not a list of sizes",
		"10,a":       "not a list of sizes",
		"-1":         "not a list of sizes",
		"0,10":       "at least one row",
		"0%":         "at least one row",
		"10,10":      "must increase: 10 comes after 10",
		"10,25%,20%": "must increase: 20% comes after 25%",
		"10,5%,9":    "must increase: 9 comes after 10",
		"100%,10":    "must increase: 10 comes after 100%",
	} {
		if _, err := ParseWaves(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestSlice(t *testing.T) {
	for name, test := range map[string]struct {
		sizes  string
		most   int
		shapes string // a letter a row
		want   string // a digit a row
		chains string // a digit a row; "": there are none
	}{
		"sizes are cumulative":            {"2,50%,100%", 0, "aaaaaaaaaa", "1122233333", ""},
		"one row of every shape":          {"2,100%", 0, "aaaaabaaca", "1122212212", ""},
		"the first wave outgrows some":    {"1,20%,100%", 0, "abcdaaaaaa", "1111222222", ""},
		"and no more than four times":     {"1,100%", 0, "abcdefa", "1111222", ""},
		"sizes that come to nothing":      {"10,5%,100%", 0, "aaaaaaaaaaaa", "111111111122", ""},
		"more than there is":              {"50,100%", 0, "aaa", "111", ""},
		"large waves are split":           {"1,100%", 2, "aaaaaa", "122334", ""},
		"a first wave that is too large":  {"100%", 2, "abcab", "11223", ""},
		"a chain moves to the next wave":  {"2,50%,100%", 0, "aaaaaaaaaa", "1122333333", "0000111000"},
		"a chain comes with its first":    {"2,50%,100%", 0, "aaaaaaaaaa", "1122333333", "0000100001"},
		"a chain does not split a wave":   {"1,100%", 3, "aaaaaaaa", "12233344", "00011000"},
		"a chain is larger than a wave":   {"1,100%", 2, "aaaaaaa", "1222233", "0111100"},
		"a chain is the first wave":       {"1,100%", 0, "aaaa", "1112", "1110"},
		"a chain of a shape comes early":  {"1,100%", 0, "aaabba", "122112", "000110"},
		"a chain is too large to do that": {"1,100%", 0, "aaabbbba", "12222222", "00011110"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := ParseWaves(test.sizes)
			if err != nil {
				t.Fatal(err)
			}
			shapes := make([]int, len(test.shapes))
			for i, letter := range test.shapes {
				shapes[i] = int(letter)
			}
			var chains []int
			for _, digit := range test.chains {
				chains = append(chains, int(digit-'0'))
			}
			numbers, _, _ := w.Slice(shapes, chains, test.most)
			var got strings.Builder
			for _, n := range numbers {
				got.WriteByte(byte('0' + n))
			}
			if got.String() != test.want {
				t.Errorf("got %s, want %s", &got, test.want)
			}
		})
	}
}

// Whatever the sizes and the shapes: each row is in one wave, the waves are as
// large as they say and not larger than allowed, the first ones have every
// shape, and within what is not pulled ahead the order is the file's.
func TestSliceLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Waves
		most := rapid.IntRange(0, 40).Draw(t, "max")
		for _, rows := range rapid.SliceOfN(rapid.IntRange(1, 60), 0, 4).Draw(t, "sizes") {
			w = append(w, Limit{Rows: rows})
		}
		for _, percent := range rapid.SliceOfN(rapid.IntRange(1, 100), 0, 4).Draw(t, "shares") {
			w = append(w, Limit{Share: float64(percent) / 100})
		}
		shapes := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 200).Draw(t, "shapes")
		var chains []int
		if rapid.Bool().Draw(t, "chained") {
			chains = rapid.SliceOfN(rapid.IntRange(0, 12), len(shapes), len(shapes)).Draw(t, "chains")
		}
		numbers, waves, missing := w.Slice(shapes, chains, most)
		again, _, _ := w.Slice(shapes, chains, most)
		if !slices.Equal(numbers, again) || len(numbers) != len(shapes) {
			t.Fatalf("%v, then %v", numbers, again)
		}
		wantWaves(t, most, numbers, chains, waves)
		wantShapesFirst(t, w, most, shapes, chains, numbers, missing)
	})
}

func wantWaves(t *rapid.T, most int, numbers, chains []int, waves []Wave) {
	upto := 0
	for i, wave := range waves {
		rows, units := 0, map[int]struct{}{}
		for i, n := range numbers {
			if n != wave.N {
				continue
			}
			rows++
			unit := -i - 1
			if len(chains) > 0 && chains[i] != 0 {
				unit = chains[i]
			}
			units[unit] = struct{}{}
			for j := range chains {
				if chains[j] == unit && numbers[j] != n {
					t.Fatalf("chain %d is in the waves %d and %d", unit, n, numbers[j])
				}
			}
		}
		upto += rows
		if wave.N != i+1 || wave.Of != len(waves) || wave.Rows != rows || wave.Upto != upto || rows == 0 {
			t.Fatalf("wave %+v has %d rows, %d so far", wave, rows, upto)
		}
		if most > 0 && rows > most && len(units) > 1 {
			t.Fatalf("wave %d has %d rows, more than %d", wave.N, rows, most)
		}
	}
	if upto != len(numbers) {
		t.Fatalf("%d rows of %d are in a wave", upto, len(numbers))
	}
}

// wantShapesFirst wants the first row of every shape before any row that is not
// among the first of the file.
func wantShapesFirst(t *rapid.T, w Waves, most int, shapes, chains, numbers, missing []int) {
	if len(shapes) == 0 {
		return
	}
	room := cmp.Or(most, len(shapes))
	size := min(w.ends(len(shapes))[0], room)
	units := unitsOf(len(shapes), chains)
	chosen, first, _ := firstWave(shapes, units, size, room)
	early := make([]bool, len(shapes))
	for i, unit := range units {
		for _, row := range unit {
			early[row] = chosen[i]
		}
	}
	if room = min(room, FirstWaveGrowth*size); first > max(room, len(units[0])) || chains == nil && len(missing) > 0 && first < room {
		t.Fatalf("the first wave of %d has %d rows, and lacks %d shapes", size, first, len(missing))
	}
	latest, seen := 0, map[int]bool{}
	for _, i := range slices.Concat(units...) {
		if !seen[shapes[i]] && early[i] == slices.Contains(missing, i) {
			t.Fatalf("row %d is the first of its shape: early or missing, one of them", i)
		}
		seen[shapes[i]] = true
		if early[i] {
			latest = max(latest, numbers[i])
		}
	}
	if latest != 1 {
		t.Fatalf("%d rows are early, and the last of them is in wave %d", first, latest)
	}
	last := latest
	for _, i := range slices.Concat(units...) {
		n := numbers[i]
		if early[i] {
			continue
		}
		if n < last {
			t.Fatalf("row %d is in wave %d, after one of wave %d", i, n, last)
		}
		last = n
	}
}
