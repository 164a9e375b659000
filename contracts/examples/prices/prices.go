// Package prices is an example of a contract that reads prices.
//
// What to take from it: a price has an age, and one that is too old is none; a
// feed may have no round at all. For what a single odd price must not decide
// there is the mean over some time.
package prices

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
)

const keyGateway = "g"

// The deploy data is the gateway's hash.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		return
	}
	storage.Put(storage.GetContext(), keyGateway, data.(string))
}

// Gateway returns the contract that has the prices.
func Gateway() interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyGateway).(string))
}

// Fresh returns the latest price of a pair, and throws if there is none that is
// at most maxAge ms old. Prices have 8 decimals, as p[1] says.
func Fresh(pair string, maxAge int) int {
	latest := contract.Call(Gateway(), "latestPrice", contract.ReadStates|contract.AllowCall, pair)
	if latest == nil {
		panic("no price of this pair was published")
	}
	p := latest.([]any)
	if p[2].(int)+maxAge < runtime.GetTime() {
		panic("the latest price of this pair is too old")
	}
	return p[0].(int)
}

// Worth returns what an amount of something is worth by the lower of its latest
// price and its mean over the last period ms, as a lender would have it. Amount
// and worth have the same decimals.
func Worth(pair string, amount int, maxAge int, period int) int {
	price := Fresh(pair, maxAge)
	since := runtime.GetTime() - period
	mean := contract.Call(Gateway(), "twap", contract.ReadStates|contract.AllowCall, pair, since).(int)
	return amount * min(price, mean) / 100000000
}
