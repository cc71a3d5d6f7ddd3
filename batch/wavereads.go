package batch

// reads is how many requests the reading of a wave's numbers takes, or of a
// sample of so many of them.
func (w Wave) reads(sample int) int { return min(w.Reads, sample) }

// pageOf is the page of the inventory on which a number was found; 0: on none, or
// nothing was read, which is a nil s.
func (s *states) pageOf(number string) int {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.on[number]
	if page > s.pages { // by itself, after the pages
		return 0
	}
	return page
}

// readsOf is how many requests a [reader] takes for numbers that are on these
// pages, 0 for one that is on none, of an inventory that has so many; 0: nobody
// knows, and each number is one.
func readsOf(pages []int, inAll int) int {
	left := len(pages)
	if left <= fewNumbers || inAll == 0 {
		return left
	}
	on := make([]int, inAll+1)
	for _, page := range pages {
		on[min(page, inAll)]++
	}
	for page := 1; ; page++ {
		left -= on[page]
		if left == 0 || page == inAll || inAll-page >= left {
			return page + left
		}
	}
}

// costWaves says of each wave how many requests it takes to read its numbers,
// given where those of all rows that are sent were found, and in which waves the
// rows are.
func costWaves(waves []Wave, numbers, pages []int, inAll int) {
	byWave := make([][]int, len(waves)+1)
	for i, wave := range numbers {
		byWave[wave] = append(byWave[wave], pages[i])
	}
	for i := range waves {
		waves[i].Reads = readsOf(byWave[i+1], inAll)
	}
}
