package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/iterator"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
)

// Request asks as Neo's native oracle does: same signature, no return value,
// the callback gets (url, userData, code, result). gasForResponse is the most
// that the answer may cost the payer.
func Request(url string, filter string, callback string, userData any, gasForResponse int) {
	s := loadSettings()
	url = text(url, maxURLBytes, "url is longer than 256 bytes", "url is not UTF-8")
	filter = text(filter, maxFilterBytes, "filter of request is longer than 128 bytes", "filter of request is not UTF-8")
	maxFee := whole(gasForResponse, "gasForResponse is not from 0 to 2^63-1")
	id, r := ask(s, kindOracle, callback, userData, url, maxFee)
	runtime.Notify("OracleRequest", id, r.requester, payerOf(r), url, filter, maxFee, r.deadline)
}

// RequestHttp asks for a web request described by spec, JSON of method, url,
// headers and body, and returns its id. The callback gets (id, userData, code,
// result). The node judges spec and filter: a bad one is answered with a code.
func RequestHttp(spec string, filter string, callback string, userData any, maxFee int) int {
	s := loadSettings()
	spec = text(spec, maxSpecBytes, "spec is longer than 512 bytes", "spec is not UTF-8")
	filter = text(filter, maxFilterBytes, "filter of requestHttp is longer than 128 bytes", "filter of requestHttp is not UTF-8")
	maxFee = whole(maxFee, "maxFee of requestHttp is not from 0 to 2^63-1")
	id, r := ask(s, kindHTTP, callback, userData, nil, maxFee)
	runtime.Notify("HttpRequest", id, r.requester, payerOf(r), spec, filter, maxFee, r.deadline)
	return id
}

// RequestFunction asks for the result of a function called with args, JSON
// text, and returns its id. The code that runs is the function's of now. The
// callback is that of RequestHttp. The node judges args: bad ones are answered
// with a code.
func RequestFunction(functionId int, args string, callback string, userData any, maxFee int) int {
	s := loadSettings()
	functionId = whole(functionId, "functionId of requestFunction is not from 0 to 2^63-1")
	args = text(args, maxArgsBytes, "args of requestFunction is longer than 512 bytes", "args of requestFunction is not UTF-8")
	maxFee = whole(maxFee, "maxFee of requestFunction is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixFunction, functionId))
	if found == nil {
		panic("no function has the functionId of requestFunction")
	}
	codeHash := found.(*function).codeHash
	id, r := ask(s, kindFunction, callback, userData, nil, maxFee)
	runtime.Notify("FunctionRequest", id, r.requester, payerOf(r), functionId, []byte(codeHash), args, maxFee, r.deadline)
	return id
}

// RequestRandom asks for a random number of 32 bytes and returns the request's
// id. The callback is that of RequestHttp, and its code always Success. seed,
// which may be empty, goes into the number's seed with what nobody can choose.
// The proof can be seen before its block: close all bets before asking.
func RequestRandom(seed []byte, callback string, userData any, maxFee int) int {
	s := loadSettings()
	given := ""
	if any(seed) != nil {
		given = any(seed).(string)
	}
	if len(given) > maxSeedBytes {
		panic("seed is longer than 64 bytes")
	}
	maxFee = whole(maxFee, "maxFee of requestRandom is not from 0 to 2^63-1")
	keyID := currentRandomKey()
	if keyID == 0 {
		panic("no random key is set: the gateway draws no random numbers yet")
	}
	id, r := ask(s, kindRandom, callback, userData, nil, maxFee)
	d := &draw{keyID: keyID, seed: string(seedOf(id, r.requester, given))}
	putRecord(idKey(prefixDraw, id), d)
	runtime.Notify("RandomRequest", id, r.requester, payerOf(r), []byte(d.seed), keyID, maxFee, r.deadline)
	return id
}

// ask admits the caller's request under the policy of now: it checks what is to
// be delivered and how, reserves maxFee, stores the request and returns its id.
func ask(s *settings, kind int, callback string, userData any, first any, maxFee int) (int, *request) {
	if s.paused {
		panic("the gateway is paused: it takes no new requests")
	}
	if maxFee < s.policy.minimums[kind] {
		panic("maxFee is below the policy's minimum for this kind of request")
	}
	requester := caller(s.executor)
	name := text(callback, maxCallbackBytes, "callback is longer than 32 bytes", "callback is not UTF-8")
	delivers := len(name) != 0
	if delivers {
		if name[0] == '_' {
			panic("callback starts with an underscore")
		}
		if calledByEntry() && !management.IsContract(requester) {
			panic("callback must be empty: the caller is not a contract")
		}
	}
	if userData != nil && len(std.Serialize(userData)) > maxUserDataBytes {
		panic("userData is longer than 512 bytes when serialised")
	}
	sponsor, generation := reserve(requester, maxFee)
	index := executingIndex()
	r := &request{
		kind:              kind,
		requester:         requester,
		sponsor:           sponsor,
		sponsored:         generation,
		delivers:          delivers,
		maxFee:            maxFee,
		deadline:          index + s.policy.requestLifetime,
		asked:             index,
		premium:           s.policy.premiums[kind],
		networkFeeCeiling: s.policy.networkFeeCeiling,
		resultLifetime:    s.policy.resultLifetime,
	}
	id := nextID(1)
	putRecord(idKey(prefixRequest, id), r)
	if delivers {
		putRecord(idKey(prefixDelivery, id), &delivery{callback: name, userData: userData, first: first})
	}
	return id, r
}

// nextID gives out the next id of requests and upkeeps, and counts the requests.
func nextID(requests int) int {
	counters := getPacked(keyCounters)
	id := packedLow(counters) + 1
	put(keyCounters, pack(packedHigh(counters)+requests, id))
	return id
}

// payerOf returns who pays for a request.
func payerOf(r *request) interop.Hash160 {
	if r.sponsor != nil {
		return interop.Hash160(r.sponsor.(string))
	}
	return r.requester
}

// RequestOf returns [kind, requester, payer, callback, userData, url, maxFee,
// deadline, asked, premium, networkFeeCeiling, resultLifetime] of a pending
// request, null of any other. Without a callback nothing is kept to call it
// with: userData and url are null. url is null also of any kind but `request`.
func RequestOf(id int) []any {
	id = whole(id, "id of requestOf is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixRequest, id))
	if found == nil {
		return nil
	}
	r := found.(*request)
	d := &delivery{}
	if r.delivers {
		d = getRecord(idKey(prefixDelivery, id)).(*delivery)
	}
	return []any{r.kind, r.requester, payerOf(r), d.callback, d.userData, d.first, r.maxFee, r.deadline,
		r.asked, r.premium, r.networkFeeCeiling, r.resultLifetime}
}

// PendingCount returns how many requests are neither answered nor expired.
// Those answered are counted with the earnings of who answered, a record that
// `respond` writes anyway; only accounts that answered have one.
func PendingCount() int {
	pending := packedHigh(getPacked(keyCounters))
	answers := storage.Find(storage.GetReadOnlyContext(), prefixEarned, storage.ValuesOnly)
	for iterator.Next(answers) {
		pending -= packedHigh(iterator.Value(answers).(int))
	}
	return pending
}

// loadPending returns a pending request, or null.
func loadPending(id int) any {
	return getRecord(idKey(prefixRequest, id))
}
