// Package consumer is an example of a contract that asks the gateway.
//
// Ask is what a contract on Neo's native oracle does, with another hash: same
// arguments, same callback, and no id comes back. What it needs besides is
// credit with the gateway, which GAS sent to this contract becomes.
// AskHttp is the richer request, which returns an id; AskFunction has a program
// run instead.
package consumer

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/gas"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

const (
	keyGateway      = "g"
	keyOwner        = "o"
	keyQuestions    = "q" // Integer, the last question asked with Ask
	keyLast         = "l" // key of the answer that came last
	prefixPending   = "p" // + question or id: 1 while it has no answer
	prefixAnswer    = "a" // + question or id: answer
	ofNativeRequest = "n"
	ofHTTPRequest   = "h"
	ofFunction      = "f"
)

// answer is what a callback left.
type answer struct {
	id     int // number of the question (Ask) or id of the request (the others)
	code   int // 0 is Success
	result []byte
}

// The deploy data is the gateway's hash. Whoever deploys owns the contract.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		return
	}
	ctx := storage.GetContext()
	storage.Put(ctx, keyGateway, data.(string))
	storage.Put(ctx, keyOwner, runtime.GetScriptContainer().Sender)
}

// Ask asks for url filtered by filter, for at most gasForResponse datoshi, and
// returns the number of the question. The gateway's `request` returns nothing,
// like the native oracle's, so the number travels in userData.
func Ask(url string, filter string, gasForResponse int) int {
	requireOwner()
	ctx := storage.GetContext()
	question := 1
	last := storage.Get(ctx, keyQuestions)
	if last != nil {
		question = last.(int) + 1
	}
	storage.Put(ctx, keyQuestions, question)
	storage.Put(ctx, key(prefixPending, ofNativeRequest, question), 1)
	contract.Call(Gateway(), "request", contract.All, url, filter, "onAnswer", question, gasForResponse)
	return question
}

// OnAnswer is the callback of Ask.
func OnAnswer(url string, userData any, code int, result []byte) {
	requireGateway()
	question := userData.(int)
	if receive(ofNativeRequest, question, code, result) {
		runtime.Notify("Answered", question, code)
	}
}

// AskHttp asks for the web request that spec describes, for at most maxFee
// datoshi, and returns the id of the request.
func AskHttp(spec string, filter string, maxFee int) int {
	requireOwner()
	id := contract.Call(Gateway(), "requestHttp", contract.All, spec, filter, "onHttpAnswer", nil, maxFee).(int)
	storage.Put(storage.GetContext(), key(prefixPending, ofHTTPRequest, id), 1)
	return id
}

// OnHttpAnswer is the callback of AskHttp.
func OnHttpAnswer(id int, userData any, code int, result []byte) {
	requireGateway()
	if receive(ofHTTPRequest, id, code, result) {
		runtime.Notify("HttpAnswered", id, code)
	}
}

// AskFunction asks for the result of a registered function called with args,
// JSON text, for at most maxFee datoshi, and returns the id of the request.
func AskFunction(functionId int, args string, maxFee int) int {
	requireOwner()
	id := contract.Call(Gateway(), "requestFunction", contract.All, functionId, args, "onFunctionAnswer", nil, maxFee).(int)
	storage.Put(storage.GetContext(), key(prefixPending, ofFunction, id), 1)
	return id
}

// OnFunctionAnswer is the callback of AskFunction.
func OnFunctionAnswer(id int, userData any, code int, result []byte) {
	requireGateway()
	if receive(ofFunction, id, code, result) {
		runtime.Notify("FunctionAnswered", id, code)
	}
}

// receive stores an answer once, and returns whether it did. A second one to the
// same question changes nothing: the gateway delivers once, but a contract should
// not have to trust it. The events leave the result out: one of more than 1,024
// bytes faults the whole transaction, and a result may be longer.
func receive(kind string, id int, code int, result []byte) bool {
	ctx := storage.GetContext()
	pending := key(prefixPending, kind, id)
	if storage.Get(ctx, pending) == nil {
		return false
	}
	storage.Delete(ctx, pending)
	last := key(prefixAnswer, kind, id)
	storage.Put(ctx, last, std.Serialize(answer{id: id, code: code, result: result}))
	storage.Put(ctx, keyLast, last)
	return true
}

// AnswerOf returns [question, code, result] of a question of Ask, null while it
// has no answer.
func AnswerOf(question int) any {
	return read(key(prefixAnswer, ofNativeRequest, question))
}

// HttpAnswerOf returns [id, code, result] of a request of AskHttp, null while
// it has no answer.
func HttpAnswerOf(id int) any {
	return read(key(prefixAnswer, ofHTTPRequest, id))
}

// FunctionAnswerOf returns [id, code, result] of a request of AskFunction, null
// while it has no answer.
func FunctionAnswerOf(id int) any {
	return read(key(prefixAnswer, ofFunction, id))
}

// LastAnswer returns [question or id, code, result] of the answer that came
// last, null before the first.
func LastAnswer() any {
	last := storage.Get(storage.GetReadOnlyContext(), keyLast)
	if last == nil {
		return nil
	}
	return read(last)
}

// IsPending tells whether a question of Ask waits for its answer.
func IsPending(question int) bool {
	return storage.Get(storage.GetReadOnlyContext(), key(prefixPending, ofNativeRequest, question)) != nil
}

// IsHttpPending tells whether a request of AskHttp waits for its answer.
func IsHttpPending(id int) bool {
	return storage.Get(storage.GetReadOnlyContext(), key(prefixPending, ofHTTPRequest, id)) != nil
}

// IsFunctionPending tells whether a request of AskFunction waits for its answer.
func IsFunctionPending(id int) bool {
	return storage.Get(storage.GetReadOnlyContext(), key(prefixPending, ofFunction, id)) != nil
}

// Gateway returns the gateway's hash.
func Gateway() interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyGateway).(string))
}

// OnNEP17Payment passes GAS on to the gateway, where it is this contract's
// credit. What the gateway pays back, it keeps.
func OnNEP17Payment(from interop.Hash160, amount int, data any) {
	if !util.Equals(runtime.GetCallingScriptHash(), gas.Hash) {
		panic("only GAS is taken")
	}
	if util.Equals(from, Gateway()) {
		return
	}
	// GAS tells by false that the balance is too small: it has just come in.
	util.Assert(gas.Transfer(runtime.GetExecutingScriptHash(), Gateway(), amount, nil))
}

// WithdrawCredit takes credit out of the gateway and sends it to the owner.
func WithdrawCredit(amount int) {
	requireOwner()
	owner := interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyOwner).(string))
	contract.Call(Gateway(), "withdraw", contract.All, runtime.GetExecutingScriptHash(), owner, amount)
}

func read(k any) any {
	raw := storage.Get(storage.GetReadOnlyContext(), k)
	if raw == nil {
		return nil
	}
	return std.Deserialize(raw.([]byte))
}

func key(prefix string, kind string, id int) any {
	return prefix + kind + std.Itoa10(id)
}

// requireOwner keeps strangers from spending this contract's credit.
func requireOwner() {
	if !runtime.CheckWitness([]byte(storage.Get(storage.GetReadOnlyContext(), keyOwner).(string))) {
		panic("only the owner may do this")
	}
}

// requireGateway is what every callback must begin with: anyone can call it.
func requireGateway() {
	if !util.Equals(runtime.GetCallingScriptHash(), Gateway()) {
		panic("only the gateway may call this")
	}
}
