// Package skeleton is what a contract that asks the gateway begins with: copy it,
// and put your own work where it says so. Each line that protects from something
// says from what.
package skeleton

import (
	"github.com/dodona-oracle/dodona/contracts/dodona"
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/gas"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// No key may begin with "dodona.": those are the package's.
const (
	keyOwner     = "o"
	prefixAnswer = "a" // + id: answer
)

// answer is what came of a question.
type answer struct {
	Code   int
	Result []byte
}

// The deploy data is the gateway's hash, which differs from network to network.
// Whoever deploys owns the contract.
func _deploy(data any, isUpdate bool) {
	// Without this, an update without data would lose the gateway and the owner.
	if isUpdate {
		return
	}
	dodona.Keep(data)
	storage.Put(storage.GetContext(), keyOwner, runtime.GetScriptContainer().Sender)
}

// Ask asks for what spec describes, for at most maxFee datoshi of this contract's
// credit, and returns the id of the request.
func Ask(spec string, filter string, maxFee int) int {
	// Else strangers would spend this contract's credit.
	requireOwner()
	id := dodona.Kept().RequestHttp(spec, filter, "onAnswer", nil, maxFee)
	// Else OnAnswer could not tell its own question from others, nor the first
	// answer from a second one.
	dodona.Expect(id)
	return id
}

// OnAnswer is the callback. It has 4 parameters, or the gateway does not find it.
func OnAnswer(id int, userData any, code int, result []byte) {
	// Anybody can call this method: without this line anybody can forge answers.
	dodona.Kept().RequireCaller()
	// An answer that is not waited for, or came already, changes nothing. It must
	// not throw either: what throws is kept, and can be delivered for ever.
	if !dodona.Receive(id) {
		return
	}
	storage.Put(storage.GetContext(), answerKey(id), std.Serialize(answer{Code: code, Result: result}))
	// The result stays out of the event: one of more than 1,024 bytes could not be
	// caught, and would fault the whole transaction.
	runtime.Notify("Answered", id, code)
	switch code {
	case dodona.Success:
		// Your own work goes here. It comes last, and does not rely on result being
		// what was hoped for: whoever runs the source decides what it says.
	case dodona.Timeout, dodona.NotFound, dodona.ConsensusUnreachable:
		// The source could not be asked now. Asking again costs again, so let
		// somebody decide it: a contract that asks by itself can spend all it has.
	case dodona.ResponseTooLarge, dodona.InsufficientFunds:
		// Ask with a filter that selects less, or for a higher maxFee.
	case dodona.Forbidden, dodona.ProtocolNotSupported, dodona.ContentTypeNotSupported:
		// The question itself must change: its address, its secrets, its source.
	default:
		// dodona.Error, and codes that may come later: no answer, for a reason that
		// the node's operator sees. The result is empty with all but Success.
	}
}

// TakeKept fetches an answer that could not be delivered, and was kept, as when
// maxFee did not pay for the callback. The gateway gives it to this contract alone.
func TakeKept(id int) {
	requireOwner()
	// An id that is not waited for has an answer already, or is not ours.
	if !dodona.Receive(id) {
		panic("this id has no answer to come")
	}
	taken := dodona.Kept().TakeResult(id)
	storage.Put(storage.GetContext(), answerKey(id), std.Serialize(answer{Code: taken.Code, Result: taken.Result}))
	runtime.Notify("Answered", id, taken.Code)
}

// AnswerOf returns [code, result], null while there is no answer.
func AnswerOf(id int) any {
	kept := storage.Get(storage.GetReadOnlyContext(), answerKey(id))
	if kept == nil {
		return nil
	}
	return std.Deserialize(kept.([]byte))
}

// IsPending tells whether a request waits for its answer. One that expires stays
// pending here: the gateway refunds it, and tells nobody.
func IsPending(id int) bool {
	return dodona.IsExpected(id)
}

// Gateway returns the gateway's hash.
func Gateway() interop.Hash160 {
	return dodona.Kept().Hash()
}

// OnNEP17Payment passes GAS on to the gateway, where it is this contract's credit.
func OnNEP17Payment(from interop.Hash160, amount int, data any) {
	// Any token calls this, also one that somebody made up.
	if !util.Equals(runtime.GetCallingScriptHash(), gas.Hash) {
		panic("only GAS can be taken")
	}
	gateway := Gateway()
	// A withdrawal comes back here: passed on, it could never be taken out.
	if util.Equals(from, gateway) {
		return
	}
	// GAS tells a failure by false, which would go unnoticed otherwise.
	util.Assert(gas.Transfer(runtime.GetExecutingScriptHash(), gateway, amount, nil))
}

// WithdrawCredit pays credit at the gateway out to the owner.
func WithdrawCredit(amount int) {
	requireOwner()
	dodona.Kept().Withdraw(runtime.GetExecutingScriptHash(), owner(), amount)
}

func owner() interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyOwner).(string))
}

func requireOwner() {
	if !runtime.CheckWitness(owner()) {
		panic("the witness of the owner is missing")
	}
}

func answerKey(id int) string {
	return prefixAnswer + std.Itoa10(id)
}
