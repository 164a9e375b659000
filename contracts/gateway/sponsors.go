package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// A sponsor pays for another's requests: both must want it, each bounds it.

// Sponsor sets what the caller will pay for requester: at most maxFeePerRequest
// a request and allowance in all. It replaces what was set before; an allowance
// of 0 revokes. Reservations already made stand.
func Sponsor(requester interop.Hash160, maxFeePerRequest int, allowance int) {
	s := loadSettings()
	payer := caller(s.executor)
	sponsored := hash160(requester, "requester of sponsor is not a Hash160 (20 bytes)")
	maxFeePerRequest = whole(maxFeePerRequest, "maxFeePerRequest is not from 0 to 2^63-1")
	allowance = whole(allowance, "allowance is not from 0 to 2^63-1")
	if s.paused && allowance != 0 {
		panic("the gateway is paused: it takes no new sponsorships")
	}
	if !outsider(sponsored, s.executor) {
		panic("requester of sponsor is a native contract, the gateway or the executor")
	}
	key := sponsorshipKey(payer, sponsored)
	generation := 1
	before := getRecord(key)
	if before != nil {
		generation = before.(*sponsorship).generation + 1
	}
	putRecord(key, &sponsorship{maxFeePerRequest: maxFeePerRequest, allowance: allowance, generation: generation})
	runtime.Notify("Sponsored", payer, sponsored, maxFeePerRequest, allowance)
}

// AcceptSponsor lets payer pay for the caller's requests that its own credit
// does not cover, instead of any payer accepted before. Null accepts nobody.
func AcceptSponsor(payer interop.Hash160) {
	s := loadSettings()
	requester := caller(s.executor)
	if any(payer) == nil {
		remove(accountKey(prefixAccepted, requester))
		runtime.Notify("SponsorAccepted", requester, interop.Hash160(nil))
		return
	}
	accepted := hash160(payer, "payer of acceptSponsor is neither null nor a Hash160 (20 bytes)")
	if s.paused {
		panic("the gateway is paused: no sponsor can be accepted")
	}
	if !outsider(accepted, s.executor) {
		panic("payer of acceptSponsor is a native contract, the gateway or the executor")
	}
	put(accountKey(prefixAccepted, requester), accepted)
	runtime.Notify("SponsorAccepted", requester, accepted)
}

// SponsorOf returns the payer that requester accepted, or null.
func SponsorOf(requester interop.Hash160) interop.Hash160 {
	return getAccount(accountKey(prefixAccepted, hash160(requester, "requester of sponsorOf is not a Hash160 (20 bytes)")))
}

// SponsorshipOf returns [maxFeePerRequest, allowance]: what payer will pay for
// requester from now on, [0, 0] if nothing.
func SponsorshipOf(payer interop.Hash160, requester interop.Hash160) []any {
	found := getRecord(sponsorshipKey(hash160(payer, "payer of sponsorshipOf is not a Hash160 (20 bytes)"),
		hash160(requester, "requester of sponsorshipOf is not a Hash160 (20 bytes)")))
	if found == nil {
		return []any{0, 0}
	}
	p := found.(*sponsorship)
	return []any{p.maxFeePerRequest, p.allowance}
}

// chargeSponsor takes maxFee off the allowance of the sponsor that requester
// accepted, and returns it and the generation of the sponsorship.
func chargeSponsor(requester interop.Hash160, maxFee int) (interop.Hash160, int) {
	payer := getAccount(accountKey(prefixAccepted, requester))
	if payer == nil {
		panic("the requester's credit is below maxFee, and it accepted no sponsor")
	}
	key := sponsorshipKey(payer, requester)
	found := getRecord(key)
	if found == nil {
		panic("the requester's credit is below maxFee, and the accepted sponsor never sponsored it")
	}
	p := found.(*sponsorship)
	if p.maxFeePerRequest < maxFee {
		panic("maxFee is above the sponsor's limit for a request")
	}
	if p.allowance < maxFee {
		panic("maxFee is above what is left of the sponsor's allowance")
	}
	p.allowance -= maxFee
	putRecord(key, p)
	return payer, p.generation
}

// restoreAllowance gives a refund back to the allowance it was taken from,
// unless `sponsor` has set a new one since.
func restoreAllowance(r *request, refund int) {
	key := sponsorshipKey(payerOf(r), r.requester)
	p := getRecord(key).(*sponsorship)
	if p.generation == r.sponsored {
		p.allowance += refund
		putRecord(key, p)
	}
}
