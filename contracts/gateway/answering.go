package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// response is what the node says about one request.
type response struct {
	id      int
	code    int
	result  []byte
	deliver bool
	lostTx  any // Hash256 of a transaction that faulted in the callback, or null
}

// answered is a request that has its answer and is still to be charged.
type answered struct {
	id        int
	request   *request
	code      int
	delivered bool
	lost      int
	used      int // datoshi of execution between two readings of GasLeft
	place     int // in the list of responses
}

// Respond answers requests: an array of [id, code, result, deliver, lostTx],
// with the node account's witness. Ids that are not pending any more, or past
// their deadline, are skipped. First everything is answered, then charged, so
// that no callback runs between a balance's read and its write.
func Respond(responses []*response) {
	requireCharging("respond must be called by the entry script",
		"respond must be the transaction's first call into the gateway")
	if len(responses) > maxResponses {
		panic("more than 32 responses in one respond")
	}
	index := executingIndex()
	requireNode(index)
	tx := runtime.GetScriptContainer()
	done := []*answered{}
	shared := tx.SysFee
	for i := range responses {
		before := runtime.GasLeft()
		if len(any(responses[i]).([]any)) != 5 {
			panic("a response is not [id, code, result, deliver, lostTx]")
		}
		id := whole(responses[i].id, "the id of a response is not from 0 to 2^63-1")
		r, delivered, lost := answer(id, responses[i], index, tx)
		used := before - runtime.GasLeft()
		shared -= used
		if r != nil {
			done = append(done, &answered{id: id, request: r, code: responses[i].code,
				delivered: delivered, lost: lost, used: used, place: i})
		}
	}
	earned := 0
	for i := range done {
		earned += charge(done[i], shared, len(responses), tx.NetFee)
	}
	earn(tx.Sender, earned, len(done))
	runtime.Notify("Earned", tx.Sender, earned)
}

// answer settles one request but for its charge: the result of a random request
// is a proof, whose number is delivered. It returns the request, whether its
// callback took the answer, and what an earlier attempt lost. The request is
// null if there is nothing to settle.
func answer(id int, given *response, index int, tx *ledger.Transaction) (*request, bool, int) {
	result := string(given.result)
	if !isCode(given.code) {
		panic("the code of a response is none of the native oracle's")
	}
	if given.code != codeSuccess && len(result) != 0 {
		panic("the result of a response is not empty, though its code is not Success")
	}
	if len(result) > maxResultBytes {
		panic("the result of a response is longer than 61440 bytes")
	}
	found := loadPending(id)
	if found == nil {
		return nil, false, 0
	}
	r := found.(*request)
	if index > r.deadline {
		return nil, false, 0
	}
	remove(idKey(prefixRequest, id))
	if r.kind == kindRandom {
		result = drawn(id, given.code, result)
	}
	lost := 0
	if given.lostTx != nil {
		fee, height := lostFee(id, given.lostTx, tx.Sender, r.networkFeeCeiling)
		if height <= r.asked {
			panic("lostTx is not in a block after the request's")
		}
		lost = fee
	}
	if given.deliver && r.delivers && deliver(id, r, given.code, result) {
		remove(idKey(prefixDelivery, id))
		return r, true, lost
	}
	keep(id, r, given.code, result, index)
	return r, false, lost
}

// deliver calls the request's callback, if there still is one, and returns
// whether it returned.
func deliver(id int, r *request, code int, result string) bool {
	d := getRecord(idKey(prefixDelivery, id)).(*delivery)
	if !management.HasMethod(r.requester, d.callback, 4) {
		return false
	}
	return attempt(r.requester, d.callback, callbackArgs(d, id, code, result))
}

// callbackArgs are those of Neo's native oracle for `request`; for all other
// kinds the id stands in the place of the url.
func callbackArgs(d *delivery, id int, code int, result string) []any {
	if d.first != nil {
		return []any{d.first, d.userData, code, result}
	}
	return []any{id, d.userData, code, result}
}

// attempt calls a callback and returns whether it returned. What a throwing one
// did is rolled back by the VM. It is a function of its own, since a recovered
// panic ends the function that deferred.
func attempt(target interop.Hash160, method string, args []any) bool {
	defer func() {
		recover()
	}()
	contract.Call(target, method, contract.All, args...)
	return true
}

func isCode(code int) bool {
	return code == codeSuccess || code == codeProtocolNotSupported ||
		code == codeConsensusUnreachable || code == codeNotFound || code == codeTimeout ||
		code == codeForbidden || code == codeResponseTooLarge || code == codeInsufficientFunds ||
		code == codeContentTypeNotSupported || code == codeError
}
