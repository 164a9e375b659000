// Package wrappers calls the gateway by package dodona, so that tests see what
// comes of it: the fields of what is returned, one by one, and null for null.
package wrappers

import (
	"github.com/dodona-oracle/dodona/contracts/dodona"
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// The deploy data is the gateway's hash; null leaves this contract without one.
func _deploy(data any, isUpdate bool) {
	if data != nil {
		dodona.Keep(data)
	}
}

// Ask makes a request of each kind whose results are kept, and returns their ids;
// one of `request` has none.
func Ask(maxFee int, functionId int) []int {
	g := dodona.Kept()
	g.Request("https://x.org", "$.a", "", "data", maxFee)
	http := g.RequestHttp("{}", "", "", nil, maxFee)
	function := g.RequestFunction(functionId, "[]", "", nil, maxFee)
	return []int{http, function}
}

// Draw makes a random request.
func Draw(seed []byte, maxFee int) int {
	return dodona.Kept().RequestRandom(seed, "", nil, maxFee)
}

// Take takes a kept result: [code, result].
func Take(id int) []any {
	a := dodona.Kept().TakeResult(id)
	return []any{a.Code, a.Result}
}

// Settle calls what anybody may call for requests that are over.
func Settle(id int) {
	dodona.Kept().Expire([]int{id})
	dodona.Kept().DropResults([]int{id})
}

// Redeliver delivers a kept result.
func Redeliver(id int) {
	dodona.Kept().Redeliver(id)
}

// Register registers a function and gives it another source at once.
func Register(codeHash []byte, source string, other []byte, otherSource string) int {
	id := dodona.Kept().RegisterFunction("name", codeHash, source, "https://x.org/1")
	dodona.Kept().UpdateFunction(id, other, otherSource, "")
	return id
}

// StartUpkeep registers an upkeep of this contract's own Work.
func StartUpkeep(trigger string, maxFee int) int {
	return dodona.Kept().RegisterUpkeep(runtime.GetExecutingScriptHash(), "work", []any{1, "a"}, trigger, maxFee)
}

// StopUpkeep cancels it.
func StopUpkeep(id int) {
	dodona.Kept().CancelUpkeep(id)
}

// Fund funds an upkeep.
func Fund(id int) {
	dodona.Kept().FundUpkeep(id)
}

// Work is what the upkeep calls.
func Work(number int, text string) {
	dodona.Kept().RequireExecutor()
}

// Pay sponsors a requester and a feed.
func Pay(requester interop.Hash160, pair string, most int, allowance int) {
	dodona.Kept().Sponsor(requester, most, allowance)
	dodona.Kept().SponsorFeed(pair, most, allowance)
}

// Accept accepts a sponsor, null none.
func Accept(payer interop.Hash160) {
	dodona.Kept().AcceptSponsor(payer)
}

// Withdraw pays credit of this contract out.
func Withdraw(to interop.Hash160, amount int) {
	dodona.Kept().Withdraw(runtime.GetExecutingScriptHash(), to, amount)
}

// Request returns the fields of RequestOf.
func Request(id int) any {
	r := dodona.Kept().RequestOf(id)
	if r == nil {
		return nil
	}
	return []any{r.Kind, r.Requester, r.Payer, r.Callback, r.UserData, r.Url, r.MaxFee, r.Deadline,
		r.Asked, r.Premium, r.NetworkFeeCeiling, r.ResultLifetime}
}

// Kept returns the fields of ResultOf.
func Kept(id int) any {
	r := dodona.Kept().ResultOf(id)
	if r == nil {
		return nil
	}
	return []any{r.Requester, r.Code, r.Result, r.Answered, r.KeptUntil}
}

// Function returns the fields of FunctionOf.
func Function(id int) any {
	f := dodona.Kept().FunctionOf(id)
	if f == nil {
		return nil
	}
	return []any{f.Owner, f.Name, f.CodeHash}
}

// Code returns the fields of CodeOf.
func Code(hash []byte) any {
	c := dodona.Kept().CodeOf(hash)
	if c == nil {
		return nil
	}
	return []any{c.Source, c.Uris}
}

// Upkeep returns the fields of UpkeepOf.
func Upkeep(id int) any {
	u := dodona.Kept().UpkeepOf(id)
	if u == nil {
		return nil
	}
	return []any{u.Owner, u.Target, u.Method, u.Args, u.Trigger, u.MaxFee, u.Premium,
		u.NetworkFeeCeiling, u.Registered, u.LastDue, u.LastRun, u.Funded}
}

// Price returns the fields of LatestPrice.
func Price(pair string) any {
	return fields(dodona.Kept().LatestPrice(pair))
}

// PriceAt returns the fields of PriceAt.
func PriceAt(pair string, round int) any {
	return fields(dodona.Kept().PriceAt(pair, round))
}

func fields(p *dodona.Price) any {
	if p == nil {
		return nil
	}
	return []any{p.Price, p.Decimals, p.Timestamp, p.ConfidenceBps, p.Round}
}

// Policy returns the fields of Policy.
func Policy() []any {
	p := dodona.Kept().Policy()
	return []any{p.Premiums, p.Minimums, p.RequestLifetime, p.ResultLifetime, p.NetworkFeeCeiling,
		p.UpdateDelay, p.LowerUpdateDelay, p.LowerFrom}
}

// Update returns the fields of ProposedUpdate.
func Update() any {
	u := dodona.Kept().ProposedUpdate()
	if u == nil {
		return nil
	}
	return []any{u.NefHash, u.ManifestHash, u.From}
}

// Random returns the fields of RandomKey.
func Random() []any {
	k := dodona.Kept().RandomKey()
	return []any{k.KeyId, k.PublicKey}
}

// RandomKey returns a random key.
func RandomKey(id int) any {
	return dodona.Kept().RandomKeyOf(id)
}

// Sponsor returns who pays for a requester, and for a feed.
func Sponsor(requester interop.Hash160, pair string) []any {
	return []any{dodona.Kept().SponsorOf(requester), dodona.Kept().FeedSponsorOf(pair)}
}

// Sponsorship returns the fields of SponsorshipOf.
func Sponsorship(payer interop.Hash160, requester interop.Hash160) []any {
	s := dodona.Kept().SponsorshipOf(payer, requester)
	return []any{s.MaxFeePerRequest, s.Allowance}
}

// FeedSponsorship returns the fields of FeedSponsorshipOf.
func FeedSponsorship(pair string, payer interop.Hash160) []any {
	s := dodona.Kept().FeedSponsorshipOf(pair, payer)
	return []any{s.MaxFeePerRound, s.Allowance}
}

// Pending returns the numbers that the gateway tells: pendingCount, version, and
// the credit and reserve of this contract.
func Pending() []any {
	g := dodona.Kept()
	self := runtime.GetExecutingScriptHash()
	return []any{g.PendingCount(), g.Version(), g.CreditOf(self), g.ReservedOf(self)}
}

// Paused tells whether the gateway is paused.
func Paused() bool {
	return dodona.Kept().IsPaused()
}

// Executor returns the executor.
func Executor() interop.Hash160 {
	return dodona.Kept().Executor()
}

// Mean returns twap.
func Mean(pair string, since int) int {
	return dodona.Kept().Twap(pair, since)
}

// OnNEP17Payment takes what is withdrawn.
func OnNEP17Payment(from interop.Hash160, amount int, data any) {
}
