// Package prices is an example of a contract that reads prices.
//
// What to take from it: a price has an age, and one that is too old is none; a
// feed may have no round at all. For what a single odd price must not decide
// there is the mean over some time.
package prices

import (
	"github.com/dodona-oracle/dodona/contracts/dodona"
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// The deploy data is the gateway's hash.
func _deploy(data any, isUpdate bool) {
	if !isUpdate {
		dodona.Keep(data)
	}
}

// Gateway returns the contract that has the prices.
func Gateway() interop.Hash160 {
	return dodona.Kept().Hash()
}

// Fresh returns the latest price of a pair, and throws if there is none that is
// at most maxAge ms old. Prices have 8 decimals.
func Fresh(pair string, maxAge int) int {
	latest := dodona.Kept().LatestPrice(pair)
	if latest == nil {
		panic("no price of this pair was published")
	}
	if latest.Timestamp+maxAge < runtime.GetTime() {
		panic("the latest price of this pair is too old")
	}
	return latest.Price
}

// Worth returns what an amount of something is worth by the lower of its latest
// price and its mean over the last period ms, as a lender would have it. Amount
// and worth have the same decimals.
func Worth(pair string, amount int, maxAge int, period int) int {
	price := Fresh(pair, maxAge)
	mean := dodona.Kept().Twap(pair, runtime.GetTime()-period)
	return amount * min(price, mean) / 100000000
}
