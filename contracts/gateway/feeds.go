package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// Sponsors of feeds. Anybody may offer to pay for the rounds of a feed; the
// owner of the gateway, whose node would pay else, picks one.

// SponsorFeed sets what the caller will pay for the rounds of a feed: at most
// maxFeePerRound for one and allowance in all. It replaces what was set before;
// an allowance of 0 revokes.
func SponsorFeed(pair string, maxFeePerRound int, allowance int) {
	s := loadSettings()
	payer := caller(s.executor)
	pair = pairOf(pair)
	maxFeePerRound = whole(maxFeePerRound, "maxFeePerRound is not from 0 to 2^63-1")
	allowance = whole(allowance, "allowance of sponsorFeed is not from 0 to 2^63-1")
	if s.paused && allowance != 0 {
		panic("the gateway is paused: it takes no new sponsors of feeds")
	}
	putRecord(feedSponsorshipKey(pair, payer), &feedSponsorship{maxFeePerRound: maxFeePerRound, allowance: allowance})
	runtime.Notify("FeedSponsored", pair, payer, maxFeePerRound, allowance)
}

// ChooseFeedSponsor makes payer, who must have offered it, pay for a feed's
// rounds from now on, in the place of any before. Null chooses nobody.
func ChooseFeedSponsor(pair string, payer interop.Hash160) {
	requireOwner()
	pair = pairOf(pair)
	if any(payer) == nil {
		remove(prefixChosen + pair)
		runtime.Notify("FeedSponsorChosen", pair, interop.Hash160(nil))
		return
	}
	chosen := hash160(payer, "payer of chooseFeedSponsor is neither null nor a Hash160 (20 bytes)")
	if getRecord(feedSponsorshipKey(pair, chosen)) == nil {
		panic("payer of chooseFeedSponsor never offered to sponsor this feed")
	}
	put(prefixChosen+pair, chosen)
	runtime.Notify("FeedSponsorChosen", pair, chosen)
}

// FeedSponsorOf returns who was chosen to pay for a feed, or null.
func FeedSponsorOf(pair string) interop.Hash160 {
	return payerOfFeed(pairOf(pair))
}

// FeedSponsorshipOf returns [maxFeePerRound, allowance]: what payer will pay
// for a feed from now on, [0, 0] if nothing.
func FeedSponsorshipOf(pair string, payer interop.Hash160) []any {
	found := getRecord(feedSponsorshipKey(pairOf(pair),
		hash160(payer, "payer of feedSponsorshipOf is not a Hash160 (20 bytes)")))
	if found == nil {
		return []any{0, 0}
	}
	f := found.(*feedSponsorship)
	return []any{f.maxFeePerRound, f.allowance}
}

// chargeSponsorOf takes what a round cost of the credit of the feed's sponsor,
// as far as his limits and his credit reach, and returns him, null if there is
// none, and what it took. What it took may be nothing, as it is in preflight,
// where there are no fees: it does the same in any case, so as to cost the same.
func chargeSponsorOf(pair string, cost int) (interop.Hash160, int) {
	payer := payerOfFeed(pair)
	if payer == nil {
		return nil, 0
	}
	key := feedSponsorshipKey(pair, payer)
	f := getRecord(key).(*feedSponsorship)
	balanceKey := accountKey(prefixBalance, payer)
	balance := getPacked(balanceKey)
	fee := min(min(cost, f.maxFeePerRound), min(f.allowance, packedLow(balance)))
	put(balanceKey, balance-fee)
	f.allowance -= fee
	putRecord(key, f)
	return payer, fee
}

func feedSponsorshipKey(pair string, payer interop.Hash160) any {
	return prefixFeedSponsorship + pair + string(payer)
}
