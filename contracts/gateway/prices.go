package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// Prices. The node publishes rounds of a feed, which is a pair such as GAS/USD;
// anybody reads them. A round is paid for by the feed's sponsor, as far as he
// said, and else by the node.

// priceGiven is what the node says a price is.
type priceGiven struct {
	pair          string
	price         int // 8 decimals
	timestamp     int // ms, of the sources
	confidenceBps int
}

// published is a round that was stored and is still to be charged.
type published struct {
	pair  string
	round int
	given *priceGiven
	used  int // datoshi of execution between two readings of GasLeft
	place int // in the list of rounds
}

// SubmitPrices publishes rounds: an array of [pair, price, timestamp,
// confidenceBps], with the witness of the node account itself: the one before
// it answers in its overlap what was asked of it, but nobody waits for its
// prices. A round that is not after the feed's last one, or after the block's
// time, is skipped.
func SubmitPrices(rounds []*priceGiven) {
	requireCharging("submitPrices must be called by the entry script",
		"submitPrices must be the transaction's first call into the gateway")
	if len(rounds) > maxRounds {
		panic("more than 64 rounds in one submitPrices")
	}
	node := getAccount(keyNode)
	if node == nil || !runtime.CheckWitness(node) {
		panic("submitPrices needs the node account's witness")
	}
	tx := runtime.GetScriptContainer()
	done := []*published{}
	shared := tx.SysFee
	for i := range rounds {
		before := runtime.GasLeft()
		if len(any(rounds[i]).([]any)) != 4 {
			panic("a round is not [pair, price, timestamp, confidenceBps]")
		}
		p := publish(rounds[i])
		used := before - runtime.GasLeft()
		shared -= used
		if p != nil {
			p.used = used
			p.place = i
			done = append(done, p)
		}
	}
	policy := loadSettings().policy
	common := shared + min(tx.NetFee, policy.networkFeeCeiling)
	earned := 0
	for i := range done {
		p := done[i]
		share := shareOf(p.used, p.place, common, len(rounds))
		payer, fee := chargeSponsorOf(p.pair, max(share, 0)+policy.premiums[kindPrice])
		earned += fee
		g := p.given
		runtime.Notify("PriceUpdated", p.pair, g.price, g.timestamp, g.confidenceBps, p.round, payer, fee)
	}
	earn(tx.Sender, earned, 0)
	runtime.Notify("Earned", tx.Sender, earned)
}

// publish stores one round, nil if it is skipped.
func publish(given *priceGiven) *published {
	pair := pairOf(given.pair)
	g := &priceGiven{
		price:         whole(given.price, "the price of a round is not from 0 to 2^63-1"),
		timestamp:     whole(given.timestamp, "the timestamp of a round is not from 0 to 2^63-1"),
		confidenceBps: whole(given.confidenceBps, "confidenceBps of a round is not from 0 to 2^63-1"),
	}
	if g.price == 0 {
		panic("the price of a round is 0")
	}
	if g.confidenceBps > maxConfidenceBps {
		panic("confidenceBps of a round is more than 10000")
	}
	last := lastRoundOf(pair)
	sum := 0
	if last != 0 {
		before := loadRound(pair, last)
		if g.timestamp <= before.timestamp {
			return nil
		}
		sum = before.sum + before.price*(g.timestamp-before.timestamp)
	}
	if g.timestamp > runtime.GetTime() {
		return nil
	}
	round := last + 1
	put(prefixFeed+pair, round)
	putRecord(roundKey(pair, round), &priceRound{price: g.price, timestamp: g.timestamp,
		confidenceBps: g.confidenceBps, sum: sum})
	return &published{pair: pair, round: round, given: g}
}

// LatestPrice returns [price, decimals, timestamp, confidenceBps, round] of a
// feed's last round, null if it has none. How old is too old is the reader's to
// say: timestamp is in ms, as runtime.GetTime() is.
func LatestPrice(pair string) []any {
	pair = pairOf(pair)
	return roundOf(pair, lastRoundOf(pair))
}

// PriceAt returns the same of any round, null of one that is not kept any more:
// each feed keeps its last 1024.
func PriceAt(pair string, round int) []any {
	pair = pairOf(pair)
	round = whole(round, "round of priceAt is not from 0 to 2^63-1")
	last := lastRoundOf(pair)
	if round > last || round < firstKept(last) {
		return nil
	}
	return roundOf(pair, round)
}

// Twap returns the mean of a feed's price over the time since sinceTimestamp
// (ms) until the block's, rounded down. Each price holds until the next round,
// the last one until now: a feed that stands still makes no error here.
func Twap(pair string, sinceTimestamp int) int {
	pair = pairOf(pair)
	since := whole(sinceTimestamp, "sinceTimestamp is not from 0 to 2^63-1")
	now := runtime.GetTime()
	if since >= now {
		panic("sinceTimestamp is not before the block's time")
	}
	last := lastRoundOf(pair)
	if last == 0 {
		panic("twap has no round of this pair")
	}
	first := firstKept(last)
	if since < loadRound(pair, first).timestamp {
		panic("sinceTimestamp is before the oldest round that is kept of this pair")
	}
	// The round in force at since: the last that is not after it.
	high := last
	for first < high {
		middle := (first + high + 1) / 2
		if loadRound(pair, middle).timestamp <= since {
			first = middle
		} else {
			high = middle - 1
		}
	}
	return (sumAt(loadRound(pair, last), now) - sumAt(loadRound(pair, first), since)) / (now - since)
}

// sumAt is the sum of price times ms at a time from the round on.
func sumAt(r *priceRound, timestamp int) int {
	return r.sum + r.price*(timestamp-r.timestamp)
}

// pairOf returns the name of a feed.
func pairOf(pair any) string {
	p := text(pair, maxPairBytes, "pair is longer than 32 bytes", "pair is not UTF-8")
	if len(p) == 0 {
		panic("pair is empty")
	}
	return p
}

// lastRoundOf returns the number of a feed's last round, 0 if it has none.
func lastRoundOf(pair string) int {
	raw := get(prefixFeed + pair)
	if raw == nil {
		return 0
	}
	return raw.(int)
}

func firstKept(last int) int {
	return max(last-maxKeptRounds+1, 1)
}

// roundKey is that of a place in the ring that a feed's rounds are kept in.
func roundKey(pair string, round int) any {
	return prefixRound + pair + fixed(round%maxKeptRounds, 2)
}

func loadRound(pair string, round int) *priceRound {
	return getRecord(roundKey(pair, round)).(*priceRound)
}

func roundOf(pair string, round int) []any {
	if round == 0 {
		return nil
	}
	r := loadRound(pair, round)
	return []any{r.price, priceDecimals, r.timestamp, r.confidenceBps, round}
}

// payerOfFeed returns who pays for a feed's rounds, or null.
func payerOfFeed(pair string) interop.Hash160 {
	return getAccount(prefixChosen + pair)
}
