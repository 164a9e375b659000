// Package thermometer keeps the latest temperature that a web source told.
package thermometer

import (
	"github.com/dodona-oracle/dodona/contracts/dodona"
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
)

const (
	keyOwner   = "o"
	keyCelsius = "c" // String
	// maxBytes of a result: the temperature goes into an event, which holds 1,024.
	maxBytes = 64
)

// The deploy data is the gateway's hash. Whoever deploys owns the contract.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		return
	}
	dodona.Keep(data)
	storage.Put(storage.GetContext(), keyOwner, runtime.GetScriptContainer().Sender)
}

// Measure asks the source at url, which answers {"celsius": "21.5"}.
func Measure(url string, maxFee int) int {
	owner := storage.Get(storage.GetReadOnlyContext(), keyOwner).(string)
	if !runtime.CheckWitness(interop.Hash160(owner)) {
		panic("only the owner measures")
	}
	spec := `{"url":"` + url + `"}`
	id := dodona.Kept().RequestHttp(spec, "$.celsius", "onMeasured", nil, maxFee)
	dodona.Expect(id)
	return id
}

// OnMeasured is the callback. The filter makes an array of what it selects. A source
// that tells a list faults here: the node sees it on trial, and the answer is kept.
func OnMeasured(id int, userData any, code int, result []byte) {
	dodona.Kept().RequireCaller()
	if !dodona.Receive(id) {
		return
	}
	if code != dodona.Success || len(result) > maxBytes {
		runtime.Notify("Failed", id, code)
		return
	}
	selected := std.JSONDeserialize(result).([]any)
	if len(selected) != 1 {
		runtime.Notify("Failed", id, code)
		return
	}
	celsius := selected[0].(string)
	storage.Put(storage.GetContext(), keyCelsius, celsius)
	runtime.Notify("Measured", id, celsius)
}

// Celsius returns the latest temperature, null before the first.
func Celsius() any {
	return storage.Get(storage.GetReadOnlyContext(), keyCelsius)
}

// Gateway returns the gateway's hash.
func Gateway() interop.Hash160 {
	return dodona.Kept().Hash()
}
