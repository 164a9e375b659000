// Package hostile is for tests only: a contract that can be told to do anything
// that a stranger's might, in its callback, on a payment, or when called.
package hostile

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/crypto"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

const (
	keyMode      = "m" // what OnAnswer does
	keyNumber    = "n" // a number that some modes take
	keyCall      = "c" // [target, method, args] that some modes call
	keyNextCall  = "e" // [target, method, args] that "callBoth" calls next
	keyCount     = "k" // how often OnAnswer came to an end, or as far as a throw
	keyLast      = "l" // its arguments
	keyCondition = "d" // what IsDue says
	keyPayment   = "p" // what OnNEP17Payment does: "", "refuse" or "call"
)

func _deploy(data any, isUpdate bool) {}

// SetMode tells what the callback does; number is for modes that take one.
func SetMode(mode string, number int) {
	ctx := storage.GetContext()
	storage.Put(ctx, keyMode, mode)
	storage.Put(ctx, keyNumber, number)
}

// SetStorage writes anything, so that this contract can pose as another whose
// code it is then updated to.
func SetStorage(key []byte, value []byte) {
	storage.Put(storage.GetContext(), key, value)
}

// SetPaymentMode tells what OnNEP17Payment does: "" takes, "refuse" throws,
// "call" makes the call of SetCall.
func SetPaymentMode(mode string) {
	storage.Put(storage.GetContext(), keyPayment, mode)
}

// SetCall sets what the modes "call", "tryCall" and "callTwice" call.
func SetCall(target interop.Hash160, method string, args []any) {
	storage.Put(storage.GetContext(), keyCall, std.Serialize([]any{target, method, args}))
}

// SetNextCall sets what the mode "callBoth" calls after what SetCall set.
func SetNextCall(target interop.Hash160, method string, args []any) {
	storage.Put(storage.GetContext(), keyNextCall, std.Serialize([]any{target, method, args}))
}

// Call calls anything as this contract and returns what it returns.
func Call(target interop.Hash160, method string, args []any) any {
	return contract.Call(target, method, contract.All, args...)
}

// CallTwice calls the same twice.
func CallTwice(target interop.Hash160, method string, args []any) {
	contract.Call(target, method, contract.All, args...)
	contract.Call(target, method, contract.All, args...)
}

// TryCall calls anything, catches what it throws, and returns whether it
// returned. What was thrown away must be rolled back.
func TryCall(target interop.Hash160, method string, args []any) bool {
	defer func() {
		recover()
	}()
	contract.Call(target, method, contract.All, args...)
	return true
}

// CallAs calls with other call flags than all.
func CallAs(target interop.Hash160, method string, args []any, flags int) any {
	return contract.Call(target, method, contract.CallFlag(flags), args...)
}

// OnAnswer is a callback with 4 parameters, for every kind of request.
func OnAnswer(first any, userData any, code int, result []byte) any {
	remember([]any{first, userData, code, result})
	return act(string(storage.Get(storage.GetContext(), keyMode).([]byte)), result)
}

// IsDue is a condition of an upkeep, true unless the mode says otherwise.
func IsDue() any {
	mode := storage.Get(storage.GetReadOnlyContext(), keyCondition)
	if mode == nil {
		return true
	}
	switch string(mode.([]byte)) {
	case "false":
		return false
	case "one":
		return 1
	case "byte":
		return "\x01"
	case "array":
		return []any{true}
	case "null":
		return nil
	case "throw":
		panic("the condition threw")
	case "abort":
		util.Abort()
	case "write":
		storage.Put(storage.GetContext(), keyCount, 0)
	case "notify":
		runtime.Notify("Noise", 1)
	case "falseInBlock":
		// Under invokescript the fees are 0.
		return runtime.GetScriptContainer().SysFee == 0
	}
	return true
}

// SetCondition tells what IsDue says.
func SetCondition(mode string) {
	storage.Put(storage.GetContext(), keyCondition, mode)
}

// Tick is what an upkeep calls: it remembers who called, and its argument.
func Tick(value any) any {
	remember([]any{runtime.GetCallingScriptHash(), value})
	return act(string(storage.Get(storage.GetContext(), keyMode).([]byte)), nil)
}

// Sixteen has as many parameters as an upkeep can have args.
func Sixteen(a any, b any, c any, d any, e any, f any, g any, h any, i any, j any, k any, l any, m any, n any, o any, p any) {
	remember([]any{runtime.GetCallingScriptHash(), []any{a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p}})
}

// SafeAnswer is a callback that the manifest calls safe, but writes.
func SafeAnswer(first any, userData any, code int, result []byte) {
	remember([]any{first, userData, code, result})
}

// QuietSafeAnswer is a callback that the manifest calls safe, and is.
func QuietSafeAnswer(first any, userData any, code int, result []byte) {}

// ThreeParameters is no callback.
func ThreeParameters(first any, userData any, code int) {}

func act(mode string, result []byte) any {
	ctx := storage.GetContext()
	number := 0
	if storage.Get(ctx, keyNumber) != nil {
		number = storage.Get(ctx, keyNumber).(int)
	}
	switch mode {
	case "":
		return nil
	case "throw":
		panic("the callback threw")
	case "throwArray":
		panic([]any{1, "two"})
	case "abort":
		util.Abort()
	case "abortMessage":
		util.AbortMsg("the callback aborted")
	case "assert":
		util.Assert(false)
	case "endless":
		for {
			number++
		}
	case "burn":
		runtime.BurnGas(number)
	case "burnAll":
		runtime.BurnGas(runtime.GasLeft())
	case "missingContract":
		contract.Call(interop.Hash160("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14"), "any", contract.All)
	case "missingMethod":
		contract.Call(runtime.GetExecutingScriptHash(), "missing", contract.All)
	case "wrongParameterCount":
		contract.Call(runtime.GetExecutingScriptHash(), "threeParameters", contract.All, 1)
	case "manyNotifications":
		for i := 0; i < 600; i++ {
			runtime.Notify("Noise", i)
		}
	case "notifications":
		for i := 0; i < number; i++ {
			runtime.Notify("Noise", i)
		}
	case "largeNotification":
		runtime.Notify("Blob", make([]byte, 1100))
	case "unknownEvent":
		name := "Unheard"
		runtime.Notify(name, 1)
	case "stack":
		items := []any{}
		for i := 0; i < 3000; i++ {
			items = append(items, i)
		}
		return items
	case "stackItems":
		items := []any{}
		for i := 0; i < number; i++ {
			items = append(items, i)
		}
	case "recurse":
		return act(mode, result)
	case "largeItem":
		data := make([]byte, 60000)
		for i := 0; i < 10; i++ {
			data = append(data, data...)
		}
	case "curve":
		crypto.Bls12381Deserialize(make([]byte, 48))
	case "divide":
		return 1 / (number - number)
	case "faultInBlock":
		// Under invokescript the fees are 0.
		if runtime.GetScriptContainer().SysFee != 0 {
			util.Abort()
		}
	case "throwInBlock":
		if runtime.GetScriptContainer().SysFee != 0 {
			panic("the callback threw in the block only")
		}
	case "faultBelowGas":
		if runtime.GasLeft() < number {
			util.Abort()
		}
	case "faultFromBlock":
		if ledger.CurrentIndex()+1 >= number {
			util.Abort()
		}
	case "call":
		return makeCall()
	case "callTwice":
		makeCall()
		return makeCall()
	case "callBoth":
		makeCall()
		return makeCallOf(keyNextCall)
	case "tryCall":
		return tryMakeCall()
	case "callThenThrow":
		makeCall()
		panic("the callback threw after its call")
	case "mutate":
		// Buffers handed in must not be shared with anybody's memory.
		if len(result) > 0 {
			b := result
			b[0] = 0
		}
	case "destroy":
		management.Destroy()
	case "witness":
		// Throws unless a witness that number counts from is held here.
		if runtime.CheckWitness(runtime.GetScriptContainer().Sender) {
			panic("the sender's witness holds in the callback")
		}
	default:
		panic("unknown mode")
	}
	return nil
}

func makeCall() any {
	return makeCallOf(keyCall)
}

func makeCallOf(key string) any {
	c := std.Deserialize(storage.Get(storage.GetContext(), key).([]byte)).([]any)
	return contract.Call(c[0].(interop.Hash160), c[1].(string), contract.All, c[2].([]any)...)
}

func tryMakeCall() bool {
	defer func() {
		recover()
	}()
	makeCall()
	return true
}

func remember(args []any) {
	ctx := storage.GetContext()
	count := 1
	if storage.Get(ctx, keyCount) != nil {
		count = storage.Get(ctx, keyCount).(int) + 1
	}
	storage.Put(ctx, keyCount, count)
	storage.Put(ctx, keyLast, std.Serialize(args))
}

// OnNEP17Payment takes GAS, refuses it, or calls back.
func OnNEP17Payment(from interop.Hash160, amount int, data any) {
	mode := storage.Get(storage.GetContext(), keyPayment)
	if mode == nil || len(mode.([]byte)) == 0 {
		return
	}
	if string(mode.([]byte)) == "refuse" {
		panic("the payment is refused")
	}
	makeCall()
}

// Verify lets this contract sign transactions, and so be the sender of one.
func Verify() bool {
	return true
}

// Count returns how many callbacks were kept, not rolled back.
func Count() int {
	count := storage.Get(storage.GetReadOnlyContext(), keyCount)
	if count == nil {
		return 0
	}
	return count.(int)
}

// Last returns the arguments of the last callback that was not rolled back.
func Last() any {
	raw := storage.Get(storage.GetReadOnlyContext(), keyLast)
	if raw == nil {
		return nil
	}
	return std.Deserialize(raw.([]byte))
}

// Destroy destroys this contract.
func Destroy() {
	management.Destroy()
}

// Update replaces this contract's code.
func Update(nef []byte, manifest []byte) {
	management.Update(nef, manifest)
}
