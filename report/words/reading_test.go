package words_test

import (
	"testing"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/words"
)

func TestReadingText(t *testing.T) {
	const inventory, each = plan.ReadInventory, plan.ReadEach
	for _, test := range []struct {
		reading plan.Reading
		want    string
	}{
		{plan.Reading{Way: plan.ReadNone}, "reading nothing: every row is sent"},
		{plan.Reading{Way: plan.ReadFile, Numbers: 1_000, Found: 998}, "reading nothing: an exported file has 998 of 1,000 numbers"},
		{plan.Reading{Way: each, Numbers: 1_000, Found: 1_000}, "reading nothing: the settings of 1,000 numbers are known already"},

		// The inventory: at its first page, and at the end.
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 1, PagesInAll: 184, SinglesLeft: 9_750}, "reading 184 inventory pages instead of 9,812 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 184, PagesInAll: 184}, "reading 184 inventory pages instead of 9,812 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 184, PagesInAll: 184, SinglesLeft: 3}, "reading 184 inventory pages instead of 9,812 single numbers, then 3 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 184, PagesInAll: 184, Singles: 1}, "reading 184 inventory pages instead of 9,812 single numbers, then 1 single number"},
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 20, PagesInAll: 184}, "reading 20 of 184 inventory pages instead of 9,812 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 3, Pages: 1, PagesInAll: 1}, "reading 1 inventory page instead of 3 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 4, Pages: 1, PagesInAll: 4, SinglesLeft: 4}, "reading 4 inventory pages instead of 4 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 20, Pages: 184, PagesInAll: 184}, "reading 184 inventory pages for 20 numbers"},

		{
			plan.Reading{Way: inventory, Numbers: 9_812, Pages: 184, PagesInAll: 184, SinglesLeft: 1, Unnamed: 1},
			"reading 184 inventory pages instead of 9,812 single numbers, then 1 single number, passing over 1 record without a number",
		},

		// One that does not tell its size.
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 1, SinglesLeft: 9_750}, "reading the inventory, whose size the API does not say, instead of 9,812 single numbers"},
		{plan.Reading{Way: inventory, Numbers: 9_812, Pages: 184, Singles: 2, SinglesLeft: 1}, "reading 184 inventory pages instead of 9,812 single numbers, then 3 single numbers"},

		// Singles are the cheaper way, at once or for the rest.
		{plan.Reading{Way: each, Numbers: 2, Singles: 1, SinglesLeft: 1}, "reading 2 single numbers"},
		{plan.Reading{Way: each, Numbers: 20, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, "reading 20 single numbers instead of 183 more inventory pages"},
		{plan.Reading{Way: each, Numbers: 20, Pages: 1, PagesInAll: 2, Singles: 1}, "reading 1 single number instead of 1 more inventory page"},
		{plan.Reading{Way: each, Numbers: 900, Pages: 100, PagesInAll: 184, Singles: 30}, "reading 100 inventory pages, then 30 single numbers instead of 84 more inventory pages"},

		// The inventory makes trouble.
		{
			plan.Reading{Way: each, Numbers: 9_812, SinglesLeft: 9_812, Trouble: "inventory: status 500: \x1b[2Jnot today"},
			"reading 9,812 single numbers, because the inventory cannot be read to its end: inventory: status 500: \ufffd[2Jnot today",
		},
		{
			plan.Reading{Way: inventory, Numbers: 9_812, Pages: 100, PagesInAll: 184, Singles: 2_000, SinglesLeft: 800, Trouble: "inventory: status 500"},
			"reading 100 inventory pages, then 2,800 single numbers, because the inventory cannot be read to its end: inventory: status 500",
		},
	} {
		reporttest.Diff(t, words.Reading(test.reading), test.want)
	}
}
