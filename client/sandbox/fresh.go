package sandbox

import (
	"math/rand/v2"
	"strconv"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
)

// fresh returns what a number is before anything happened to it: a pure function of seed and number. A number outside
// the inventory is a plain MVNO p2p number, so that no single valid row can break a business rule on it.
func (a *account) fresh(number string, listed bool) Record {
	r := seeded.Random(a.cfg.Seed, "number", seeded.Digits(number))
	rec := Record{
		Number:         number,
		Tnid:           "TNID-" + seeded.FormatUUID(r.Uint64(), r.Uint64()),
		OrderId:        a.purchaseId(number),
		Status:         active,
		NumberType:     mobileType,
		MessageEnabled: r.IntN(10) > 0,
		VoiceEnabled:   r.IntN(10) > 2,
		MessageType:    typeP2P,
		Classification: classMVNO,
		MessageRouteId: routeId(a.cfg.Seed, "MRID", r.IntN(generatedRoutes)),
		VoiceRouteId:   routeId(a.cfg.Seed, "CRID", r.IntN(generatedRoutes)),
		ProductType:    productTypes()[r.IntN(4)],
		Iccid:          "89012403971" + strconv.Itoa(10_000_000+r.IntN(90_000_000)),
	}
	if listed {
		vary(&rec, r)
	}
	return rec
}

// vary gives an inventory number the differences that a real inventory has.
func vary(rec *Record, r *rand.Rand) {
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		rec.MessageType = typeA2P
	case 4:
		rec.Classification, rec.ProductType = classIoT, "Data-Only"
	case 5:
		rec.VoiceRouteId = legacyRoute(r.IntN(legacyRoutes))
	case 6:
		rec.VoiceRouteId, rec.VoiceEnabled, rec.NumberType = "", false, localType
	}
	if r.IntN(4) == 0 {
		rec.Iccid = ""
	}
	if r.IntN(3) == 0 {
		rec.AssignedSubscriberId = "TSUID-" + seeded.FormatUUID(r.Uint64(), r.Uint64())
	}
	if r.IntN(3) == 0 {
		rec.CnamFirstName = pick(r, "Ada", "Bruno", "Chioma", "Dilek", "Elif", "Farid")
		rec.CnamLastName = pick(r, "Ahlberg", "Brandt", "Castro", "Dube", "Eriksen", "Fofana")
	}
	if r.IntN(40) == 0 {
		rec.Status = inactive
	}
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }
